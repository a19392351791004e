/*
 * The layout of every struct, the type of every member and the number of every constant of the C
 * interface. Nothing here is ever changed: what is appended to a struct is appended here, and the
 * struct's size and MAWS_ABI_MINOR grow.
 */
#include "mongodb_aws_auth.h"

#define FITS(condition) _Static_assert(condition, #condition)
#define VALUE(constant, number) FITS((constant) == (number))
#define TYPE(expression, type) FITS(_Generic((expression), type : 1, default : 0))

#define MEMBER(record, member, offset, type)    \
    FITS(offsetof(record, member) == (offset)); \
    TYPE(((record*)0)->member, type)

/* No padding at the end: a member that is appended must not move into it. */
#define ENDS_WITH(record, member, size) \
    FITS(sizeof(record) == (size));     \
    FITS(offsetof(record, member) + sizeof(((record*)0)->member) == (size))

typedef void (*log_fn)(uintptr_t, const maws_log_event*);
typedef void (*conv_ready_fn)(uintptr_t, uintptr_t);
typedef const maws_option_desc* (*option_at_fn)(uint32_t);
typedef maws_status (*create_fn)(const maws_host*, const maws_option*, size_t, maws_plugin*,
                                 maws_error*);
typedef maws_status (*destroy_fn)(maws_plugin, uint32_t);
typedef maws_status (*set_options_fn)(maws_plugin, const maws_option*, size_t, maws_error*);
typedef maws_status (*get_option_fn)(maws_plugin, maws_str, char*, size_t, size_t*);
typedef maws_status (*set_log_level_fn)(maws_plugin, int32_t);
typedef maws_status (*stats_fn)(maws_plugin, maws_stats*);
typedef maws_status (*stats_json_fn)(maws_plugin, char*, size_t, size_t*);
typedef maws_status (*begin_fn)(maws_plugin, const maws_begin*, maws_conv*, maws_error*);
typedef maws_status (*step_fn)(maws_conv, const uint8_t*, size_t, maws_step*);
typedef maws_status (*poll_fn)(maws_conv, uint32_t, maws_step*);
typedef maws_status (*cancel_fn)(maws_conv);
typedef maws_status (*info_fn)(maws_conv, maws_info*);
typedef maws_status (*end_fn)(maws_conv);
typedef maws_status (*check_options_fn)(const maws_option*, size_t, char*, size_t, size_t*);
typedef maws_status (*quiesce_fn)(maws_plugin);
typedef const char* (*reason_text_fn)(uint32_t);
typedef const char* (*status_text_fn)(maws_status);
typedef const char* (*wrong_argument_fn)(void);
typedef const maws_api* (*entry_fn)(uint32_t, maws_error*);

MEMBER(maws_option_desc, struct_size, 0, uint32_t);
MEMBER(maws_option_desc, flags, 4, uint32_t);
MEMBER(maws_option_desc, kind, 8, int32_t);
MEMBER(maws_option_desc, reserved, 12, uint32_t);
MEMBER(maws_option_desc, min, 16, int64_t);
MEMBER(maws_option_desc, max, 24, int64_t);
MEMBER(maws_option_desc, name, 32, const char*);
MEMBER(maws_option_desc, default_value, 40, const char*);
MEMBER(maws_option_desc, help, 48, const char*);
MEMBER(maws_option_desc, choices, 56, const char* const*);
ENDS_WITH(maws_option_desc, choices, 64);

MEMBER(maws_str, ptr, 0, const char*);
MEMBER(maws_str, len, 8, size_t);
ENDS_WITH(maws_str, len, 16);

MEMBER(maws_log_event, struct_size, 0, uint32_t);
MEMBER(maws_log_event, level, 4, int32_t);
MEMBER(maws_log_event, message_id, 8, uint32_t);
MEMBER(maws_log_event, reserved, 12, uint32_t);
MEMBER(maws_log_event, log_id, 16, uint64_t);
MEMBER(maws_log_event, text, 24, maws_str);
MEMBER(maws_log_event, conv_ctx, 40, uintptr_t);
ENDS_WITH(maws_log_event, conv_ctx, 48);

MEMBER(maws_host, struct_size, 0, uint32_t);
MEMBER(maws_host, abi_minor, 4, uint32_t);
MEMBER(maws_host, host_ctx, 8, uintptr_t);
MEMBER(maws_host, log, 16, log_fn);
MEMBER(maws_host, conv_ready, 24, conv_ready_fn);
MEMBER(maws_host, log_level, 32, int32_t);
MEMBER(maws_host, reserved, 36, uint32_t);
ENDS_WITH(maws_host, reserved, 40);

