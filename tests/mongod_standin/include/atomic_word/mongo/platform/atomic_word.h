#pragma once

#include "server/values.h"
