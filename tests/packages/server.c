/*
 * A server for the install tests: it loads the plugin and, for each line on its standard input, has
 * Alice log in and says as whom. It ends with its input.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>

#include "harness/client.h"
#include "harness/host.h"
#include "harness/sts.h"

static void log_in(host* h) {
    static login l;
    CHECK_STATUS(login_send(&l, h, &ALICE), MAWS_PENDING);
    CHECK_STATUS(login_wait(&l), MAWS_DONE);
    const maws_str principal = login_info(&l).principal;
    printf("logged in as %.*s, plugin %s\n", (int)principal.len, principal.ptr, h->api->version);
    fflush(stdout);
    login_end(&l);
}

static void serve(void) {
    static host h;
    char line[16];
    host_start_with_emulator(&h);
    while (fgets(line, sizeof line, stdin) != NULL) {
        log_in(&h);
    }
    host_stop(&h);
}

int main(int argc, char** argv) {
    const test tests[] = {TEST(serve)};
    return RUN_TESTS(argc, argv, tests);
}
