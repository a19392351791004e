/* Libraries that a loader must refuse: each is a build of the stub. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <string.h>

#include "harness/check.h"
#include "mongodb_aws_auth_calls.h"

static maws_entry_fn find_entry(void) {
    void* const library = dlopen(library_under_test(), RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL);
    maws_entry_fn entry = NULL;
    *(void**)&entry = dlsym(library, "maws_plugin_entry_v1");
    return entry;
}

static void stub_no_entry(void) {
    CHECK(find_entry() == NULL);
}

static void stub_refuses(void) {
    const maws_entry_fn entry = find_entry();
    CHECK(entry != NULL);
    maws_error error = {.struct_size = sizeof error};
    CHECK(entry(MAWS_ABI_MINOR, &error) == NULL);
    CHECK_STATUS(error.status, MAWS_E_VERSION);
    CHECK_CONTAINS(error.message, "needs a host of version 1.1000");
    CHECK(entry(MAWS_ABI_MINOR, NULL) == NULL);
    CHECK(entry(1000, &error) != NULL);
}

static void stub_short_table(void) {
    const maws_entry_fn entry = find_entry();
    CHECK(entry != NULL);
    const maws_api* const api = entry(MAWS_ABI_MINOR, NULL);
    CHECK(api != NULL);
    CHECK(MAWS_HAS(maws_api, api, info));
    CHECK(!MAWS_HAS(maws_api, api, end));
    CHECK_STATUS(maws_call_end(api, (maws_conv){1}), MAWS_E_VERSION);
}

int main(int argc, char** argv) {
    const test tests[] = {TEST(stub_no_entry), TEST(stub_refuses), TEST(stub_short_table)};
    return RUN_TESTS(argc, argv, tests);
}
