/*
 * Calls at once from several threads. One wins, the others get codes, nobody crashes or hangs.
 * Each round is started by a barrier; which interleaving comes up is left to chance, many times.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "harness/host.h"
#include "harness/sts.h"

enum { ROUNDS = 2000, MAX_RACERS = 6 };

/* The conversation of this round. */
static host h;
static login subject;
static atomic_int wins;

static pthread_barrier_t start;
static pthread_barrier_t finish;
static atomic_bool over;

static void* race_each_round(void* arg) {
    void (*const call)(void) = *(void (**)(void))arg;
    for (;;) {
        pthread_barrier_wait(&start);
        if (atomic_load(&over)) {
            return NULL;
        }
        call();
        pthread_barrier_wait(&finish);
    }
}

static void race(void (*prepare)(void), void (**calls)(void), size_t count, void (*check)(void)) {
    pthread_t threads[MAX_RACERS];
    CHECK(count <= MAX_RACERS);
    CHECK(pthread_barrier_init(&start, NULL, (unsigned)count + 1) == 0);
    CHECK(pthread_barrier_init(&finish, NULL, (unsigned)count + 1) == 0);
    for (size_t i = 0; i < count; i++) {
        CHECK(pthread_create(&threads[i], NULL, race_each_round, &calls[i]) == 0);
    }
    for (int round = 0; round < ROUNDS; round++) {
        atomic_store(&wins, 0);
        prepare();
        pthread_barrier_wait(&start);
        pthread_barrier_wait(&finish);
        check();
    }
    atomic_store(&over, true);
    pthread_barrier_wait(&start);
    for (size_t i = 0; i < count; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

#define RACE(prepare, calls, check) race(prepare, calls, sizeof(calls) / sizeof((calls)[0]), check)

static void begin_until_pending(void) {
    login_until_pending(&subject, &h);
}

#define OUTCOMES MAWS_E_CANCELLED, MAWS_E_UPSTREAM, MAWS_E_TIMEOUT, MAWS_E_DENIED

static void cancel_it(void) {
    CHECK_ONE_OF(h.api->cancel(subject.conv), MAWS_DONE, MAWS_E_HANDLE);
}

static void poll_it(void) {
    maws_step out = {.struct_size = sizeof out};
    CHECK_ONE_OF(h.api->poll(subject.conv, 1, &out), OUTCOMES, MAWS_PENDING, MAWS_E_HANDLE,
                 MAWS_E_IN_USE);
}

static void info_it(void) {
    maws_info info = {.struct_size = sizeof info};
    const maws_status status = h.api->info(subject.conv, &info);
    CHECK_ONE_OF(status, MAWS_DONE, MAWS_E_HANDLE);
    if (status == MAWS_DONE) {
        CHECK_ONE_OF(info.status, OUTCOMES, MAWS_PENDING);
    }
}

static void stats_it(void) {
    maws_stats stats = {.struct_size = sizeof stats};
    CHECK_STATUS(h.api->stats(h.plugin, &stats), MAWS_DONE);
}

static void end_it(void) {
    maws_status status = MAWS_E_IN_USE;
    while (status == MAWS_E_IN_USE) { /* a poll is inside, for a millisecond at most */
        status = h.api->end(subject.conv);
        sched_yield();
    }
    CHECK_ONE_OF(status, MAWS_DONE, MAWS_E_HANDLE);
    atomic_fetch_add(&wins, status == MAWS_DONE);
}

static void one_end_won(void) {
    CHECK_NUMBER(atomic_load(&wins), 1);
    CHECK_STATUS(h.api->end(subject.conv), MAWS_E_HANDLE);
}

static void cancel_races_end_poll_and_info_while_sts_fails(void) {
    void (*calls[])(void) = {cancel_it, end_it, end_it, poll_it, info_it, stats_it};
    host_start(&h);
    RACE(begin_until_pending, calls, one_end_won);
    host_stop(&h);
}

static void cancel_races_end_poll_and_info_while_sts_is_silent(void) {
    static silent_sts sts;
    void (*calls[])(void) = {cancel_it, end_it, end_it, poll_it, info_it, stats_it};
    host_start_silent(&h, &sts);
    RACE(begin_until_pending, calls, one_end_won);
    host_stop(&h);
}

static void end_alone_races_the_outcome(void) {
    void (*calls[])(void) = {end_it};
    host_start(&h);
    RACE(begin_until_pending, calls, one_end_won);
    host_stop(&h);
}

/* The first login of a plugin starts its threads; here each round is a first login. */
static void start_and_begin(void) {
    host_start(&h);
    login_until_pending(&subject, &h);
}

static void destroy_it(void) {
    maws_status status = MAWS_E_IN_USE;
    while (status == MAWS_E_IN_USE) { /* until end has won */
        status = h.api->destroy(h.plugin, 10000);
        sched_yield();
    }
    CHECK_ONE_OF(status, MAWS_DONE, MAWS_E_HANDLE);
    atomic_fetch_add(&wins, status == MAWS_DONE);
}

static void end_only(void) {
    CHECK_STATUS(h.api->end(subject.conv), MAWS_DONE);
}

static void one_destroy_won(void) {
    CHECK_NUMBER(atomic_load(&wins), 1);
    CHECK_STATUS(h.api->destroy(h.plugin, 0), MAWS_E_HANDLE);
}

static void destroy_races_end_and_destroy(void) {
    void (*calls[])(void) = {destroy_it, destroy_it, end_only};
    RACE(start_and_begin, calls, one_destroy_won);
}

static void start_only(void) {
    host_start(&h);
}

static void begin_and_end(void) {
    static login l; /* one racer begins, so one is enough */
    login_init(&l, &h);
    const maws_begin args = begin_args(&l);
    const maws_status status = h.api->begin(h.plugin, &args, &l.conv, NULL);
    CHECK_ONE_OF(status, MAWS_DONE, MAWS_E_HANDLE, MAWS_E_CANCELLED);
    if (status == MAWS_DONE) {
        CHECK_STATUS(h.api->end(l.conv), MAWS_DONE);
    }
}

static void destroy_races_begin(void) {
    void (*calls[])(void) = {destroy_it, destroy_it, begin_and_end};
    RACE(start_only, calls, one_destroy_won);
}

static void* poll_for_long(void* arg) {
    maws_step out = {.struct_size = sizeof out};
    maws_status status = MAWS_E_IN_USE;
    (void)arg;
    while (status == MAWS_E_IN_USE) { /* the other thread looked at the same moment */
        status = h.api->poll(subject.conv, UINT32_MAX, &out);
    }
    CHECK_STATUS(status, MAWS_E_CANCELLED);
    return NULL;
}

static void two_serial_calls_at_once_give_in_use_and_cancel_wakes_the_first(void) {
    static silent_sts sts;
    pthread_t thread;
    maws_step out = {.struct_size = sizeof out};
    host_start_silent(&h, &sts);
    login_until_pending(&subject, &h);
    CHECK(pthread_create(&thread, NULL, poll_for_long, NULL) == 0);
    while (h.api->poll(subject.conv, 0, &out) != MAWS_E_IN_USE) {
        sched_yield(); /* the other thread is not inside yet */
    }
    CHECK_STATUS(h.api->poll(subject.conv, 0, &out), MAWS_E_IN_USE);
    CHECK_STATUS(h.api->step(subject.conv, (const uint8_t*)"x", 1, &out), MAWS_E_IN_USE);
    CHECK_STATUS(h.api->end(subject.conv), MAWS_E_IN_USE);
    CHECK_STATUS(login_info(&subject).status, MAWS_PENDING);
    CHECK_STATUS(h.api->cancel(subject.conv), MAWS_DONE);
    CHECK(pthread_join(thread, NULL) == 0);
    login_end(&subject);
    host_stop(&h);
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(cancel_races_end_poll_and_info_while_sts_fails),
        TEST(cancel_races_end_poll_and_info_while_sts_is_silent),
        TEST(end_alone_races_the_outcome),
        TEST(destroy_races_end_and_destroy),
        TEST(destroy_races_begin),
        TEST(two_serial_calls_at_once_give_in_use_and_cancel_wakes_the_first),
    };
    return RUN_TESTS(argc, argv, tests);
}
