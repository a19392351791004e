/* quiesce: no more logins, while those that live come to their end. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>

#include "harness/client.h"
#include "harness/host.h"
#include "harness/sts.h"

static void refuses_begin(host* h) {
    static login late;
    maws_error error = {.struct_size = sizeof error};
    login_init(&late, h);
    const maws_begin args = begin_args(&late);
    CHECK_STATUS(h->api->begin(h->plugin, &args, &late.conv, &error), MAWS_E_CANCELLED);
    CHECK(strlen(error.message) > 0);
    CHECK_NUMBER(late.conv.id, 0);
}

static void begin_is_refused_from_then_on(void) {
    static host h;
    host_start(&h);
    CHECK_STATUS(h.api->quiesce(h.plugin), MAWS_DONE);
    refuses_begin(&h);
    CHECK_STATUS(h.api->quiesce(h.plugin), MAWS_DONE); /* once more does no harm */
    refuses_begin(&h);
    host_stop(&h);
}

static void conversations_that_live_go_on(void) {
    static host h;
    static login l;
    host_start(&h);
    login_begin(&l, &h);
    CHECK_STATUS(h.api->quiesce(h.plugin), MAWS_DONE);
    const payload first = client_first();
    CHECK_STATUS(login_step(&l, first.bytes, first.len), MAWS_CONTINUE);
    const payload second = client_second(&ALICE, l.out.reply);
    CHECK_STATUS(login_step(&l, second.bytes, second.len), MAWS_PENDING);
    CHECK_STATUS(login_wait(&l), MAWS_E_UPSTREAM); /* nobody listens there */
    login_end(&l);
    host_stop(&h);
}

static void destroy_still_waits_for_the_last_end(void) {
    static host h;
    static login l;
    host_start(&h);
    login_begin(&l, &h);
    CHECK_STATUS(h.api->quiesce(h.plugin), MAWS_DONE);
    CHECK_STATUS(h.api->destroy(h.plugin, 0), MAWS_E_IN_USE);
    login_end(&l);
    host_stop(&h);
    CHECK_STATUS(h.api->quiesce(h.plugin), MAWS_E_HANDLE);
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(begin_is_refused_from_then_on),
        TEST(conversations_that_live_go_on),
        TEST(destroy_still_waits_for_the_last_end),
    };
    return RUN_TESTS(argc, argv, tests);
}
