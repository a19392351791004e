#define _POSIX_C_SOURCE 200809L
#include "secrets.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { KEPT = 32, LONGEST = 256, PIECE = 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char kept[KEPT][LONGEST];
static size_t noted;

void note_secret(const char* text) {
    if (strlen(text) < PIECE) {
        return;
    }
    pthread_mutex_lock(&lock);
    snprintf(kept[noted++ % KEPT], LONGEST, "%s", text);
    pthread_mutex_unlock(&lock);
}

void note_secret_bytes(const uint8_t* bytes, size_t len) {
    char hex[LONGEST] = "";
    for (size_t i = 0; i < len && 2 * i + 3 <= sizeof hex; i++) {
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }
    note_secret(hex);
}

static bool holds(const char* text, size_t len, const char* piece) {
    const char* const end = text + len;
    for (const char* at = text; end - at >= PIECE; at++) {
        at = memchr(at, piece[0], (size_t)(end - at) - PIECE + 1);
        if (at == NULL) {
            return false;
        }
        if (memcmp(at, piece, PIECE) == 0) {
            return true;
        }
    }
    return false;
}

bool holds_secret(const char* text, size_t len) {
    bool found = false;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < KEPT && !found; i++) {
        const size_t last = strlen(kept[i]) < PIECE ? 0 : strlen(kept[i]) - PIECE;
        found = kept[i][0] != '\0' &&
                (holds(text, len, kept[i]) || holds(text, len, kept[i] + last / 2) ||
                 holds(text, len, kept[i] + last));
    }
    pthread_mutex_unlock(&lock);
    return found;
}
