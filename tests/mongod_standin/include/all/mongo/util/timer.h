#pragma once

#include "server/base.h"
