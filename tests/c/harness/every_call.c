#include "every_call.h"

#include "check.h"
#include "host.h"

void every_conv_call_gives(const maws_api* api, maws_conv conv, maws_status expected) {
    static const uint8_t payload[] = {5, 0, 0, 0, 0};
    maws_step out = {.struct_size = sizeof out};
    maws_info info = {.struct_size = sizeof info};
    CHECK_STATUS(api->step(conv, payload, sizeof payload, &out), expected);
    CHECK_STATUS(api->poll(conv, 0, &out), expected);
    CHECK_STATUS(api->info(conv, &info), expected);
    CHECK_STATUS(api->cancel(conv), expected);
    CHECK_STATUS(api->end(conv), expected);
}

void every_plugin_call_gives(const maws_api* api, maws_plugin plugin, maws_status expected) {
    const maws_option option = OPTION("awsStsTimeoutMs", "5000");
    const maws_begin args = {.struct_size = sizeof args, .database = STR("$external")};
    maws_stats stats = {.struct_size = sizeof stats};
    maws_error error = {.struct_size = sizeof error};
    maws_conv conv = {77};
    char buffer[1024];
    size_t needed = 0;
    CHECK_STATUS(api->set_options(plugin, &option, 1, &error), expected);
    CHECK_STATUS(error.status, expected);
    CHECK_STATUS(api->get_option(plugin, option.key, buffer, sizeof buffer, &needed), expected);
    CHECK_STATUS(api->set_log_level(plugin, MAWS_LOG_DEBUG), expected);
    CHECK_STATUS(api->stats(plugin, &stats), expected);
    CHECK_STATUS(api->stats_json(plugin, buffer, sizeof buffer, &needed), expected);
    CHECK_STATUS(api->begin(plugin, &args, &conv, &error), expected);
    CHECK_STATUS(error.status, expected);
    CHECK_NUMBER(conv.id, 0);
#if MAWS_ABI_MINOR >= 1
    if (MAWS_HAS(maws_api, api, quiesce)) {
        CHECK_STATUS(api->quiesce(plugin), expected);
    }
#endif
    CHECK_STATUS(api->destroy(plugin, 0), expected);
}

void every_call_gives(const maws_api* api, maws_plugin plugin, maws_conv conv,
                      maws_status expected) {
    const maws_host none = {.struct_size = sizeof none, .log_level = MAWS_LOG_OFF};
    const maws_option ca_file = OPTION("awsStsCAFile", MAWS_TEST_CA_FILE);
    maws_error error = {.struct_size = sizeof error};
    maws_plugin other = {77};
    CHECK_STATUS(api->create(&none, &ca_file, 1, &other, &error), expected);
    CHECK_STATUS(error.status, expected);
    CHECK_NUMBER(other.id, 0);
    every_conv_call_gives(api, conv, expected);
    every_plugin_call_gives(api, plugin, expected);
}
