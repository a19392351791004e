/*
 * A small test framework. Each test runs in a child process of its own: it loads the plugin
 * afresh, a crash takes nothing else along, and what a test leaves behind ends with it.
 *
 *     PROGRAM LIBRARY          all tests
 *     PROGRAM LIBRARY TEST     one test, in this process (for a debugger)
 */
#ifndef MAWS_TEST_CHECK_H
#define MAWS_TEST_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "mongodb_aws_auth.h"

typedef struct test {
    const char* name;
    void (*run)(void);
} test;

#define TEST(function) \
    { #function, function }
#define RUN_TESTS(argc, argv, tests) \
    run_tests(argc, argv, tests, sizeof(tests) / sizeof((tests)[0]))

int run_tests(int argc, char** argv, const test* tests, size_t count);

/* The path that the program was given. */
const char* library_under_test(void);

/* A check that fails says so and ends the process, from any thread. */
#define CHECK(condition) check_true(condition, #condition, __FILE__, __LINE__)
#define CHECK_STATUS(call, expected) check_status(call, expected, #call, __FILE__, __LINE__)
#define CHECK_NUMBER(value, expected) \
    check_number((long long)(value), (long long)(expected), #value, __FILE__, __LINE__)
#define CHECK_STR(text, expected) check_str(text, expected, #text, __FILE__, __LINE__)
#define CHECK_CONTAINS(text, part) check_contains(text, part, #text, __FILE__, __LINE__)

/* One of several statuses. */
#define CHECK_ONE_OF(call, ...)                                                           \
    check_one_of(call, (const maws_status[]){__VA_ARGS__},                                \
                 sizeof((const maws_status[]){__VA_ARGS__}) / sizeof(maws_status), #call, \
                 __FILE__, __LINE__)

void check_one_of(maws_status actual, const maws_status* expected, size_t count, const char* what,
                  const char* file, int line);
void check_true(bool holds, const char* what, const char* file, int line);
void check_status(maws_status actual, maws_status expected, const char* what, const char* file,
                  int line);
void check_number(long long actual, long long expected, const char* what, const char* file,
                  int line);
void check_str(maws_str actual, const char* expected, const char* what, const char* file, int line);
void check_contains(const char* text, const char* part, const char* what, const char* file,
                    int line);

/* "MAWS_E_STATE (-2)"; static memory. */
const char* status_name(maws_status status);

/* Waits for a child and checks that it left with 0. */
void check_child_succeeds(int pid);

#endif
