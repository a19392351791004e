#pragma once

#include "server/registry.h"
