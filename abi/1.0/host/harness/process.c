#define _POSIX_C_SOURCE 200809L
#include "process.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { MAX_NOTED = 64 };

static long noted[MAX_NOTED];
static size_t noted_count;

static bool is_noted(long tid) {
    for (size_t i = 0; i < noted_count; i++) {
        if (noted[i] == tid) {
            return true;
        }
    }
    return false;
}

/* The next thread of this process, or 0. */
static long next_thread(DIR* tasks) {
    for (const struct dirent* entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) {
        if (isdigit((unsigned char)entry->d_name[0])) {
            return atol(entry->d_name);
        }
    }
    return 0;
}

static DIR* open_tasks(void) {
    DIR* const tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL);
    return tasks;
}

static void* do_nothing(void* arg) {
    return arg;
}

void note_threads(void) {
    /* A sanitizer starts its own thread with the first of the program. */
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, do_nothing, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    DIR* const tasks = open_tasks();
    for (long tid = next_thread(tasks); tid != 0; tid = next_thread(tasks)) {
        CHECK(noted_count < MAX_NOTED);
        noted[noted_count++] = tid;
    }
    closedir(tasks);
}

size_t new_thread_count(void) {
    return each_new_thread(NULL);
}

void wait_for_no_new_thread(void) {
    while (new_thread_count() > 0) {
        sched_yield();
    }
}

/* False when the thread is gone by now. */
static bool blocked_signals(long tid, uint64_t* blocked) {
    char path[64];
    char line[256];
    snprintf(path, sizeof path, "/proc/self/task/%ld/status", tid);
    FILE* const status = fopen(path, "r");
    bool found = false;
    while (status != NULL && !found && fgets(line, sizeof line, status) != NULL) {
        found = sscanf(line, "SigBlk: %" SCNx64, blocked) == 1;
    }
    if (status != NULL) {
        fclose(status);
    }
    return found;
}

size_t each_new_thread(void (*check)(uint64_t blocked)) {
    size_t count = 0;
    DIR* const tasks = open_tasks();
    for (long tid = next_thread(tasks); tid != 0; tid = next_thread(tasks)) {
        uint64_t blocked = 0;
        if (!is_noted(tid) && blocked_signals(tid, &blocked)) {
            count++;
            if (check != NULL) {
                check(blocked);
            }
        }
    }
    closedir(tasks);
    return count;
}

bool is_mapped(const char* file_name) {
    char line[4608];
    bool found = false;
    FILE* const maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    while (!found && fgets(line, sizeof line, maps) != NULL) {
        found = strstr(line, file_name) != NULL;
    }
    fclose(maps);
    return found;
}
