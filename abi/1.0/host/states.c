/* Every state of a conversation, and every call that does not fit it. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>

#include "harness/client.h"
#include "harness/every_call.h"
#include "harness/host.h"
#include "harness/sts.h"

static void step_first(login* l) {
    const payload first = client_first();
    CHECK_STATUS(login_step(l, first.bytes, first.len), MAWS_CONTINUE);
    CHECK(l->out.reply.ptr != NULL && l->out.reply.len > 0);
}

static void begin_gives_a_handle_of_its_own(void) {
    static host h;
    static login first;
    static login second;
    host_start(&h);
    login_begin(&first, &h);
    login_begin(&second, &h);
    CHECK(first.conv.id != 0 && second.conv.id != 0 && first.conv.id != second.conv.id);
    login_end(&first);
    login_end(&second);
    host_stop(&h);
}

static void begin_takes_external_only(void) {
    static host h;
    static login l;
    host_start(&h);
    login_init(&l, &h);
    const maws_str databases[] = {STR(""),           STR("admin"),     STR("$externa"),
                                  STR("$external2"), STR("$External"), {NULL, 0},
                                  STR("$external\0")};
    for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i++) {
        maws_begin args = begin_args(&l);
        maws_error error = {.struct_size = sizeof error};
        args.database = databases[i];
        l.conv.id = 77;
        CHECK_STATUS(h.api->begin(h.plugin, &args, &l.conv, &error), MAWS_E_PROTOCOL);
        CHECK_STATUS(error.status, MAWS_E_PROTOCOL);
        CHECK_NUMBER(l.conv.id, 0);
    }
    host_stop(&h);
}

static void refuses_begin(host* h, const maws_begin* args, maws_conv* out) {
    maws_error error = {.struct_size = sizeof error};
    CHECK_STATUS(h->api->begin(h->plugin, args, out, &error), MAWS_E_ARGUMENT);
    CHECK_STATUS(error.status, MAWS_E_ARGUMENT);
    CHECK(strlen(error.message) > 0);
    CHECK(out == NULL || out->id == 0);
    CHECK_STATUS(h->api->begin(h->plugin, args, out, NULL), MAWS_E_ARGUMENT);
}

static void begin_refuses_null_and_small_structs(void) {
    static host h;
    static login l;
    host_start(&h);
    login_init(&l, &h);
    maws_begin args = begin_args(&l);
    refuses_begin(&h, NULL, &l.conv);
    refuses_begin(&h, &args, NULL);
    args.client_addr = (maws_str){NULL, 3};
    refuses_begin(&h, &args, &l.conv);
    args = begin_args(&l);
    args.database = (maws_str){NULL, 9};
    refuses_begin(&h, &args, &l.conv);
    args = begin_args(&l);
    args.struct_size = sizeof args - 1;
    refuses_begin(&h, &args, &l.conv);
    host_stop(&h);
}

static void poll_before_pending_is_not_possible(void) {
    static host h;
    static login l;
    host_start(&h);
    login_begin(&l, &h);
    CHECK_STATUS(login_poll(&l, 0), MAWS_E_STATE);
    CHECK_STATUS(login_poll(&l, 1000), MAWS_E_STATE); /* and does not wait */
    step_first(&l);
    CHECK_STATUS(login_poll(&l, 0), MAWS_E_STATE);
    login_end(&l);
    host_stop(&h);
}

static void step_while_pending_is_not_possible_and_changes_nothing(void) {
    static host h;
    static login l;
    static silent_sts sts;
    host_start_silent(&h, &sts);
    login_until_pending(&l, &h);
    CHECK_STATUS(h.api->step(l.conv, (const uint8_t*)"x", 1, &l.out), MAWS_E_STATE);
    CHECK_STATUS(h.api->step(l.conv, NULL, 0, &l.out), MAWS_E_STATE);
    CHECK_STATUS(login_poll(&l, 0), MAWS_PENDING);
    CHECK_STATUS(login_poll(&l, 1), MAWS_PENDING);
    CHECK(!login_is_ready(&l));
    login_end(&l);
    host_stop(&h);
}

static void step_after_the_outcome_is_not_possible_and_the_outcome_stays(void) {
    static host h;
    static login l;
    host_start(&h);
    login_until_pending(&l, &h);
    const maws_status outcome = login_wait(&l);
    CHECK(outcome < 0);
    CHECK_STATUS(h.api->step(l.conv, (const uint8_t*)"x", 1, &l.out), MAWS_E_STATE);
    CHECK_STATUS(login_poll(&l, 0), outcome);
    CHECK_STATUS(login_poll(&l, 1000), outcome);
    CHECK(l.out.reply.len == 0);
    CHECK_STATUS(h.api->cancel(l.conv), MAWS_DONE);
    CHECK_STATUS(login_poll(&l, 0), outcome);
    login_end(&l);
    host_stop(&h);
}

