/*
 * A plugin in plain C, against the header alone: what a loader meets. It is one of version 1.0, as
 * an older plugin under a newer host. It speaks to no network and
 * believes every client. A first payload is answered with a reply, a second one becomes PENDING
 * and is completed by a thread; one that is exactly "deny" is refused, one that is "hold" stays
 * PENDING until it is cancelled, as with an STS that never answers.
 *
 * STUB_SHORT_TABLE  the table ends before `end`
 * STUB_REFUSES      the entry wants a newer host
 * STUB_NO_ENTRY     the library has no entry symbol
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stub.h"

enum { PLUGINS = 16, CONVS = 1024 };

pthread_mutex_t stub_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t stub_changed = PTHREAD_COND_INITIALIZER;
static stub_plugin plugins[PLUGINS];
static stub_conv convs[CONVS];
static _Atomic pid_t creator;
static _Thread_local bool calling_host;

maws_status stub_fail(maws_error* error, maws_status status, const char* format, ...) {
    if (FITS(error)) {
        va_list args;
        va_start(args, format);
        vsnprintf(error->message, sizeof error->message, format, args);
        va_end(args);
        error->status = status;
    }
    return status;
}

/* What holds for every call: not from a callback, not in a forked child. */
maws_status stub_guard(void) {
    const pid_t pid = atomic_load(&creator);
    if (pid != 0 && pid != getpid()) {
        return MAWS_E_FORKED;
    }
    return calling_host ? MAWS_E_STATE : MAWS_DONE;
}

static uint64_t handle_of(uint64_t generation, size_t slot) {
    return generation << 16 | (uint64_t)slot;
}

static stub_plugin* find_plugin(maws_plugin handle) {
    const size_t slot = handle.id & 0xFFFF;
    const bool taken = slot < PLUGINS && (plugins[slot].generation & 1) != 0;
    return taken && handle_of(plugins[slot].generation, slot) == handle.id ? &plugins[slot] : NULL;
}

static stub_conv* find_conv(maws_conv handle) {
    const size_t slot = handle.id & 0xFFFF;
    const bool taken = slot < CONVS && (convs[slot].generation & 1) != 0;
    return taken && handle_of(convs[slot].generation, slot) == handle.id ? &convs[slot] : NULL;
}

/* Locks and finds; on failure nothing is locked. */
maws_status stub_enter_plugin(maws_plugin handle, stub_plugin** found) {
    const maws_status guarded = stub_guard();
    if (guarded != MAWS_DONE) {
        return guarded;
    }
    pthread_mutex_lock(&stub_lock);
    *found = find_plugin(handle);
    if (*found != NULL) {
        return MAWS_DONE;
    }
    pthread_mutex_unlock(&stub_lock);
    return MAWS_E_HANDLE;
}

maws_status stub_enter_conv(maws_conv handle, bool serial, stub_conv** found) {
    const maws_status guarded = stub_guard();
    if (guarded != MAWS_DONE) {
        return guarded;
    }
    pthread_mutex_lock(&stub_lock);
    *found = find_conv(handle);
    const maws_status status = *found == NULL             ? MAWS_E_HANDLE
                               : serial && (*found)->busy ? MAWS_E_IN_USE
                                                          : MAWS_DONE;
    if (status != MAWS_DONE) {
        pthread_mutex_unlock(&stub_lock);
    }
    return status;
}

void stub_log(const maws_host* host, int32_t threshold, uint64_t log_id, maws_str text) {
    if (host->log != NULL && threshold <= MAWS_LOG_INFO) {
        const maws_log_event event = {.struct_size = offsetof(maws_log_event, conv_ctx),
                                      .level = MAWS_LOG_INFO,
                                      .message_id = 1,
                                      .log_id = log_id,
                                      .text = text};
        calling_host = true;
        host->log(host->host_ctx, &event);
        calling_host = false;
    }
}

void stub_finish(stub_conv* c, maws_status outcome) {
    c->phase = OVER;
    c->outcome = outcome;
    c->owner->succeeded += outcome == MAWS_DONE;
    c->owner->denied += outcome == MAWS_E_DENIED;
    c->owner->cancelled += outcome == MAWS_E_CANCELLED;
    pthread_cond_broadcast(&stub_changed);
}

