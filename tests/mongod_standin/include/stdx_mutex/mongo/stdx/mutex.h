#pragma once

#include "server/sync.h"
