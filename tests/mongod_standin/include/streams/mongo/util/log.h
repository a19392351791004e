#pragma once

#include "server/log_streams.h"
