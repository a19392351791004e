/* Two copies of the library in one process are two plugins: neither takes the other's handles. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/every_call.h"
#include "harness/host.h"

/* The API of a second copy, from a file of its own. */
static const maws_api* load_a_copy(void) {
    char folder[] = "/tmp/maws-copy-XXXXXX";
    char path[PATH_MAX];
    static char block[1 << 16];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/copy.so", folder);
    FILE* const from = fopen(library_under_test(), "rb");
    FILE* const to = fopen(path, "wb");
    CHECK(from != NULL && to != NULL);
    for (size_t got; (got = fread(block, 1, sizeof block, from)) > 0;) {
        CHECK(fwrite(block, 1, got, to) == got);
    }
    CHECK(fclose(to) == 0 && fclose(from) == 0);
    void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL);
    CHECK(unlink(path) == 0 && rmdir(folder) == 0);
    maws_entry_fn entry = NULL;
    *(void**)&entry = dlsym(library, "maws_plugin_entry_v1");
    CHECK(entry != NULL);
    return entry(MAWS_ABI_MINOR, NULL);
}

static void handles_of_one_copy_are_refused_by_the_other(void) {
    static host one;
    static host other;
    static login ones;
    static login others;
    host_start(&one);
    other = one;
    other.api = load_a_copy();
    CHECK(other.api != one.api);
    other.callbacks.host_ctx = (uintptr_t)&other;
    const maws_option ca_file = OPTION("awsStsCAFile", MAWS_TEST_CA_FILE);
    CHECK_STATUS(host_create(&other, &ca_file, 1, NULL), MAWS_DONE);
    /* Each is the first of its copy. */
    login_begin(&ones, &one);
    login_begin(&others, &other);
    every_plugin_call_gives(other.api, one.plugin, MAWS_E_HANDLE);
    every_plugin_call_gives(one.api, other.plugin, MAWS_E_HANDLE);
    every_conv_call_gives(other.api, ones.conv, MAWS_E_HANDLE);
    every_conv_call_gives(one.api, others.conv, MAWS_E_HANDLE);
    /* And both live on. */
    CHECK_STATUS(login_info(&ones).status, MAWS_CONTINUE);
    CHECK_STATUS(login_info(&others).status, MAWS_CONTINUE);
    login_end(&ones);
    login_end(&others);
    host_stop(&one);
    host_stop(&other);
}

int main(int argc, char** argv) {
    const test tests[] = {TEST(handles_of_one_copy_are_refused_by_the_other)};
    return RUN_TESTS(argc, argv, tests);
}
