/* create and destroy: what the host hands over, and every way to get it wrong. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/host.h"

static const maws_option CA_FILE = {{"awsStsCAFile", sizeof "awsStsCAFile" - 1},
                                    {MAWS_TEST_CA_FILE, sizeof MAWS_TEST_CA_FILE - 1}};

static void create_gives_a_handle_and_destroy_takes_it(void) {
    static host h;
    host_start(&h);
    CHECK(h.plugin.id != 0);
    host_stop(&h);
    CHECK_STATUS(h.api->destroy(h.plugin, 0), MAWS_E_HANDLE);
}

static void two_plugins_have_nothing_in_common(void) {
    static host first;
    static host second;
    static login l;
    const maws_option options[] = {CA_FILE, OPTION("awsStsTimeoutMs", "4321")};
    char now[16];
    host_start(&first);
    host_start_with(&second, options, 2);
    CHECK(first.plugin.id != second.plugin.id);
    login_begin(&l, &second);
    host_stop(&first);
    CHECK_STATUS(
        second.api->get_option(second.plugin, str("awsStsTimeoutMs"), now, sizeof now, NULL),
        MAWS_DONE);
    CHECK_STR(str(now), "4321");
    login_end(&l);
    host_stop(&second);
}

static void host_may_come_without_callbacks(void) {
    static host h;
    host_init(&h);
    h.callbacks.log = NULL;
    h.callbacks.conv_ready = NULL;
    CHECK_STATUS(host_create(&h, &CA_FILE, 1, NULL), MAWS_DONE);
    host_stop(&h);
}

/* The call must fail with MAWS_E_ARGUMENT, and say so in words. */
static void refuses_create(const maws_host* callbacks, const maws_option* options, size_t count,
                           maws_plugin* out) {
    const maws_api* const api = load_api();
    maws_error error = {.struct_size = sizeof error};
    CHECK_STATUS(api->create(callbacks, options, count, out, &error), MAWS_E_ARGUMENT);
    CHECK_STATUS(error.status, MAWS_E_ARGUMENT);
    CHECK(strlen(error.message) > 0);
    CHECK(out == NULL || out->id == 0);
    CHECK_STATUS(api->create(callbacks, options, count, out, NULL), MAWS_E_ARGUMENT);
}

static void null_is_refused_where_something_is_needed(void) {
    static host h;
    host_init(&h);
    h.plugin.id = 77;
    refuses_create(NULL, &CA_FILE, 1, &h.plugin);
    refuses_create(&h.callbacks, &CA_FILE, 1, NULL);
    h.plugin.id = 77;
    refuses_create(&h.callbacks, NULL, 1, &h.plugin);
}

static void a_host_struct_smaller_than_version_1_0_is_refused(void) {
    static host h;
    host_init(&h);
    const uint32_t sizes[] = {0, 1, sizeof(uint32_t), sizeof(maws_host) - 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        h.plugin.id = 77;
        h.callbacks.struct_size = sizes[i];
        refuses_create(&h.callbacks, &CA_FILE, 1, &h.plugin);
    }
}

static void text_that_is_null_with_a_length_is_refused(void) {
    static host h;
    host_init(&h);
    const maws_option no_key = {.key = {NULL, 10}, .value = STR("5000")};
    const maws_option no_value = {.key = STR("awsStsTimeoutMs"), .value = {NULL, 4}};
    refuses_create(&h.callbacks, &no_key, 1, &h.plugin);
    refuses_create(&h.callbacks, &no_value, 1, &h.plugin);
}

/* With a length of 0 it is an empty text. */
static void text_that_is_null_without_a_length_is_empty(void) {
    static host h;
    host_init(&h);
    const maws_option options[] = {CA_FILE, {.key = STR("awsStsEndpoint"), .value = {NULL, 0}}};
    CHECK_STATUS(host_create(&h, options, 2, NULL), MAWS_DONE);
    host_stop(&h);
}

static void a_host_of_a_later_version_is_accepted(void) {
    struct {
        maws_host known;
        uint64_t appended[4];
    } later;
    static host h;
    host_init(&h);
    memset(&later, 0xA5, sizeof later);
    later.known = h.callbacks;
    later.known.struct_size = sizeof later;
    later.known.abi_minor = MAWS_ABI_MINOR + 1;
    CHECK_STATUS(h.api->create(&later.known, &CA_FILE, 1, &h.plugin, NULL), MAWS_DONE);
    host_stop(&h);
}

/* Only bytes below struct_size are the plugin's to write. */
static void an_error_is_written_within_its_size_only(void) {
    static host h;
    host_init(&h);
    const maws_option unknown = OPTION("awsNoSuchOption", "x");
    const uint32_t small = offsetof(maws_error, message) + 16;
    maws_error error;
    memset(&error, 'z', sizeof error);
    error.struct_size = small;
    CHECK_STATUS(host_create(&h, &unknown, 1, &error), MAWS_E_OPTION);
    for (size_t i = small; i < sizeof error; i++) {
        CHECK(((const char*)&error)[i] == 'z');
    }
    error.struct_size = 0;
    error.status = 77;
    CHECK_STATUS(host_create(&h, &unknown, 1, &error), MAWS_E_OPTION);
    CHECK_NUMBER(error.status, 77);
    CHECK_STATUS(host_create(&h, &unknown, 1, NULL), MAWS_E_OPTION);
}

