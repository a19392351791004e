#pragma once

#include "server/curop.h"
