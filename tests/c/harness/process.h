/* What /proc says about this process. */
#ifndef MAWS_TEST_PROCESS_H
#define MAWS_TEST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Threads that live now, those of a sanitizer included. One that was joined may be counted for a
 * moment longer. */
size_t thread_count(void);
/* Waits until no more than so many are left. */
void wait_for_thread_count(size_t count);

/* Calls back with the set of blocked signals of each thread but the first; gives their number. */
size_t each_other_thread(void (*check)(uint64_t blocked));

bool is_mapped(const char* file_name);

#endif
