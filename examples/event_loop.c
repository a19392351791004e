/*
 * A server with one thread: epoll for its clients, an eventfd for the plugin's outcomes.
 *
 *     event_loop PLUGIN PORT [OPTION=VALUE]...
 *
 * It listens on 127.0.0.1 (port 0: a free one). Payloads of a client come as hexadecimal lines,
 * replies go out likewise, then "verified USER" or "refused". SIGUSR1 prints the plugin's
 * statistics, SIGTERM and SIGINT stop it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mongodb_aws_auth.h"

enum { LONGEST_LINE = 64 * 1024, MOST_OPTIONS = 32, MOST_EVENTS = 64, DRAIN_MS = 5000 };

typedef struct client {
    TAILQ_ENTRY(client) of_all;
    TAILQ_ENTRY(client) of_ready;
    bool is_ready;          /* in server.ready; guarded by server.lock */
    bool is_pending;        /* waits for the plugin's outcome */
    int socket;             /* -1: closed, freed after the batch of events */
    maws_conv conversation; /* id 0: none */
    char address[32];
    size_t have;
    char input[LONGEST_LINE];
} client;

TAILQ_HEAD(clients, client);

typedef struct server {
    const maws_api* api;
    maws_plugin plugin;
    int epoll, listener, signals, wake;
    uint64_t last_log_id;
    struct clients open, closed;
    pthread_mutex_t lock;
    struct clients ready; /* have an outcome; guarded by lock */
} server;

/* --- What the plugin calls, on its own threads ---------------------------------------------------
 */

static void log_line(uintptr_t host_ctx, const maws_log_event* event) {
    (void)host_ctx;
    fprintf(stderr, "[%d] login %llu: %s\n", (int)event->level, (unsigned long long)event->log_id,
            event->text.ptr);
}

/* Never blocks: the lock is held briefly, and an eventfd is a counter that is never full. A pipe
 * can be full: this function would wait for the loop, and the loop, inside `end`, for this
 * function. */
static void conv_ready(uintptr_t host_ctx, uintptr_t conv_ctx) {
    server* const s = (server*)host_ctx;
    client* const c = (client*)conv_ctx;
    pthread_mutex_lock(&s->lock);
    c->is_ready = true;
    TAILQ_INSERT_TAIL(&s->ready, c, of_ready);
    pthread_mutex_unlock(&s->lock);
    eventfd_write(s->wake, 1);
}

/* --- One client ----------------------------------------------------------------------------------
 */

/* A line is far smaller than the socket's buffer, and an honest client reads each before it sends
 * the next. A line that does not fit closes the connection. */
static bool send_line(const client* c, const char* line, size_t length) {
    return send(c->socket, line, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static bool send_payload(const client* c, maws_bytes payload) {
    char line[LONGEST_LINE];
    if (payload.len >= sizeof line / 2) return false;
    for (size_t i = 0; i < payload.len; i++) snprintf(line + 2 * i, 3, "%02x", payload.ptr[i]);
    line[2 * payload.len] = '\n';
    return send_line(c, line, 2 * payload.len + 1);
}

/* The client gets the same answer for every reason; the reason goes to the log. */
static bool refuse(const client* c, maws_status status, const char* reason) {
    fprintf(stderr, "%s is refused: status %d, %s\n", c->address, (int)status, reason);
    return send_line(c, "refused\n", 8);
}

static void end_conversation(server* s, client* c) {
    /* Without the lock: this waits for a conv_ready that is running, and conv_ready takes the lock.
     */
    s->api->end(c->conversation);
    c->conversation.id = 0;
    /* None comes from here on, but one that came earlier may have left the client in the queue. */
    pthread_mutex_lock(&s->lock);
    if (c->is_ready) TAILQ_REMOVE(&s->ready, c, of_ready);
    c->is_ready = false;
    pthread_mutex_unlock(&s->lock);
}

/* A later event of the same batch may still name the client, so it is freed after the batch. */
static void close_client(server* s, client* c) {
    if (c->conversation.id != 0) {
        fprintf(stderr, "%s: the login is abandoned\n", c->address);
        end_conversation(s, c);
    }
    close(c->socket);
    c->socket = -1;
    TAILQ_REMOVE(&s->open, c, of_all);
    TAILQ_INSERT_TAIL(&s->closed, c, of_all);
}

static bool begin_conversation(server* s, client* c, maws_error* error) {
    maws_begin begin = MAWS_INIT(maws_begin);
    begin.conv_ctx = (uintptr_t)c;
    begin.log_id = ++s->last_log_id;
    begin.database = (maws_str){"$external", 9};
    begin.client_addr = (maws_str){c->address, strlen(c->address)};
    return s->api->begin(s->plugin, &begin, &c->conversation, error) == MAWS_DONE;
}

/* While the outcome is pending, input waits in the socket; a client that goes away is still seen.
 */
static bool set_pending(server* s, client* c, bool pending) {
    struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = c};
    if (!pending) event.events |= EPOLLIN;
    c->is_pending = pending;
    return epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->socket, &event) == 0;
}

