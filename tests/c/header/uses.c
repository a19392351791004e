/* What a host does with the headers, in C and in C++: from inside extern "C", too, as many do it.
 */
#ifdef __cplusplus
extern "C" {
#endif
#include "mongodb_aws_auth_calls.h"
#ifdef __cplusplus
}
#endif

maws_status uses(const maws_api* api, maws_plugin plugin);

maws_status uses(const maws_api* api, maws_plugin plugin) {
    maws_host host = MAWS_INIT(maws_host);
    maws_error error = MAWS_INIT(maws_error);
    maws_stats stats = MAWS_INIT(maws_stats);
    maws_begin begin = MAWS_INIT(maws_begin);
    maws_step step = MAWS_INIT(maws_step);
    maws_info info = MAWS_INIT(maws_info);
    maws_conv conv;
    const maws_option option = {{"awsRequireTLS", 13}, {"true", 4}};
    const uint8_t byte = 0;
    host.log_level = MAWS_LOG_OFF;
    if (maws_call_create(api, &host, &option, 1, &plugin, &error) != MAWS_DONE) return error.status;
    if (maws_call_stats(api, plugin, &stats) != MAWS_DONE) return stats.workers == 0;
    if (maws_call_begin(api, plugin, &begin, &conv, &error) == MAWS_DONE &&
        maws_call_step(api, conv, &byte, 1, &step) == MAWS_PENDING) {
        return maws_call_info(api, conv, &info);
    }
    return MAWS_HAS(maws_api, api, quiesce) ? api->quiesce(plugin) : MAWS_E_VERSION;
}
