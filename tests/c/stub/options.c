/* The options of the stub: one for each way to write a value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stub.h"

static const char* const FORMATS[] = {"iamRole", "stsWildcard", NULL};

#define OPTION(kind_, flags_, min_, max_, name_, default_, choices_)                             \
    {                                                                                            \
        .struct_size = sizeof(maws_option_desc), .flags = flags_, .kind = kind_, .min = min_,    \
        .max = max_, .name = name_, .default_value = default_, .help = "An option of the stub.", \
        .choices = choices_                                                                      \
    }

static const maws_option_desc OPTIONS[] = {
    OPTION(MAWS_OPTION_TEXT, 0, 0, 0, "awsStsHost", "sts.amazonaws.com", NULL),
    OPTION(MAWS_OPTION_TEXT, 0, 0, 0, "awsStsEndpoint", "", NULL),
    OPTION(MAWS_OPTION_TEXT, 0, 0, 0, "awsStsCAFile", "", NULL),
    OPTION(MAWS_OPTION_DURATION_MS, MAWS_OPTION_RUNTIME, 100, 60000, "awsStsTimeoutMs", "8000",
           NULL),
    OPTION(MAWS_OPTION_DURATION_MS, 0, 100, 30000, "awsStsConnectTimeoutMs", "3000", NULL),
    OPTION(MAWS_OPTION_CHOICE, 0, 0, 0, "awsPrincipalFormat", "iamRole", FORMATS),
};
_Static_assert(sizeof OPTIONS / sizeof OPTIONS[0] == STUB_OPTIONS, "STUB_OPTIONS counts OPTIONS");

void stub_defaults(stub_values values) {
    for (int i = 0; i < STUB_OPTIONS; i++) {
        snprintf(values[i], STUB_VALUE_SIZE, "%s", OPTIONS[i].default_value);
    }
}

static int option_index(maws_str key) {
    for (int i = 0; i < STUB_OPTIONS; i++) {
        if (strlen(OPTIONS[i].name) == key.len && memcmp(OPTIONS[i].name, key.ptr, key.len) == 0) {
            return i;
        }
    }
    return -1;
}

static bool is_legal(const maws_option_desc* desc, const char* value) {
    if (desc->kind == MAWS_OPTION_DURATION_MS) {
        char* end = NULL;
        const long long number = strtoll(value, &end, 10);
        return *value != '\0' && *end == '\0' && number >= desc->min && number <= desc->max;
    }
    bool legal = desc->choices == NULL;
    for (size_t i = 0; !legal && desc->choices[i] != NULL; i++) {
        legal = strcmp(desc->choices[i], value) == 0;
    }
    return legal;
}

/* All or none: `values` is the caller's copy. */
maws_status stub_take_options(stub_values values, const maws_option* options, size_t count,
                              bool at_run_time, maws_error* error) {
    bool seen[STUB_OPTIONS] = {false};
    if (options == NULL && count != 0) {
        return stub_fail(error, MAWS_E_ARGUMENT, "options is NULL");
    }
    for (size_t i = 0; i < count; i++) {
        const maws_str key = options[i].key;
        const maws_str value = options[i].value;
        if ((key.ptr == NULL && key.len != 0) || (value.ptr == NULL && value.len != 0)) {
            return stub_fail(error, MAWS_E_ARGUMENT, "NULL with a length");
        }
        const int at = key.len == 0 ? -1 : option_index(key);
        if (at < 0 || value.len >= STUB_VALUE_SIZE) {
            return stub_fail(error, MAWS_E_OPTION, "no such option: %.*s", (int)(key.len % 100),
                             key.ptr);
        }
        if (seen[at] || (at_run_time && (OPTIONS[at].flags & MAWS_OPTION_RUNTIME) == 0)) {
            return stub_fail(error, MAWS_E_OPTION, "%s cannot be set here", OPTIONS[at].name);
        }
        seen[at] = true;
        snprintf(values[at], STUB_VALUE_SIZE, "%.*s", (int)value.len,
                 value.len == 0 ? "" : value.ptr);
        if (!is_legal(&OPTIONS[at], values[at])) {
            return stub_fail(error, MAWS_E_OPTION, "%s: %s is invalid", OPTIONS[at].name,
                             values[at]);
        }
    }
    return MAWS_DONE;
}

const maws_option_desc* stub_option_at(uint32_t index) {
    return index < STUB_OPTIONS ? &OPTIONS[index] : NULL;
}

maws_status stub_set_options(maws_plugin handle, const maws_option* options, size_t count,
                             maws_error* error) {
    stub_plugin* p = NULL;
    maws_status status = stub_enter_plugin(handle, &p);
    if (status != MAWS_DONE) {
        return stub_fail(error, status, "no such plugin");
    }
    stub_values values;
    memcpy(values, p->values, sizeof values);
    status = stub_take_options(values, options, count, true, error);
    if (status == MAWS_DONE) {
        memcpy(p->values, values, sizeof values);
    }
    pthread_mutex_unlock(&stub_lock);
    return status;
}

maws_status stub_copy_out(const char* text, char* buffer, size_t cap, size_t* needed) {
    const size_t size = strlen(text) + 1;
    if (buffer == NULL && cap != 0) {
        return MAWS_E_ARGUMENT;
    }
    if (needed != NULL) {
        *needed = size;
    }
    if (cap < size) {
        return MAWS_E_BUFFER;
    }
    memcpy(buffer, text, size);
    return MAWS_DONE;
}

maws_status stub_get_option(maws_plugin handle, maws_str key, char* buffer, size_t cap,
                            size_t* needed) {
    stub_plugin* p = NULL;
    maws_status status = stub_enter_plugin(handle, &p);
    if (status != MAWS_DONE) {
        return status;
    }
    const int at = key.ptr == NULL ? -1 : option_index(key);
    status = key.ptr == NULL && key.len != 0 ? MAWS_E_ARGUMENT
             : at < 0                        ? MAWS_E_OPTION
                                             : stub_copy_out(p->values[at], buffer, cap, needed);
    pthread_mutex_unlock(&stub_lock);
    return status;
}
