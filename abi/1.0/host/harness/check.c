#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A test that hangs is ended, and named, before ctest ends the program. */
enum { LONGEST_TEST_S = 60 };

static const char* library;
static const char* running = "";

const char* library_under_test(void) {
    return library;
}

static void failed(const char* file, int line, const char* format, ...)
    __attribute__((format(printf, 3, 4), noreturn));
static void failed(const char* file, int line, const char* format, ...) {
    flockfile(stderr);
    fprintf(stderr, "%s:%d: %s: ", file, line, running);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    funlockfile(stderr);
    _exit(1);
}

void check_true(bool holds, const char* what, const char* file, int line) {
    if (!holds) {
        failed(file, line, "not true: %s", what);
    }
}

void check_status(maws_status actual, maws_status expected, const char* what, const char* file,
                  int line) {
    if (actual != expected) {
        failed(file, line, "%s gave %s (%d), expected %s", what, status_name(actual), actual,
               status_name(expected));
    }
}

void check_one_of(maws_status actual, const maws_status* expected, size_t count, const char* what,
                  const char* file, int line) {
    for (size_t i = 0; i < count; i++) {
        if (expected[i] == actual) {
            return;
        }
    }
    failed(file, line, "%s gave %s (%d), which is none of those expected", what,
           status_name(actual), actual);
}

void check_number(long long actual, long long expected, const char* what, const char* file,
                  int line) {
    if (actual != expected) {
        failed(file, line, "%s is %lld, expected %lld", what, actual, expected);
    }
}

void check_str(maws_str actual, const char* expected, const char* what, const char* file,
               int line) {
    const bool same = actual.len == strlen(expected) &&
                      (actual.len == 0 || memcmp(actual.ptr, expected, actual.len) == 0);
    if (!same) {
        failed(file, line, "%s is \"%.*s\", expected \"%s\"", what, (int)actual.len,
               actual.len == 0 ? "" : actual.ptr, expected);
    }
}

void check_contains(const char* text, const char* part, const char* what, const char* file,
                    int line) {
    if (strstr(text, part) == NULL) {
        failed(file, line, "%s is \"%s\", which lacks \"%s\"", what, text, part);
    }
}

const char* status_name(maws_status status) {
#define NAME(code) \
    case code:     \
        return #code
    switch (status) {
        NAME(MAWS_DONE);
        NAME(MAWS_CONTINUE);
        NAME(MAWS_PENDING);
        NAME(MAWS_E_ARGUMENT);
        NAME(MAWS_E_STATE);
        NAME(MAWS_E_VERSION);
        NAME(MAWS_E_OPTION);
        NAME(MAWS_E_FORKED);
        NAME(MAWS_E_HANDLE);
        NAME(MAWS_E_IN_USE);
        NAME(MAWS_E_BUFFER);
        NAME(MAWS_E_PROTOCOL);
        NAME(MAWS_E_DENIED);
        NAME(MAWS_E_OVERLOADED);
        NAME(MAWS_E_TIMEOUT);
        NAME(MAWS_E_UPSTREAM);
        NAME(MAWS_E_CANCELLED);
        NAME(MAWS_E_SYSTEM);
        NAME(MAWS_E_PANIC);
        NAME(MAWS_E_INTERNAL);
        default:
            return "a status without a name";
    }
#undef NAME
}

static int wait_for(pid_t child) {
    int status = 0;
    if (waitpid(child, &status, 0) != child) {
        failed(__FILE__, __LINE__, "waitpid failed");
    }
    return status;
}

void check_child_succeeds(int pid) {
    const int status = wait_for(pid);
    if (!WIFEXITED(status)) {
        failed(__FILE__, __LINE__, "the child was ended by signal %d", WTERMSIG(status));
    }
    if (WEXITSTATUS(status) != 0) {
        failed(__FILE__, __LINE__, "the child left with %d", WEXITSTATUS(status));
    }
}

static void run_here(const test* t) {
    running = t->name;
    alarm(LONGEST_TEST_S);
    t->run();
}

static bool run_in_child(const test* t) {
    fflush(NULL);
    const pid_t child = fork();
    if (child < 0) {
        failed(__FILE__, __LINE__, "fork failed");
    }
    if (child == 0) {
        run_here(t);
        exit(0);
    }
    const int status = wait_for(child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        printf("ok    %s\n", t->name);
        return true;
    }
    if (WIFSIGNALED(status)) {
        printf("FAIL  %s: ended by signal %d (%s)\n", t->name, WTERMSIG(status),
               strsignal(WTERMSIG(status)));
    } else {
        printf("FAIL  %s\n", t->name);
    }
    return false;
}

int run_tests(int argc, char** argv, const test* tests, size_t count) {
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s LIBRARY [TEST]\n", argv[0]);
        return 2;
    }
    library = argv[1];
    size_t failures = 0;
    size_t matched = 0;
    for (size_t i = 0; i < count; i++) {
        if (argc == 2) {
            failures += run_in_child(&tests[i]) ? 0 : 1;
        } else if (strcmp(argv[2], tests[i].name) == 0) {
            run_here(&tests[i]);
            matched++;
        }
    }
    if (argc == 3 && matched == 0) {
        fprintf(stderr, "no such test: %s\n", argv[2]);
        return 2;
    }
    if (argc == 2) {
        printf("%zu of %zu passed\n", count - failures, count);
    }
    return failures == 0 ? 0 : 1;
}