MEMBER(maws_option, key, 0, maws_str);
MEMBER(maws_option, value, 16, maws_str);
ENDS_WITH(maws_option, value, 32);

MEMBER(maws_plugin, id, 0, uint64_t);
ENDS_WITH(maws_plugin, id, 8);

MEMBER(maws_error, struct_size, 0, uint32_t);
MEMBER(maws_error, status, 4, maws_status);
MEMBER(maws_error, reason, 8, uint32_t);
MEMBER(maws_error, message, 12, char*);
ENDS_WITH(maws_error, message, 512);

MEMBER(maws_stats, struct_size, 0, uint32_t);
MEMBER(maws_stats, workers, 4, uint32_t);
MEMBER(maws_stats, conversations, 8, uint64_t);
MEMBER(maws_stats, queued, 16, uint64_t);
MEMBER(maws_stats, in_flight, 24, uint64_t);
MEMBER(maws_stats, begun, 32, uint64_t);
MEMBER(maws_stats, succeeded, 40, uint64_t);
MEMBER(maws_stats, bad_protocol, 48, uint64_t);
MEMBER(maws_stats, denied, 56, uint64_t);
MEMBER(maws_stats, overloaded, 64, uint64_t);
MEMBER(maws_stats, timed_out, 72, uint64_t);
MEMBER(maws_stats, upstream_failed, 80, uint64_t);
MEMBER(maws_stats, cancelled, 88, uint64_t);
MEMBER(maws_stats, system_failed, 96, uint64_t);
MEMBER(maws_stats, faults, 104, uint64_t);
MEMBER(maws_stats, sts_requests, 112, uint64_t);
MEMBER(maws_stats, sts_connections, 120, uint64_t);
MEMBER(maws_stats, sts_us_total, 128, uint64_t);
MEMBER(maws_stats, sts_us_max, 136, uint64_t);
MEMBER(maws_stats, sts_throttled, 144, uint64_t);
MEMBER(maws_stats, sts_retries, 152, uint64_t);
MEMBER(maws_stats, sts_stale, 160, uint64_t);
MEMBER(maws_stats, throttled_accounts, 168, uint64_t);
ENDS_WITH(maws_stats, throttled_accounts, 176);

MEMBER(maws_begin, struct_size, 0, uint32_t);
MEMBER(maws_begin, flags, 4, uint32_t);
MEMBER(maws_begin, budget_ms, 8, uint32_t);
MEMBER(maws_begin, reserved, 12, uint32_t);
MEMBER(maws_begin, conv_ctx, 16, uintptr_t);
MEMBER(maws_begin, log_id, 24, uint64_t);
MEMBER(maws_begin, database, 32, maws_str);
MEMBER(maws_begin, client_addr, 48, maws_str);
ENDS_WITH(maws_begin, client_addr, 64);

MEMBER(maws_conv, id, 0, uint64_t);
ENDS_WITH(maws_conv, id, 8);

MEMBER(maws_bytes, ptr, 0, const uint8_t*);
MEMBER(maws_bytes, len, 8, size_t);
ENDS_WITH(maws_bytes, len, 16);

MEMBER(maws_step, struct_size, 0, uint32_t);
MEMBER(maws_step, reserved, 4, uint32_t);
MEMBER(maws_step, reply, 8, maws_bytes);
ENDS_WITH(maws_step, reply, 24);

MEMBER(maws_info, struct_size, 0, uint32_t);
MEMBER(maws_info, status, 4, maws_status);
MEMBER(maws_info, reason, 8, uint32_t);
MEMBER(maws_info, kind, 12, int32_t);
MEMBER(maws_info, principal, 16, maws_str);
MEMBER(maws_info, raw_arn, 32, maws_str);
MEMBER(maws_info, account, 48, maws_str);
MEMBER(maws_info, user_id, 64, maws_str);
MEMBER(maws_info, session_name, 80, maws_str);
MEMBER(maws_info, access_key_id, 96, maws_str);
MEMBER(maws_info, sts_host, 112, maws_str);
MEMBER(maws_info, sts_request_id, 128, maws_str);
MEMBER(maws_info, sts_error_code, 144, maws_str);
MEMBER(maws_info, detail, 160, maws_str);
MEMBER(maws_info, queue_us, 176, uint64_t);
MEMBER(maws_info, connect_us, 184, uint64_t);
MEMBER(maws_info, sts_us, 192, uint64_t);
MEMBER(maws_info, total_us, 200, uint64_t);
ENDS_WITH(maws_info, total_us, 208);

