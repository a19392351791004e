/*
 * mongodb_aws_auth_calls.h: the functions of maws_api as plain functions, for languages that cannot
 * call a function pointer, such as Go. A function that the plugin is too old to have gives
 * MAWS_E_VERSION; one that gives text, NULL or "".
 */
#ifndef MONGODB_AWS_AUTH_CALLS_H
#define MONGODB_AWS_AUTH_CALLS_H

#include "mongodb_aws_auth.h"

#ifdef __cplusplus
#define MAWS_NULL nullptr
#else
#define MAWS_NULL NULL
#endif

static inline const maws_option_desc* maws_call_option_at(const maws_api* api, uint32_t index) {
    if (MAWS_HAS(maws_api, api, option_at)) return api->option_at(index);
    return MAWS_NULL;
}

static inline maws_status maws_call_create(const maws_api* api, const maws_host* host,
                                           const maws_option* options, size_t count,
                                           maws_plugin* out, maws_error* error) {
    if (MAWS_HAS(maws_api, api, create)) return api->create(host, options, count, out, error);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_destroy(const maws_api* api, maws_plugin plugin,
                                            uint32_t drain_ms) {
    if (MAWS_HAS(maws_api, api, destroy)) return api->destroy(plugin, drain_ms);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_set_options(const maws_api* api, maws_plugin plugin,
                                                const maws_option* options, size_t count,
                                                maws_error* error) {
    if (MAWS_HAS(maws_api, api, set_options))
        return api->set_options(plugin, options, count, error);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_get_option(const maws_api* api, maws_plugin plugin,
                                               maws_str key, char* buffer, size_t cap,
                                               size_t* needed) {
    if (MAWS_HAS(maws_api, api, get_option))
        return api->get_option(plugin, key, buffer, cap, needed);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_set_log_level(const maws_api* api, maws_plugin plugin,
                                                  int32_t level) {
    if (MAWS_HAS(maws_api, api, set_log_level)) return api->set_log_level(plugin, level);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_stats(const maws_api* api, maws_plugin plugin,
                                          maws_stats* out) {
    if (MAWS_HAS(maws_api, api, stats)) return api->stats(plugin, out);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_stats_json(const maws_api* api, maws_plugin plugin,
                                               char* buffer, size_t cap, size_t* needed) {
    if (MAWS_HAS(maws_api, api, stats_json)) return api->stats_json(plugin, buffer, cap, needed);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_begin(const maws_api* api, maws_plugin plugin,
                                          const maws_begin* args, maws_conv* out,
                                          maws_error* error) {
    if (MAWS_HAS(maws_api, api, begin)) return api->begin(plugin, args, out, error);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_step(const maws_api* api, maws_conv conv,
                                         const uint8_t* payload, size_t len, maws_step* out) {
    if (MAWS_HAS(maws_api, api, step)) return api->step(conv, payload, len, out);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_poll(const maws_api* api, maws_conv conv, uint32_t wait_ms,
                                         maws_step* out) {
    if (MAWS_HAS(maws_api, api, poll)) return api->poll(conv, wait_ms, out);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_cancel(const maws_api* api, maws_conv conv) {
    if (MAWS_HAS(maws_api, api, cancel)) return api->cancel(conv);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_info(const maws_api* api, maws_conv conv, maws_info* out) {
    if (MAWS_HAS(maws_api, api, info)) return api->info(conv, out);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_end(const maws_api* api, maws_conv conv) {
    if (MAWS_HAS(maws_api, api, end)) return api->end(conv);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_check_options(const maws_api* api, const maws_option* options,
                                                  size_t count, char* buffer, size_t cap,
                                                  size_t* needed) {
    if (MAWS_HAS(maws_api, api, check_options))
        return api->check_options(options, count, buffer, cap, needed);
    return MAWS_E_VERSION;
}

static inline maws_status maws_call_quiesce(const maws_api* api, maws_plugin plugin) {
    if (MAWS_HAS(maws_api, api, quiesce)) return api->quiesce(plugin);
    return MAWS_E_VERSION;
}

static inline const char* maws_call_reason_text(const maws_api* api, uint32_t reason) {
    if (MAWS_HAS(maws_api, api, reason_text)) return api->reason_text(reason);
    return MAWS_NULL;
}

static inline const char* maws_call_status_text(const maws_api* api, maws_status status) {
    if (MAWS_HAS(maws_api, api, status_text)) return api->status_text(status);
    return MAWS_NULL;
}

static inline const char* maws_call_wrong_argument(const maws_api* api) {
    if (MAWS_HAS(maws_api, api, wrong_argument)) return api->wrong_argument();
    return "";
}

#endif /* MONGODB_AWS_AUTH_CALLS_H */
