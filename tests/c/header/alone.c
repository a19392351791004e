/* The header needs nothing before it, in C and in C++; all that it defines is used by nobody here. */
#include "mongodb_aws_auth.h"

/* A translation unit must declare something. */
extern const maws_api* table;
