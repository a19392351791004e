/* A plugin is of no use in a child that was forked after create; before create, all is well. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "harness/every_call.h"
#include "harness/host.h"
#include "harness/sts.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MAWS_LOOKS_FOR_LEAKS 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define MAWS_LOOKS_FOR_LEAKS 1
#endif

/* A child leaves whose parent had threads at work. */
static void leave_child(void) {
#ifdef MAWS_LOOKS_FOR_LEAKS
    /* What those threads alone pointed at counts as leaked in a child, which has no such threads.
     */
    _exit(0);
#else
    exit(0); /* the ordinary way out, with all that runs then */
#endif
}

static void every_call_in_a_forked_child_gives_forked(void) {
    static host h;
    static login l;
    static silent_sts sts;
    host_start_silent(&h, &sts);
    login_until_pending(&l, &h);
    const pid_t child = fork();
    if (child == 0) {
        every_call_gives(h.api, h.plugin, l.conv, MAWS_E_FORKED);
        leave_child();
    }
    check_child_succeeds(child);
    CHECK_STATUS(login_poll(&l, 0), MAWS_PENDING);
    login_end(&l);
    host_stop(&h);
}

static void a_child_of_an_idle_plugin_gets_forked_too(void) {
    static host h;
    host_start(&h);
    const pid_t child = fork();
    if (child == 0) {
        every_call_gives(h.api, h.plugin, (maws_conv){1}, MAWS_E_FORKED);
        exit(0);
    }
    check_child_succeeds(child);
    host_stop(&h);
}

static void entry_and_descriptors_still_work_in_a_forked_child(void) {
    static host h;
    host_start(&h);
    const pid_t child = fork();
    if (child == 0) {
        CHECK(load_api() == h.api);
        CHECK(h.api->option_at(0) != NULL);
        exit(0);
    }
    check_child_succeeds(child);
    host_stop(&h);
}

static void log_in_and_exit(void) {
    static host h;
    static login l;
    host_start(&h);
    login_until_pending(&l, &h);
    CHECK(login_wait(&l) < 0); /* nobody listens there; that it is over is what counts */
    login_end(&l);
    host_stop(&h);
    exit(0);
}

static void a_child_forked_before_create_logs_in(void) {
    const maws_api* const api = load_api();
    CHECK(api->option_at(0) != NULL);
    const pid_t child = fork();
    if (child == 0) {
        log_in_and_exit();
    }
    check_child_succeeds(child);
}

/* "Check options, daemonize, create": whatever happened before the fork is over. */
static void a_child_forked_after_destroy_creates_its_own_plugin(void) {
    static host before;
    host_start(&before);
    host_stop(&before);
    const pid_t child = fork();
    if (child == 0) {
        log_in_and_exit();
    }
    check_child_succeeds(child);
    /* The parent's next plugin is its own, and a child of that one is refused again. */
    every_call_in_a_forked_child_gives_forked();
}

static void of_two_plugins_the_last_destroy_counts(void) {
    static host first;
    static host second;
    host_start(&first);
    host_start(&second);
    host_stop(&first);
    const pid_t child = fork();
    if (child == 0) {
        every_call_gives(second.api, second.plugin, (maws_conv){1}, MAWS_E_FORKED);
        exit(0);
    }
    check_child_succeeds(child);
    host_stop(&second);
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(every_call_in_a_forked_child_gives_forked),
        TEST(a_child_of_an_idle_plugin_gets_forked_too),
        TEST(entry_and_descriptors_still_work_in_a_forked_child),
        TEST(a_child_forked_before_create_logs_in),
        TEST(a_child_forked_after_destroy_creates_its_own_plugin),
        TEST(of_two_plugins_the_last_destroy_counts),
    };
    return RUN_TESTS(argc, argv, tests);
}