static stub_conv* next_queued(const stub_plugin* owner) {
    for (size_t i = 0; i < CONVS; i++) {
        const bool taken = (convs[i].generation & 1) != 0;
        if (taken && convs[i].owner == owner && convs[i].phase == QUEUED) {
            return &convs[i];
        }
    }
    return NULL;
}

static void* work(void* arg) {
    stub_plugin* const p = arg;
    pthread_mutex_lock(&stub_lock);
    while (!p->stop) {
        stub_conv* const c = next_queued(p);
        if (c == NULL) {
            pthread_cond_wait(&stub_changed, &stub_lock);
            continue;
        }
        stub_finish(c, c->deny ? MAWS_E_DENIED : MAWS_DONE);
        if (p->host.conv_ready != NULL) {
            c->in_callback = true;
            pthread_mutex_unlock(&stub_lock);
            calling_host = true;
            p->host.conv_ready(p->host.host_ctx, c->ctx);
            calling_host = false;
            pthread_mutex_lock(&stub_lock);
            c->in_callback = false;
            pthread_cond_broadcast(&stub_changed);
        }
    }
    pthread_mutex_unlock(&stub_lock);
    return NULL;
}

/* The host's signals are for the host's threads. */
maws_status stub_start_worker(stub_plugin* p) {
    if (p->worker_runs) {
        return MAWS_DONE;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    p->worker_runs = pthread_create(&p->worker, NULL, work, p) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return p->worker_runs ? MAWS_DONE : MAWS_E_SYSTEM;
}

maws_conv stub_new_conv(stub_plugin* p, uintptr_t ctx) {
    size_t slot = 0;
    while (slot < CONVS && (convs[slot].generation & 1) != 0) {
        slot++;
    }
    if (slot == CONVS) {
        return (maws_conv){0};
    }
    stub_conv* const c = &convs[slot];
    *c = (stub_conv){.generation = c->generation + 1, .owner = p, .ctx = ctx};
    p->live++;
    p->begun++;
    return (maws_conv){handle_of(c->generation, slot)};
}

static maws_status stub_create(const maws_host* host, const maws_option* options, size_t count,
                               maws_plugin* out, maws_error* error) {
    if (out == NULL) {
        return stub_fail(error, MAWS_E_ARGUMENT, "out is NULL");
    }
    out->id = 0;
    const maws_status guarded = stub_guard();
    if (guarded != MAWS_DONE) {
        return stub_fail(error, guarded, "not possible here");
    }
    if (!FITS(host)) {
        return stub_fail(error, MAWS_E_ARGUMENT, "host is NULL or too small");
    }
    stub_values values;
    stub_defaults(values);
    const maws_status status = stub_take_options(values, options, count, false, error);
    if (status != MAWS_DONE) {
        return status;
    }
    pthread_mutex_lock(&stub_lock);
    size_t slot = 0;
    while (slot < PLUGINS && (plugins[slot].generation & 1) != 0) {
        slot++;
    }
    if (slot < PLUGINS) {
        stub_plugin* const p = &plugins[slot];
        *p = (stub_plugin){
            .generation = p->generation + 1, .host = *host, .log_level = host->log_level};
        memcpy(p->values, values, sizeof values);
        out->id = handle_of(p->generation, slot);
        atomic_store(&creator, getpid());
    }
    pthread_mutex_unlock(&stub_lock);
    return slot < PLUGINS ? MAWS_DONE : stub_fail(error, MAWS_E_OVERLOADED, "too many plugins");
}

static maws_status stub_destroy(maws_plugin handle, uint32_t drain_ms) {
    stub_plugin* p = NULL;
    const maws_status status = stub_enter_plugin(handle, &p);
    if (status != MAWS_DONE) {
        return status;
    }
    (void)drain_ms; /* the worker never waits for anything */
    if (p->live != 0) {
        pthread_mutex_unlock(&stub_lock);
        return MAWS_E_IN_USE;
    }
    p->generation++; /* from here on no call finds it, and no begin */
    p->stop = true;
    pthread_cond_broadcast(&stub_changed);
    pthread_mutex_unlock(&stub_lock);
    if (p->worker_runs) {
        pthread_join(p->worker, NULL);
    }
    pthread_mutex_lock(&stub_lock);
    bool last = true;
    for (size_t slot = 0; slot < PLUGINS; slot++) {
        last = last && (plugins[slot].generation & 1) == 0;
    }
    if (last) {
        atomic_store(&creator, 0); /* a child may create its own */
    }
    pthread_mutex_unlock(&stub_lock);
    return MAWS_DONE;
}

static maws_status stub_set_log_level(maws_plugin handle, int32_t level) {
    stub_plugin* p = NULL;
    maws_status status = stub_enter_plugin(handle, &p);
    if (status != MAWS_DONE) {
        return status;
    }
    if (level < MAWS_LOG_DEBUG || level > MAWS_LOG_OFF) {
        status = MAWS_E_ARGUMENT;
    } else {
        p->log_level = level;
    }
    pthread_mutex_unlock(&stub_lock);
    return status;
}

static maws_status stub_stats(maws_plugin handle, maws_stats* out) {
    stub_plugin* p = NULL;
    const maws_status status = stub_enter_plugin(handle, &p);
    if (status != MAWS_DONE) {
        return status;
    }
    const bool fits = FITS(out);
    if (fits) {
        *out = (maws_stats){.struct_size = out->struct_size,
                            .workers = p->worker_runs,
                            .conversations = p->live,
                            .begun = p->begun,
                            .succeeded = p->succeeded,
                            .denied = p->denied,
                            .cancelled = p->cancelled};
    }
    pthread_mutex_unlock(&stub_lock);
    return fits ? MAWS_DONE : MAWS_E_ARGUMENT;
}

static maws_status stub_stats_json(maws_plugin handle, char* buffer, size_t cap, size_t* needed) {
    maws_stats stats = {.struct_size = sizeof stats};
    const maws_status status = stub_stats(handle, &stats);
    if (status != MAWS_DONE) {
        return status;
    }
    char text[128];
    snprintf(text, sizeof text, "{\"begun\":%" PRIu64 ",\"succeeded\":%" PRIu64 "}", stats.begun,
             stats.succeeded);
    return stub_copy_out(text, buffer, cap, needed);
}

static const maws_api TABLE = {
#if defined(STUB_SHORT_TABLE)
    .struct_size = offsetof(maws_api, end),
#else
    .struct_size = offsetof(maws_api, build_flags),
#endif
    .abi_minor = 0,
    .name = "mongodb-aws-auth-stub",
    .version = "1.0.0",
    .mechanism = "MONGODB-AWS",
    .tls = "none",
    .option_at = stub_option_at,
    .create = stub_create,
    .destroy = stub_destroy,
    .set_options = stub_set_options,
    .get_option = stub_get_option,
    .set_log_level = stub_set_log_level,
    .stats = stub_stats,
    .stats_json = stub_stats_json,
    .begin = stub_begin,
    .step = stub_step,
    .poll = stub_poll,
    .cancel = stub_cancel,
    .info = stub_info,
    .end = stub_end,
};

#if defined(STUB_REFUSES)
static const uint32_t NEEDED_MINOR = 1000;
#else
static const uint32_t NEEDED_MINOR = 0;
#endif

#if defined(STUB_NO_ENTRY)
#define ENTRY maws_some_other_symbol
const maws_api* ENTRY(uint32_t host_abi_minor, maws_error* error);
#else
#define ENTRY maws_plugin_entry_v1
#endif

__attribute__((visibility("default"))) const maws_api* ENTRY(uint32_t host_abi_minor,
                                                             maws_error* error) {
    if (host_abi_minor < NEEDED_MINOR) {
        stub_fail(error, MAWS_E_VERSION, "the stub needs a host of version 1.%u, this one has 1.%u",
                  NEEDED_MINOR, host_abi_minor);
        return NULL;
    }
    return &TABLE;
}
