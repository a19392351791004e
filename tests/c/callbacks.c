/* What the plugin promises about the calls that it makes into the host. */
#define _POSIX_C_SOURCE 200809L
#include <stdatomic.h>
#include <string.h>

#include "harness/client.h"
#include "harness/every_call.h"
#include "harness/host.h"
#include "harness/sts.h"

/* For the hooks below, which know the host alone. */
static login subject;
static atomic_int calls;

static void expect_state_from_every_call(host* h, const maws_log_event* e) {
    (void)e;
    /* During create and destroy there is no plugin to ask. */
    if (h->plugin.id != 0 && subject.conv.id != 0) {
        every_call_gives(h->api, h->plugin, subject.conv, MAWS_E_STATE);
        atomic_fetch_add(&calls, 1);
    }
}

static void calls_from_inside_log_give_state(void) {
    static host h;
    static login other;
    host_start(&h);
    login_begin(&subject, &h);
    h.on_log = expect_state_from_every_call;
    login_until_pending(&other, &h);
    login_wait(&other);
    login_end(&other);
    CHECK(atomic_load(&calls) > 0);
    h.on_log = NULL;
    login_end(&subject);
    host_stop(&h);
}

static void every_call_from_ready(host* h, login* l) {
    every_call_gives(h->api, h->plugin, l->conv, MAWS_E_STATE);
    atomic_fetch_add(&calls, 1);
}

static void calls_from_inside_conv_ready_give_state(void) {
    static host h;
    host_start(&h);
    h.on_ready = every_call_from_ready;
    login_until_pending(&subject, &h);
    CHECK(login_wait(&subject) < 0);
    CHECK_NUMBER(atomic_load(&calls), 1);
    login_end(&subject);
    host_stop(&h);
}

static void calls_work_again_after_a_callback(void) {
    static host h;
    host_start(&h);
    login_begin(&subject, &h); /* logs in this thread */
    const payload first = client_first();
    CHECK_STATUS(login_step(&subject, first.bytes, first.len), MAWS_CONTINUE);
    CHECK_STATUS(h.api->cancel(subject.conv), MAWS_DONE);
    login_end(&subject);
    host_stop(&h);
}

/* A log callback that waits for another thread's calls would hang if the plugin held a lock. */
static void* use_the_plugin(void* arg) {
    host* const h = arg;
    maws_stats stats = {.struct_size = sizeof stats};
    maws_info info = {.struct_size = sizeof info};
    char value[64];
    CHECK_STATUS(h->api->stats(h->plugin, &stats), MAWS_DONE);
    CHECK_STATUS(h->api->info(subject.conv, &info), MAWS_DONE);
    CHECK_STATUS(h->api->get_option(h->plugin, str("awsStsHost"), value, sizeof value, NULL),
                 MAWS_DONE);
    return NULL;
}

static void wait_for_another_threads_calls(host* h) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, use_the_plugin, h) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    atomic_fetch_add(&calls, 1);
}

static void use_from_log(host* h, const maws_log_event* e) {
    if (e->log_id == (uint64_t)(uintptr_t)&subject) {
        wait_for_another_threads_calls(h);
    }
}

static void use_from_ready(host* h, login* l) {
    (void)l;
    wait_for_another_threads_calls(h);
}

static void no_lock_is_held_while_the_host_logs(void) {
    static host h;
    host_start(&h);
    login_begin(&subject, &h);
    h.on_log = use_from_log;
    const payload first = client_first();
    CHECK_STATUS(login_step(&subject, first.bytes, first.len), MAWS_CONTINUE);
    login_step(&subject, "", 0);
    h.on_log = NULL;
    login_end(&subject);
    host_stop(&h);
}

static void no_lock_is_held_while_conv_ready_runs(void) {
    static host h;
    host_start(&h);
    h.on_ready = use_from_ready;
    login_until_pending(&subject, &h);
    CHECK(login_wait(&subject) < 0);
    CHECK_NUMBER(atomic_load(&calls), 1);
    login_end(&subject);
    host_stop(&h);
}

static void* poll_without_waiting(void* arg) {
    login* const l = arg;
    const maws_status outcome = login_poll(l, 0);
    CHECK(outcome != MAWS_PENDING);
    return NULL;
}

