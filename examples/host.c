/*
 * The smallest complete host: loads the plugin, runs one SASL conversation and prints who it was.
 *
 *     host PLUGIN [OPTION=VALUE]...
 *
 * Payloads of the client come as hexadecimal lines on standard input, those for the client go out
 * likewise on standard output. A real host has a network there, and a thread for each client.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mongodb_aws_auth.h"

enum { LONGEST_LINE = 128 * 1024, MOST_OPTIONS = 32 };

static maws_str text(const char* chars, size_t length) {
    const maws_str view = {chars, length};
    return view;
}

static void log_line(uintptr_t host_ctx, const maws_log_event* event) {
    (void)host_ctx;
    fprintf(stderr, "[%d] %.*s\n", (int)event->level, (int)event->text.len, event->text.ptr);
}

/* Reads one payload into `line` itself: two digits never take less room than their byte. */
static int read_payload(char* line, size_t* length) {
    unsigned byte;
    if (fgets(line, LONGEST_LINE, stdin) == NULL) return 0;
    *length = 0;
    for (const char* at = line; sscanf(at, "%2x", &byte) == 1; at += 2) {
        line[(*length)++] = (char)byte;
    }
    return 1;
}

static void write_payload(maws_bytes payload) {
    for (size_t i = 0; i < payload.len; i++) printf("%02x", payload.ptr[i]);
    printf("\n");
    fflush(stdout);
}

static int converse(const maws_api* api, maws_plugin plugin) {
    maws_begin begin = MAWS_INIT(maws_begin);
    maws_error error = MAWS_INIT(maws_error);
    maws_step step = MAWS_INIT(maws_step);
    maws_info info = MAWS_INIT(maws_info);
    maws_conv conversation;
    maws_status status;
    size_t length;
    char* line = malloc(LONGEST_LINE);

    begin.flags = MAWS_BEGIN_TLS;
    begin.database = text("$external", 9);
    if (line == NULL || api->begin(plugin, &begin, &conversation, &error) != MAWS_DONE) {
        fprintf(stderr, "%s\n", line == NULL ? "out of memory" : error.message);
        free(line);
        return 1;
    }
    do {
        if (!read_payload(line, &length)) break;
        status = api->step(conversation, (const uint8_t*)line, length, &step);
        if (status == MAWS_CONTINUE) write_payload(step.reply);
        /* Here a real host looks every 100 ms whether its client is still there, and cancels if
         * not; or it waits for conv_ready and does not poll at all. */
        while (status == MAWS_PENDING) status = api->poll(conversation, 100, &step);
    } while (status == MAWS_CONTINUE);

    api->info(conversation, &info);
    if (info.status == MAWS_DONE) {
        /* The user to look up in $external. */
        printf("verified %.*s\n", (int)info.principal.len, info.principal.ptr);
    } else {
        /* One answer for the client; the reason is for the log alone. */
        printf("refused\n");
        fprintf(stderr, "reason %u: %.*s\n", info.reason, (int)info.detail.len, info.detail.ptr);
    }
    status = info.status;
    api->end(conversation);
    free(line);
    return status == MAWS_DONE ? 0 : 1;
}

int main(int argc, char** argv) {
    maws_host host = MAWS_INIT(maws_host);
    maws_error error = MAWS_INIT(maws_error);
    maws_option options[MOST_OPTIONS];
    maws_entry_fn entry;
    maws_plugin plugin;
    size_t count = 0;

    void* library = argc < 2 ? NULL : dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", argc < 2 ? "host PLUGIN [OPTION=VALUE]..." : dlerror());
        return 2;
    }
    *(void**)&entry = dlsym(library, "maws_plugin_entry_v1");
    const maws_api* api = entry == NULL ? NULL : entry(MAWS_ABI_MINOR, &error);
    if (api == NULL) {
        fprintf(stderr, "%s\n", entry == NULL ? "this is not the plugin" : error.message);
        return 2;
    }
    for (int i = 2; i < argc && count < MOST_OPTIONS; i++) {
        const char* value = strchr(argv[i], '=');
        if (value == NULL) continue;
        options[count].key = text(argv[i], (size_t)(value - argv[i]));
        options[count++].value = text(value + 1, strlen(value + 1));
    }
    host.log = log_line;
    host.log_level = MAWS_LOG_INFO;
    if (api->create(&host, options, count, &plugin, &error) != MAWS_DONE) {
        fprintf(stderr, "%s\n", error.message);
        return 2;
    }
    const int result = converse(api, plugin);
    api->destroy(plugin, 5000);
    return result;
}
