// The plugin's C interface. Its inline helpers are C, so the C casts in them are no mistake.
#pragma once

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include "mongodb_aws_auth.h"  // IWYU pragma: export
#pragma GCC diagnostic pop