/* What follows from a status of step or poll. False: close the client. */
static bool proceed(server* s, client* c, maws_status status, const maws_step* step) {
    maws_info info = MAWS_INIT(maws_info);
    char line[LONGEST_LINE];
    bool sent;

    if (status == MAWS_PENDING) return set_pending(s, c, true);
    if (status == MAWS_CONTINUE) return send_payload(c, step->reply);
    s->api->info(c->conversation, &info);
    if (status == MAWS_DONE) {
        /* The user to look up in $external. */
        const int length = snprintf(line, sizeof line, "verified %s\n", info.principal.ptr);
        sent = send_line(c, line, (size_t)length);
    } else {
        sent = refuse(c, status, info.detail.ptr);
    }
    end_conversation(s, c);
    return sent;
}

/* Decodes the line in place: two digits never take less room than their byte. */
static bool decode(char* line, size_t length, size_t* size) {
    static const char digits[] = "0123456789abcdef";
    for (*size = 0; *size < length / 2; ++*size) {
        const char* const high = memchr(digits, line[2 * *size], 16);
        const char* const low = memchr(digits, line[2 * *size + 1], 16);
        if (high == NULL || low == NULL) return false;
        line[*size] = (char)((high - digits) << 4 | (low - digits));
    }
    return length % 2 == 0;
}

/* Takes the lines that are there, until the client has to wait. False: close the client. */
static bool use_input(server* s, client* c) {
    maws_error error = MAWS_INIT(maws_error);
    maws_step step = MAWS_INIT(maws_step);
    char* end;
    size_t size;

    while (!c->is_pending && (end = memchr(c->input, '\n', c->have)) != NULL) {
        bool open = decode(c->input, (size_t)(end - c->input), &size);
        if (open && c->conversation.id == 0 && !begin_conversation(s, c, &error)) {
            open = refuse(c, error.status, error.message);
        } else if (open) {
            const maws_status status =
                s->api->step(c->conversation, (const uint8_t*)c->input, size, &step);
            open = proceed(s, c, status, &step);
        }
        if (!open) return false;
        c->have -= (size_t)(end + 1 - c->input);
        memmove(c->input, end + 1, c->have);
    }
    return c->have < sizeof c->input;
}

static bool receive(client* c) {
    const ssize_t got = recv(c->socket, c->input + c->have, sizeof c->input - c->have, 0);
    if (got > 0) c->have += (size_t)got;
    return got > 0;
}

/* --- The loop ------------------------------------------------------------------------------------
 */

static void accept_clients(server* s) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int socket;

    while ((socket = accept4(s->listener, (struct sockaddr*)&address, &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        client* const c = calloc(1, sizeof *c);
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};
        if (c == NULL || epoll_ctl(s->epoll, EPOLL_CTL_ADD, socket, &event) != 0) {
            free(c);
            close(socket);
            continue;
        }
        c->socket = socket;
        snprintf(c->address, sizeof c->address, "%s:%d", inet_ntoa(address.sin_addr),
                 ntohs(address.sin_port));
        TAILQ_INSERT_TAIL(&s->open, c, of_all);
    }
}

static client* next_ready(server* s) {
    pthread_mutex_lock(&s->lock);
    client* const c = TAILQ_FIRST(&s->ready);
    if (c != NULL) {
        TAILQ_REMOVE(&s->ready, c, of_ready);
        c->is_ready = false;
    }
    pthread_mutex_unlock(&s->lock);
    return c;
}

static void take_outcomes(server* s) {
    maws_step step = MAWS_INIT(maws_step);
    eventfd_t count;
    client* c;

    eventfd_read(s->wake, &count);
    while ((c = next_ready(s)) != NULL) {
        const maws_status status = s->api->poll(c->conversation, 0, &step);
        /* What came meanwhile is in the buffer, where epoll does not see it. */
        const bool open =
            set_pending(s, c, false) && proceed(s, c, status, &step) && use_input(s, c);
        if (!open) close_client(s, c);
    }
}

