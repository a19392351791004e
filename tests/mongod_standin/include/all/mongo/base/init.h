#pragma once

#include "server/startup.h"
