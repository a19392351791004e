/* Options: described by the plugin, checked by it, and read back. The same for every option, so
 * that one which is added later is tested without a line here. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/host.h"

enum { DRAIN_MS = 10000, VALUE_SIZE = 4096 };

static const maws_api* api(void) {
    static const maws_api* loaded;
    if (loaded == NULL) {
        loaded = load_api();
    }
    return loaded;
}

static const maws_option_desc* find_option(const char* name) {
    for (uint32_t i = 0; api()->option_at(i) != NULL; i++) {
        if (strcmp(api()->option_at(i)->name, name) == 0) {
            return api()->option_at(i);
        }
    }
    return NULL;
}

static bool is_ca_file(const char* key) {
    return strcmp(key, "awsStsCAFile") == 0;
}

/* create with one option, and with a CA file so that the machine's own does not matter. */
static maws_status create_with(const char* key, const char* value, maws_plugin* plugin,
                               maws_error* error) {
    static host h;
    host_init(&h);
    const maws_option options[] = {OPTION("awsStsCAFile", MAWS_TEST_CA_FILE), OPTION(key, value)};
    const bool both = !is_ca_file(key);
    error->struct_size = sizeof *error;
    const maws_status status = host_create(&h, both ? options : options + 1, both ? 2 : 1, error);
    *plugin = h.plugin;
    return status;
}

static void accepts(const char* key, const char* value) {
    maws_plugin plugin = {0};
    maws_error error;
    char now[VALUE_SIZE];
    const maws_status status = create_with(key, value, &plugin, &error);
    if (status != MAWS_DONE) {
        fprintf(stderr, "%s=%s: %s\n", key, value, error.message);
    }
    CHECK_STATUS(status, MAWS_DONE);
    CHECK_STATUS(api()->get_option(plugin, str(key), now, sizeof now, NULL), MAWS_DONE);
    CHECK_STR(str(now), value);
    CHECK_STATUS(api()->destroy(plugin, DRAIN_MS), MAWS_DONE);
}

static void refuses(const char* key, const char* value) {
    maws_plugin plugin = {77};
    maws_error error;
    const maws_status status = create_with(key, value, &plugin, &error);
    if (status != MAWS_E_OPTION) {
        fprintf(stderr, "%s=%s\n", key, value);
    }
    CHECK_STATUS(status, MAWS_E_OPTION);
    CHECK_STATUS(error.status, MAWS_E_OPTION);
    CHECK_NUMBER(plugin.id, 0);
    CHECK_CONTAINS(error.message, key);
    CHECK_CONTAINS(error.message, value);
}

static bool is_number(const maws_option_desc* desc) {
    return desc->kind == MAWS_OPTION_INTEGER || desc->kind == MAWS_OPTION_DURATION_MS;
}

static void every_option_is_described(void) {
    for (uint32_t i = 0; api()->option_at(i) != NULL; i++) {
        const maws_option_desc* const desc = api()->option_at(i);
        CHECK(desc->struct_size >= sizeof *desc);
        CHECK(desc->kind >= MAWS_OPTION_TEXT && desc->kind <= MAWS_OPTION_CHOICE);
        CHECK((desc->flags & ~(uint32_t)(MAWS_OPTION_RUNTIME | MAWS_OPTION_SECRET)) == 0);
        CHECK_NUMBER(desc->reserved, 0);
        CHECK(strncmp(desc->name, "aws", 3) == 0);
        CHECK(find_option(desc->name) == desc); /* no name stands twice */
        CHECK(desc->default_value != NULL);
        CHECK(strlen(desc->help) > 0);
        CHECK((desc->choices != NULL) == (desc->kind == MAWS_OPTION_CHOICE));
        CHECK(is_number(desc) ? desc->min < desc->max : desc->min == 0 && desc->max == 0);
    }
    CHECK(find_option("awsStsHost") != NULL);
    CHECK_STR(str(find_option("awsStsHost")->default_value), "sts.amazonaws.com");
    CHECK(find_option("awsStsEndpoint") != NULL);
    CHECK(find_option("awsStsTimeoutMs") != NULL);
    CHECK_STR(str(find_option("awsStsTimeoutMs")->default_value), "8000");
}

