#define _POSIX_C_SOURCE 200809L
#include "client.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "secrets.h"

#define BODY "Action=GetCallerIdentity&Version=2011-06-15"

enum { NONCE = 32, BOTH_NONCES = 64, BSON_STRING = 2, BSON_BINARY = 5, BSON_INT32 = 16 };

const credentials ALICE = {"AKIAALICEEXAMPLE0001", "aliceEXAMPLEsecret+0001/aliceEXAMPLE0001",
                           NULL};
const credentials ALICE_WRONG_SECRET = {"AKIAALICEEXAMPLE0001",
                                        "notTheEXAMPLEsecret0001/notTheEXAMPLE001", NULL};
const credentials JANE = {"AKIAJANEEXAMPLE00002", "janeEXAMPLEsecret+00002/janeEXAMPLE00002", NULL};
const credentials SHOP_APP = {
    "ASIASHOPAPPEXAMPLE01", "shopAppEXAMPLEsecret+01/shopAppEXAMPLE01",
    "FwoGZXIvYXdzEXAMPLEshopAppSessionToken0000000001//////////wEaDEXAMPLE=="};

/* --- BSON ------------------------------------------------------------------------------------ */

static void put(payload* p, const void* bytes, size_t len) {
    CHECK(len <= sizeof p->bytes - p->len);
    memcpy(p->bytes + p->len, bytes, len);
    p->len += len;
}

static void put_int32(payload* p, uint32_t value) {
    const uint8_t bytes[] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                             (uint8_t)(value >> 24)};
    put(p, bytes, sizeof bytes);
}

static void put_element(payload* p, uint8_t type, const char* name) {
    put(p, &type, 1);
    put(p, name, strlen(name) + 1);
}

static payload open_document(void) {
    payload p = {.len = 0};
    put_int32(&p, 0);
    return p;
}

static void close_document(payload* p) {
    put(p, "", 1);
    payload length = {.len = 0};
    put_int32(&length, (uint32_t)p->len);
    memcpy(p->bytes, length.bytes, length.len);
}

static void put_string(payload* p, const char* name, const char* value) {
    put_element(p, BSON_STRING, name);
    put_int32(p, (uint32_t)strlen(value) + 1);
    put(p, value, strlen(value) + 1);
}

/* Where the value of an element of the server's message starts, after its length. */
static const uint8_t* value_of(maws_bytes message, uint8_t type, const char* name, size_t* len) {
    const uint8_t* at = message.ptr + 4;
    const uint8_t* const end = message.ptr + message.len - 1;
    while (at < end) {
        const uint8_t found = *at++;
        const bool same = found == type && strcmp((const char*)at, name) == 0;
        at += strlen((const char*)at) + 1;
        const size_t size = (size_t)at[0] | (size_t)at[1] << 8;
        CHECK(at[2] == 0 && at[3] == 0);
        CHECK(found == BSON_STRING || (found == BSON_BINARY && at[4] == 0));
        at += found == BSON_BINARY ? 5 : 4;
        CHECK(size <= (size_t)(end - at));
        if (same) {
            *len = size;
            return at;
        }
        at += size;
    }
    check_true(false, name, __FILE__, __LINE__); /* the server's message lacks it */
    return NULL;
}

/* --- Signature Version 4 --------------------------------------------------------------------- */

typedef struct digest {
    uint8_t bytes[SHA256_DIGEST_LENGTH];
} digest;

typedef struct hex {
    char text[2 * SHA256_DIGEST_LENGTH + 1];
} hex;

static digest hmac(const void* key, size_t key_len, const char* text) {
    digest out;
    CHECK(HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char*)text, strlen(text), out.bytes,
               NULL) != NULL);
    return out;
}

static hex to_hex(digest d) {
    hex out;
    for (size_t i = 0; i < sizeof d.bytes; i++) {
        snprintf(out.text + 2 * i, 3, "%02x", d.bytes[i]);
    }
    return out;
}

static hex sha256_hex(const char* text) {
    digest d;
    SHA256((const unsigned char*)text, strlen(text), d.bytes);
    return to_hex(d);
}

static void print(char* buffer, size_t size, const char* format, ...)
    __attribute__((format(printf, 3, 4)));
static void print(char* buffer, size_t size, const char* format, ...) {
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(buffer, size, format, args);
    va_end(args);
    CHECK(len >= 0 && (size_t)len < size);
}

/* The rule of all drivers: sts.amazonaws.com and names without dots are us-east-1, otherwise the
 * second label. */
