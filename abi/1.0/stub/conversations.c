/* The conversations of the stub. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <time.h>

#include "stub.h"

#define TEXT(literal) ((maws_str){literal, sizeof literal - 1})
#define REPLY "server first"

static bool is_str(maws_str text) {
    return text.ptr != NULL || text.len == 0;
}

maws_status stub_begin(maws_plugin handle, const maws_begin* args, maws_conv* out,
                       maws_error* error) {
    static const char external[] = "$external";
    if (out == NULL) {
        return stub_fail(error, MAWS_E_ARGUMENT, "out is NULL");
    }
    out->id = 0;
    stub_plugin* p = NULL;
    const maws_status status = stub_enter_plugin(handle, &p);
    if (status != MAWS_DONE) {
        return stub_fail(error, status, "no such plugin, or not possible here");
    }
    const bool legal = FITS(args) && is_str(args->database) && is_str(args->client_addr);
    const bool is_external = legal && args->database.len == sizeof external - 1 &&
                             memcmp(args->database.ptr, external, sizeof external - 1) == 0;
    if (is_external) {
        *out = stub_new_conv(p, args->conv_ctx);
    }
    const maws_host host = p->host;
    const int32_t level = p->log_level;
    pthread_mutex_unlock(&stub_lock);
    if (!legal) {
        return stub_fail(error, MAWS_E_ARGUMENT, "args is NULL, too small or broken");
    }
    if (!is_external) {
        return stub_fail(error, MAWS_E_PROTOCOL, "the database is not $external");
    }
    if (out->id == 0) {
        return stub_fail(error, MAWS_E_OVERLOADED, "too many conversations");
    }
    stub_log(&host, level, args->log_id, TEXT("conversation begun"));
    return MAWS_DONE;
}

static maws_status first_payload(stub_conv* c, size_t len, maws_step* out) {
    if (len == 0) {
        stub_finish(c, MAWS_E_PROTOCOL);
        return MAWS_E_PROTOCOL;
    }
    c->phase = EXPECTS_SECOND;
    out->reply = (maws_bytes){(const uint8_t*)REPLY, sizeof REPLY - 1};
    return MAWS_CONTINUE;
}

static bool payload_is(const char* word, const uint8_t* payload, size_t len) {
    return strlen(word) == len && memcmp(payload, word, len) == 0;
}

static maws_status second_payload(stub_conv* c, const uint8_t* payload, size_t len) {
    const maws_status status = len == 0 ? MAWS_E_PROTOCOL : stub_start_worker(c->owner);
    if (status != MAWS_DONE) {
        stub_finish(c, status);
        return status;
    }
    c->deny = payload_is("deny", payload, len);
    c->phase = payload_is("hold", payload, len) ? HELD : QUEUED;
    pthread_cond_broadcast(&stub_changed);
    return MAWS_PENDING;
}

maws_status stub_step(maws_conv handle, const uint8_t* payload, size_t len, maws_step* out) {
    stub_conv* c = NULL;
    maws_status status = stub_enter_conv(handle, true, &c);
    if (status != MAWS_DONE) {
        return status;
    }
    if (!FITS(out) || (payload == NULL && len != 0)) {
        status = MAWS_E_ARGUMENT;
    } else if (c->phase != EXPECTS_FIRST && c->phase != EXPECTS_SECOND) {
        status = MAWS_E_STATE;
    } else {
        out->reserved = 0;
        out->reply = (maws_bytes){NULL, 0};
        status = c->phase == EXPECTS_FIRST ? first_payload(c, len, out)
                                           : second_payload(c, payload, len);
    }
    pthread_mutex_unlock(&stub_lock);
    return status;
}

static void wait_until_over(stub_conv* c, uint32_t wait_ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int waited = 0;
    c->busy = true;
    while (c->phase != OVER && waited == 0) {
        waited = pthread_cond_timedwait(&stub_changed, &stub_lock, &until);
    }
    c->busy = false;
}

maws_status stub_poll(maws_conv handle, uint32_t wait_ms, maws_step* out) {
    stub_conv* c = NULL;
    maws_status status = stub_enter_conv(handle, true, &c);
    if (status != MAWS_DONE) {
        return status;
    }
    if (!FITS(out)) {
        status = MAWS_E_ARGUMENT;
    } else if (c->phase == EXPECTS_FIRST || c->phase == EXPECTS_SECOND) {
        status = MAWS_E_STATE;
    } else {
        wait_until_over(c, wait_ms);
        out->reserved = 0;
        out->reply = (maws_bytes){NULL, 0};
        status = c->phase == OVER ? c->outcome : MAWS_PENDING;
    }
    pthread_mutex_unlock(&stub_lock);
    return status;
}

maws_status stub_cancel(maws_conv handle) {
    stub_conv* c = NULL;
    const maws_status status = stub_enter_conv(handle, false, &c);
    if (status == MAWS_DONE) {
        if (c->phase != OVER) {
            stub_finish(c, MAWS_E_CANCELLED);
        }
        pthread_mutex_unlock(&stub_lock);
    }
    return status;
}

maws_status stub_info(maws_conv handle, maws_info* out) {
    stub_conv* c = NULL;
    const maws_status status = stub_enter_conv(handle, false, &c);
    if (status != MAWS_DONE) {
        return status;
    }
    const bool fits = FITS(out);
    if (fits) {
        *out = (maws_info){.struct_size = out->struct_size, .sts_host = TEXT("sts.amazonaws.com")};
        out->status = c->phase == OVER                         ? c->outcome
                      : c->phase == HELD || c->phase == QUEUED ? MAWS_PENDING
                                                               : MAWS_CONTINUE;
        if (c->phase == OVER && c->outcome == MAWS_DONE) {
            out->kind = MAWS_PRINCIPAL_USER;
            out->principal = out->raw_arn = TEXT("arn:aws:iam::123456789012:user/alice");
            out->account = TEXT("123456789012");
            out->user_id = TEXT("AIDACKCEVSQ6C2EXAMPLE");
            out->access_key_id = TEXT("AKIAIOSFODNN7EXAMPLE");
            out->sts_request_id = TEXT("01234567-89ab-cdef-0123-456789abcdef");
        } else if (c->phase == OVER) {
            out->reason = 1;
            out->detail = TEXT("the stub refused");
        }
    }
    pthread_mutex_unlock(&stub_lock);
    return fits ? MAWS_DONE : MAWS_E_ARGUMENT;
}

maws_status stub_end(maws_conv handle) {
    stub_conv* c = NULL;
    const maws_status status = stub_enter_conv(handle, true, &c);
    if (status != MAWS_DONE) {
        return status;
    }
    c->busy = true; /* no other serial call comes in while this one waits */
    while (c->in_callback) {
        pthread_cond_wait(&stub_changed, &stub_lock);
    }
    if (c->phase != OVER) {
        c->owner->cancelled++;
    }
    c->owner->live--;
    c->generation++; /* the handle is stale from here on */
    pthread_mutex_unlock(&stub_lock);
    return MAWS_DONE;
}