static void an_empty_first_payload_ends_the_conversation(void) {
    static host h;
    static login l;
    host_start(&h);
    login_begin(&l, &h);
    CHECK_STATUS(login_step(&l, NULL, 0), MAWS_E_PROTOCOL);
    CHECK(l.out.reply.len == 0);
    const payload first = client_first();
    CHECK_STATUS(login_step(&l, first.bytes, first.len), MAWS_E_STATE);
    const maws_info info = login_info(&l);
    CHECK_STATUS(info.status, MAWS_E_PROTOCOL);
    CHECK(info.reason != 0);
    CHECK(info.detail.len > 0);
    login_end(&l);
    host_stop(&h);
}

static void an_empty_second_payload_ends_the_conversation(void) {
    static host h;
    static login l;
    host_start(&h);
    login_begin(&l, &h);
    step_first(&l);
    CHECK_STATUS(login_step(&l, "", 0), MAWS_E_PROTOCOL);
    CHECK(l.out.reply.len == 0);
    CHECK_STATUS(login_step(&l, "", 0), MAWS_E_STATE);
    CHECK_STATUS(login_info(&l).status, MAWS_E_PROTOCOL);
    login_end(&l);
    host_stop(&h);
}

static void a_broken_argument_of_step_changes_nothing(void) {
    static host h;
    static login l;
    host_start(&h);
    login_begin(&l, &h);
    const payload first = client_first();
    maws_step small = {.struct_size = sizeof small - 1, .reply = {NULL, 77}};
    CHECK_STATUS(h.api->step(l.conv, NULL, 5, &l.out), MAWS_E_ARGUMENT);
    CHECK_STATUS(h.api->step(l.conv, first.bytes, first.len, NULL), MAWS_E_ARGUMENT);
    CHECK_STATUS(h.api->step(l.conv, first.bytes, first.len, &small), MAWS_E_ARGUMENT);
    CHECK_NUMBER(small.reply.len, 77);
    step_first(&l);
    login_end(&l);
    host_stop(&h);
}

static void a_broken_argument_of_poll_and_info_changes_nothing(void) {
    static host h;
    static login l;
    static silent_sts sts;
    host_start_silent(&h, &sts);
    login_until_pending(&l, &h);
    maws_step small_step = {.struct_size = sizeof small_step - 1};
    maws_info small_info = {.struct_size = sizeof(uint32_t), .reason = 77};
    CHECK_STATUS(h.api->poll(l.conv, 0, NULL), MAWS_E_ARGUMENT);
    CHECK_STATUS(h.api->poll(l.conv, 0, &small_step), MAWS_E_ARGUMENT);
    CHECK_STATUS(h.api->info(l.conv, NULL), MAWS_E_ARGUMENT);
    CHECK_STATUS(h.api->info(l.conv, &small_info), MAWS_E_ARGUMENT);
    CHECK_NUMBER(small_info.reason, 77);
    CHECK_STATUS(login_poll(&l, 0), MAWS_PENDING);
    login_end(&l);
    host_stop(&h);
}

static void nothing_is_known_of(const maws_info* info) {
    CHECK(info->status != MAWS_DONE);
    CHECK_NUMBER(info->kind, MAWS_PRINCIPAL_NONE);
    CHECK_NUMBER(info->principal.len, 0);
    CHECK_NUMBER(info->raw_arn.len, 0);
    CHECK_NUMBER(info->account.len, 0);
    CHECK_NUMBER(info->user_id.len, 0);
}

static void info_answers_in_every_state_and_names_nobody_early(void) {
    static host h;
    static login l;
    static silent_sts sts;
    host_start_silent(&h, &sts);
    login_begin(&l, &h);
    maws_info info = login_info(&l);
    nothing_is_known_of(&info);
    step_first(&l);
    info = login_info(&l);
    nothing_is_known_of(&info);
    CHECK_STATUS(info.status, MAWS_CONTINUE);
    login_end(&l);

    login_until_pending(&l, &h);
    info = login_info(&l);
    nothing_is_known_of(&info);
    CHECK_STATUS(info.status, MAWS_PENDING);
    CHECK_STATUS(h.api->cancel(l.conv), MAWS_DONE);
    info = login_info(&l);
    nothing_is_known_of(&info);
    CHECK_STATUS(info.status, MAWS_E_CANCELLED);
    login_end(&l);
    host_stop(&h);
}

