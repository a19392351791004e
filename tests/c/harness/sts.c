#define _POSIX_C_SOURCE 200809L
#include "sts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in loopback(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void silent_sts_open(silent_sts* sts) {
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    sts->socket = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(sts->socket >= 0);
    CHECK(bind(sts->socket, (const struct sockaddr*)&address, size) == 0);
    CHECK(listen(sts->socket, SOMAXCONN) == 0); /* the kernel accepts; nobody reads */
    CHECK(getsockname(sts->socket, (struct sockaddr*)&address, &size) == 0);
    snprintf(sts->endpoint, sizeof sts->endpoint, "https://127.0.0.1:%u",
             (unsigned)ntohs(address.sin_port));
}

void silent_sts_close(silent_sts* sts) {
    close(sts->socket);
}

static void* close_each(void* arg) {
    const int listener = *(const int*)arg;
    for (;;) {
        const int connection = accept(listener, NULL, NULL);
        CHECK(connection >= 0);
        close(connection);
    }
    return NULL;
}

void rude_sts_open(silent_sts* sts) {
    pthread_t thread;
    silent_sts_open(sts);
    CHECK(pthread_create(&thread, NULL, close_each, &sts->socket) == 0);
    CHECK(pthread_detach(thread) == 0);
}

void host_start_silent(host* h, silent_sts* sts) {
    silent_sts_open(sts);
    const maws_option options[] = {
        OPTION("awsStsEndpoint", sts->endpoint), OPTION("awsStsCAFile", MAWS_TEST_CA_FILE),
        OPTION("awsStsConnectTimeoutMs", "30000"), OPTION("awsStsTimeoutMs", "60000")};
    host_start_with(h, options, sizeof options / sizeof options[0]);
    h->silent = true;
}

/* The stub speaks no BSON; it is told what to do. */
static bool is_bson(maws_bytes reply) {
    return reply.len > 4 && reply.ptr[0] == reply.len && reply.ptr[reply.len - 1] == 0;
}

void login_until_pending(login* l, host* h) {
    login_begin(l, h);
    const payload first = client_first();
    CHECK_STATUS(login_step(l, first.bytes, first.len), MAWS_CONTINUE);
    const payload second = is_bson(l->out.reply) ? client_second(&ALICE, l->out.reply)
                           : h->silent           ? (payload){.bytes = "hold", .len = 4}
                                                 : (payload){.bytes = "deny", .len = 4};
    CHECK_STATUS(login_step(l, second.bytes, second.len), MAWS_PENDING);
}

maws_status login_send(login* l, host* h, const credentials* who) {
    login_begin(l, h);
    const payload first = client_first();
    CHECK_STATUS(login_step(l, first.bytes, first.len), MAWS_CONTINUE);
    const payload second = client_second(who, l->out.reply);
    return login_step(l, second.bytes, second.len);
}

static const char* environment(const char* name) {
    const char* const value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "%s is not set: run this program through with_sts.py\n", name);
    }
    CHECK(value != NULL);
    return value;
}

void host_start_with_emulator(host* h) {
    const maws_option options[] = {OPTION("awsStsEndpoint", environment("MAWS_TEST_STS_ENDPOINT")),
                                   OPTION("awsStsCAFile", environment("MAWS_TEST_STS_CA_FILE")),
                                   OPTION("awsStsTimeoutMs", "30000")};
    CHECK_NUMBER(sts_control("POST /reset"), 200);
    host_start_with(h, options, sizeof options / sizeof options[0]);
}

int sts_control(const char* request) {
    const long port = strtol(environment("MAWS_TEST_STS_CONTROL_PORT"), NULL, 10);
    const struct sockaddr_in address = loopback((uint16_t)port);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    CHECK(connect(fd, (const struct sockaddr*)&address, sizeof address) == 0);
    char text[512];
    const int len = snprintf(text, sizeof text,
                             "%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n"
                             "Connection: close\r\n\r\n",
                             request);
    CHECK(len > 0 && (size_t)len < sizeof text);
    CHECK(write(fd, text, (size_t)len) == len);
    size_t have = 0;
    ssize_t got = 0;
    while (have < sizeof text - 1 && (got = read(fd, text + have, sizeof text - 1 - have)) > 0) {
        have += (size_t)got;
    }
    close(fd);
    text[have] = '\0';
    int status = 0;
    CHECK(sscanf(text, "HTTP/1.1 %d", &status) == 1);
    return status;
}