/* False: stop. */
static bool take_signal(server* s) {
    struct signalfd_siginfo signal;
    char text[16 * 1024];
    const bool got = read(s->signals, &signal, sizeof signal) == (ssize_t)sizeof signal;
    if (!got || signal.ssi_signo != SIGUSR1) return false;
    if (s->api->stats_json(s->plugin, text, sizeof text, NULL) == MAWS_DONE) {
        fprintf(stderr, "%s\n", text);
    }
    return true;
}

static void run(server* s) {
    struct epoll_event events[MOST_EVENTS];
    bool goes_on = true;
    client* c;

    while (goes_on) {
        const int count = epoll_wait(s->epoll, events, MOST_EVENTS, -1);
        for (int i = 0; i < count; i++) {
            void* const source = events[i].data.ptr;
            if (source == &s->listener) {
                accept_clients(s);
            } else if (source == &s->wake) {
                take_outcomes(s);
            } else if (source == &s->signals) {
                goes_on = take_signal(s) && goes_on;
            } else if ((c = source)->socket >= 0) {
                const bool gone = (events[i].events & ~(uint32_t)EPOLLIN) != 0;
                if (gone || !receive(c) || !use_input(s, c)) close_client(s, c);
            }
        }
        /* The listener is edge-triggered: clients that had no descriptor left get those of others.
         */
        if (!TAILQ_EMPTY(&s->closed)) accept_clients(s);
        while (!goes_on && (c = TAILQ_FIRST(&s->open)) != NULL) close_client(s, c);
        while ((c = TAILQ_FIRST(&s->closed)) != NULL) {
            TAILQ_REMOVE(&s->closed, c, of_all);
            free(c);
        }
    }
}

/* --- Start and stop ------------------------------------------------------------------------------
 */

static bool watch(server* s, int* descriptor, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = descriptor};
    return *descriptor >= 0 && epoll_ctl(s->epoll, EPOLL_CTL_ADD, *descriptor, &event) == 0;
}

static bool open_descriptors(server* s, const char* port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    socklen_t size = sizeof address;
    struct rlimit files;
    sigset_t signals;

    /* More clients than the usual 1,024 descriptors. */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->signals = signalfd(-1, &signals, SFD_CLOEXEC);
    s->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(s->listener, (struct sockaddr*)&address, size) != 0 ||
        listen(s->listener, SOMAXCONN) != 0 ||
        getsockname(s->listener, (struct sockaddr*)&address, &size) != 0 ||
        !watch(s, &s->listener, EPOLLIN | EPOLLET) || !watch(s, &s->wake, EPOLLIN) ||
        !watch(s, &s->signals, EPOLLIN)) {
        perror("event_loop");
        return false;
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return true;
}

static bool load(server* s, const char* path, char** settings, int count) {
    maws_host host = MAWS_INIT(maws_host);
    maws_error error = MAWS_INIT(maws_error);
    maws_option options[MOST_OPTIONS];
    maws_entry_fn entry = NULL;

    void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library != NULL) *(void**)&entry = dlsym(library, "maws_plugin_entry_v1");
    if (entry == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return false;
    }
    for (int i = 0; i < count; i++) {
        const size_t key = strcspn(settings[i], "=");
        const char* const value = settings[i] + key + (settings[i][key] == '=');
        options[i].key = (maws_str){settings[i], key};
        options[i].value = (maws_str){value, strlen(value)};
    }
    host.host_ctx = (uintptr_t)s;
    host.log = log_line;
    host.conv_ready = conv_ready;
    host.log_level = MAWS_LOG_INFO;
    s->api = entry(MAWS_ABI_MINOR, &error);
    if (s->api == NULL ||
        s->api->create(&host, options, (size_t)count, &s->plugin, &error) != MAWS_DONE) {
        fprintf(stderr, "%s\n", error.message);
        return false;
    }
    return true;
}

int main(int argc, char** argv) {
    static server s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    if (argc < 3 || argc - 3 > MOST_OPTIONS) {
        fprintf(stderr, "usage: event_loop PLUGIN PORT [OPTION=VALUE]...\n");
        return 2;
    }
    TAILQ_INIT(&s.open);
    TAILQ_INIT(&s.closed);
    TAILQ_INIT(&s.ready);
    if (!load(&s, argv[1], argv + 3, argc - 3) || !open_descriptors(&s, argv[2])) return 2;
    run(&s);
    const maws_status destroyed = s.api->destroy(s.plugin, DRAIN_MS);
    fprintf(stderr, "destroyed: status %d\n", (int)destroyed);
    close(s.listener);
    close(s.wake);
    close(s.signals);
    close(s.epoll);
    return destroyed == MAWS_DONE ? 0 : 1;
}
