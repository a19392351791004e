/* libmongoc as a program: see ../README.md for what it is asked and answers. */
#include <mongoc/mongoc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

static void say(bson_t* answer) {
    char* text = bson_as_relaxed_extended_json(answer, NULL);
    puts(text);
    fflush(stdout);
    bson_free(text);
    bson_destroy(answer);
}

static void say_error(const bson_error_t* error) {
    say(BCON_NEW("code", BCON_INT32((int32_t)error->code), "message", BCON_UTF8(error->message)));
}

static bool find(mongoc_client_t* client, bson_error_t* error) {
    mongoc_collection_t* products = mongoc_client_get_collection(client, "shop", "products");
    bson_t* filter = BCON_NEW("_id", BCON_UTF8("none"));
    mongoc_cursor_t* cursor = mongoc_collection_find_with_opts(products, filter, NULL, NULL);
    const bson_t* document = NULL;
    while (mongoc_cursor_next(cursor, &document)) {
    }
    bool found = !mongoc_cursor_error(cursor, error);
    mongoc_cursor_destroy(cursor);
    bson_destroy(filter);
    mongoc_collection_destroy(products);
    return found;
}

static bool login(mongoc_client_t* client, bson_error_t* error) {
    bson_t* command = BCON_NEW("connectionStatus", BCON_INT32(1));
    bson_t reply;
    bool done = mongoc_client_command_simple(client, "admin", command, NULL, &reply, error);
    bson_iter_t top;
    bson_iter_t user;
    if (done && bson_iter_init(&top, &reply) &&
        bson_iter_find_descendant(&top, "authInfo.authenticatedUsers.0.user", &user)) {
        say(BCON_NEW("user", BCON_UTF8(bson_iter_utf8(&user, NULL))));
    }
    bson_destroy(&reply);
    bson_destroy(command);
    return done;
}

static bool restart(mongoc_client_t* client, bson_error_t* error) {
    if (!find(client, error)) {
        return false;
    }
    say(BCON_NEW("ready", BCON_BOOL(true)));
    char line[8];
    if (fgets(line, sizeof line, stdin) == NULL || !find(client, error)) {
        return false;
    }
    say(BCON_NEW("found", BCON_INT32(1)));
    return true;
}

/* One client of the pool, with a connection of its own. */
typedef struct {
    mongoc_client_pool_t* pool;
    bson_error_t error;
    bool done;
} worker_t;

static void* work(void* argument) {
    worker_t* worker = argument;
    mongoc_client_t* client = mongoc_client_pool_pop(worker->pool);
    worker->done = find(client, &worker->error);
    mongoc_client_pool_push(worker->pool, client);
    return NULL;
}

static void pool(const mongoc_uri_t* uri, int count) {
    mongoc_client_pool_t* clients = mongoc_client_pool_new(uri);
    mongoc_client_pool_set_error_api(clients, MONGOC_ERROR_API_VERSION_2);
    worker_t workers[MOST] = {0};
    pthread_t threads[MOST];
    for (int i = 0; i < count; i++) {
        workers[i].pool = clients;
        if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0) {
            abort();
        }
    }
    const bson_error_t* failure = NULL;
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        failure = workers[i].done ? failure : &workers[i].error;
    }
    if (failure != NULL) {
        say_error(failure);
    } else {
        say(BCON_NEW("found", BCON_INT32(count)));
    }
    mongoc_client_pool_destroy(clients);
}

static void talk(const char* action, const mongoc_uri_t* uri) {
    bson_error_t error = {0};
    mongoc_client_t* client = mongoc_client_new_from_uri(uri);
    mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2);
    bool done = strcmp(action, "restart") == 0 ? restart(client, &error) : login(client, &error);
    if (!done) {
        say_error(&error);
    }
    mongoc_client_destroy(client);
}

int main(int argc, char** argv) {
    mongoc_init();
    if (argc == 2 && strcmp(argv[1], "version") == 0) {
        say(BCON_NEW("version", BCON_UTF8(mongoc_get_version())));
    } else if (argc >= 3) {
        bson_error_t error = {0};
        mongoc_uri_t* uri = mongoc_uri_new_with_error(argv[2], &error);
        if (uri == NULL) {
            say_error(&error);
        } else if (strcmp(argv[1], "pool") == 0 && argc == 4) {
            int count = atoi(argv[3]);
            pool(uri, count < MOST ? count : MOST);
        } else {
            talk(argv[1], uri);
        }
        mongoc_uri_destroy(uri);
    }
    mongoc_cleanup();
    return 0;
}
