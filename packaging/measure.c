/* What the plugin costs a process: time to load, memory at each stage of the first login. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "harness/client.h"
#include "harness/host.h"
#include "harness/sts.h"

typedef struct memory {
    long resident, private;
} memory;

static memory memory_now(void) {
    memory now = {0, 0};
    char line[128];
    FILE* const status = fopen("/proc/self/status", "r");
    CHECK(status != NULL);
    while (fgets(line, sizeof line, status) != NULL) {
        (void)sscanf(line, "VmRSS: %ld", &now.resident);
        (void)sscanf(line, "RssAnon: %ld", &now.private);
    }
    fclose(status);
    return now;
}

static void tell(const char* stage, memory before) {
    const memory now = memory_now();
    printf("memory %-24s +%ld KiB resident, of which +%ld KiB private\n", stage,
           now.resident - before.resident, now.private - before.private);
}

static void log_in(host* h) {
    static login l;
    CHECK_STATUS(login_send(&l, h, &ALICE), MAWS_PENDING);
    CHECK_STATUS(login_wait(&l), MAWS_DONE);
    login_end(&l);
}

static void first_login(void) {
    static host h;
    /* What the measuring itself and the client's OpenSSL take is not counted. */
    memset(&h, 1, sizeof h);
    (void)client_first();
    uint8_t server_first[102] = {102, [4] = 5, 's', 0, 64};
    memcpy(server_first + 76, "\002h\0\022\0\0\0sts.amazonaws.com", 25);
    (void)client_second(&ALICE, (maws_bytes){server_first, sizeof server_first});
    const memory before = memory_now();
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    const maws_api* const api = load_api();
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("version                         %s, %s\n", api->version, api->tls);
    printf("time to load                    %.2f ms\n",
           (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6);
    tell("after loading", before);
    host_start_with_emulator(&h);
    tell("after create", before);
    log_in(&h);
    tell("after the first login", before);
    for (int i = 0; i < 1000; i++) {
        log_in(&h);
    }
    tell("after 1,000 logins", before);
    host_stop(&h);
}

int main(int argc, char** argv) {
    const test tests[] = {TEST(first_login)};
    return RUN_TESTS(argc, argv, tests);
}
