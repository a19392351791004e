/*
 * The example with the event loop, and after it what it has left behind in its process: prints on
 * standard error `left: N descriptors, N threads` more than before.
 */
#include <dirent.h>
#include <stdio.h>

int event_loop_main(int argc, char** argv);

static int entries_of(const char* path) {
    int count = 0;
    DIR* const folder = opendir(path);
    while (folder != NULL && readdir(folder) != NULL) count++;
    if (folder != NULL) closedir(folder);
    return count;
}

int main(int argc, char** argv) {
    const int descriptors = entries_of("/proc/self/fd");
    const int threads = entries_of("/proc/self/task");
    const int result = event_loop_main(argc, argv);
    fprintf(stderr, "left: %d descriptors, %d threads\n", entries_of("/proc/self/fd") - descriptors,
            entries_of("/proc/self/task") - threads);
    return result;
}
