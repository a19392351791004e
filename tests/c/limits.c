/* A process that has no descriptor or no thread left: a login fails as temporary, and works again
 * when there is room. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include "harness/client.h"
#include "harness/host.h"
#include "harness/sts.h"

enum { MAX_TAKEN = 4096, NOBODY = 65534 };

static int taken[MAX_TAKEN];
static size_t taken_count;

static void take_every_descriptor(void) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 256;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (;;) {
        const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            break;
        }
        CHECK(taken_count < MAX_TAKEN);
        taken[taken_count++] = fd;
    }
    CHECK(taken_count > 0);
}

static void give_descriptors_back(void) {
    while (taken_count > 0) {
        close(taken[--taken_count]);
    }
}

static maws_status log_in(host* h) {
    static login l;
    maws_status status = login_send(&l, h, &ALICE);
    if (status == MAWS_PENDING) {
        status = login_wait(&l);
    }
    login_end(&l);
    return status;
}

static void allow_logins(host* h, const char* ms) {
    const maws_option time = {.key = STR("awsStsTimeoutMs"), .value = str(ms)};
    CHECK_STATUS(h->api->set_options(h->plugin, &time, 1, NULL), MAWS_DONE);
}

static void no_descriptor_is_temporary(void) {
    static host h;
    host_start_with_emulator(&h);
    /* A connection that cannot be opened is tried again for as long as there is time. */
    allow_logins(&h, "500");
    take_every_descriptor();
    CHECK_STATUS(log_in(&h), MAWS_E_UPSTREAM);
    CHECK_STATUS(log_in(&h), MAWS_E_UPSTREAM);
    give_descriptors_back();
    allow_logins(&h, "30000");
    CHECK_STATUS(log_in(&h), MAWS_DONE);
    host_stop(&h);
}

/* A warm connection needs no further descriptor. */
static void a_warm_connection_works_without_a_descriptor(void) {
    static host h;
    host_start_with_emulator(&h);
    CHECK_STATUS(log_in(&h), MAWS_DONE);
    take_every_descriptor();
    CHECK_STATUS(log_in(&h), MAWS_DONE);
    give_descriptors_back();
    host_stop(&h);
}

static void without_descriptors_create_names_the_file(void) {
    static host h;
    maws_error error = {.struct_size = sizeof error};
    const maws_option ca = OPTION("awsStsCAFile", MAWS_TEST_CA_FILE);
    host_init(&h);
    take_every_descriptor();
    CHECK_STATUS(host_create(&h, &ca, 1, &error), MAWS_E_OPTION);
    CHECK_CONTAINS(error.message, MAWS_TEST_CA_FILE);
    give_descriptors_back();
    CHECK_STATUS(host_create(&h, &ca, 1, &error), MAWS_DONE);
    host_stop(&h);
}

static void allow_no_thread(rlim_t most) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NPROC, &limit) == 0);
    limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
    CHECK(setrlimit(RLIMIT_NPROC, &limit) == 0);
}

/* The limit does not hold for root, so a child does this as somebody else. */
static void no_thread_is_temporary(void) {
    static host h;
    struct rlimit before;
    CHECK(getrlimit(RLIMIT_NPROC, &before) == 0);
    host_start_with_emulator(&h);
    if (geteuid() == 0) {
        CHECK(setgroups(0, NULL) == 0);
        CHECK(setresgid(NOBODY, NOBODY, NOBODY) == 0);
        CHECK(setresuid(NOBODY, NOBODY, NOBODY) == 0);
    }
    allow_no_thread(0);
    CHECK_STATUS(log_in(&h), MAWS_E_SYSTEM);
    CHECK_STATUS(log_in(&h), MAWS_E_SYSTEM);
    allow_no_thread(before.rlim_max);
    CHECK_STATUS(log_in(&h), MAWS_DONE);
    host_stop(&h);
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(no_descriptor_is_temporary),
        TEST(a_warm_connection_works_without_a_descriptor),
        TEST(without_descriptors_create_names_the_file),
        TEST(no_thread_is_temporary),
    };
    return RUN_TESTS(argc, argv, tests);
}
