/* The entry symbol and the table of functions. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "harness/host.h"
#include "harness/process.h"

static maws_entry_fn load_entry(void) {
    void* const library = dlopen(library_under_test(), RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL);
    maws_entry_fn entry = NULL;
    *(void**)&entry = dlsym(library, "maws_plugin_entry_v1");
    CHECK(entry != NULL);
    return entry;
}

static void entry_gives_the_same_table_on_each_call(void) {
    const maws_entry_fn entry = load_entry();
    maws_error error = {.struct_size = sizeof error};
    const maws_api* const api = entry(MAWS_ABI_MINOR, &error);
    CHECK(api != NULL);
    CHECK(entry(MAWS_ABI_MINOR, NULL) == api);
    CHECK(entry(MAWS_ABI_MINOR, &error) == api);
}

static void table_has_every_function_of_version_1_0(void) {
    const maws_api* const api = load_api();
    CHECK(api->struct_size >= offsetof(maws_api, build_flags));
    CHECK(MAWS_HAS(maws_api, api, option_at));
    CHECK(MAWS_HAS(maws_api, api, create));
    CHECK(MAWS_HAS(maws_api, api, destroy));
    CHECK(MAWS_HAS(maws_api, api, set_options));
    CHECK(MAWS_HAS(maws_api, api, get_option));
    CHECK(MAWS_HAS(maws_api, api, set_log_level));
    CHECK(MAWS_HAS(maws_api, api, stats));
    CHECK(MAWS_HAS(maws_api, api, stats_json));
    CHECK(MAWS_HAS(maws_api, api, begin));
    CHECK(MAWS_HAS(maws_api, api, step));
    CHECK(MAWS_HAS(maws_api, api, poll));
    CHECK(MAWS_HAS(maws_api, api, cancel));
    CHECK(MAWS_HAS(maws_api, api, info));
    CHECK(MAWS_HAS(maws_api, api, end));
}

static void table_names_plugin_version_and_mechanism(void) {
    const maws_api* const api = load_api();
    unsigned major = 0;
    unsigned minor = 0;
    unsigned patch = 0;
    char rest = 0;
    CHECK(strncmp(api->name, "mongodb-aws-auth", strlen("mongodb-aws-auth")) == 0);
    CHECK_STR(str(api->mechanism), "MONGODB-AWS");
    CHECK(strlen(api->tls) > 0);
    CHECK(sscanf(api->version, "%u.%u.%u%c", &major, &minor, &patch, &rest) == 3);
    if (strcmp(api->name, "mongodb-aws-auth") == 0) {
        CHECK_STR(str(api->version), MAWS_TEST_VERSION);
        CHECK_NUMBER(api->abi_minor, MAWS_ABI_MINOR);
        CHECK_NUMBER(api->struct_size, sizeof *api);
    }
}

static void entry_accepts_a_host_of_version_1_0_and_a_newer_one(void) {
    const maws_entry_fn entry = load_entry();
    CHECK(entry(0, NULL) != NULL);
    CHECK(entry(MAWS_ABI_MINOR + 1, NULL) != NULL);
    CHECK(entry(UINT32_MAX, NULL) != NULL);
}

static void entry_ignores_an_error_struct_that_is_too_small(void) {
    const maws_entry_fn entry = load_entry();
    maws_error error = {.struct_size = 0, .status = 77};
    CHECK(entry(MAWS_ABI_MINOR, &error) != NULL);
    CHECK_NUMBER(error.status, 77);
}

static void* entry_in_thread(void* arg) {
    const maws_api** const found = arg;
    const maws_entry_fn entry = load_entry();
    *found = entry(MAWS_ABI_MINOR, NULL);
    return NULL;
}

static void entry_may_be_called_by_many_threads_at_once(void) {
    enum { THREADS = 16 };
    pthread_t threads[THREADS];
    const maws_api* found[THREADS] = {NULL};
    for (size_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, entry_in_thread, &found[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(found[i] != NULL && found[i] == found[0]);
    }
}

static void loading_and_describing_options_starts_no_thread(void) {
    note_threads();
    const maws_api* const api = load_api();
    for (uint32_t i = 0; api->option_at(i) != NULL; i++) {
    }
    CHECK_NUMBER(new_thread_count(), 0);
}

static void option_at_gives_null_past_the_last(void) {
    const maws_api* const api = load_api();
    uint32_t count = 0;
    while (api->option_at(count) != NULL) {
        count++;
    }
    CHECK(count > 0);
    CHECK(api->option_at(count + 1) == NULL);
    CHECK(api->option_at(UINT32_MAX) == NULL);
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(entry_gives_the_same_table_on_each_call),
        TEST(table_has_every_function_of_version_1_0),
        TEST(table_names_plugin_version_and_mechanism),
        TEST(entry_accepts_a_host_of_version_1_0_and_a_newer_one),
        TEST(entry_ignores_an_error_struct_that_is_too_small),
        TEST(entry_may_be_called_by_many_threads_at_once),
        TEST(loading_and_describing_options_starts_no_thread),
        TEST(option_at_gives_null_past_the_last),
    };
    return RUN_TESTS(argc, argv, tests);
}
