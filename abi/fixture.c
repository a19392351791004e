/* Every type of the interface, for abidiff: compiled with a release's header and with today's. */
#include "mongodb_aws_auth.h"

const maws_api* maws_plugin_entry_v1(uint32_t host_abi_minor, maws_error* error) {
    (void)host_abi_minor;
    (void)error;
    return NULL;
}
