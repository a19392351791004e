/* check_options: everything that create would refuse, said at once and without a plugin. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/process.h"

enum { TEXT_SIZE = 4096 };

static const maws_option GOOD[] = {
    {{"awsStsCAFile", sizeof "awsStsCAFile" - 1},
     {MAWS_TEST_CA_FILE, sizeof MAWS_TEST_CA_FILE - 1}},
    {{"awsStsTimeoutMs", sizeof "awsStsTimeoutMs" - 1}, {"5000", 4}}};

static void good_options_have_no_faults(void) {
    const maws_api* const api = load_api();
    char text[TEXT_SIZE] = "untouched";
    size_t needed = 0;
    CHECK_STATUS(api->check_options(GOOD, 2, text, sizeof text, &needed), MAWS_DONE);
    CHECK_STR(str(text), "");
    CHECK_NUMBER(needed, 1);
}

static void every_fault_is_named_on_a_line_of_its_own(void) {
    const maws_api* const api = load_api();
    const maws_option options[] = {OPTION("awsStsTimeoutMs", "soon"), GOOD[0],
                                   OPTION("awsNoSuchOption", "x"),
                                   OPTION("awsStsConnectTimeoutMs", "-1")};
    char text[TEXT_SIZE];
    CHECK_STATUS(api->check_options(options, 4, text, sizeof text, NULL), MAWS_E_OPTION);
    CHECK_CONTAINS(text, "awsStsTimeoutMs");
    CHECK_CONTAINS(text, "soon");
    CHECK_CONTAINS(text, "awsNoSuchOption");
    CHECK_CONTAINS(text, "awsStsConnectTimeoutMs");
    size_t lines = 1;
    for (const char* c = text; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    CHECK_NUMBER(lines, 3);
}

static void files_are_read(void) {
    const maws_api* const api = load_api();
    const maws_option missing = OPTION("awsStsCAFile", "/no/such/file.pem");
    char text[TEXT_SIZE];
    CHECK_STATUS(api->check_options(&missing, 1, text, sizeof text, NULL), MAWS_E_OPTION);
    CHECK_CONTAINS(text, "/no/such/file.pem");
}

static void the_size_is_told_when_the_buffer_is_too_small(void) {
    const maws_api* const api = load_api();
    const maws_option unknown = OPTION("awsNoSuchOption", "x");
    char text[TEXT_SIZE];
    size_t needed = 0;
    CHECK_STATUS(api->check_options(&unknown, 1, NULL, 0, &needed), MAWS_E_BUFFER);
    CHECK(needed > 1 && needed <= sizeof text);
    CHECK_STATUS(api->check_options(&unknown, 1, text, needed - 1, NULL), MAWS_E_BUFFER);
    CHECK_STATUS(api->check_options(&unknown, 1, text, needed, NULL), MAWS_E_OPTION);
    CHECK_NUMBER(strlen(text), needed - 1);
}

static void null_with_a_length_is_refused(void) {
    const maws_api* const api = load_api();
    char text[TEXT_SIZE];
    CHECK_STATUS(api->check_options(NULL, 1, text, sizeof text, NULL), MAWS_E_ARGUMENT);
    CHECK_STR(str(api->wrong_argument()), "options");
    CHECK_STATUS(api->check_options(GOOD, 2, NULL, 1, NULL), MAWS_E_ARGUMENT);
    CHECK_STR(str(api->wrong_argument()), "buffer");
}

/* "Check options, daemonize, create." */
static void it_starts_no_thread_and_a_child_may_create(void) {
    const maws_api* const api = load_api();
    char text[TEXT_SIZE];
    note_threads();
    CHECK_STATUS(api->check_options(GOOD, 2, text, sizeof text, NULL), MAWS_DONE);
    CHECK_NUMBER(new_thread_count(), 0);
    const pid_t child = fork();
    if (child == 0) {
        static host h;
        host_start(&h);
        host_stop(&h);
        exit(0);
    }
    check_child_succeeds(child);
}

static void it_works_in_a_child_of_a_process_with_a_plugin(void) {
    static host h;
    host_start(&h);
    const pid_t child = fork();
    if (child == 0) {
        char text[TEXT_SIZE];
        CHECK_STATUS(h.api->check_options(GOOD, 2, text, sizeof text, NULL), MAWS_DONE);
        exit(0);
    }
    check_child_succeeds(child);
    host_stop(&h);
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(good_options_have_no_faults),
        TEST(every_fault_is_named_on_a_line_of_its_own),
        TEST(files_are_read),
        TEST(the_size_is_told_when_the_buffer_is_too_small),
        TEST(null_with_a_length_is_refused),
        TEST(it_starts_no_thread_and_a_child_may_create),
        TEST(it_works_in_a_child_of_a_process_with_a_plugin),
    };
    return RUN_TESTS(argc, argv, tests);
}
