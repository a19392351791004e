/* Which threads there are, and that signals are not their business. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/process.h"
#include "harness/sts.h"

static void no_thread_before_the_first_login(void) {
    static host h;
    note_threads();
    host_start(&h);
    const maws_option timeout = OPTION("awsStsTimeoutMs", "5000");
    maws_stats stats = {.struct_size = sizeof stats};
    CHECK_STATUS(h.api->set_options(h.plugin, &timeout, 1, NULL), MAWS_DONE);
    CHECK_STATUS(h.api->stats(h.plugin, &stats), MAWS_DONE);
    CHECK_NUMBER(stats.workers, 0);
    CHECK_NUMBER(new_thread_count(), 0);
    host_stop(&h);
    CHECK_NUMBER(new_thread_count(), 0);
}

static void all_are_blocked(uint64_t blocked) {
    /* Nobody can block SIGKILL and SIGSTOP; 32 and 33 belong to the C library. */
    const uint64_t never = UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1) << (SIGSTOP - 1) |
                           UINT64_C(1) << 31 | UINT64_C(1) << 32;
    CHECK((blocked | never) == UINT64_MAX);
}

static void workers_block_every_signal(void) {
    static host h;
    static login l;
    static silent_sts sts;
    note_threads();
    host_start_silent(&h, &sts);
    login_until_pending(&l, &h);
    CHECK(each_new_thread(all_are_blocked) >= 1);
    CHECK_STATUS(h.api->cancel(l.conv), MAWS_DONE);
    login_end(&l);
    host_stop(&h);
}

static atomic_int handled;
static atomic_int handled_elsewhere;

static void count_signal(int number) {
    (void)number;
    atomic_fetch_add(gettid() == getpid() ? &handled : &handled_elsewhere, 1);
}

static void signals_of_the_process_reach_the_hosts_thread(void) {
    enum { SIGNALS = 1000 };
    static host h;
    static login l;
    static silent_sts sts;
    const struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_RESTART};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    host_start_silent(&h, &sts);
    login_until_pending(&l, &h);
    for (int i = 0; i < SIGNALS; i++) {
        CHECK(kill(getpid(), SIGUSR1) == 0);
    }
    CHECK_NUMBER(atomic_load(&handled_elsewhere), 0);
    CHECK_NUMBER(atomic_load(&handled), SIGNALS);
    CHECK_STATUS(h.api->cancel(l.conv), MAWS_DONE);
    login_end(&l);
    host_stop(&h);
}

static void destroy_leaves_no_thread_behind(void) {
    static host h;
    static login l;
    static silent_sts sts;
    note_threads();
    host_start_silent(&h, &sts);
    login_until_pending(&l, &h);
    CHECK(new_thread_count() > 0);
    login_end(&l);
    host_stop(&h);
    wait_for_no_new_thread();
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(no_thread_before_the_first_login),
        TEST(workers_block_every_signal),
        TEST(signals_of_the_process_reach_the_hosts_thread),
        TEST(destroy_leaves_no_thread_behind),
    };
    return RUN_TESTS(argc, argv, tests);
}
