/* The header needs nothing before it, in C and in C++; nobody here uses what it defines. */
#include "mongodb_aws_auth.h"
#include "mongodb_aws_auth_calls.h"

/* A translation unit must declare something. */
extern const maws_api* table;
