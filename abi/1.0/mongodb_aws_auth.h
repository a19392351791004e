/*
 * mongodb_aws_auth.h: the C interface of the MONGODB-AWS plugin (libmongodb_aws_auth.so.1).
 * Generated from src/abi.rs by build.rs. Do not edit.
 *
 * Order of calls: dlopen with RTLD_NOW | RTLD_LOCAL (the library is never unmapped, whatever dlclose
 * is asked), maws_plugin_entry_v1 by dlsym, create once, then for each login begin, step for each
 * message of the client, poll or conv_ready, info, end; at shutdown quiesce, end of each conversation,
 * destroy. A server that runs each login in a thread:
 *
 *     #include <stdio.h>
 *     #include "mongodb_aws_auth.h"
 *
 *     maws_bytes receive(int client);
 *     void reply_to(int client, maws_bytes reply);
 *
 *     maws_status log_in(const maws_api* api, maws_plugin plugin, int client) {
 *         maws_begin begin = MAWS_INIT(maws_begin);
 *         maws_error error = MAWS_INIT(maws_error);
 *         maws_step step = MAWS_INIT(maws_step);
 *         maws_info info = MAWS_INIT(maws_info);
 *         maws_conv conv;
 *         begin.flags = MAWS_BEGIN_TLS;
 *         begin.database.ptr = "$external";
 *         begin.database.len = 9;
 *         maws_status status = api->begin(plugin, &begin, &conv, &error);
 *         if (status != MAWS_DONE) {
 *             fprintf(stderr, "%s\n", error.message);
 *             return status;
 *         }
 *         do {
 *             maws_bytes payload = receive(client);
 *             status = api->step(conv, payload.ptr, payload.len, &step);
 *             while (status == MAWS_PENDING) status = api->poll(conv, 1000, &step);
 *             if (status == MAWS_CONTINUE) reply_to(client, step.reply);
 *         } while (status == MAWS_CONTINUE);
 *         if (api->info(conv, &info) == MAWS_DONE)
 *             printf("%s%s\n", info.principal.ptr, info.detail.ptr);
 *         api->end(conv);
 *         return status;
 *     }
 *
 * Structs: whoever allocates one sets its struct_size (MAWS_INIT does); the other side touches only
 * bytes below it, and refuses a size below that of version 1.0, but for maws_error. Members are only
 * ever appended. No memory changes owner: arguments are read or copied within the call, and the host
 * frees nothing but handles. Flags that have no name here and reserved members are 0, or the call is
 * refused.
 *
 * Contexts (host_ctx, conv_ctx) are numbers of the host's own that the plugin never dereferences. They
 * are uintptr_t and not void*, so that a host in Go or Java can pass a key of its tables: Go's runtime
 * stops a program in which a pointer variable holds a number.
 *
 * Threads: none before the first begin. Workers start on demand, for each STS host at most
 * awsStsWorkers + 1, and 64 for outcomes while those wait; one without work exits after 10 s. Name
 * lookups have a thread of their own. All signals are blocked in each. One descriptor for each
 * connection to STS.
 *
 * Limits: no function is async-signal-safe. A call needs up to 256 KiB of stack; a callback on a
 * worker has 256 KiB. If memory cannot be allocated, the process aborts. Two copies of the library in
 * one process are two plugins: a handle of one is MAWS_E_HANDLE to the other.
 */
#ifndef MONGODB_AWS_AUTH_H
#define MONGODB_AWS_AUTH_H

#include <stddef.h>
#include <stdint.h>

#if UINTPTR_MAX != 0xFFFFFFFFFFFFFFFF
#error "mongodb_aws_auth.h needs a 64-bit target"
#endif

/* Is this member of a table of functions there, and set? */
#define MAWS_HAS(type, table, member) \
    ((table)->struct_size >= offsetof(type, member) + sizeof((table)->member) && (table)->member)