MEMBER(maws_api, struct_size, 0, uint32_t);
MEMBER(maws_api, abi_minor, 4, uint32_t);
MEMBER(maws_api, name, 8, const char*);
MEMBER(maws_api, version, 16, const char*);
MEMBER(maws_api, mechanism, 24, const char*);
MEMBER(maws_api, tls, 32, const char*);
MEMBER(maws_api, option_at, 40, option_at_fn);
MEMBER(maws_api, create, 48, create_fn);
MEMBER(maws_api, destroy, 56, destroy_fn);
MEMBER(maws_api, set_options, 64, set_options_fn);
MEMBER(maws_api, get_option, 72, get_option_fn);
MEMBER(maws_api, set_log_level, 80, set_log_level_fn);
MEMBER(maws_api, stats, 88, stats_fn);
MEMBER(maws_api, stats_json, 96, stats_json_fn);
MEMBER(maws_api, begin, 104, begin_fn);
MEMBER(maws_api, step, 112, step_fn);
MEMBER(maws_api, poll, 120, poll_fn);
MEMBER(maws_api, cancel, 128, cancel_fn);
MEMBER(maws_api, info, 136, info_fn);
MEMBER(maws_api, end, 144, end_fn);
MEMBER(maws_api, build_flags, 152, uint64_t);
MEMBER(maws_api, check_options, 160, check_options_fn);
MEMBER(maws_api, quiesce, 168, quiesce_fn);
MEMBER(maws_api, reason_text, 176, reason_text_fn);
MEMBER(maws_api, status_text, 184, status_text_fn);
MEMBER(maws_api, wrong_argument, 192, wrong_argument_fn);
ENDS_WITH(maws_api, wrong_argument, 200);

TYPE((maws_status)0, int32_t);
TYPE((maws_entry_fn)0, entry_fn);
TYPE(&maws_plugin_entry_v1, entry_fn);

VALUE(MAWS_ABI_MAJOR, 1);
VALUE(MAWS_ABI_MINOR, 1);
VALUE(MAWS_BEGIN_TLS, 1);
VALUE(MAWS_BUILD_FIPS, 1);
VALUE(MAWS_OPTION_RUNTIME, 1);
VALUE(MAWS_OPTION_SECRET, 2);

TYPE((maws_code)0, int32_t);
TYPE((maws_log_level)0, int32_t);
TYPE((maws_option_kind)0, int32_t);
TYPE((maws_principal_kind)0, int32_t);
VALUE(MAWS_DONE, 0);
VALUE(MAWS_CONTINUE, 1);
VALUE(MAWS_PENDING, 2);
VALUE(MAWS_E_ARGUMENT, -1);
VALUE(MAWS_E_STATE, -2);
VALUE(MAWS_E_VERSION, -3);
VALUE(MAWS_E_OPTION, -4);
VALUE(MAWS_E_FORKED, -5);
VALUE(MAWS_E_HANDLE, -6);
VALUE(MAWS_E_IN_USE, -7);
VALUE(MAWS_E_BUFFER, -8);
VALUE(MAWS_E_PROTOCOL, -20);
VALUE(MAWS_E_DENIED, -21);
VALUE(MAWS_E_OVERLOADED, -40);
VALUE(MAWS_E_TIMEOUT, -41);
VALUE(MAWS_E_UPSTREAM, -42);
VALUE(MAWS_E_CANCELLED, -43);
VALUE(MAWS_E_SYSTEM, -44);
VALUE(MAWS_E_PANIC, -60);
VALUE(MAWS_E_INTERNAL, -61);

VALUE(MAWS_LOG_DEBUG, 0);
VALUE(MAWS_LOG_INFO, 1);
VALUE(MAWS_LOG_WARNING, 2);
VALUE(MAWS_LOG_ERROR, 3);
VALUE(MAWS_LOG_OFF, 4);

VALUE(MAWS_OPTION_TEXT, 0);
VALUE(MAWS_OPTION_INTEGER, 1);
VALUE(MAWS_OPTION_BOOLEAN, 2);
VALUE(MAWS_OPTION_DURATION_MS, 3);
VALUE(MAWS_OPTION_LIST, 4);
VALUE(MAWS_OPTION_CHOICE, 5);

VALUE(MAWS_PRINCIPAL_NONE, 0);
VALUE(MAWS_PRINCIPAL_USER, 1);
VALUE(MAWS_PRINCIPAL_ROLE, 2);
VALUE(MAWS_PRINCIPAL_FEDERATED, 3);
VALUE(MAWS_PRINCIPAL_ROOT, 4);
VALUE(MAWS_PRINCIPAL_INSTANCE, 5);

/* Compiling is the test. */
int main(void) {
    return 0;
}