static void a_long_key_does_not_overflow_the_message(void) {
    enum { LENGTH = 100000 };
    static char key[LENGTH];
    static host h;
    host_init(&h);
    memset(key, 'k', sizeof key);
    const maws_option option = {.key = {key, sizeof key}, .value = {key, sizeof key}};
    maws_error error;
    memset(&error, 'z', sizeof error);
    error.struct_size = sizeof error;
    CHECK_STATUS(host_create(&h, &option, 1, &error), MAWS_E_OPTION);
    CHECK(memchr(error.message, '\0', sizeof error.message) != NULL);
}

static void a_handle_that_never_was_is_refused(void) {
    static host h;
    host_start(&h);
    const uint64_t forged[] = {0, 1, h.plugin.id + 1, ~h.plugin.id, UINT64_MAX};
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        if (forged[i] != h.plugin.id) {
            CHECK_STATUS(h.api->destroy((maws_plugin){forged[i]}, 0), MAWS_E_HANDLE);
        }
    }
    host_stop(&h);
}

static void log_levels_are_the_named_ones(void) {
    static host h;
    host_start(&h);
    for (int32_t level = MAWS_LOG_DEBUG; level <= MAWS_LOG_OFF; level++) {
        CHECK_STATUS(h.api->set_log_level(h.plugin, level), MAWS_DONE);
    }
    CHECK_STATUS(h.api->set_log_level(h.plugin, MAWS_LOG_DEBUG - 1), MAWS_E_ARGUMENT);
    CHECK_STATUS(h.api->set_log_level(h.plugin, MAWS_LOG_OFF + 1), MAWS_E_ARGUMENT);
    host_stop(&h);
}

static void statistics_start_at_nothing_and_count_conversations(void) {
    static host h;
    static login l;
    maws_stats stats = {.struct_size = sizeof stats};
    host_start(&h);
    CHECK_STATUS(h.api->stats(h.plugin, &stats), MAWS_DONE);
    CHECK_NUMBER(stats.struct_size, sizeof stats);
    CHECK_NUMBER(stats.begun + stats.conversations + stats.cancelled, 0);
    login_begin(&l, &h);
    CHECK_STATUS(h.api->stats(h.plugin, &stats), MAWS_DONE);
    CHECK_NUMBER(stats.begun, 1);
    CHECK_NUMBER(stats.conversations, 1);
    login_end(&l);
    CHECK_STATUS(h.api->stats(h.plugin, &stats), MAWS_DONE);
    CHECK_NUMBER(stats.conversations, 0);
    CHECK_NUMBER(stats.cancelled, 1); /* ended before an outcome */
    CHECK_STATUS(h.api->stats(h.plugin, NULL), MAWS_E_ARGUMENT);
    stats.struct_size = sizeof stats.struct_size;
    CHECK_STATUS(h.api->stats(h.plugin, &stats), MAWS_E_ARGUMENT);
    host_stop(&h);
}

static void statistics_come_as_json_too(void) {
    static host h;
    static char text[65536];
    size_t needed = 0;
    host_start(&h);
    CHECK_STATUS(h.api->stats_json(h.plugin, NULL, 0, &needed), MAWS_E_BUFFER);
    CHECK(needed > 2 && needed < sizeof text);
    CHECK_STATUS(h.api->stats_json(h.plugin, text, sizeof text, &needed), MAWS_DONE);
    CHECK_NUMBER(strlen(text) + 1, needed);
    CHECK(text[0] == '{' && text[needed - 2] == '}');
    CHECK_CONTAINS(text, "\"begun\"");
    CHECK_CONTAINS(text, "\"succeeded\"");
    host_stop(&h);
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(create_gives_a_handle_and_destroy_takes_it),
        TEST(two_plugins_have_nothing_in_common),
        TEST(host_may_come_without_callbacks),
        TEST(null_is_refused_where_something_is_needed),
        TEST(a_host_struct_smaller_than_version_1_0_is_refused),
        TEST(text_that_is_null_with_a_length_is_refused),
        TEST(text_that_is_null_without_a_length_is_empty),
        TEST(a_host_of_a_later_version_is_accepted),
        TEST(an_error_is_written_within_its_size_only),
        TEST(a_long_key_does_not_overflow_the_message),
        TEST(a_handle_that_never_was_is_refused),
        TEST(log_levels_are_the_named_ones),
        TEST(statistics_start_at_nothing_and_count_conversations),
        TEST(statistics_come_as_json_too),
    };
    return RUN_TESTS(argc, argv, tests);
}