static void poll_in_another_thread(host* h, login* l) {
    pthread_t thread;
    (void)h;
    CHECK(pthread_create(&thread, NULL, poll_without_waiting, l) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void poll_gives_the_outcome_from_the_start_of_conv_ready_on(void) {
    static host h;
    host_start(&h);
    h.on_ready = poll_in_another_thread;
    login_until_pending(&subject, &h);
    login_wait(&subject);
    login_end(&subject);
    host_stop(&h);
}

/* end waits for a conv_ready that runs already: afterwards the host may free what it uses. */
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_changed = PTHREAD_COND_INITIALIZER;
static bool in_ready;
static bool ending;
static atomic_bool left_ready;

static void wait_until(const bool* condition) {
    pthread_mutex_lock(&gate_lock);
    while (!*condition) {
        pthread_cond_wait(&gate_changed, &gate_lock);
    }
    pthread_mutex_unlock(&gate_lock);
}

static void set(bool* condition) {
    pthread_mutex_lock(&gate_lock);
    *condition = true;
    pthread_cond_broadcast(&gate_changed);
    pthread_mutex_unlock(&gate_lock);
}

static void stay_until_end_is_called(host* h, login* l) {
    (void)h;
    (void)l;
    set(&in_ready);
    wait_until(&ending);
    for (int i = 0; i < 1000; i++) {
        sched_yield(); /* give end every chance to be early */
    }
    atomic_store(&left_ready, true);
}

static void end_waits_for_a_conv_ready_that_runs(void) {
    static host h;
    host_start(&h);
    h.on_ready = stay_until_end_is_called;
    login_until_pending(&subject, &h);
    wait_until(&in_ready);
    set(&ending);
    CHECK_STATUS(h.api->end(subject.conv), MAWS_DONE);
    CHECK(atomic_load(&left_ready));
    host_stop(&h);
}

static void a_host_without_conv_ready_polls(void) {
    static host h;
    host_init(&h);
    const maws_option options[] = {OPTION("awsStsEndpoint", "https://127.0.0.1:1"),
                                   OPTION("awsStsTimeoutMs", "500"),
                                   OPTION("awsStsCAFile", MAWS_TEST_CA_FILE)};
    h.callbacks.conv_ready = NULL;
    h.callbacks.log = NULL;
    CHECK_STATUS(host_create(&h, options, 3, NULL), MAWS_DONE);
    login_until_pending(&subject, &h);
    maws_status outcome = MAWS_PENDING;
    while (outcome == MAWS_PENDING) {
        outcome = login_poll(&subject, 1000);
    }
    CHECK(outcome < 0);
    login_end(&subject);
    host_stop(&h);
}

static void* cancel_subject(void* unused) {
    (void)unused;
    CHECK_STATUS(subject.host->api->cancel(subject.conv), MAWS_DONE);
    return NULL;
}

/* Who waits on a condition variable of the host is woken by whoever cancels, not by the plugin. */
static void a_cancel_from_another_thread_gives_no_conv_ready(void) {
    static host h;
    static silent_sts sts;
    pthread_t thread;
    host_start_silent(&h, &sts);
    login_until_pending(&subject, &h);
    CHECK(pthread_create(&thread, NULL, cancel_subject, NULL) == 0);
    CHECK_STATUS(login_poll(&subject, 60000), MAWS_E_CANCELLED);
    CHECK(pthread_join(thread, NULL) == 0);
    login_end(&subject);
    host_stop(&h);
    /* After destroy none can come any more. */
    CHECK(!login_is_ready(&subject));
}

static void each_event_carries_the_log_id_of_its_conversation(void) {
    static host h;
    static login other;
    host_start(&h);
    login_until_pending(&subject, &h);
    login_begin(&other, &h);
    login_wait(&subject);
    login_end(&subject);
    login_end(&other);
    host_stop(&h);
    CHECK(host_count_events(&h, (uint64_t)(uintptr_t)&subject) > 0);
    for (size_t i = 0; i < h.event_count; i++) {
        const uint64_t log_id = h.events[i].log_id;
        CHECK(log_id == 0 || log_id == (uint64_t)(uintptr_t)&subject ||
              log_id == (uint64_t)(uintptr_t)&other);
    }
}

static void nothing_below_the_log_level_is_passed_on(void) {
    for (int32_t level = MAWS_LOG_INFO; level <= MAWS_LOG_OFF; level++) {
        static host h;
        host_init(&h);
        const maws_option options[] = {OPTION("awsStsEndpoint", "https://127.0.0.1:1"),
                                       OPTION("awsStsTimeoutMs", "500"),
                                       OPTION("awsStsCAFile", MAWS_TEST_CA_FILE)};
        h.callbacks.log_level = level;
        CHECK_STATUS(host_create(&h, options, 3, NULL), MAWS_DONE);
        login_until_pending(&subject, &h);
        login_wait(&subject);
        login_end(&subject);
        host_stop(&h);
        for (size_t i = 0; i < h.event_count; i++) {
            CHECK(h.events[i].level >= level);
        }
    }
}

static void the_log_level_may_change_at_any_time(void) {
    static host h;
    host_start(&h);
    CHECK_STATUS(h.api->set_log_level(h.plugin, MAWS_LOG_OFF), MAWS_DONE);
    login_begin(&subject, &h);
    login_step(&subject, "", 0);
    login_end(&subject);
    CHECK_NUMBER(host_count_events(&h, (uint64_t)(uintptr_t)&subject), 0);
    CHECK_STATUS(h.api->set_log_level(h.plugin, MAWS_LOG_DEBUG), MAWS_DONE);
    login_begin(&subject, &h);
    login_step(&subject, "", 0);
    login_end(&subject);
    CHECK(host_count_events(&h, (uint64_t)(uintptr_t)&subject) > 0);
    host_stop(&h);
}

static void no_callback_comes_after_destroy(void) {
    static host h;
    static silent_sts sts;
    host_start_silent(&h, &sts);
    login_until_pending(&subject, &h);
    login_end(&subject);
    host_stop(&h);
    /* Whatever comes now finds no lock to take and ends the process. */
    memset(&h, 0xFF, sizeof h);
    memset(&subject, 0xFF, sizeof subject);
    silent_sts_close(&sts); /* wakes whoever still waits for an answer */
    for (int i = 0; i < 10000; i++) {
        sched_yield();
    }
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(calls_from_inside_log_give_state),
        TEST(calls_from_inside_conv_ready_give_state),
        TEST(calls_work_again_after_a_callback),
        TEST(no_lock_is_held_while_the_host_logs),
        TEST(no_lock_is_held_while_conv_ready_runs),
        TEST(poll_gives_the_outcome_from_the_start_of_conv_ready_on),
        TEST(end_waits_for_a_conv_ready_that_runs),
        TEST(a_host_without_conv_ready_polls),
        TEST(a_cancel_from_another_thread_gives_no_conv_ready),
        TEST(each_event_carries_the_log_id_of_its_conversation),
        TEST(nothing_below_the_log_level_is_passed_on),
        TEST(the_log_level_may_change_at_any_time),
        TEST(no_callback_comes_after_destroy),
    };
    return RUN_TESTS(argc, argv, tests);
}
