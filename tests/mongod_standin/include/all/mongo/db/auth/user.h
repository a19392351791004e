#pragma once

#include "server/user.h"
