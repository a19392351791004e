/*
 * The client's side of MONGODB-AWS: BSON written by hand, Signature Version 4 over OpenSSL. It
 * signs as drivers do and shares no code with the plugin or with the STS emulator.
 */
#ifndef MAWS_TEST_CLIENT_H
#define MAWS_TEST_CLIENT_H

#include "mongodb_aws_auth.h"

enum { MAX_PAYLOAD = 4096 };

typedef struct payload {
    uint8_t bytes[MAX_PAYLOAD];
    size_t len;
} payload;

typedef struct credentials {
    const char* key_id;
    const char* secret;
    const char* token; /* NULL for a user's own */
} credentials;

/* Identities of tests/sts/identities.json. */
extern const credentials ALICE;
extern const credentials ALICE_WRONG_SECRET;
extern const credentials JANE;
extern const credentials SHOP_APP;

/* {r: 32 random bytes, p: 110} */
payload client_first(void);
/* {a, d[, t]}: the answer to what the server sent. */
payload client_second(const credentials* who, maws_bytes server_first);

#endif
