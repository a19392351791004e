/* Whole logins, against the STS emulator that with_sts.py runs. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "harness/client.h"
#include "harness/host.h"
#include "harness/process.h"
#include "harness/secrets.h"
#include "harness/sts.h"

/* Both steps; the verification is under way. */
static void send_credentials(login* l, host* h, const credentials* who) {
    CHECK_STATUS(login_send(l, h, who), MAWS_PENDING);
}

static void a_user_logs_in(void) {
    static host h;
    static login l;
    host_start_with_emulator(&h);
    send_credentials(&l, &h, &ALICE);
    CHECK_STATUS(login_wait(&l), MAWS_DONE);
    CHECK_NUMBER(l.out.reply.len, 0);
    const maws_info info = login_info(&l);
    CHECK_STATUS(info.status, MAWS_DONE);
    CHECK_NUMBER(info.reason, 0);
    CHECK_NUMBER(info.kind, MAWS_PRINCIPAL_USER);
    CHECK_STR(info.principal, "arn:aws:iam::123456789012:user/alice");
    CHECK_STR(info.raw_arn, "arn:aws:iam::123456789012:user/alice");
    CHECK_STR(info.account, "123456789012");
    CHECK_STR(info.user_id, "AIDAALICEEXAMPLE00001");
    CHECK_STR(info.access_key_id, "AKIAALICEEXAMPLE0001");
    CHECK_STR(info.sts_host, "sts.amazonaws.com");
    CHECK_STR(info.session_name, "");
    CHECK_STR(info.sts_error_code, "");
    CHECK(info.sts_request_id.len > 0);
    CHECK(info.total_us >= info.sts_us && info.sts_us > 0);
    login_end(&l);
    host_stop(&h);
}

static void a_user_under_a_path_keeps_it(void) {
    static host h;
    static login l;
    host_start_with_emulator(&h);
    send_credentials(&l, &h, &JANE);
    CHECK_STATUS(login_wait(&l), MAWS_DONE);
    CHECK_STR(login_info(&l).principal, "arn:aws:iam::123456789012:user/division/team/jane");
    login_end(&l);
    host_stop(&h);
}

static void a_role_session_logs_in_as_the_role(void) {
    static host h;
    static login l;
    host_start_with_emulator(&h);
    send_credentials(&l, &h, &SHOP_APP);
    CHECK_STATUS(login_wait(&l), MAWS_DONE);
    const maws_info info = login_info(&l);
    CHECK_NUMBER(info.kind, MAWS_PRINCIPAL_ROLE);
    CHECK_STR(info.principal, "arn:aws:iam::123456789012:role/shop-app");
    CHECK_STR(info.raw_arn, "arn:aws:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0");
    CHECK_STR(info.session_name, "i-0123456789abcdef0");
    CHECK_STR(info.user_id, "AROASHOPAPPEXAMPLE001:i-0123456789abcdef0");
    CHECK_STR(info.access_key_id, "ASIASHOPAPPEXAMPLE01");
    login_end(&l);
    host_stop(&h);
}

static void a_wrong_secret_is_denied_and_sts_says_why(void) {
    static host h;
    static login l;
    host_start_with_emulator(&h);
    send_credentials(&l, &h, &ALICE_WRONG_SECRET);
    CHECK_STATUS(login_wait(&l), MAWS_E_DENIED);
    CHECK_NUMBER(l.out.reply.len, 0);
    const maws_info info = login_info(&l);
    CHECK_STATUS(info.status, MAWS_E_DENIED);
    CHECK_STR(info.sts_error_code, "SignatureDoesNotMatch");
    CHECK_STR(info.access_key_id, "AKIAALICEEXAMPLE0001");
    CHECK_STR(info.principal, "");
    CHECK_STR(info.raw_arn, "");
    CHECK_NUMBER(info.kind, MAWS_PRINCIPAL_NONE);
    CHECK(info.reason != 0);
    CHECK(info.detail.len > 0);
    CHECK(info.sts_request_id.len > 0);
    login_end(&l);
    host_stop(&h);
}

static void a_second_login_is_as_good_as_the_first(void) {
    static host h;
    static login l;
    maws_stats stats = {.struct_size = sizeof stats};
    host_start_with_emulator(&h);
    for (int i = 0; i < 20; i++) {
        send_credentials(&l, &h, i % 2 == 0 ? &ALICE : &SHOP_APP);
        CHECK_STATUS(login_wait(&l), MAWS_DONE);
        CHECK_STR(login_info(&l).access_key_id, i % 2 == 0 ? ALICE.key_id : SHOP_APP.key_id);
        login_end(&l);
    }
    CHECK_STATUS(h.api->stats(h.plugin, &stats), MAWS_DONE);
    CHECK_NUMBER(stats.succeeded, 20);
    CHECK_NUMBER(stats.sts_requests, 20);
    CHECK(stats.sts_connections < 20); /* connections are kept */
    host_stop(&h);
}

enum { MANY = 64 };

