/* How much stack there has to be, and is: what mongodb_aws_auth.h promises under "Limits". */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/client.h"
#include "harness/host.h"
#include "harness/sts.h"

enum { STACK_BYTES = 256 * 1024, GUARD_BYTES = 64 * 1024 };

static host h;

/* The system's bundle is read, too: its certificates are more than those of a file for tests. */
static void every_call_of_a_server(void) {
    static login l;
    static silent_sts sts;
    char text[2048];
    size_t needed = 0;
    maws_stats stats = {.struct_size = sizeof stats};
    rude_sts_open(&sts);
    const maws_option options[] = {OPTION("awsStsEndpoint", sts.endpoint)};
    host_init(&h);
    CHECK_STATUS(h.api->check_options(options, 1, text, sizeof text, &needed), MAWS_DONE);
    CHECK_STATUS(host_create(&h, options, 1, NULL), MAWS_DONE);
    login_begin(&l, &h);
    const payload first = client_first();
    CHECK_STATUS(login_step(&l, first.bytes, first.len), MAWS_CONTINUE);
    const payload second = client_second(&ALICE, l.out.reply);
    CHECK_STATUS(login_step(&l, second.bytes, second.len), MAWS_PENDING);
    CHECK_STATUS(login_wait(&l), MAWS_E_UPSTREAM);
    CHECK(login_info(&l).detail.len > 0);
    CHECK_STATUS(h.api->cancel(l.conv), MAWS_DONE);
    login_end(&l);
    const maws_option timeout = OPTION("awsStsTimeoutMs", "5000");
    CHECK_STATUS(h.api->set_options(h.plugin, &timeout, 1, NULL), MAWS_DONE);
    CHECK_STATUS(h.api->get_option(h.plugin, timeout.key, text, sizeof text, NULL), MAWS_DONE);
    CHECK_STATUS(h.api->stats(h.plugin, &stats), MAWS_DONE);
    CHECK_STATUS(h.api->stats_json(h.plugin, text, sizeof text, &needed), MAWS_DONE);
    CHECK(h.api->reason_text(301) != NULL && h.api->status_text(0) != NULL);
    CHECK_STATUS(h.api->quiesce(h.plugin), MAWS_DONE);
    host_stop(&h);
}

static void* in_thread(void* unused) {
    every_call_of_a_server();
    return unused;
}

static void a_thread_with_as_much_as_the_header_says_makes_every_call(void) {
    pthread_t thread;
    pthread_attr_t attributes;
    char* const stack = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_NONE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    CHECK(stack != MAP_FAILED);
    CHECK(mprotect(stack + GUARD_BYTES, STACK_BYTES, PROT_READ | PROT_WRITE) == 0);
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstack(&attributes, stack + GUARD_BYTES, STACK_BYTES) == 0);
    CHECK(pthread_create(&thread, &attributes, in_thread, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(munmap(stack, GUARD_BYTES + STACK_BYTES) == 0);
}

static void use_stack(host* of, login* l) {
    volatile char used[STACK_BYTES - 4096]; /* what the harness uses is the host's part, too */
    (void)of;
    (void)l;
    for (size_t i = 0; i < sizeof used; i += 1024) {
        used[sizeof used - 1 - i] = 1;
    }
}

static void a_callback_has_as_much_as_the_header_says(void) {
    static login l;
    host_start(&h);
    h.on_ready = use_stack;
    login_until_pending(&l, &h);
    CHECK_STATUS(login_wait(&l), MAWS_E_UPSTREAM);
    login_end(&l);
    host_stop(&h);
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(a_thread_with_as_much_as_the_header_says_makes_every_call),
        TEST(a_callback_has_as_much_as_the_header_says),
    };
    return RUN_TESTS(argc, argv, tests);
}
