/* What /proc says about this process. */
#ifndef MAWS_TEST_PROCESS_H
#define MAWS_TEST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Those that live now, a sanitizer's own included, do not count from here on. */
void note_threads(void);

/* Threads that live now and were not noted. One that was joined may be counted a moment longer. */
size_t new_thread_count(void);
void wait_for_no_new_thread(void);

/* Calls back with the set of blocked signals of each new thread; gives their number. */
size_t each_new_thread(void (*check)(uint64_t blocked));

bool is_mapped(const char* file_name);

#endif
