#pragma once

#include "server/json.h"
