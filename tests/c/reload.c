/* Loading and unloading, again and again, and leaving in the middle of it. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/process.h"
#include "harness/sts.h"

enum { ROUNDS = 1000 };

static void load_log_in_and_unload_a_thousand_times(void) {
    static host h;
    static login l;
    uint64_t previous = 0;
    static silent_sts sts;
    rude_sts_open(&sts);
    const maws_option options[] = {OPTION("awsStsEndpoint", sts.endpoint),
                                   OPTION("awsStsCAFile", MAWS_TEST_CA_FILE)};
    note_threads();
    for (int round = 0; round < ROUNDS; round++) {
        host_start_with(&h, options, sizeof options / sizeof options[0]);
        login_until_pending(&l, &h);
        CHECK_ONE_OF(login_wait(&l), MAWS_E_UPSTREAM, MAWS_E_DENIED);
        login_end(&l);
        host_stop(&h);
        wait_for_no_new_thread();
        CHECK(h.plugin.id != previous); /* an old handle never means a new plugin */
        previous = h.plugin.id;
        void* const library = dlopen(library_under_test(), RTLD_NOW | RTLD_NOLOAD);
        CHECK(library != NULL);
        CHECK(dlclose(library) == 0);
        CHECK(dlclose(library) == 0); /* the host's own */
    }
    CHECK(is_mapped(library_under_test()));
}

static void library_stays_where_it_is_after_dlclose(void) {
    void* const library = dlopen(library_under_test(), RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL);
    CHECK(dlclose(library) == 0);
    CHECK(is_mapped(library_under_test()));
    CHECK(dlopen(library_under_test(), RTLD_NOW | RTLD_NOLOAD) != NULL);
}

static void dlclose_while_a_verification_runs(void) {
    static host h;
    static login l;
    static silent_sts sts;
    host_start_silent(&h, &sts);
    login_until_pending(&l, &h);
    void* const library = dlopen(library_under_test(), RTLD_NOW | RTLD_NOLOAD);
    CHECK(library != NULL);
    CHECK(dlclose(library) == 0); /* the one of this function */
    CHECK(dlclose(library) == 0); /* the host's own: nobody holds the library any more */
    CHECK_STATUS(h.api->cancel(l.conv), MAWS_DONE);
    CHECK_STATUS(login_poll(&l, 0), MAWS_E_CANCELLED);
    login_end(&l);
    host_stop(&h);
}

static void exit_while_a_verification_runs(void) {
    const pid_t child = fork();
    if (child == 0) {
        static host h;
        static login l;
        static silent_sts sts;
        host_start_silent(&h, &sts);
        login_until_pending(&l, &h);
        exit(0);
    }
    check_child_succeeds(child);
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(load_log_in_and_unload_a_thousand_times),
        TEST(library_stays_where_it_is_after_dlclose),
        TEST(dlclose_while_a_verification_runs),
        TEST(exit_while_a_verification_runs),
    };
    return RUN_TESTS(argc, argv, tests);
}
