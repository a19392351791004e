/* Every maws_call_* function, called with a table that has nothing: MAWS_E_VERSION, no crash. */
#include <stdio.h>

#include "mongodb_aws_auth_calls.h"

static int failures;

static void gives_version(const char* what, maws_status status) {
    if (status != MAWS_E_VERSION) {
        fprintf(stderr, "%s gave %d\n", what, status);
        failures++;
    }
}

int main(void) {
    /* As a plugin would look that has the first members alone. */
    const maws_api empty = {.struct_size = offsetof(maws_api, option_at)};
    const maws_plugin plugin = {1};
    const maws_conv conv = {1};
    const maws_str key = {NULL, 0};

    if (maws_call_option_at(&empty, 0) != NULL) {
        failures++;
    }
    gives_version("create", maws_call_create(&empty, NULL, NULL, 0, NULL, NULL));
    gives_version("destroy", maws_call_destroy(&empty, plugin, 0));
    gives_version("set_options", maws_call_set_options(&empty, plugin, NULL, 0, NULL));
    gives_version("get_option", maws_call_get_option(&empty, plugin, key, NULL, 0, NULL));
    gives_version("set_log_level", maws_call_set_log_level(&empty, plugin, MAWS_LOG_OFF));
    gives_version("stats", maws_call_stats(&empty, plugin, NULL));
    gives_version("stats_json", maws_call_stats_json(&empty, plugin, NULL, 0, NULL));
    gives_version("begin", maws_call_begin(&empty, plugin, NULL, NULL, NULL));
    gives_version("step", maws_call_step(&empty, conv, NULL, 0, NULL));
    gives_version("poll", maws_call_poll(&empty, conv, 0, NULL));
    gives_version("cancel", maws_call_cancel(&empty, conv));
    gives_version("info", maws_call_info(&empty, conv, NULL));
    gives_version("end", maws_call_end(&empty, conv));
    gives_version("check_options", maws_call_check_options(&empty, NULL, 0, NULL, 0, NULL));
    gives_version("quiesce", maws_call_quiesce(&empty, plugin));
    if (maws_call_reason_text(&empty, 1) != NULL || maws_call_status_text(&empty, 0) != NULL ||
        *maws_call_wrong_argument(&empty) != '\0') {
        fprintf(stderr, "a text came from nowhere\n");
        failures++;
    }
    return failures != 0;
}
