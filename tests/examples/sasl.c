/*
 * A Cyrus SASL client and a Cyrus SASL server in one process: the server finds the example's
 * mechanism in Cyrus' folder of plug-ins, and its settings in Cyrus' file.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/check.h"
#include "harness/client.h"

enum { MOST_LOGGED = 64 * 1024 };

static char logged[MOST_LOGGED];
static char configuration[] = "/tmp/maws-sasl-XXXXXX";

/* --- The client's mechanism ----------------------------------------------------------------------
 */

static const credentials* who;

typedef struct connection {
    payload sent;
} connection;

static int client_new(void* context, sasl_client_params_t* params, void** made) {
    (void)context;
    *made = params->utils->calloc(1, sizeof(connection));
    return *made == NULL ? SASL_NOMEM : SASL_OK;
}

static int client_step(void* made, sasl_client_params_t* params, const char* server,
                       unsigned length, sasl_interact_t** prompts, const char** out,
                       unsigned* out_length, sasl_out_params_t* result) {
    connection* const c = made;
    const maws_bytes reply = {(const uint8_t*)server, length};
    (void)prompts;
    c->sent = length == 0 ? client_first() : client_second(who, reply);
    *out = (const char*)c->sent.bytes;
    *out_length = (unsigned)c->sent.len;
    if (length == 0) return SASL_CONTINUE;
    result->doneflag = 1;
    return params->canon_user(params->utils->conn, who->key_id, 0, SASL_CU_AUTHID | SASL_CU_AUTHZID,
                              result);
}

static void client_dispose(void* made, const sasl_utils_t* utils) {
    utils->free(made);
}

static int client_init(const sasl_utils_t* utils, int max_version, int* version,
                       sasl_client_plug_t** plugs, int* count) {
    static const unsigned long no_prompts[] = {SASL_CB_LIST_END};
    static sasl_client_plug_t plug = {
        .mech_name = "MONGODB-AWS",
        .required_prompts = no_prompts,
        .security_flags = SASL_SEC_NOPLAINTEXT | SASL_SEC_NOANONYMOUS,
        .features = SASL_FEAT_WANT_CLIENT_FIRST,
        .mech_new = client_new,
        .mech_step = client_step,
        .mech_dispose = client_dispose,
    };
    (void)utils;
    (void)max_version;
    *version = SASL_CLIENT_PLUG_VERSION;
    *plugs = &plug;
    *count = 1;
    return SASL_OK;
}

/* --- The application -----------------------------------------------------------------------------
 */

static int find_plugins(void* context, const char** path) {
    (void)context;
    *path = MAWS_SASL_FOLDER;
    return SASL_OK;
}

static int find_configuration(void* context, char** path) {
    (void)context;
    *path = strdup(configuration);
    return *path == NULL ? SASL_NOMEM : SASL_OK;
}

static int log_line(void* context, int level, const char* message) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)context;
    (void)level;
    pthread_mutex_lock(&lock);
    strncat(logged, message, MOST_LOGGED - 1 - strlen(logged));
    pthread_mutex_unlock(&lock);
    return SASL_OK;
}

/* Cyrus gives to syslog what concerns no connection; its calls of syslog come here. */
void __syslog_chk(int priority, int flag, const char* format, ...);

void __syslog_chk(int priority, int flag, const char* format, ...) {
    char message[1024];
    va_list arguments;
    (void)flag;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    log_line(NULL, priority, message);
}

/* Cyrus has one type for all of them. */
#define CALLBACK(id, function) \
    { id, (int (*)(void))(void (*)(void))(function), NULL }

static const char* environment(const char* name) {
    const char* const value = getenv(name);
    CHECK(value != NULL);
    return value;
}

