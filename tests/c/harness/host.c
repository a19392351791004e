#define _POSIX_C_SOURCE 200809L
#include "host.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "secrets.h"

enum { DRAIN_MS = 10000 };

maws_str str(const char* text) {
    return (maws_str){text, strlen(text)};
}

const maws_api* load_api(void) {
    void* const library = dlopen(library_under_test(), RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "dlopen: %s\n", dlerror());
    }
    CHECK(library != NULL);
    /* POSIX allows this way round the rule that a data pointer is no function pointer. */
    maws_entry_fn entry = NULL;
    *(void**)&entry = dlsym(library, "maws_plugin_entry_v1");
    CHECK(entry != NULL);
    maws_error error = {.struct_size = sizeof error};
    const maws_api* const api = entry(MAWS_ABI_MINOR, &error);
    if (api == NULL) {
        fprintf(stderr, "entry: %s\n", error.message);
    }
    CHECK(api != NULL);
    return api;
}

#if MAWS_ABI_MINOR >= 1
static void check_its_login_lives(const maws_log_event* e) {
    login* const l = (login*)e->conv_ctx;
    CHECK(e->log_id == (uint64_t)e->conv_ctx);
    pthread_mutex_lock(&l->lock);
    CHECK(!l->ended);
    pthread_mutex_unlock(&l->lock);
}
#endif

static void on_log(uintptr_t ctx, const maws_log_event* e) {
    host* const h = (host*)ctx;
    CHECK(e->struct_size >= offsetof(maws_log_event, text) + sizeof e->text);
    CHECK(e->level >= MAWS_LOG_DEBUG && e->level <= MAWS_LOG_ERROR);
    CHECK(e->reserved == 0);
    CHECK(e->text.len > 0 && e->text.ptr != NULL);
    CHECK(memchr(e->text.ptr, '\n', e->text.len) == NULL);
    CHECK(!holds_secret(e->text.ptr, e->text.len));
#if MAWS_ABI_MINOR >= 1
    CHECK(e->text.ptr[e->text.len] == '\0');
    if (MAWS_HAS(maws_log_event, e, conv_ctx)) {
        check_its_login_lives(e);
    }
#endif
    if (h->on_log != NULL) {
        h->on_log(h, e);
    }
    pthread_mutex_lock(&h->lock);
    if (h->event_count < MAX_EVENTS) {
        event* const copy = &h->events[h->event_count];
        copy->level = e->level;
        copy->message_id = e->message_id;
        copy->log_id = e->log_id;
        snprintf(copy->text, sizeof copy->text, "%.*s", (int)e->text.len, e->text.ptr);
    }
    h->event_count++;
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
}

static void on_ready(uintptr_t host_ctx, uintptr_t conv_ctx) {
    host* const h = (host*)host_ctx;
    login* const l = (login*)conv_ctx;
    CHECK(l->host == h);
    CHECK_STATUS(h->api->cancel(l->conv), MAWS_E_STATE);
    if (h->on_ready != NULL) {
        h->on_ready(h, l);
    }
    pthread_mutex_lock(&l->lock);
    CHECK(l->pending);
    CHECK(!l->ready);
    CHECK(!l->ended);
    l->ready = true;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

void host_init(host* h) {
    memset(h, 0, sizeof *h);
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->changed, NULL);
    h->api = load_api();
    h->callbacks = (maws_host){.struct_size = sizeof h->callbacks,
                               .abi_minor = MAWS_ABI_MINOR,
                               .host_ctx = (uintptr_t)h,
                               .log = on_log,
                               .conv_ready = on_ready,
                               .log_level = MAWS_LOG_DEBUG};
}

maws_status host_create(host* h, const maws_option* options, size_t count, maws_error* error) {
    return h->api->create(&h->callbacks, options, count, &h->plugin, error);
}

void host_start_with(host* h, const maws_option* options, size_t count) {
    host_init(h);
    maws_error error = {.struct_size = sizeof error};
    const maws_status status = host_create(h, options, count, &error);
    if (status != MAWS_DONE) {
        fprintf(stderr, "create: %s\n", error.message);
    }
    CHECK_STATUS(status, MAWS_DONE);
}

void host_start(host* h) {
    /* Nothing listens on port 1. */
    const maws_option options[] = {OPTION("awsStsEndpoint", "https://127.0.0.1:1"),
                                   OPTION("awsStsTimeoutMs", "500"),
                                   OPTION("awsStsCAFile", MAWS_TEST_CA_FILE)};
    host_start_with(h, options, sizeof options / sizeof options[0]);
}

void host_stop(host* h) {
    CHECK_STATUS(h->api->destroy(h->plugin, DRAIN_MS), MAWS_DONE);
}

size_t host_count_events(host* h, uint64_t log_id) {
    size_t found = 0;
    pthread_mutex_lock(&h->lock);
    CHECK(h->event_count <= MAX_EVENTS);
    for (size_t i = 0; i < h->event_count; i++) {
        found += h->events[i].log_id == log_id;
    }
    pthread_mutex_unlock(&h->lock);
    return found;
}

void login_init(login* l, host* h) {
    memset(l, 0, sizeof *l);
    l->host = h;
    l->out.struct_size = sizeof l->out;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
}

maws_begin begin_args(const login* l) {
    return (maws_begin){.struct_size = sizeof(maws_begin),
                        .flags = MAWS_BEGIN_TLS,
                        .conv_ctx = (uintptr_t)l,
                        .log_id = (uint64_t)(uintptr_t)l,
                        .database = STR("$external"),
                        .client_addr = STR("192.0.2.7:40123")};
}

void login_begin(login* l, host* h) {
    login_init(l, h);
    const maws_begin args = begin_args(l);
    maws_error error = {.struct_size = sizeof error};
    const maws_status status = h->api->begin(h->plugin, &args, &l->conv, &error);
    if (status != MAWS_DONE) {
        fprintf(stderr, "begin: %s\n", error.message);
    }
    CHECK_STATUS(status, MAWS_DONE);
}

maws_status login_step(login* l, const void* payload, size_t len) {
    /* Before the call: conv_ready may run before step returns. */
    pthread_mutex_lock(&l->lock);
    l->pending = true;
    pthread_mutex_unlock(&l->lock);
    const maws_status status = l->host->api->step(l->conv, payload, len, &l->out);
    pthread_mutex_lock(&l->lock);
    l->pending = status == MAWS_PENDING;
    CHECK(l->pending || !l->ready);
    pthread_mutex_unlock(&l->lock);
    return status;
}

maws_status login_poll(login* l, uint32_t wait_ms) {
    return l->host->api->poll(l->conv, wait_ms, &l->out);
}

maws_status login_wait(login* l) {
    pthread_mutex_lock(&l->lock);
    while (!l->ready) {
        pthread_cond_wait(&l->changed, &l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    const maws_status status = login_poll(l, 0);
    CHECK(status != MAWS_PENDING);
    return status;
}

bool login_is_ready(login* l) {
    pthread_mutex_lock(&l->lock);
    const bool ready = l->ready;
    pthread_mutex_unlock(&l->lock);
    return ready;
}

void login_end(login* l) {
    CHECK_STATUS(l->host->api->end(l->conv), MAWS_DONE);
    pthread_mutex_lock(&l->lock);
    l->ended = true;
    pthread_mutex_unlock(&l->lock);
}

maws_info login_info(login* l) {
    maws_info info = {.struct_size = sizeof info};
    CHECK_STATUS(l->host->api->info(l->conv, &info), MAWS_DONE);
    return info;
}
