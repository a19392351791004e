/* Including the headers again changes nothing. */
#include "mongodb_aws_auth.h"
#include "mongodb_aws_auth_calls.h"

extern const maws_api* table;