/*
 * Initialises a struct that the host fills or lets the plugin fill: maws_host, maws_error, maws_stats,
 * maws_begin, maws_step or maws_info. All members are 0 but struct_size, and maws_host.abi_minor.
 *
 *     maws_begin begin = MAWS_INIT(maws_begin);
 */
#define MAWS_INIT(type) MAWS_INIT_##type


/**
 * Named in the entry symbol. A break adds `maws_plugin_entry_v2` beside `_v1`.
 */
#define MAWS_ABI_MAJOR 1

/**
 * Raised when members or functions are appended.
 */
#define MAWS_ABI_MINOR 1

/**
 * maws_begin.flags: the client's connection to the server is protected by TLS.
 */
#define MAWS_BEGIN_TLS 1

/**
 * maws_api.build_flags: the TLS library inside is the FIPS module of aws-lc.
 */
#define MAWS_BUILD_FIPS 1

/**
 * maws_option_desc.flags: may change after create, through set_options.
 */
#define MAWS_OPTION_RUNTIME 1

/**
 * maws_option_desc.flags: the value may hold a password; do not show or log it. get_option and
 * error messages have `***` in its place.
 */
#define MAWS_OPTION_SECRET 2

/**
 * Names for the values of maws_status.
 */
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
enum maws_code : int32_t {
#else
enum {
#endif
  /**
   * The call succeeded; of step and poll: the client is verified.
   */
  MAWS_DONE = 0,
  /**
   * Send the reply to the client and call step with its next message.
   */
  MAWS_CONTINUE = 1,
  /**
   * Verification runs; conv_ready or poll tells when it is over.
   */
  MAWS_PENDING = 2,
  /**
   * A pointer, length, flag, reserved member or struct_size is invalid; wrong_argument names it.
   * Nothing changed.
   */
  MAWS_E_ARGUMENT = -1,
  /**
   * Not possible in this state, or called from inside a callback. Nothing changed.
   */
  MAWS_E_STATE = -2,
  /**
   * The plugin needs a newer host than this one.
   */
  MAWS_E_VERSION = -3,
  /**
   * An option's key or value is invalid; the error's message names it and what is valid.
   */
  MAWS_E_OPTION = -4,
  /**
   * The process was forked after create; the plugin does not work in the child.
   */
  MAWS_E_FORKED = -5,
  /**
   * No such plugin or conversation: never made, or ended.
   */
  MAWS_E_HANDLE = -6,
  /**
   * Another thread is inside this handle, or conversations still live. Nothing changed.
   */
  MAWS_E_IN_USE = -7,
  /**
   * The buffer is too small; the size that is needed was stored. Nothing was written.
   */
  MAWS_E_BUFFER = -8,
  /**
   * What the client sent breaks the mechanism's rules. Nothing was sent to STS.
   */
  MAWS_E_PROTOCOL = -20,
  /**
   * STS or a rule of the operator refused the client's identity.
   */
  MAWS_E_DENIED = -21,
  /**
   * A limit was reached: this login is refused and its conversation is over.
   */
  MAWS_E_OVERLOADED = -40,
  /**
   * The deadline of the conversation or of its verification expired.
   */
  MAWS_E_TIMEOUT = -41,
  /**
   * STS cannot be reached, is failing, or gave an answer that cannot be trusted.
   */
  MAWS_E_UPSTREAM = -42,
  /**
   * The host cancelled, or the plugin is being destroyed.
   */
  MAWS_E_CANCELLED = -43,
  /**
   * The operating system refused a thread or random bytes.
   */
  MAWS_E_SYSTEM = -44,
  /**
   * A panic inside the plugin was caught; this conversation is over, the plugin works on.
   */
  MAWS_E_PANIC = -60,
  /**
   * Another internal error of the plugin.
   */
  MAWS_E_INTERNAL = -61,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum maws_code maws_code;
#else
typedef int32_t maws_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Severity of a log event.
 */
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
enum maws_log_level : int32_t {
#else
enum {
#endif
  /**
   * Each step of each login.
   */
  MAWS_LOG_DEBUG = 0,
  /**
   * Start, stop and changes of state.
   */
  MAWS_LOG_INFO = 1,
  /**
   * The operator should look into it.
   */
  MAWS_LOG_WARNING = 2,
  /**
   * Something does not work.
   */
  MAWS_LOG_ERROR = 3,
  /**
   * As a threshold: nothing is logged.
   */
  MAWS_LOG_OFF = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum maws_log_level maws_log_level;
#else
typedef int32_t maws_log_level;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How an option's value is written.
 */
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
enum maws_option_kind : int32_t {
#else
enum {
#endif
  /**
   * Any text that the option's help allows.
   */
  MAWS_OPTION_TEXT = 0,
  /**
   * A whole number between min and max.
   */
  MAWS_OPTION_INTEGER = 1,
  /**
   * `true` or `false`.
   */
  MAWS_OPTION_BOOLEAN = 2,
  /**
   * A whole number of milliseconds between min and max.
   */
  MAWS_OPTION_DURATION_MS = 3,
  /**
   * Entries separated by white space.
   */
  MAWS_OPTION_LIST = 4,
  /**
   * One of the descriptor's choices.
   */
  MAWS_OPTION_CHOICE = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum maws_option_kind maws_option_kind;
#else
typedef int32_t maws_option_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What kind of AWS identity STS's answer names.
 */
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
enum maws_principal_kind : int32_t {
#else
enum {
#endif
  /**
   * Not known (yet).
   */
  MAWS_PRINCIPAL_NONE = 0,
  /**
   * An IAM user.
   */
  MAWS_PRINCIPAL_USER = 1,
  /**
   * A session of an assumed role.
   */
  MAWS_PRINCIPAL_ROLE = 2,
  /**
   * A federated user (GetFederationToken).
   */
  MAWS_PRINCIPAL_FEDERATED = 3,
  /**
   * The root user of an account.
   */
  MAWS_PRINCIPAL_ROOT = 4,
  /**
   * The identity that every EC2 instance has; never logs in.
   */
  MAWS_PRINCIPAL_INSTANCE = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum maws_principal_kind maws_principal_kind;
#else
typedef int32_t maws_principal_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * One option. Static data of the plugin; all strings are NUL-terminated.
 */
typedef struct maws_option_desc {
  /**
   * sizeof(maws_option_desc) of the plugin.
   */
  uint32_t struct_size;
  /**
   * MAWS_OPTION_RUNTIME, MAWS_OPTION_SECRET.
   */
  uint32_t flags;
  /**
   * One of maws_option_kind.
   */
  int32_t kind;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Least valid value of a number or duration (ms).
   */
  int64_t min;
  /**
   * Greatest valid value of a number or duration (ms).
   */
  int64_t max;
  /**
   * The name of the server parameter, for example "awsStsHost".
   */
  const char *name;
  /**
   * Value when the option is not given.
   */
  const char *default_value;
  /**
   * One sentence for the operator.
   */
  const char *help;
  /**
   * Valid values of a choice, ended by NULL; NULL for the other kinds.
   */
  const char *const *choices;
} maws_option_desc;

/**
 * Outcome of a call. 0 and above: progress. Below: failure, whose range is its group:
 * -1..-19 error of the host or of its operator's settings, -20..-39 client error, -40..-59
 * environment error (a later login may succeed), -60..-79 internal error of the plugin.
 * Treat a number without a name here by its range. Numbers are never reused.
 */
typedef int32_t maws_status;

/**
 * Text as UTF-8. Frozen: never grows. The host's needs no NUL, and a NULL ptr goes with len 0. The
 * plugin's always has a NUL behind it that len does not count, and ptr is never NULL: `%s` prints it.
 */
typedef struct maws_str {
  /**
   * First byte, or NULL.
   */
  const char *ptr;
  /**
   * Bytes.
   */
  size_t len;
} maws_str;

/**
 * One line for the server's log. Valid during the callback only.
 */
typedef struct maws_log_event {
  /**
   * sizeof(maws_log_event) of the plugin.
   */
  uint32_t struct_size;
  /**
   * One of maws_log_level.
   */
  int32_t level;
  /**
   * Stable number of the message; docs/troubleshooting.md explains each.
   */
  uint32_t message_id;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * maws_begin.log_id of the conversation, 0 where there is none.
   */
  uint64_t log_id;
  /**
   * What happened, without line breaks and without secrets.
   */
  struct maws_str text;
  /**
   * Since minor 1: maws_begin.conv_ctx of the conversation, 0 where there is none. From the return of
   * its end on no event has it.
   */
  uintptr_t conv_ctx;
} maws_log_event;

/**
 * What the host gives. create copies it; the functions must stay callable until destroy returns.
 * A callback must not throw or longjmp, and every call from inside one into the plugin gives
 * MAWS_E_STATE. The plugin holds no lock while it runs. The host must not hold one that a callback takes:
 * for log, around any call that may log; for conv_ready, around end or destroy.
 */
typedef struct maws_host {
  /**
   * sizeof(maws_host) of the host.
   */
  uint32_t struct_size;
  /**
   * MAWS_ABI_MINOR that the host was compiled with.
   */
  uint32_t abi_minor;
  /**
   * First argument of both callbacks; never read by the plugin.
   */
  uintptr_t host_ctx;
  /**
   * [any thread: workers, and the host's own inside create, set_options, begin, step, cancel, end
   * and destroy; several at once] May be NULL. Nothing below the log level is formatted or passed.
   * One that blocks delays the login or the host's call that it is made for; other logins go on, see
   * conv_ready. In an event about a retry or an endpoint's health, it also keeps its request's place
   * in flight. An event may come after end of the conversation that log_id names, and never after
   * destroy.
   */
  void (*log)(uintptr_t host_ctx, const struct maws_log_event *event);
  /**
   * [worker; several at once] May be NULL: the host only polls. Called exactly once for each
   * MAWS_PENDING that is not cancelled or ended first, perhaps before step returns; from its start
   * on, poll gives the outcome. Set a flag, notify, return. After cancel it is not called: whoever
   * cancels wakes the host's own waiting thread. A callback that blocks occupies one worker and delays
   * no other login: the plugin starts up to 64 workers more than its requests need. Where more
   * callbacks than that block at once, other logins wait for them.
   */
  void (*conv_ready)(uintptr_t host_ctx, uintptr_t conv_ctx);
  /**
   * One of maws_log_level: the lowest that is logged. See set_log_level.
   */
  int32_t log_level;
  /**
   * 0; any other value is refused.
   */
  uint32_t reserved;
} maws_host;

/**
 * One setting. Frozen: never grows.
 */
typedef struct maws_option {
  /**
   * Name as in maws_option_desc.
   */
  struct maws_str key;
  /**
   * Value as text.
   */
  struct maws_str value;
} maws_option;

/**
 * One configuration with its workers. id 0 is none. May be kept and compared as a number.
 */
typedef struct maws_plugin {
  /**
   * Opaque.
   */
  uint64_t id;
} maws_plugin;

/**
 * Why a call failed. The host's buffer: set struct_size before the call; NULL where a parameter
 * of this type stands means that the text is not wanted.
 */
typedef struct maws_error {
  /**
   * sizeof(maws_error) of the host.
   */
  uint32_t struct_size;
  /**
   * The same status that the call returned.
   */
  maws_status status;
  /**
   * Stable number of the reason, as in maws_info; 0 without one.
   */
  uint32_t reason;
  /**
   * Always NUL-terminated; for the operator, never for the client; holds no secret.
   */
  char message[500];
} maws_error;

/**
 * Counters since create. Each is read atomically, the set is not.
 */
typedef struct maws_stats {
  /**
   * sizeof(maws_stats) of the host.
   */
  uint32_t struct_size;
  /**
   * Worker threads now.
   */
  uint32_t workers;
  /**
   * Conversations open now.
   */
  uint64_t conversations;
  /**
   * Verifications waiting for a worker now.
   */
  uint64_t queued;
  /**
   * Verifications that workers are busy with now.
   */
  uint64_t in_flight;
  /**
   * Conversations begun.
   */
  uint64_t begun;
  /**
   * Logins verified.
   */
  uint64_t succeeded;
  /**
   * Refused because the client's message was invalid.
   */
  uint64_t bad_protocol;
  /**
   * Refused by STS or by a rule of the operator.
   */
  uint64_t denied;
  /**
   * Refused because a limit was reached, refused begins included.
   */
  uint64_t overloaded;
  /**
   * Failed because the deadline expired.
   */
  uint64_t timed_out;
  /**
   * Failed because STS was unreachable, failing or not trusted.
   */
  uint64_t upstream_failed;
  /**
   * Cancelled, or ended before an outcome.
   */
  uint64_t cancelled;
  /**
   * Failed because the operating system refused threads or random bytes.
   */
  uint64_t system_failed;
  /**
   * Failed by an internal error of the plugin.
   */
  uint64_t faults;
  /**
   * Requests sent to STS, retries included.
   */
  uint64_t sts_requests;
  /**
   * Connections opened to STS for a request.
   */
  uint64_t sts_connections;
  /**
   * Sum of the times from request to response, in microseconds.
   */
  uint64_t sts_us_total;
  /**
   * The longest of these times, in microseconds.
   */
  uint64_t sts_us_max;
  /**
   * Throttling responses of STS.
   */
  uint64_t sts_throttled;
  /**
   * Requests after a login's first.
   */
  uint64_t sts_retries;
  /**
   * Idle connections found dead when a request was sent.
   */
  uint64_t sts_stale;
  /**
   * Accounts that STS throttles now, per endpoint.
   */
  uint64_t throttled_accounts;
} maws_stats;

/**
 * Arguments of begin.
 */
typedef struct maws_begin {
  /**
   * sizeof(maws_begin) of the host.
   */
  uint32_t struct_size;
  /**
   * MAWS_BEGIN_TLS.
   */
  uint32_t flags;
  /**
   * Longest time for the verification in ms, where that is less than awsStsTimeoutMs; 0 = the
   * option alone.
   */
  uint32_t budget_ms;
  /**
   * 0; any other value is refused.
   */
  uint32_t reserved;
  /**
   * Handed back by conv_ready.
   */
  uintptr_t conv_ctx;
  /**
   * Comes back in each log event of this conversation.
   */
  uint64_t log_id;
  /**
   * Database of the saslStart command; anything but `$external` is refused.
   */
  struct maws_str database;
  /**
   * The client's address, as `host:port` or `[host]:port`; copied. For log lines, and to share the
   * queue fairly between clients' hosts under overload. Empty if unknown, or a load balancer's; any
   * other text is taken as it is.
   */
  struct maws_str client_addr;
} maws_begin;

/**
 * One SASL conversation. id 0 is none. A stale or invented handle gives MAWS_E_HANDLE.
 */
typedef struct maws_conv {
  /**
   * Opaque.
   */
  uint64_t id;
} maws_conv;

/**
 * Bytes. Frozen: never grows. A NULL ptr goes with len 0.
 */
typedef struct maws_bytes {
  /**
   * First byte, or NULL.
   */
  const uint8_t *ptr;
  /**
   * Bytes.
   */
  size_t len;
} maws_bytes;

/**
 * What a step gives. The host's buffer: set struct_size before the call.
 */
typedef struct maws_step {
  /**
   * sizeof(maws_step) of the host.
   */
  uint32_t struct_size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Payload to send to the client; valid until end. Empty after MAWS_DONE and on failure.
   */
  struct maws_bytes reply;
} maws_step;

/**
 * What is known of a conversation, in any state; members are empty until known. The host's
 * buffer: set struct_size before the call. Texts are valid until end and hold no secret.
 */
typedef struct maws_info {
  /**
   * sizeof(maws_info) of the host.
   */
  uint32_t struct_size;
  /**
   * The outcome once there is one, MAWS_PENDING while it is awaited, MAWS_CONTINUE before.
   */
  maws_status status;
  /**
   * Stable number of the reason of a refusal or failure, 0 without one; docs/troubleshooting.md
   * explains each.
   */
  uint32_t reason;
  /**
   * One of maws_principal_kind; also of an identity that was refused.
   */
  int32_t kind;
  /**
   * The user to look up in `$external`. Set after MAWS_DONE only.
   */
  struct maws_str principal;
  /**
   * The ARN as STS gave it.
   */
  struct maws_str raw_arn;
  /**
   * AWS account number.
   */
  struct maws_str account;
  /**
   * The identity's unique id as STS gave it.
   */
  struct maws_str user_id;
  /**
   * Name of the role session; chosen by the client, for logs only.
   */
  struct maws_str session_name;
  /**
   * As claimed by the client; verified once STS has answered. One that does not look like AWS's is
   * cut to its first characters: it may be a secret key.
   */
  struct maws_str access_key_id;
  /**
   * The STS host that the client signs for.
   */
  struct maws_str sts_host;
  /**
   * The request id that STS gave its answer.
   */
  struct maws_str sts_request_id;
  /**
   * The error code that STS answered with.
   */
  struct maws_str sts_error_code;
  /**
   * Why the login was refused or failed: for the server's log, never for the client.
   */
  struct maws_str detail;
  /**
   * Microseconds between client-second and the start of the verification.
   */
  uint64_t queue_us;
  /**
   * Microseconds spent on opening a connection; 0 when an idle one was used.
   */
  uint64_t connect_us;
  /**
   * Microseconds between the request to STS and its answer.
   */
  uint64_t sts_us;
  /**
   * Microseconds between begin and the outcome.
   */
  uint64_t total_us;
} maws_info;

/**
 * The functions of the plugin. Static, read-only, valid for the life of the process.
 *
 * [any] may be called by any threads at once; [serial] one call at a time per handle, from any
 * thread: a second one at the same time gets MAWS_E_IN_USE. Every function may also return
 * MAWS_E_ARGUMENT, MAWS_E_STATE (from inside a callback), MAWS_E_FORKED, MAWS_E_HANDLE and
 * MAWS_E_PANIC. Members beyond struct_size do not exist: test with MAWS_HAS.
 */
typedef struct maws_api {
  /**
   * sizeof(maws_api) of the plugin.
   */
  uint32_t struct_size;
  /**
   * MAWS_ABI_MINOR of the plugin.
   */
  uint32_t abi_minor;
  /**
   * "mongodb-aws-auth", NUL-terminated as are the next three.
   */
  const char *name;
  /**
   * Version of the plugin, "MAJOR.MINOR.PATCH".
   */
  const char *version;
  /**
   * "MONGODB-AWS".
   */
  const char *mechanism;
  /**
   * The TLS library inside, for example "rustls with aws-lc".
   */
  const char *tls;
  /**
   * [any] The option of this number, counted from 0; NULL past the last. Before create too.
   */
  const struct maws_option_desc *(*option_at)(uint32_t index);
  /**
   * [any] Checks every option and reads the files that they name; starts no thread and uses no
   * network. options may be NULL where count is 0. Call it after the server's last fork: only a child
   * that was forked before create, or after the last destroy, may create a plugin of its own.
   * MAWS_E_OPTION: the message names the key, the value and what is valid. On failure *out is 0.
   */
  maws_status (*create)(const struct maws_host *host,
                        const struct maws_option *options,
                        size_t count,
                        struct maws_plugin *out,
                        struct maws_error *error);
  /**
   * [any] Stops the plugin: interrupts all requests and connection attempts, waits up to drain_ms
   * for the workers, and for a callback that is running as long as it takes. From its return on no
   * callback runs or starts. MAWS_E_IN_USE: conversations still live, nothing changed.
   * MAWS_E_TIMEOUT: destroyed, but a worker had not exited within drain_ms; it touches only its own
   * memory. So does a thread inside the system's name lookup, which nothing can interrupt: it is not
   * waited for.
   */
  maws_status (*destroy)(struct maws_plugin plugin, uint32_t drain_ms);
  /**
   * [any] Changes run-time options, all or none. Conversations already begun keep the old values.
   */
  maws_status (*set_options)(struct maws_plugin plugin,
                             const struct maws_option *options,
                             size_t count,
                             struct maws_error *error);
  /**
   * [any] Writes the option's value and a NUL. *needed (may be NULL) becomes the size for both.
   * MAWS_E_BUFFER: cap is less than that; with cap 0 the buffer may be NULL. MAWS_E_OPTION: no such
   * key.
   */
  maws_status (*get_option)(struct maws_plugin plugin,
                            struct maws_str key,
                            char *buffer,
                            size_t cap,
                            size_t *needed);
  /**
   * [any] The lowest level that is logged, one of maws_log_level.
   */
  maws_status (*set_log_level)(struct maws_plugin plugin, int32_t level);
  /**
   * [any] Set out->struct_size first.
   */
  maws_status (*stats)(struct maws_plugin plugin, struct maws_stats *out);
  /**
   * [any] The statistics as one JSON document; buffer, cap and needed as in get_option. 16 KiB are
   * enough for 20 STS hosts.
   */
  maws_status (*stats_json)(struct maws_plugin plugin, char *buffer, size_t cap, size_t *needed);
  /**
   * [any] Begins a conversation, which lives until end. MAWS_E_OVERLOADED: awsMaxConversations
   * live already. MAWS_E_PROTOCOL: the database is not `$external`, or the link is not TLS and
   * awsRequireTLS is set. MAWS_E_CANCELLED: the plugin is being destroyed. On failure *out is 0.
   */
  maws_status (*begin)(struct maws_plugin plugin,
                       const struct maws_begin *args,
                       struct maws_conv *out,
                       struct maws_error *error);
  /**
   * [serial] Takes one payload of the client, of at most 32 KiB. Never waits for the network.
   * MAWS_CONTINUE: send the reply, of less than 1 KiB. MAWS_PENDING: wait for conv_ready or call
   * poll, which gives MAWS_DONE for a client that is verified. Failures of the client, environment
   * and plugin groups end the conversation; info has the reason, and the client gets the same answer
   * for each. After one of the host group the conversation is as it was. MAWS_E_STATE: it is over
   * already, for example cancelled, or timed out while another needed its place; poll gives the outcome.
   */
  maws_status (*step)(struct maws_conv conv,
                      const uint8_t *payload,
                      size_t len,
                      struct maws_step *out);
  /**
   * [serial] The outcome after MAWS_PENDING; waits for it at most wait_ms (0: not at all), then
   * gives MAWS_PENDING. An outcome stays, also one that step or cancel gave: further calls
   * repeat it. MAWS_E_STATE: a payload of the client is awaited, there is nothing to wait for.
   */
  maws_status (*poll)(struct maws_conv conv, uint32_t wait_ms, struct maws_step *out);
  /**
   * [any] Ends the conversation with MAWS_E_CANCELLED, unless it has an outcome already, which
   * stays. A poll in another thread returns. The verification is interrupted wherever it is: in the
   * queue, or while its request waits for the name, the connection, the proxy's CONNECT, the TLS
   * handshake or the answer; its worker and its place are free for another login at once. Waits for
   * neither the network nor a worker; may be repeated.
   */
  maws_status (*cancel)(struct maws_conv conv);
  /**
   * [any] What is known by now. Set out->struct_size first.
   */
  maws_status (*info)(struct maws_conv conv, struct maws_info *out);
  /**
   * [serial] Cancels the conversation as cancel does, frees it in any state and makes the handle
   * stale. If a worker is reporting the outcome to a host with conv_ready, end waits until the log
   * event of the outcome and conv_ready have returned: never hold a lock that either takes. No
   * conv_ready of this conversation comes after it. It waits for nothing else. MAWS_E_IN_USE: another
   * thread is inside step or poll, the conversation lives; cancel brings that thread out.
   */
  maws_status (*end)(struct maws_conv conv);
  /**
   * Since minor 1. MAWS_BUILD_FIPS.
   */
  uint64_t build_flags;
  /**
   * Since minor 1. [any] Checks what create checks, files included, before a fork too: starts no
   * thread and keeps nothing. Writes all faults, one a line, and a NUL; buffer, cap and needed as in
   * get_option. MAWS_DONE: none. MAWS_E_OPTION: some. MAWS_E_BUFFER says nothing of the options.
   */
  maws_status (*check_options)(const struct maws_option *options,
                               size_t count,
                               char *buffer,
                               size_t cap,
                               size_t *needed);
  /**
   * Since minor 1. [any] Takes no more logins: begin gives MAWS_E_CANCELLED from here on.
   * Conversations that live go on, so that destroy of a busy server can succeed. Permanent.
   */
  maws_status (*quiesce)(struct maws_plugin plugin);
  /**
   * Since minor 1. [any] What a reason or message number means; NULL if it is unknown. Static,
   * NUL-terminated.
   */
  const char *(*reason_text)(uint32_t reason);
  /**
   * Since minor 1. [any] What a status means; NULL if it is unknown. Static, NUL-terminated.
   */
  const char *(*status_text)(maws_status status);
  /**
   * Since minor 1. [any] Which argument was wrong in this thread's last call, if that gave
   * MAWS_E_ARGUMENT, for example "begin.flags" or "options[3].key"; else "". Valid until the thread's
   * next call.
   */
  const char *(*wrong_argument)(void);
} maws_api;

/**
 * Pointer to the table of functions; see maws_plugin_entry_v1.
 */
typedef const struct maws_api *(*maws_entry_fn)(uint32_t host_abi_minor, struct maws_error *error);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The only exported symbol: gives the table of functions. [any] No side effects: may be called at
 * any time, also before a fork. NULL with error filled (error may be NULL) where the plugin needs
 * a host of a newer minor version than host_abi_minor.
 */
const struct maws_api *maws_plugin_entry_v1(uint32_t host_abi_minor, struct maws_error *error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus


/* What MAWS_INIT stands for. */
#ifdef __cplusplus
extern "C++" {
template <typename Struct>
inline Struct maws_initialised() noexcept {
    Struct made = Struct();
    made.struct_size = static_cast<uint32_t>(sizeof made);
    return made;
}
template <>
inline maws_host maws_initialised<maws_host>() noexcept {
    maws_host made = maws_host();
    made.struct_size = static_cast<uint32_t>(sizeof made);
    made.abi_minor = MAWS_ABI_MINOR;
    return made;
}
}  // extern "C++"
#define MAWS_INIT_maws_host maws_initialised<maws_host>()
#define MAWS_INIT_maws_error maws_initialised<maws_error>()
#define MAWS_INIT_maws_stats maws_initialised<maws_stats>()
#define MAWS_INIT_maws_begin maws_initialised<maws_begin>()
#define MAWS_INIT_maws_step maws_initialised<maws_step>()
#define MAWS_INIT_maws_info maws_initialised<maws_info>()
#else
#define MAWS_INIT_maws_host {.struct_size = (uint32_t)sizeof(maws_host), .abi_minor = MAWS_ABI_MINOR}
#define MAWS_INIT_maws_error {.struct_size = (uint32_t)sizeof(maws_error)}
#define MAWS_INIT_maws_stats {.struct_size = (uint32_t)sizeof(maws_stats)}
#define MAWS_INIT_maws_begin {.struct_size = (uint32_t)sizeof(maws_begin)}
#define MAWS_INIT_maws_step {.struct_size = (uint32_t)sizeof(maws_step)}
#define MAWS_INIT_maws_info {.struct_size = (uint32_t)sizeof(maws_info)}
#endif

#endif /* MONGODB_AWS_AUTH_H */
