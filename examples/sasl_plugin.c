/*
 * The mechanism MONGODB-AWS for servers that use Cyrus SASL.
 *
 * Built as libmongodbaws.so in Cyrus' folder of plug-ins, it is configured with the application's
 * other SASL settings:
 *
 *     mongodb_aws_plugin: /usr/lib/mongodb-aws-auth/libmongodb_aws_auth.so.1
 *     awsStsHost: sts.eu-west-1.amazonaws.com
 *
 * Any option of the plugin may stand there. The user of a login is an ARN: an application that sets
 * a realm of its own gets USER@REALM from Cyrus.
 */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mongodb_aws_auth_calls.h"

enum {
    MOST_OPTIONS = 64,
    LONGEST_NAME = 64,
    LONGEST_ADDRESS = 80,
    WAIT_MS = 10000,
    DRAIN_MS = 5000
};

static const char PLUGIN_KEY[] = "mongodb_aws_plugin";

/* What Cyrus calls the global context; one of a process. */
typedef struct mechanism {
    const maws_api* api;
    const sasl_utils_t* utils;
    maws_option options[MOST_OPTIONS];
    size_t count;
    pthread_mutex_t lock;
    maws_plugin plugin; /* id 0: not created; guarded by lock */
} mechanism;

static mechanism the_mechanism = {.lock = PTHREAD_MUTEX_INITIALIZER};

static maws_str text(const char* chars) {
    const maws_str view = {chars, strlen(chars)};
    return view;
}

/* On any thread. Cyrus gives to syslog what concerns no connection. */
static void log_line(uintptr_t host_ctx, const maws_log_event* event) {
    const mechanism* const m = (const mechanism*)host_ctx;
    const int level = event->level >= MAWS_LOG_ERROR     ? SASL_LOG_ERR
                      : event->level == MAWS_LOG_WARNING ? SASL_LOG_WARN
                                                         : SASL_LOG_NOTE;
    m->utils->log(NULL, level, "%s", event->text.ptr);
}

/* --- Start --------------------------------------------------------------------------------------
 */

/* Cyrus has the keys of its files in small letters, an application's own callback may have ours. */
static const char* setting(const sasl_utils_t* utils, const char* name) {
    char folded[LONGEST_NAME] = "";
    const char* value = NULL;
    if (utils->getopt(utils->getopt_context, "mongodbaws", name, &value, NULL) == SASL_OK &&
        value) {
        return value;
    }
    for (size_t i = 0; name[i] != '\0' && i + 1 < sizeof folded; i++) {
        folded[i] = (char)tolower((unsigned char)name[i]);
    }
    if (utils->getopt(utils->getopt_context, "mongodbaws", folded, &value, NULL) == SASL_OK) {
        return value;
    }
    return NULL;
}

static const char* load(mechanism* m, maws_error* error) {
    const char* const path = setting(m->utils, PLUGIN_KEY);
    maws_entry_fn entry = NULL;
    void* const library = path == NULL ? NULL : dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (path == NULL) return "mongodb_aws_plugin is not set";
    if (library != NULL) *(void**)&entry = dlsym(library, "maws_plugin_entry_v1");
    if (entry == NULL) return dlerror();
    m->api = entry(MAWS_ABI_MINOR, error);
    return m->api == NULL ? error->message : NULL;
}

/* Cyrus keeps a value until the next is asked for. */
static bool read_options(mechanism* m) {
    const maws_option_desc* option;
    m->count = 0;
    for (uint32_t i = 0; (option = m->api->option_at(i)) != NULL && m->count < MOST_OPTIONS; i++) {
        const char* value = setting(m->utils, option->name);
        if (value == NULL) continue;
        if ((value = strdup(value)) == NULL) return false;
        m->options[m->count].key = text(option->name);
        m->options[m->count++].value = text(value);
    }
    return true;
}

/* The server may still fork, so the plugin is created with the first login in a process. Faults in
 * the options are reported here, when the server starts. */
static bool check_options(const mechanism* m) {
    char faults[4096] = "more faults in the options than fit here";
    const maws_status status =
        maws_call_check_options(m->api, m->options, m->count, faults, sizeof faults, NULL);
    if (status == MAWS_DONE || status == MAWS_E_VERSION) return true;
    for (char* fault = strtok(faults, "\n"); fault != NULL; fault = strtok(NULL, "\n")) {
        m->utils->log(NULL, SASL_LOG_ERR, "MONGODB-AWS: %s", fault);
    }
    return false;
}

static maws_status create(mechanism* m, maws_error* error) {
    maws_host host = MAWS_INIT(maws_host);
    maws_status status = MAWS_DONE;
    host.host_ctx = (uintptr_t)m;
    host.log = log_line;
    host.log_level = MAWS_LOG_INFO;
    pthread_mutex_lock(&m->lock);
    if (m->plugin.id == 0) {
        status = m->api->create(&host, m->options, m->count, &m->plugin, error);
    }
    pthread_mutex_unlock(&m->lock);
    return status;
}

/* --- A login -------------------------------------------------------------------------------------
 */

typedef struct login {
    mechanism* m;
    maws_conv conversation;
    char address[LONGEST_ADDRESS];
} login;