/* One thread sends all of them: no step waits for STS. */
static void sixty_four_logins_are_in_flight_at_once(void) {
    static host h;
    static login logins[MANY];
    host_start_with_emulator(&h);
    CHECK_NUMBER(sts_control("POST /hold"), 200);
    for (int i = 0; i < MANY; i++) {
        send_credentials(&logins[i], &h, i % 2 == 0 ? &ALICE : &SHOP_APP);
    }
    CHECK_NUMBER(sts_control("GET /wait?in_flight=64&timeout_ms=20000"), 200);
    for (int i = 0; i < MANY; i++) {
        CHECK_STATUS(login_poll(&logins[i], 0), MAWS_PENDING);
        CHECK(!login_is_ready(&logins[i]));
    }
    CHECK_NUMBER(sts_control("POST /release"), 200);
    for (int i = 0; i < MANY; i++) {
        CHECK_STATUS(login_wait(&logins[i]), MAWS_DONE);
        CHECK_NUMBER(login_info(&logins[i]).kind,
                     i % 2 == 0 ? MAWS_PRINCIPAL_USER : MAWS_PRINCIPAL_ROLE);
        login_end(&logins[i]);
    }
    host_stop(&h);
}

static void cancel_while_sts_is_silent_gives_the_outcome_at_once(void) {
    static host h;
    static login l;
    host_start_with_emulator(&h);
    CHECK_NUMBER(sts_control("POST /hold"), 200);
    send_credentials(&l, &h, &ALICE);
    CHECK_NUMBER(sts_control("GET /wait?in_flight=1&timeout_ms=20000"), 200);
    CHECK_STATUS(h.api->cancel(l.conv), MAWS_DONE);
    CHECK_STATUS(login_poll(&l, 0), MAWS_E_CANCELLED);
    CHECK_NUMBER(sts_control("POST /release"), 200);
    CHECK_STATUS(login_poll(&l, 0), MAWS_E_CANCELLED); /* whatever STS says now */
    CHECK_STR(login_info(&l).principal, "");
    login_end(&l);
    host_stop(&h);
    CHECK(!login_is_ready(&l));
}

enum { THREADS = 8, LOGINS_EACH = 25 };

static host crowd;

static void* log_in_again_and_again(void* arg) {
    const credentials* const who = arg;
    const char* const principal = who == &ALICE ? "arn:aws:iam::123456789012:user/alice"
                                  : who == &JANE
                                      ? "arn:aws:iam::123456789012:user/division/team/jane"
                                      : "arn:aws:iam::123456789012:role/shop-app";
    for (int i = 0; i < LOGINS_EACH; i++) {
        login l;
        send_credentials(&l, &crowd, who);
        CHECK_STATUS(login_wait(&l), MAWS_DONE);
        CHECK_STR(login_info(&l).principal, principal);
        CHECK_STR(login_info(&l).access_key_id, who->key_id);
        login_end(&l);
    }
    return NULL;
}

static void logins_from_many_threads_never_get_each_others_identity(void) {
    const credentials* const who[] = {&ALICE, &JANE, &SHOP_APP};
    pthread_t threads[THREADS];
    maws_stats stats = {.struct_size = sizeof stats};
    host_start_with_emulator(&crowd);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, log_in_again_and_again, (void*)who[i % 3]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK_STATUS(crowd.api->stats(crowd.plugin, &stats), MAWS_DONE);
    CHECK_NUMBER(stats.succeeded, THREADS * LOGINS_EACH);
    CHECK_NUMBER(stats.conversations + stats.in_flight + stats.queued, 0);
    host_stop(&crowd);
}

/* STS never answers: what destroy waits for is not STS. */
static void end_and_destroy_do_not_wait_for_sts(void) {
    static host h;
    static login l;
    note_threads();
    host_start_with_emulator(&h);
    CHECK_NUMBER(sts_control("POST /hold"), 200);
    send_credentials(&l, &h, &ALICE);
    CHECK_NUMBER(sts_control("GET /wait?in_flight=1&timeout_ms=20000"), 200);
    login_end(&l);
    host_stop(&h);
    wait_for_no_new_thread();
    CHECK(!login_is_ready(&l));
    CHECK_NUMBER(sts_control("POST /release"), 200);
}

/* The host of these tests searches each log line; here, that it would find something. */
static void the_host_knows_what_a_client_has_sent(void) {
    static host h;
    static login l;
    host_start_with_emulator(&h);
    send_credentials(&l, &h, &SHOP_APP);
    CHECK_STATUS(login_wait(&l), MAWS_DONE);
    CHECK(holds_secret(SHOP_APP.token, strlen(SHOP_APP.token)));
    CHECK(holds_secret("x SignedHeaders=content-length;", 31));
    CHECK(!holds_secret(SHOP_APP.key_id, strlen(SHOP_APP.key_id)));
    login_end(&l);
    host_stop(&h);
}

static void a_child_forked_before_create_logs_in(void) {
    load_api();
    const pid_t child = fork();
    if (child == 0) {
        a_user_logs_in();
        exit(0);
    }
    check_child_succeeds(child);
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(a_user_logs_in),
        TEST(a_user_under_a_path_keeps_it),
        TEST(a_role_session_logs_in_as_the_role),
        TEST(a_wrong_secret_is_denied_and_sts_says_why),
        TEST(a_second_login_is_as_good_as_the_first),
        TEST(sixty_four_logins_are_in_flight_at_once),
        TEST(logins_from_many_threads_never_get_each_others_identity),
        TEST(cancel_while_sts_is_silent_gives_the_outcome_at_once),
        TEST(end_and_destroy_do_not_wait_for_sts),
        TEST(the_host_knows_what_a_client_has_sent),
        TEST(a_child_forked_before_create_logs_in),
    };
    return RUN_TESTS(argc, argv, tests);
}