/* A server whose settings are those of the emulator, and this one. */
static void start_server(const char* setting) {
    static const sasl_callback_t callbacks[] = {
        CALLBACK(SASL_CB_GETPATH, find_plugins),
        CALLBACK(SASL_CB_GETCONFPATH, find_configuration),
        CALLBACK(SASL_CB_LOG, log_line),
        {SASL_CB_LIST_END, NULL, NULL},
    };
    char path[sizeof configuration + 16];
    CHECK(mkdtemp(configuration) != NULL);
    snprintf(path, sizeof path, "%s/server.conf", configuration);
    FILE* const file = fopen(path, "w");
    CHECK(file != NULL);
    fprintf(file, "mongodb_aws_plugin: %s\n", library_under_test());
    fprintf(file, "awsStsEndpoint: %s\n", environment("MAWS_TEST_STS_ENDPOINT"));
    fprintf(file, "awsStsCAFile: %s\n%s\n", environment("MAWS_TEST_STS_CA_FILE"), setting);
    CHECK(fclose(file) == 0);
    CHECK_NUMBER(sasl_server_init(callbacks, "server"), SASL_OK);
    CHECK(remove(path) == 0 && remove(configuration) == 0);
    CHECK_NUMBER(sasl_client_init(NULL), SASL_OK);
    CHECK_NUMBER(sasl_client_add_plugin("MONGODB-AWS", client_init), SASL_OK);
}

/* One login from this address, as Cyrus writes it; gives Cyrus' result and, if it is SASL_OK, the
 * user. */
static int log_in(const credentials* as, const char* from, const char** user) {
    static sasl_conn_t *client, *server;
    const char *out, *reply, *mechanism;
    unsigned length, reply_length;
    const void* property = NULL;

    who = as;
    CHECK_NUMBER(sasl_client_new("test", "localhost", NULL, NULL, NULL, 0, &client), SASL_OK);
    CHECK_NUMBER(sasl_server_new("test", "localhost", NULL, NULL, from, NULL, 0, &server), SASL_OK);
    CHECK_NUMBER(sasl_client_start(client, "MONGODB-AWS", NULL, &out, &length, &mechanism),
                 SASL_CONTINUE);
    int result = sasl_server_start(server, mechanism, out, length, &reply, &reply_length);
    while (result == SASL_CONTINUE) {
        CHECK_NUMBER(sasl_client_step(client, reply, reply_length, NULL, &out, &length), SASL_OK);
        result = sasl_server_step(server, out, length, &reply, &reply_length);
    }
    if (result == SASL_OK) {
        CHECK_NUMBER(sasl_getprop(server, SASL_USERNAME, &property), SASL_OK);
        *user = strdup(property);
    }
    sasl_dispose(&client);
    sasl_dispose(&server);
    return result;
}

static void stop_server(void) {
    sasl_client_done();
    sasl_server_done();
    CHECK_CONTAINS(logged, "plugin destroyed");
}

/* --- Tests ---------------------------------------------------------------------------------------
 */

static void users_and_roles_log_in_by_their_arns(void) {
    const char* user;
    start_server("");
    CHECK_NUMBER(log_in(&ALICE, "127.0.0.1;50000", &user), SASL_OK);
    CHECK(strcmp(user, "arn:aws:iam::123456789012:user/alice") == 0);
    CHECK_NUMBER(log_in(&SHOP_APP, NULL, &user), SASL_OK);
    CHECK(strcmp(user, "arn:aws:iam::123456789012:role/shop-app") == 0);
    stop_server();
}

static void a_refused_client_gets_one_answer_and_the_log_the_reason(void) {
    const char* user;
    start_server("");
    CHECK_NUMBER(log_in(&ALICE_WRONG_SECRET, "127.0.0.1;50000", &user), SASL_BADAUTH);
    CHECK_CONTAINS(logged, "127.0.0.1:50000 is refused, reason 301: STS: the signature does not");
    CHECK_NUMBER(log_in(&ALICE_WRONG_SECRET, "::1;50000", &user), SASL_BADAUTH);
    CHECK_CONTAINS(logged, "[::1]:50000 is refused");
    stop_server();
}

static void a_wrong_setting_is_named_at_the_start(void) {
    const char* mechanisms;
    static sasl_conn_t* server;
    start_server("awsPrincipalFormat: wrong");
    CHECK_CONTAINS(logged, "awsPrincipalFormat");
    CHECK_NUMBER(sasl_server_new("test", "localhost", NULL, NULL, NULL, NULL, 0, &server), SASL_OK);
    if (sasl_listmech(server, NULL, "", " ", "", &mechanisms, NULL, NULL) == SASL_OK) {
        CHECK(strstr(mechanisms, "MONGODB-AWS") == NULL);
    }
}

int main(int argc, char** argv) {
    static const test tests[] = {
        TEST(users_and_roles_log_in_by_their_arns),
        TEST(a_refused_client_gets_one_answer_and_the_log_the_reason),
        TEST(a_wrong_setting_is_named_at_the_start),
    };
    return RUN_TESTS(argc, argv, tests);
}
