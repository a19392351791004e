/* Including the header again changes nothing. */
#include "mongodb_aws_auth.h"

extern const maws_api* table;
