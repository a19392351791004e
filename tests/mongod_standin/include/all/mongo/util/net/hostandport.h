#pragma once

#include "server/service.h"