/* Cyrus has `address;port`. */
static void read_address(const char* cyrus, char* buffer, size_t size) {
    const char* const port = cyrus == NULL ? NULL : strchr(cyrus, ';');
    buffer[0] = '\0';
    if (port == NULL) return;
    const int length = (int)(port - cyrus);
    const bool ipv6 = memchr(cyrus, ':', (size_t)length) != NULL;
    snprintf(buffer, size, ipv6 ? "[%.*s]:%s" : "%.*s:%s", length, cyrus, port + 1);
}

static int begin(void* context, sasl_server_params_t* params, const char* challenge,
                 unsigned length, void** connection) {
    mechanism* const m = context;
    maws_begin begin = MAWS_INIT(maws_begin);
    maws_error error = MAWS_INIT(maws_error);
    (void)challenge;
    (void)length;

    login* const l = params->utils->malloc(sizeof *l);
    if (l == NULL) return SASL_NOMEM;
    l->m = m;
    begin.flags = params->external_ssf > 0 ? MAWS_BEGIN_TLS : 0;
    begin.database = text("$external");
    read_address(params->ipremoteport, l->address, sizeof l->address);
    begin.client_addr = text(l->address);
    if (create(m, &error) != MAWS_DONE ||
        m->api->begin(m->plugin, &begin, &l->conversation, &error) != MAWS_DONE) {
        params->utils->log(params->utils->conn, SASL_LOG_FAIL, "MONGODB-AWS: %s", error.message);
        params->utils->free(l);
        return SASL_FAIL;
    }
    *connection = l;
    return SASL_OK;
}

static int step(void* connection, sasl_server_params_t* params, const char* payload,
                unsigned length, const char** reply, unsigned* reply_length,
                sasl_out_params_t* out) {
    const login* const l = connection;
    const maws_api* const api = l->m->api;
    maws_step step = MAWS_INIT(maws_step);
    maws_info info = MAWS_INIT(maws_info);

    *reply = NULL;
    *reply_length = 0;
    maws_status status = api->step(l->conversation, (const uint8_t*)payload, length, &step);
    /* Cyrus knows no step that goes on later, and nothing that could interrupt it: awsStsTimeoutMs
     * is the longest time that the application's thread spends here. */
    while (status == MAWS_PENDING) status = api->poll(l->conversation, WAIT_MS, &step);
    if (status == MAWS_CONTINUE) {
        *reply = (const char*)step.reply.ptr;
        *reply_length = (unsigned)step.reply.len;
        return SASL_CONTINUE;
    }
    api->info(l->conversation, &info);
    if (status != MAWS_DONE) {
        /* The client gets the same answer for every reason; the reason goes to the log. */
        params->utils->log(params->utils->conn, SASL_LOG_FAIL,
                           "MONGODB-AWS: %s is refused, reason %d: %s", l->address,
                           (int)info.reason, info.detail.ptr);
        return SASL_BADAUTH;
    }
    out->doneflag = 1;
    /* STS has verified the user: none is looked for among those with passwords. */
    return params->canon_user(params->utils->conn, info.principal.ptr, (unsigned)info.principal.len,
                              SASL_CU_AUTHID | SASL_CU_AUTHZID | SASL_CU_EXTERNALLY_VERIFIED, out);
}

static void end(void* connection, const sasl_utils_t* utils) {
    login* const l = connection;
    if (l == NULL) return;
    l->m->api->end(l->conversation);
    utils->free(l);
}

static void destroy(void* context, const sasl_utils_t* utils) {
    mechanism* const m = context;
    (void)utils;
    if (m->plugin.id != 0) m->api->destroy(m->plugin, DRAIN_MS);
    m->plugin.id = 0;
    while (m->count > 0) free((void*)m->options[--m->count].value.ptr);
}

/* --- What Cyrus looks for ------------------------------------------------------------------------
 */

static sasl_server_plug_t plug = {
    .mech_name = "MONGODB-AWS",
    /* Not SASL_SEC_NOACTIVE: without TLS, somebody between client and server may use the login. */
    .security_flags = SASL_SEC_NOPLAINTEXT | SASL_SEC_NOANONYMOUS,
    .features = SASL_FEAT_WANT_CLIENT_FIRST,
    .glob_context = &the_mechanism,
    .mech_new = begin,
    .mech_step = step,
    .mech_dispose = end,
    .mech_free = destroy,
};

int sasl_server_plug_init(const sasl_utils_t* utils, int max_version, int* out_version,
                          sasl_server_plug_t** plugs, int* count);

int sasl_server_plug_init(const sasl_utils_t* utils, int max_version, int* out_version,
                          sasl_server_plug_t** plugs, int* count) {
    mechanism* const m = &the_mechanism;
    maws_error error = MAWS_INIT(maws_error);
    if (max_version < SASL_SERVER_PLUG_VERSION) return SASL_BADVERS;
    m->utils = utils;
    const char* const fault = load(m, &error);
    if (fault != NULL) {
        utils->log(NULL, SASL_LOG_ERR, "MONGODB-AWS: %s", fault);
        return SASL_FAIL;
    }
    if (!read_options(m)) return SASL_NOMEM;
    if (!check_options(m)) return SASL_FAIL;
    *out_version = SASL_SERVER_PLUG_VERSION;
    *plugs = &plug;
    *count = 1;
    return SASL_OK;
}
