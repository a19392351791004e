/* What the files of the stub share. See plugin.c. */
#ifndef MAWS_STUB_H
#define MAWS_STUB_H

#include <pthread.h>
#include <stdbool.h>

#include "mongodb_aws_auth.h"

/* What an entry asks of the host's structs: the whole of version 1.0. */
#define FITS(ptr) ((ptr) != NULL && (ptr)->struct_size >= sizeof *(ptr))

enum { STUB_OPTIONS = 6, STUB_VALUE_SIZE = 256 };
typedef char stub_values[STUB_OPTIONS][STUB_VALUE_SIZE];

typedef struct stub_plugin {
    uint64_t generation; /* odd while the slot is taken */
    maws_host host;
    int32_t log_level;
    stub_values values;
    uint64_t live, begun, succeeded, denied, cancelled;
    bool worker_runs, stop;
    pthread_t worker;
} stub_plugin;

typedef enum phase { EXPECTS_FIRST, EXPECTS_SECOND, HELD, QUEUED, OVER } phase;

typedef struct stub_conv {
    uint64_t generation; /* odd while the slot is taken */
    stub_plugin* owner;
    phase phase;
    maws_status outcome;
    uintptr_t ctx;
    bool busy;        /* a serial call is inside */
    bool in_callback; /* conv_ready runs */
    bool deny;
} stub_conv;

/* One lock and one condition for all: the stub is to be right, not fast. */
extern pthread_mutex_t stub_lock;
extern pthread_cond_t stub_changed;

/* plugin.c. On success the lock is held; a serial call finds the conversation not busy. */
maws_status stub_guard(void);
maws_status stub_enter_plugin(maws_plugin handle, stub_plugin** found);
maws_status stub_enter_conv(maws_conv handle, bool serial, stub_conv** found);
maws_status stub_fail(maws_error* error, maws_status status, const char* format, ...)
    __attribute__((format(printf, 3, 4)));
void stub_log(const maws_host* host, int32_t threshold, uint64_t log_id, maws_str text);
maws_status stub_start_worker(stub_plugin* plugin);
void stub_finish(stub_conv* conv, maws_status outcome);
maws_conv stub_new_conv(stub_plugin* plugin, uintptr_t ctx);

/* options.c */
void stub_defaults(stub_values values);
maws_status stub_take_options(stub_values values, const maws_option* options, size_t count,
                              bool at_run_time, maws_error* error);
maws_status stub_copy_out(const char* text, char* buffer, size_t cap, size_t* needed);

/* The members of the table. */
const maws_option_desc* stub_option_at(uint32_t index);
maws_status stub_set_options(maws_plugin plugin, const maws_option* options, size_t count,
                             maws_error* error);
maws_status stub_get_option(maws_plugin plugin, maws_str key, char* buffer, size_t cap,
                            size_t* needed);
maws_status stub_begin(maws_plugin plugin, const maws_begin* args, maws_conv* out,
                       maws_error* error);
maws_status stub_step(maws_conv conv, const uint8_t* payload, size_t len, maws_step* out);
maws_status stub_poll(maws_conv conv, uint32_t wait_ms, maws_step* out);
maws_status stub_cancel(maws_conv conv);
maws_status stub_info(maws_conv conv, maws_info* out);
maws_status stub_end(maws_conv conv);

#endif