/* Not the CA file: the default is the system's, which may not be there. */
static void every_default_is_accepted_and_stands_when_nothing_is_given(void) {
    maws_plugin plugin = {0};
    maws_error error;
    char now[VALUE_SIZE];
    CHECK_STATUS(create_with("awsStsCAFile", MAWS_TEST_CA_FILE, &plugin, &error), MAWS_DONE);
    for (uint32_t i = 0; api()->option_at(i) != NULL; i++) {
        const maws_option_desc* const desc = api()->option_at(i);
        if (!is_ca_file(desc->name)) {
            CHECK_STATUS(api()->get_option(plugin, str(desc->name), now, sizeof now, NULL),
                         MAWS_DONE);
            CHECK_STR(str(now), desc->default_value);
            accepts(desc->name, desc->default_value);
        }
    }
    CHECK_STATUS(api()->destroy(plugin, DRAIN_MS), MAWS_DONE);
}

static void numbers_are_accepted_in_their_range_only(void) {
    for (uint32_t i = 0; api()->option_at(i) != NULL; i++) {
        const maws_option_desc* const desc = api()->option_at(i);
        char value[32];
        if (is_number(desc)) {
            snprintf(value, sizeof value, "%" PRId64, desc->min);
            accepts(desc->name, value);
            snprintf(value, sizeof value, "%" PRId64, desc->max);
            accepts(desc->name, value);
            snprintf(value, sizeof value, "%" PRId64, desc->min - 1);
            refuses(desc->name, value);
            snprintf(value, sizeof value, "%" PRId64, desc->max + 1);
            refuses(desc->name, value);
            refuses(desc->name, "");
            refuses(desc->name, "many");
            refuses(desc->name, "99999999999999999999999");
            refuses(desc->name, "1s");
            refuses(desc->name, "0x10");
        }
    }
}

static void booleans_are_true_or_false_and_nothing_else(void) {
    for (uint32_t i = 0; api()->option_at(i) != NULL; i++) {
        const maws_option_desc* const desc = api()->option_at(i);
        if (desc->kind == MAWS_OPTION_BOOLEAN) {
            accepts(desc->name, "true");
            accepts(desc->name, "false");
            refuses(desc->name, "yes");
            refuses(desc->name, "TRUE");
            refuses(desc->name, "1");
            refuses(desc->name, "");
        }
    }
}

static void choices_are_the_listed_ones(void) {
    for (uint32_t i = 0; api()->option_at(i) != NULL; i++) {
        const maws_option_desc* const desc = api()->option_at(i);
        if (desc->kind == MAWS_OPTION_CHOICE) {
            CHECK(desc->choices[0] != NULL);
            for (size_t choice = 0; desc->choices[choice] != NULL; choice++) {
                accepts(desc->name, desc->choices[choice]);
            }
            refuses(desc->name, "somethingElse");
            refuses(desc->name, "");
        }
    }
}

static void an_unknown_key_is_refused_and_named(void) {
    maws_plugin plugin = {77};
    maws_error error;
    CHECK_STATUS(create_with("awsStsHots", "sts.amazonaws.com", &plugin, &error), MAWS_E_OPTION);
    CHECK_CONTAINS(error.message, "awsStsHots");
    CHECK_NUMBER(plugin.id, 0);
    CHECK_STATUS(create_with("awsstshost", "sts.amazonaws.com", &plugin, &error), MAWS_E_OPTION);
    CHECK_CONTAINS(error.message, "awsstshost");
    CHECK_STATUS(create_with("", "sts.amazonaws.com", &plugin, &error), MAWS_E_OPTION);
}

static void a_key_that_stands_twice_is_refused(void) {
    static host h;
    host_init(&h);
    const maws_option options[] = {OPTION("awsStsCAFile", MAWS_TEST_CA_FILE),
                                   OPTION("awsStsTimeoutMs", "5000"),
                                   OPTION("awsStsTimeoutMs", "5000")};
    maws_error error = {.struct_size = sizeof error};
    CHECK_STATUS(host_create(&h, options, 3, &error), MAWS_E_OPTION);
    CHECK_CONTAINS(error.message, "awsStsTimeoutMs");
}

