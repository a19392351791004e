/* Must not compile: handles and lengths are 64 bits wide. Plays a 32-bit target, whose headers are
 * rarely installed. */
#include <stdint.h>
#undef UINTPTR_MAX
#define UINTPTR_MAX 0xFFFFFFFFu
#include "mongodb_aws_auth.h"
