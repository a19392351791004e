// The plugin's C interface, for every other header of the shim.
#pragma once

#include "mongodb_aws_auth.h"  // IWYU pragma: export
