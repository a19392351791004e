/* A bad set-up fails at create, with the key and the value in the message: what reaches beyond the
 * single option. For the real plugin only; the stub reads no files and knows no hosts. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/host.h"

static maws_status create(const maws_option* options, size_t count, maws_error* error) {
    static host h;
    host_init(&h);
    *error = (maws_error){.struct_size = sizeof *error};
    const maws_status status = host_create(&h, options, count, error);
    if (status == MAWS_DONE) {
        host_stop(&h);
    }
    return status;
}

static void refuses_and_shows(const char* key, const char* value, const char* shown) {
    const maws_option options[] = {OPTION("awsStsCAFile", MAWS_TEST_CA_FILE), OPTION(key, value)};
    maws_error error;
    CHECK_STATUS(create(options, 2, &error), MAWS_E_OPTION);
    CHECK_CONTAINS(error.message, key);
    CHECK_CONTAINS(error.message, shown);
}

static void refuses_beside_a_ca_file(const char* key, const char* value) {
    refuses_and_shows(key, value, value);
}

static void refuses_the_ca_file(const char* path) {
    const maws_option option = OPTION("awsStsCAFile", path);
    maws_error error;
    CHECK_STATUS(create(&option, 1, &error), MAWS_E_OPTION);
    CHECK_CONTAINS(error.message, "awsStsCAFile");
    CHECK_CONTAINS(error.message, path);
}

static void a_ca_file_that_is_none_is_refused(void) {
    char path[] = "/tmp/maws-ca-XXXXXX";
    refuses_the_ca_file("/nonexistent/ca.pem");
    refuses_the_ca_file("/");
    refuses_the_ca_file("/dev/null");
    const int fd = mkstemp(path);
    CHECK(fd >= 0);
    refuses_the_ca_file(path); /* empty */
    static const char garbage[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    CHECK(write(fd, garbage, sizeof garbage - 1) == (ssize_t)sizeof garbage - 1);
    refuses_the_ca_file(path);
    close(fd);
    unlink(path);
}

/* The system's bundle is taken, or its absence is named. */
static void no_ca_file_means_the_systems_bundle(void) {
    maws_error error;
    const maws_status status = create(NULL, 0, &error);
    if (status != MAWS_DONE) {
        CHECK_STATUS(status, MAWS_E_OPTION);
        CHECK_CONTAINS(error.message, "awsStsCAFile");
    }
}

static void an_endpoint_is_https_and_nothing_else(void) {
    refuses_beside_a_ca_file("awsStsEndpoint", "http://127.0.0.1:8080");
    refuses_beside_a_ca_file("awsStsEndpoint", "127.0.0.1:8443");
    refuses_beside_a_ca_file("awsStsEndpoint", "https://");
    refuses_and_shows("awsStsEndpoint", "https://user:secret@127.0.0.1",
                      "\"https://***@127.0.0.1\"");
    refuses_beside_a_ca_file("awsStsEndpoint", "https://127.0.0.1/path");
    refuses_beside_a_ca_file("awsStsEndpoint", "https://127.0.0.1:99999");
}

static void a_host_is_one_that_clients_can_sign_for(void) {
    refuses_beside_a_ca_file("awsStsHost", ".amazonaws.com");
    refuses_beside_a_ca_file("awsStsHost", "sts.amazonaws.com.");
    refuses_beside_a_ca_file("awsStsHost", "sts..amazonaws.com");
    refuses_beside_a_ca_file("awsStsHost", "sts.amazonaws.com:443");
    refuses_beside_a_ca_file("awsStsHost", "sts.amazonaws.com.evil.example");
    refuses_beside_a_ca_file("awsStsHost", "vpce-1.sts.us-east-1.vpce.amazonaws.com");
}

static void another_host_needs_the_switch_for_it(void) {
    const maws_option options[] = {OPTION("awsStsCAFile", MAWS_TEST_CA_FILE),
                                   OPTION("awsStsHost", "sts.storage.example"),
                                   OPTION("awsStsAllowCustomHost", "true")};
    maws_error error;
    CHECK_STATUS(create(options, 2, &error), MAWS_E_OPTION);
    CHECK_CONTAINS(error.message, "awsStsAllowCustomHost");
    CHECK_STATUS(create(options, 3, &error), MAWS_DONE);
}

static void text_that_is_no_utf8_is_refused(void) {
    const maws_option options[] = {OPTION("awsStsCAFile", MAWS_TEST_CA_FILE),
                                   OPTION("awsAllowedPrincipals", "arn:\xFF\xFE")};
    maws_error error;
    CHECK_ONE_OF(create(options, 2, &error), MAWS_E_OPTION, MAWS_E_ARGUMENT);
    CHECK_CONTAINS(error.message, "awsAllowedPrincipals");
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(a_ca_file_that_is_none_is_refused),     TEST(no_ca_file_means_the_systems_bundle),
        TEST(an_endpoint_is_https_and_nothing_else), TEST(a_host_is_one_that_clients_can_sign_for),
        TEST(text_that_is_no_utf8_is_refused),       TEST(another_host_needs_the_switch_for_it),
    };
    return RUN_TESTS(argc, argv, tests);
}
