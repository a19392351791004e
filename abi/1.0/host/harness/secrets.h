/* What must stand in no log line: noted by the client, looked for in whatever a host is told. */
#ifndef MAWS_TEST_SECRETS_H
#define MAWS_TEST_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts that are too short to be told from others are left out; the latest ones are kept. */
void note_secret(const char* text);
/* In hexadecimal digits. */
void note_secret_bytes(const uint8_t* bytes, size_t len);
/* The text holds the beginning, the middle or the end of one. */
bool holds_secret(const char* text, size_t len);

#endif