static void run_time_options_change_and_others_do_not(void) {
    static host h;
    host_start(&h);
    for (uint32_t i = 0; api()->option_at(i) != NULL; i++) {
        const maws_option_desc* const desc = api()->option_at(i);
        const bool at_run_time = (desc->flags & MAWS_OPTION_RUNTIME) != 0;
        const maws_option option = OPTION(desc->name, desc->default_value);
        maws_error error = {.struct_size = sizeof error};
        CHECK_STATUS(api()->set_options(h.plugin, &option, 1, &error),
                     at_run_time ? MAWS_DONE : MAWS_E_OPTION);
        if (!at_run_time) {
            CHECK_CONTAINS(error.message, desc->name);
        }
    }
    char now[VALUE_SIZE];
    const maws_option timeout = OPTION("awsStsTimeoutMs", "4321");
    CHECK_STATUS(api()->set_options(h.plugin, &timeout, 1, NULL), MAWS_DONE);
    CHECK_STATUS(api()->get_option(h.plugin, timeout.key, now, sizeof now, NULL), MAWS_DONE);
    CHECK_STR(str(now), "4321");
    host_stop(&h);
}

static void set_options_changes_all_or_none(void) {
    static host h;
    host_start(&h);
    const maws_option options[] = {OPTION("awsStsTimeoutMs", "4321"),
                                   OPTION("awsStsHots", "sts.amazonaws.com")};
    const maws_str key = STR("awsStsTimeoutMs");
    char before[VALUE_SIZE];
    char now[VALUE_SIZE];
    CHECK_STATUS(api()->get_option(h.plugin, key, before, sizeof before, NULL), MAWS_DONE);
    maws_error error = {.struct_size = sizeof error};
    CHECK_STATUS(api()->set_options(h.plugin, options, 2, &error), MAWS_E_OPTION);
    CHECK_CONTAINS(error.message, "awsStsHots");
    CHECK_STATUS(api()->get_option(h.plugin, key, now, sizeof now, NULL), MAWS_DONE);
    CHECK_STR(str(now), before);
    CHECK_STATUS(api()->set_options(h.plugin, NULL, 0, NULL), MAWS_DONE);
    CHECK_STATUS(api()->set_options(h.plugin, NULL, 1, NULL), MAWS_E_ARGUMENT);
    host_stop(&h);
}

static void get_option_tells_the_size_that_it_needs(void) {
    static host h;
    host_start(&h);
    const maws_str key = STR("awsStsHost");
    char buffer[32] = "untouched";
    size_t needed = 0;
    CHECK_STATUS(api()->get_option(h.plugin, key, NULL, 0, &needed), MAWS_E_BUFFER);
    CHECK_NUMBER(needed, sizeof "sts.amazonaws.com");
    CHECK_STATUS(api()->get_option(h.plugin, key, buffer, needed - 1, &needed), MAWS_E_BUFFER);
    CHECK_STR(str(buffer), "untouched");
    CHECK_STATUS(api()->get_option(h.plugin, key, buffer, needed, NULL), MAWS_DONE);
    CHECK_STR(str(buffer), "sts.amazonaws.com");
    CHECK_STATUS(api()->get_option(h.plugin, key, NULL, needed, &needed), MAWS_E_ARGUMENT);
    CHECK_STATUS(api()->get_option(h.plugin, str("awsStsHots"), buffer, sizeof buffer, &needed),
                 MAWS_E_OPTION);
    CHECK_STATUS(api()->get_option(h.plugin, (maws_str){NULL, 4}, buffer, sizeof buffer, &needed),
                 MAWS_E_ARGUMENT);
    host_stop(&h);
}

int main(int argc, char** argv) {
    const test tests[] = {
        TEST(every_option_is_described),
        TEST(every_default_is_accepted_and_stands_when_nothing_is_given),
        TEST(numbers_are_accepted_in_their_range_only),
        TEST(booleans_are_true_or_false_and_nothing_else),
        TEST(choices_are_the_listed_ones),
        TEST(an_unknown_key_is_refused_and_named),
        TEST(a_key_that_stands_twice_is_refused),
        TEST(run_time_options_change_and_others_do_not),
        TEST(set_options_changes_all_or_none),
        TEST(get_option_tells_the_size_that_it_needs),
    };
    return RUN_TESTS(argc, argv, tests);
}