static void region_of(const char* host, char* region, size_t size) {
    const char* const dot = strchr(host, '.');
    if (strcmp(host, "sts.amazonaws.com") == 0 || dot == NULL) {
        print(region, size, "us-east-1");
    } else {
        print(region, size, "%.*s", (int)strcspn(dot + 1, "."), dot + 1);
    }
}

static hex sign(const credentials* who, const char* region, const char* date, const char* scope,
                const char* canonical_request) {
    char key[256];
    char day[9];
    char to_sign[512];
    print(key, sizeof key, "AWS4%s", who->secret);
    print(day, sizeof day, "%.8s", date);
    print(to_sign, sizeof to_sign, "AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope,
          sha256_hex(canonical_request).text);
    digest d = hmac(key, strlen(key), day);
    d = hmac(d.bytes, sizeof d.bytes, region);
    d = hmac(d.bytes, sizeof d.bytes, "sts");
    d = hmac(d.bytes, sizeof d.bytes, "aws4_request");
    return to_hex(hmac(d.bytes, sizeof d.bytes, to_sign));
}

static void authorization(const credentials* who, const char* host, const char* nonces,
                          const char* date, char* out, size_t size) {
    char region[256];
    char scope[512];
    char token_line[1024] = "";
    char request[3072];
    const bool has_token = who->token != NULL;
    region_of(host, region, sizeof region);
    print(scope, sizeof scope, "%.8s/%s/sts/aws4_request", date, region);
    if (has_token) {
        print(token_line, sizeof token_line, "x-amz-security-token:%s\n", who->token);
    }
    const char* const names =
        has_token ? "content-length;content-type;host;x-amz-date;x-amz-security-token;"
                    "x-mongodb-gs2-cb-flag;x-mongodb-server-nonce"
                  : "content-length;content-type;host;x-amz-date;"
                    "x-mongodb-gs2-cb-flag;x-mongodb-server-nonce";
    print(request, sizeof request,
          "POST\n/\n\n"
          "content-length:%zu\ncontent-type:application/x-www-form-urlencoded\nhost:%s\n"
          "x-amz-date:%s\n%sx-mongodb-gs2-cb-flag:n\nx-mongodb-server-nonce:%s\n\n%s\n%s",
          sizeof BODY - 1, host, date, token_line, nonces, names, sha256_hex(BODY).text);
    print(out, size, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
          who->key_id, scope, names, sign(who, region, date, scope, request).text);
}

/* --- The messages ---------------------------------------------------------------------------- */

payload client_first(void) {
    payload p = open_document();
    uint8_t nonce[NONCE];
    CHECK(RAND_bytes(nonce, sizeof nonce) == 1);
    put_element(&p, BSON_BINARY, "r");
    put_int32(&p, sizeof nonce);
    put(&p, "", 1);
    put(&p, nonce, sizeof nonce);
    put_element(&p, BSON_INT32, "p");
    put_int32(&p, 'n');
    close_document(&p);
    return p;
}

payload client_second(const credentials* who, maws_bytes server_first) {
    size_t nonces_len = 0;
    size_t host_size = 0;
    const uint8_t* const nonces = value_of(server_first, BSON_BINARY, "s", &nonces_len);
    const uint8_t* const host = value_of(server_first, BSON_STRING, "h", &host_size);
    CHECK_NUMBER(nonces_len, BOTH_NONCES);
    CHECK_NUMBER(strlen((const char*)host) + 1, host_size);

    char date[sizeof "20260101T000000Z"];
    struct tm now;
    const time_t seconds = time(NULL);
    CHECK(gmtime_r(&seconds, &now) != NULL);
    CHECK(strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &now) == sizeof date - 1);

    char base64[4 * (BOTH_NONCES + 2) / 3 + 1];
    EVP_EncodeBlock((unsigned char*)base64, nonces, BOTH_NONCES);
    char header[1024];
    authorization(who, (const char*)host, base64, date, header, sizeof header);

    note_secret_bytes(nonces, nonces_len);
    note_secret(base64);
    char names[sizeof "SignedHeaders=content"]; /* the names alone stand in messages, too */
    snprintf(names, sizeof names, "%s", strstr(header, "SignedHeaders="));
    note_secret(names);
    note_secret(strstr(header, "Signature=") + strlen("Signature="));
    if (who->token != NULL) {
        note_secret(who->token);
    }

    payload p = open_document();
    put_string(&p, "a", header);
    put_string(&p, "d", date);
    if (who->token != NULL) {
        put_string(&p, "t", who->token);
    }
    close_document(&p);
    return p;
}