static void cancel_is_possible_in_every_state_and_may_be_repeated(void) {
    static host h;
    static login l;
    static silent_sts sts;
    host_start_silent(&h, &sts);
    login_begin(&l, &h);
    CHECK_STATUS(h.api->cancel(l.conv), MAWS_DONE);
    CHECK_STATUS(h.api->cancel(l.conv), MAWS_DONE);
    CHECK(login_step(&l, "x", 1) < 0);
    CHECK_STATUS(login_info(&l).status, MAWS_E_CANCELLED);
    login_end(&l);

    login_until_pending(&l, &h);
    CHECK_STATUS(h.api->cancel(l.conv), MAWS_DONE);
    CHECK_STATUS(h.api->cancel(l.conv), MAWS_DONE);
    CHECK_STATUS(login_poll(&l, 0), MAWS_E_CANCELLED);
    CHECK_STATUS(login_poll(&l, 1000), MAWS_E_CANCELLED);
    login_end(&l);
    host_stop(&h);
    CHECK(!login_is_ready(&l)); /* a cancelled verification has no conv_ready */
}

static void end_is_possible_in_every_state_and_makes_the_handle_stale(void) {
    static host h;
    static login l;
    static silent_sts sts;
    host_start_silent(&h, &sts);
    login_begin(&l, &h);
    login_end(&l);
    every_conv_call_gives(h.api, l.conv, MAWS_E_HANDLE);
    login_begin(&l, &h);
    step_first(&l);
    login_end(&l);
    every_conv_call_gives(h.api, l.conv, MAWS_E_HANDLE);
    login_until_pending(&l, &h);
    login_end(&l);
    every_conv_call_gives(h.api, l.conv, MAWS_E_HANDLE);
    host_stop(&h);
    CHECK(!login_is_ready(&l)); /* an ended verification has no conv_ready */
}

static void an_old_handle_never_means_a_new_conversation(void) {
    enum { ROUNDS = 1000 };
    static host h;
    static login old;
    static login now;
    host_start(&h);
    login_begin(&old, &h);
    login_end(&old);
    for (int round = 0; round < ROUNDS; round++) {
        login_begin(&now, &h);
        CHECK(now.conv.id != old.conv.id);
        CHECK_STATUS(h.api->cancel(old.conv), MAWS_E_HANDLE);
        login_end(&now);
    }
    host_stop(&h);
}

static void forged_handles_are_refused(void) {
    static host h;
    static login l;
    host_start(&h);
    login_begin(&l, &h);
    every_conv_call_gives(h.api, (maws_conv){0}, MAWS_E_HANDLE);
    every_plugin_call_gives(h.api, (maws_plugin){0}, MAWS_E_HANDLE);
    for (unsigned bit = 0; bit < 64; bit++) {
        const uint64_t flipped = UINT64_C(1) << bit;
        every_conv_call_gives(h.api, (maws_conv){l.conv.id ^ flipped}, MAWS_E_HANDLE);
        every_plugin_call_gives(h.api, (maws_plugin){h.plugin.id ^ flipped}, MAWS_E_HANDLE);
    }
    step_first(&l); /* untouched by all of that */
    login_end(&l);
    host_stop(&h);
}

static void destroy_with_live_conversations_changes_nothing(void) {
    static host h;
    static login idle;
    static login pending;
    static silent_sts sts;
    host_start_silent(&h, &sts);
    login_begin(&idle, &h);
    login_until_pending(&pending, &h);
    CHECK_STATUS(h.api->destroy(h.plugin, 0), MAWS_E_IN_USE);
    login_end(&pending);
    CHECK_STATUS(h.api->destroy(h.plugin, 0), MAWS_E_IN_USE);
    step_first(&idle);
    login_end(&idle);
    host_stop(&h);
    every_plugin_call_gives(h.api, h.plugin, MAWS_E_HANDLE);
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(begin_gives_a_handle_of_its_own),
        TEST(begin_takes_external_only),
        TEST(begin_refuses_null_and_small_structs),
        TEST(poll_before_pending_is_not_possible),
        TEST(step_while_pending_is_not_possible_and_changes_nothing),
        TEST(step_after_the_outcome_is_not_possible_and_the_outcome_stays),
        TEST(an_empty_first_payload_ends_the_conversation),
        TEST(an_empty_second_payload_ends_the_conversation),
        TEST(a_broken_argument_of_step_changes_nothing),
        TEST(a_broken_argument_of_poll_and_info_changes_nothing),
        TEST(info_answers_in_every_state_and_names_nobody_early),
        TEST(cancel_is_possible_in_every_state_and_may_be_repeated),
        TEST(end_is_possible_in_every_state_and_makes_the_handle_stale),
        TEST(an_old_handle_never_means_a_new_conversation),
        TEST(forged_handles_are_refused),
        TEST(destroy_with_live_conversations_changes_nothing),
    };
    return RUN_TESTS(argc, argv, tests);
}
