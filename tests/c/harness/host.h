/*
 * A host in plain C, as a server would be: it loads the plugin, collects what is logged, and waits
 * for verifications on a condition variable. On the way it asserts the rules for callbacks:
 * conv_ready comes at most once for a PENDING, never without one and never after end, and inside a
 * callback the plugin refuses every call with MAWS_E_STATE. No log line holds a secret of a client,
 * none comes for a conversation that was ended.
 */
#ifndef MAWS_TEST_HOST_H
#define MAWS_TEST_HOST_H

#include <pthread.h>
#include <stdbool.h>

#include "check.h"

#define STR(literal) ((maws_str){literal, sizeof(literal) - 1})
#define OPTION(key, value) ((maws_option){str(key), str(value)})

enum { MAX_EVENTS = 4096, EVENT_TEXT = 256 };

typedef struct event {
    int32_t level;
    uint32_t message_id;
    uint64_t log_id;
    char text[EVENT_TEXT];
} event;

typedef struct login login;
typedef struct host host;

struct host {
    const maws_api* api;
    maws_plugin plugin;
    maws_host callbacks;
    /* Called from inside a callback, if set, before the host does its own part. */
    void (*on_log)(host* h, const maws_log_event* e);
    void (*on_ready)(host* h, login* l);
    bool silent;          /* verifications stay pending */
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    event events[MAX_EVENTS];
    size_t event_count; /* also beyond MAX_EVENTS */
};

/* A conversation; its address is the conv_ctx, so it stays where it is until the test is over. */
struct login {
    host* host;
    maws_conv conv;
    maws_step out;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    bool pending; /* step gave PENDING, or may be about to */
    bool ready;
    bool ended;
};

maws_str str(const char* text);

/* Loads the library under test, with RTLD_NOW | RTLD_LOCAL. */
const maws_api* load_api(void);

/* An empty host with the table and both callbacks, but no plugin yet. The size of maws_host is
 * that of this header. */
void host_init(host* h);
maws_status host_create(host* h, const maws_option* options, size_t count, maws_error* error);
/* init and create, which must succeed. Nothing leaves this machine: every verification fails, as
 * nobody listens where STS should be. */
void host_start(host* h);
void host_start_with(host* h, const maws_option* options, size_t count);
/* destroy with time to drain, which must succeed. */
void host_stop(host* h);

/* How many events carry this log id. */
size_t host_count_events(host* h, uint64_t log_id);

void login_init(login* l, host* h);
/* init and begin on $external, which must succeed. */
void login_begin(login* l, host* h);
maws_begin begin_args(const login* l);
maws_status login_step(login* l, const void* payload, size_t len);
/* After PENDING: waits for conv_ready as a server would, then polls once. */
maws_status login_wait(login* l);
maws_status login_poll(login* l, uint32_t wait_ms);
bool login_is_ready(login* l);
void login_end(login* l);
maws_info login_info(login* l);

#endif
