#define _POSIX_C_SOURCE 200809L
#include "process.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

size_t thread_count(void) {
    return each_other_thread(NULL) + 1;
}

void wait_for_thread_count(size_t count) {
    while (thread_count() > count) {
        sched_yield();
    }
}

/* False when the thread is gone by now. */
static bool blocked_signals(const char* tid, uint64_t* blocked) {
    char path[64];
    char line[256];
    snprintf(path, sizeof path, "/proc/self/task/%.20s/status", tid);
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

size_t each_other_thread(void (*check)(uint64_t blocked)) {
    size_t count = 0;
    DIR* const tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL);
    for (const struct dirent* entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) {
        uint64_t blocked = 0;
        if (isdigit((unsigned char)entry->d_name[0]) && atol(entry->d_name) != getpid() &&
            blocked_signals(entry->d_name, &blocked)) {
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
