#pragma once

#include "server/sasl_options.h"
