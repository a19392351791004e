/* What numbers mean, which argument was wrong, and that every text ends with a NUL. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>

#include "harness/client.h"
#include "harness/host.h"

static void every_status_has_a_text(void) {
    const maws_api* const api = load_api();
    static const maws_status statuses[] = {
        MAWS_DONE,         MAWS_CONTINUE,   MAWS_PENDING,     MAWS_E_ARGUMENT, MAWS_E_STATE,
        MAWS_E_VERSION,    MAWS_E_OPTION,   MAWS_E_FORKED,    MAWS_E_HANDLE,   MAWS_E_IN_USE,
        MAWS_E_BUFFER,     MAWS_E_PROTOCOL, MAWS_E_DENIED,    MAWS_E_TIMEOUT,  MAWS_E_UPSTREAM,
        MAWS_E_OVERLOADED, MAWS_E_SYSTEM,   MAWS_E_CANCELLED, MAWS_E_PANIC,    MAWS_E_INTERNAL};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        const char* const text = api->status_text(statuses[i]);
        CHECK(text != NULL && strlen(text) > 0);
        CHECK(api->status_text(statuses[i]) == text);
    }
    CHECK(api->status_text(-19) == NULL);
    CHECK(api->status_text(INT32_MAX) == NULL);
}

static void a_reason_that_was_given_has_a_text(void) {
    static host h;
    static login l;
    host_start(&h);
    login_begin(&l, &h);
    CHECK_STATUS(login_step(&l, "", 0), MAWS_E_PROTOCOL);
    const maws_info info = login_info(&l);
    const char* const text = h.api->reason_text(info.reason);
    CHECK(text != NULL && strlen(text) > 0);
    CHECK(h.api->reason_text(0) == NULL);
    CHECK(h.api->reason_text(UINT32_MAX) == NULL);
    login_end(&l);
    host_stop(&h);
}

/* Each changes one member of a call that is right otherwise. */
static void no_database(maws_begin* args) {
    args->database.ptr = NULL;
}
static void no_address(maws_begin* args) {
    args->client_addr.ptr = NULL;
}
static void unknown_flag(maws_begin* args) {
    args->flags |= 1U << 31;
}
static void reserved_is_used(maws_begin* args) {
    args->reserved = 1;
}
static void too_small(maws_begin* args) {
    args->struct_size = 8;
}

static void the_wrong_member_of_begin_is_named(void) {
    static const struct {
        void (*spoil)(maws_begin*);
        const char* name;
    } cases[] = {{no_database, "begin.database"},
                 {no_address, "begin.client_addr"},
                 {unknown_flag, "begin.flags"},
                 {reserved_is_used, "begin.reserved"},
                 {too_small, "begin.struct_size"}};
    static host h;
    static login l;
    host_start(&h);
    login_init(&l, &h);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        maws_begin args = begin_args(&l);
        maws_error error = {.struct_size = sizeof error};
        cases[i].spoil(&args);
        CHECK_STATUS(h.api->begin(h.plugin, &args, &l.conv, &error), MAWS_E_ARGUMENT);
        CHECK_STR(str(h.api->wrong_argument()), cases[i].name);
        CHECK_CONTAINS(error.message, cases[i].name);
    }
    host_stop(&h);
}

static void the_wrong_argument_of_create_is_named(void) {
    static host h;
    host_init(&h);
    const maws_option options[] = {OPTION("awsStsCAFile", MAWS_TEST_CA_FILE),
                                   {.key = {NULL, 3}, .value = STR("x")}};
    CHECK_STATUS(host_create(&h, options, 2, NULL), MAWS_E_ARGUMENT);
    CHECK_STR(str(h.api->wrong_argument()), "options[1].key");
    CHECK_STATUS(host_create(&h, NULL, 2, NULL), MAWS_E_ARGUMENT);
    CHECK_STR(str(h.api->wrong_argument()), "options");
    h.callbacks.reserved = 1;
    CHECK_STATUS(host_create(&h, options, 1, NULL), MAWS_E_ARGUMENT);
    CHECK_STR(str(h.api->wrong_argument()), "host.reserved");
    h.callbacks.reserved = 0;
    h.callbacks.log_level = 77;
    CHECK_STATUS(host_create(&h, options, 1, NULL), MAWS_E_ARGUMENT);
    CHECK_STR(str(h.api->wrong_argument()), "host.log_level");
}

static void the_next_call_forgets_it(void) {
    static host h;
    host_start(&h);
    CHECK_STATUS(h.api->set_log_level(h.plugin, 77), MAWS_E_ARGUMENT);
    CHECK_STR(str(h.api->wrong_argument()), "level");
    CHECK_STATUS(h.api->set_log_level(h.plugin, MAWS_LOG_DEBUG), MAWS_DONE);
    CHECK_STR(str(h.api->wrong_argument()), "");
    host_stop(&h);
}

static void* name_of_this_thread(void* arg) {
    const maws_api* const api = arg;
    CHECK_STR(str(api->wrong_argument()), "");
    return NULL;
}

static void each_thread_has_its_own(void) {
    static host h;
    pthread_t thread;
    host_start(&h);
    CHECK_STATUS(h.api->set_log_level(h.plugin, 77), MAWS_E_ARGUMENT);
    CHECK(pthread_create(&thread, NULL, name_of_this_thread, (void*)h.api) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_STR(str(h.api->wrong_argument()), "level");
    host_stop(&h);
}

static void is_text(maws_str text) {
    CHECK(text.ptr != NULL);
    CHECK(text.ptr[text.len] == '\0');
    CHECK_NUMBER(strlen(text.ptr), text.len);
}

static void every_text_of_info_ends_with_nul(void) {
    static host h;
    static login l;
    host_start(&h);
    login_begin(&l, &h);
    for (int ended = 0; ended < 2; ended++) {
        const maws_info info = login_info(&l);
        is_text(info.principal);
        is_text(info.raw_arn);
        is_text(info.account);
        is_text(info.user_id);
        is_text(info.session_name);
        is_text(info.access_key_id);
        is_text(info.sts_host);
        is_text(info.sts_request_id);
        is_text(info.sts_error_code);
        is_text(info.detail);
        if (!ended) {
            CHECK_STATUS(login_step(&l, "", 0), MAWS_E_PROTOCOL);
        }
    }
    login_end(&l);
    host_stop(&h);
}

static void an_error_that_does_not_fit_says_so(void) {
    static host h;
    host_init(&h);
    const maws_option unknown = OPTION("awsNoSuchOption", "x");
    for (uint32_t room = 1; room < 64; room++) {
        maws_error error;
        error.struct_size = offsetof(maws_error, message) + room;
        CHECK_STATUS(host_create(&h, &unknown, 1, &error), MAWS_E_OPTION);
        const size_t length = strlen(error.message);
        CHECK_NUMBER(length, room - 1);
        if (length >= 4) {
            CHECK_STR(str(error.message + length - 4), " ...");
        }
    }
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(every_status_has_a_text),
        TEST(a_reason_that_was_given_has_a_text),
        TEST(the_wrong_member_of_begin_is_named),
        TEST(the_wrong_argument_of_create_is_named),
        TEST(the_next_call_forgets_it),
        TEST(each_thread_has_its_own),
        TEST(every_text_of_info_ends_with_nul),
        TEST(an_error_that_does_not_fit_says_so),
    };
    return RUN_TESTS(argc, argv, tests);
}
