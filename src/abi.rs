//! The C interface: types and constants only, the single source of `include/mongodb_aws_auth.h`.
//!
//! Every comment here becomes the header's comment. Rules for changes: `docs/abi-policy.md`.

#![allow(non_camel_case_types)]

use std::ffi::c_char;

use libc::{size_t, uintptr_t};

/// Named in the entry symbol. A break adds `maws_plugin_entry_v2` beside `_v1`.
pub const MAWS_ABI_MAJOR: u32 = 1;
/// Raised when members or functions are appended.
pub const MAWS_ABI_MINOR: u32 = 1;

/// maws_begin.flags: the client's connection to the server is protected by TLS.
pub const MAWS_BEGIN_TLS: u32 = 1;

/// maws_api.build_flags: the TLS library inside is the FIPS module of aws-lc.
pub const MAWS_BUILD_FIPS: u64 = 1;

/// maws_option_desc.flags: may change after create, through set_options.
pub const MAWS_OPTION_RUNTIME: u32 = 1;
/// maws_option_desc.flags: the value may hold a password; do not show or log it. get_option and
/// error messages have `***` in its place.
pub const MAWS_OPTION_SECRET: u32 = 2;

/// Outcome of a call. 0 and above: progress. Below: failure, whose range is its group:
/// -1..-19 error of the host or of its operator's settings, -20..-39 client error, -40..-59
/// environment error (a later login may succeed), -60..-79 internal error of the plugin.
/// Treat a number without a name here by its range. Numbers are never reused.
pub type maws_status = i32;

/// Names for the values of maws_status.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum maws_code {
    /// The call succeeded; of step and poll: the client is verified.
    MAWS_DONE = 0,
    /// Send the reply to the client and call step with its next message.
    MAWS_CONTINUE = 1,
    /// Verification runs; conv_ready or poll tells when it is over.
    MAWS_PENDING = 2,

    /// A pointer, length, flag, reserved member or struct_size is invalid; wrong_argument names it.
    /// Nothing changed.
    MAWS_E_ARGUMENT = -1,
    /// Not possible in this state, or called from inside a callback. Nothing changed.
    MAWS_E_STATE = -2,
    /// The plugin needs a newer host than this one.
    MAWS_E_VERSION = -3,
    /// An option's key or value is invalid; the error's message names it and what is valid.
    MAWS_E_OPTION = -4,
    /// The process was forked after create; the plugin does not work in the child.
    MAWS_E_FORKED = -5,
    /// No such plugin or conversation: never made, or ended.
    MAWS_E_HANDLE = -6,
    /// Another thread is inside this handle, or conversations still live. Nothing changed.
    MAWS_E_IN_USE = -7,
    /// The buffer is too small; the size that is needed was stored. Nothing was written.
    MAWS_E_BUFFER = -8,

    /// What the client sent breaks the mechanism's rules. Nothing was sent to STS.
    MAWS_E_PROTOCOL = -20,
    /// STS or a rule of the operator refused the client's identity.
    MAWS_E_DENIED = -21,

    /// A limit was reached: this login is refused and its conversation is over.
    MAWS_E_OVERLOADED = -40,
    /// The deadline of the conversation or of its verification expired.
    MAWS_E_TIMEOUT = -41,
    /// STS cannot be reached, is failing, or gave an answer that cannot be trusted.
    MAWS_E_UPSTREAM = -42,
    /// The host cancelled, or the plugin is being destroyed.
    MAWS_E_CANCELLED = -43,
    /// The operating system refused a thread or random bytes.
    MAWS_E_SYSTEM = -44,

    /// A panic inside the plugin was caught; this conversation is over, the plugin works on.
    MAWS_E_PANIC = -60,
    /// Another internal error of the plugin.
    MAWS_E_INTERNAL = -61,
}

/// Severity of a log event.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum maws_log_level {
    /// Each step of each login.
    MAWS_LOG_DEBUG = 0,
    /// Start, stop and changes of state.
    MAWS_LOG_INFO = 1,
    /// The operator should look into it.
    MAWS_LOG_WARNING = 2,
    /// Something does not work.
    MAWS_LOG_ERROR = 3,
    /// As a threshold: nothing is logged.
    MAWS_LOG_OFF = 4,
}

/// How an option's value is written.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum maws_option_kind {
    /// Any text that the option's help allows.
    MAWS_OPTION_TEXT = 0,
    /// A whole number between min and max.
    MAWS_OPTION_INTEGER = 1,
    /// `true` or `false`.
    MAWS_OPTION_BOOLEAN = 2,
    /// A whole number of milliseconds between min and max.
    MAWS_OPTION_DURATION_MS = 3,
    /// Entries separated by white space.
    MAWS_OPTION_LIST = 4,
    /// One of the descriptor's choices.
    MAWS_OPTION_CHOICE = 5,
}

/// What kind of AWS identity STS's answer names.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum maws_principal_kind {
    /// Not known (yet).
    MAWS_PRINCIPAL_NONE = 0,
    /// An IAM user.
    MAWS_PRINCIPAL_USER = 1,
    /// A session of an assumed role.
    MAWS_PRINCIPAL_ROLE = 2,
    /// A federated user (GetFederationToken).
    MAWS_PRINCIPAL_FEDERATED = 3,
    /// The root user of an account.
    MAWS_PRINCIPAL_ROOT = 4,
    /// The identity that every EC2 instance has; never logs in.
    MAWS_PRINCIPAL_INSTANCE = 5,
}

/// Text as UTF-8. Frozen: never grows. The host's needs no NUL, and a NULL ptr goes with len 0. The
/// plugin's always has a NUL behind it that len does not count, and ptr is never NULL: `%s` prints it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct maws_str {
    /// First byte, or NULL.
    pub ptr: *const c_char,
    /// Bytes.
    pub len: size_t,
}

/// Bytes. Frozen: never grows. A NULL ptr goes with len 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct maws_bytes {
    /// First byte, or NULL.
    pub ptr: *const u8,
    /// Bytes.
    pub len: size_t,
}

/// One setting. Frozen: never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct maws_option {
    /// Name as in maws_option_desc.
    pub key: maws_str,
    /// Value as text.
    pub value: maws_str,
}

/// One configuration with its workers. id 0 is none. May be kept and compared as a number.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct maws_plugin {
    /// Opaque.
    pub id: u64,
}

/// One SASL conversation. id 0 is none. A stale or invented handle gives MAWS_E_HANDLE.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct maws_conv {
    /// Opaque.
    pub id: u64,
}

/// Why a call failed. The host's buffer: set struct_size before the call; NULL where a parameter
/// of this type stands means that the text is not wanted.
#[repr(C)]
pub struct maws_error {
    /// sizeof(maws_error) of the host.
    pub struct_size: u32,
    /// The same status that the call returned.
    pub status: maws_status,
    /// Stable number of the reason, as in maws_info; 0 without one.
    pub reason: u32,
    /// Always NUL-terminated; for the operator, never for the client; holds no secret.
    pub message: [c_char; 500],
}

/// One line for the server's log. Valid during the callback only.
#[repr(C)]
pub struct maws_log_event {
    /// sizeof(maws_log_event) of the plugin.
    pub struct_size: u32,
    /// One of maws_log_level.
    pub level: i32,
    /// Stable number of the message; docs/troubleshooting.md explains each.
    pub message_id: u32,
    /// 0.
    pub reserved: u32,
    /// maws_begin.log_id of the conversation, 0 where there is none.
    pub log_id: u64,
    /// What happened, without line breaks and without secrets.
    pub text: maws_str,
    /// Since minor 1: maws_begin.conv_ctx of the conversation, 0 where there is none. From the return of
    /// its end on no event has it.
    pub conv_ctx: uintptr_t,
}

/// What the host gives. create copies it; the functions must stay callable until destroy returns.
/// A callback must not throw or longjmp, and every call from inside one into the plugin gives
/// MAWS_E_STATE. The plugin holds no lock while it runs. The host must not hold one that a callback takes:
/// for log, around any call that may log; for conv_ready, around end or destroy.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct maws_host {
    /// sizeof(maws_host) of the host.
    pub struct_size: u32,
    /// MAWS_ABI_MINOR that the host was compiled with.
    pub abi_minor: u32,
    /// First argument of both callbacks; never read by the plugin.
    pub host_ctx: uintptr_t,
    /// [any thread: workers, and the host's own inside create, set_options, begin, step, cancel, end
    /// and destroy; several at once] May be NULL. Nothing below the log level is formatted or passed.
    /// One that blocks delays the login or the host's call that it is made for; other logins go on, see
    /// conv_ready. In an event about a retry or an endpoint's health, it also keeps its request's place
    /// in flight. An event may come after end of the conversation that log_id names, and never after
    /// destroy.
    pub log: Option<unsafe extern "C" fn(host_ctx: uintptr_t, event: *const maws_log_event)>,
    /// [worker; several at once] May be NULL: the host only polls. Called exactly once for each
    /// MAWS_PENDING that is not cancelled or ended first, perhaps before step returns; from its start
    /// on, poll gives the outcome. Set a flag, notify, return. After cancel it is not called: whoever
    /// cancels wakes the host's own waiting thread. A callback that blocks occupies one worker and delays
    /// no other login: the plugin starts up to 64 workers more than its requests need. Where more
    /// callbacks than that block at once, other logins wait for them.
    pub conv_ready: Option<unsafe extern "C" fn(host_ctx: uintptr_t, conv_ctx: uintptr_t)>,
    /// One of maws_log_level: the lowest that is logged. See set_log_level.
    pub log_level: i32,
    /// 0; any other value is refused.
    pub reserved: u32,
}

/// One option. Static data of the plugin; all strings are NUL-terminated.
#[repr(C)]
pub struct maws_option_desc {
    /// sizeof(maws_option_desc) of the plugin.
    pub struct_size: u32,
    /// MAWS_OPTION_RUNTIME, MAWS_OPTION_SECRET.
    pub flags: u32,
    /// One of maws_option_kind.
    pub kind: i32,
    /// 0.
    pub reserved: u32,
    /// Least valid value of a number or duration (ms).
    pub min: i64,
    /// Greatest valid value of a number or duration (ms).
    pub max: i64,
    /// The name of the server parameter, for example "awsStsHost".
    pub name: *const c_char,
    /// Value when the option is not given.
    pub default_value: *const c_char,
    /// One sentence for the operator.
    pub help: *const c_char,
    /// Valid values of a choice, ended by NULL; NULL for the other kinds.
    pub choices: *const *const c_char,
}

/// Arguments of begin.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct maws_begin {
    /// sizeof(maws_begin) of the host.
    pub struct_size: u32,
    /// MAWS_BEGIN_TLS.
    pub flags: u32,
    /// Longest time for the verification in ms, where that is less than awsStsTimeoutMs; 0 = the
    /// option alone.
    pub budget_ms: u32,
    /// 0; any other value is refused.
    pub reserved: u32,
    /// Handed back by conv_ready.
    pub conv_ctx: uintptr_t,
    /// Comes back in each log event of this conversation.
    pub log_id: u64,
    /// Database of the saslStart command; anything but `$external` is refused.
    pub database: maws_str,
    /// The client's address, as `host:port` or `[host]:port`; copied. For log lines, and to share the
    /// queue fairly between clients' hosts under overload. Empty if unknown, or a load balancer's; any
    /// other text is taken as it is.
    pub client_addr: maws_str,
}

/// What a step gives. The host's buffer: set struct_size before the call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct maws_step {
    /// sizeof(maws_step) of the host.
    pub struct_size: u32,
    /// 0.
    pub reserved: u32,
    /// Payload to send to the client; valid until end. Empty after MAWS_DONE and on failure.
    pub reply: maws_bytes,
}

/// What is known of a conversation, in any state; members are empty until known. The host's
/// buffer: set struct_size before the call. Texts are valid until end and hold no secret.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct maws_info {
    /// sizeof(maws_info) of the host.
    pub struct_size: u32,
    /// The outcome once there is one, MAWS_PENDING while it is awaited, MAWS_CONTINUE before.
    pub status: maws_status,
    /// Stable number of the reason of a refusal or failure, 0 without one; docs/troubleshooting.md
    /// explains each.
    pub reason: u32,
    /// One of maws_principal_kind; also of an identity that was refused.
    pub kind: i32,
    /// The user to look up in `$external`. Set after MAWS_DONE only.
    pub principal: maws_str,
    /// The ARN as STS gave it.
    pub raw_arn: maws_str,
    /// AWS account number.
    pub account: maws_str,
    /// The identity's unique id as STS gave it.
    pub user_id: maws_str,
    /// Name of the role session; chosen by the client, for logs only.
    pub session_name: maws_str,
    /// As claimed by the client; verified once STS has answered. One that does not look like AWS's is
    /// cut to its first characters: it may be a secret key.
    pub access_key_id: maws_str,
    /// The STS host that the client signs for.
    pub sts_host: maws_str,
    /// The request id that STS gave its answer.
    pub sts_request_id: maws_str,
    /// The error code that STS answered with.
    pub sts_error_code: maws_str,
    /// Why the login was refused or failed: for the server's log, never for the client.
    pub detail: maws_str,
    /// Microseconds between client-second and the start of the verification.
    pub queue_us: u64,
    /// Microseconds spent on opening a connection; 0 when an idle one was used.
    pub connect_us: u64,
    /// Microseconds between the request to STS and its answer.
    pub sts_us: u64,
    /// Microseconds between begin and the outcome.
    pub total_us: u64,
}

/// Counters since create. Each is read atomically, the set is not.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct maws_stats {
    /// sizeof(maws_stats) of the host.
    pub struct_size: u32,
    /// Worker threads now.
    pub workers: u32,
    /// Conversations open now.
    pub conversations: u64,
    /// Verifications waiting for a worker now.
    pub queued: u64,
    /// Verifications that workers are busy with now.
    pub in_flight: u64,
    /// Conversations begun.
    pub begun: u64,
    /// Logins verified.
    pub succeeded: u64,
    /// Refused because the client's message was invalid.
    pub bad_protocol: u64,
    /// Refused by STS or by a rule of the operator.
    pub denied: u64,
    /// Refused because a limit was reached, refused begins included.
    pub overloaded: u64,
    /// Failed because the deadline expired.
    pub timed_out: u64,
    /// Failed because STS was unreachable, failing or not trusted.
    pub upstream_failed: u64,
    /// Cancelled, or ended before an outcome.
    pub cancelled: u64,
    /// Failed because the operating system refused threads or random bytes.
    pub system_failed: u64,
    /// Failed by an internal error of the plugin.
    pub faults: u64,
    /// Requests sent to STS, retries included.
    pub sts_requests: u64,
    /// Connections opened to STS for a request.
    pub sts_connections: u64,
    /// Sum of the times from request to response, in microseconds.
    pub sts_us_total: u64,
    /// The longest of these times, in microseconds.
    pub sts_us_max: u64,
    /// Throttling responses of STS.
    pub sts_throttled: u64,
    /// Requests after a login's first.
    pub sts_retries: u64,
    /// Idle connections found dead when a request was sent.
    pub sts_stale: u64,
    /// Accounts that STS throttles now, per endpoint.
    pub throttled_accounts: u64,
}

/// The functions of the plugin. Static, read-only, valid for the life of the process.
///
/// [any] may be called by any threads at once; [serial] one call at a time per handle, from any
/// thread: a second one at the same time gets MAWS_E_IN_USE. Every function may also return
/// MAWS_E_ARGUMENT, MAWS_E_STATE (from inside a callback), MAWS_E_FORKED, MAWS_E_HANDLE and
/// MAWS_E_PANIC. Members beyond struct_size do not exist: test with MAWS_HAS.
#[repr(C)]
pub struct maws_api {
    /// sizeof(maws_api) of the plugin.
    pub struct_size: u32,
    /// MAWS_ABI_MINOR of the plugin.
    pub abi_minor: u32,
    /// "mongodb-aws-auth", NUL-terminated as are the next three.
    pub name: *const c_char,
    /// Version of the plugin, "MAJOR.MINOR.PATCH".
    pub version: *const c_char,
    /// "MONGODB-AWS".
    pub mechanism: *const c_char,
    /// The TLS library inside, for example "rustls with aws-lc".
    pub tls: *const c_char,
    /// [any] The option of this number, counted from 0; NULL past the last. Before create too.
    pub option_at: Option<unsafe extern "C" fn(index: u32) -> *const maws_option_desc>,
    /// [any] Checks every option and reads the files that they name; starts no thread and uses no
    /// network. options may be NULL where count is 0. Call it after the server's last fork: only a child
    /// that was forked before create, or after the last destroy, may create a plugin of its own.
    /// MAWS_E_OPTION: the message names the key, the value and what is valid. On failure *out is 0.
    pub create: Option<
        unsafe extern "C" fn(
            host: *const maws_host,
            options: *const maws_option,
            count: size_t,
            out: *mut maws_plugin,
            error: *mut maws_error,
        ) -> maws_status,
    >,
    /// [any] Stops the plugin: interrupts all requests and connection attempts, waits up to drain_ms
    /// for the workers, and for a callback that is running as long as it takes. From its return on no
    /// callback runs or starts. MAWS_E_IN_USE: conversations still live, nothing changed.
    /// MAWS_E_TIMEOUT: destroyed, but a worker had not exited within drain_ms; it touches only its own
    /// memory. So does a thread inside the system's name lookup, which nothing can interrupt: it is not
    /// waited for.
    pub destroy: Option<unsafe extern "C" fn(plugin: maws_plugin, drain_ms: u32) -> maws_status>,
    /// [any] Changes run-time options, all or none. Conversations already begun keep the old values.
    pub set_options: Option<
        unsafe extern "C" fn(
            plugin: maws_plugin,
            options: *const maws_option,
            count: size_t,
            error: *mut maws_error,
        ) -> maws_status,
    >,
    /// [any] Writes the option's value and a NUL. *needed (may be NULL) becomes the size for both.
    /// MAWS_E_BUFFER: cap is less than that; with cap 0 the buffer may be NULL. MAWS_E_OPTION: no such
    /// key.
    pub get_option: Option<
        unsafe extern "C" fn(
            plugin: maws_plugin,
            key: maws_str,
            buffer: *mut c_char,
            cap: size_t,
            needed: *mut size_t,
        ) -> maws_status,
    >,
    /// [any] The lowest level that is logged, one of maws_log_level.
    pub set_log_level: Option<unsafe extern "C" fn(plugin: maws_plugin, level: i32) -> maws_status>,
    /// [any] Set out->struct_size first.
    pub stats:
        Option<unsafe extern "C" fn(plugin: maws_plugin, out: *mut maws_stats) -> maws_status>,
    /// [any] The statistics as one JSON document; buffer, cap and needed as in get_option. 16 KiB are
    /// enough for 20 STS hosts.
    pub stats_json: Option<
        unsafe extern "C" fn(
            plugin: maws_plugin,
            buffer: *mut c_char,
            cap: size_t,
            needed: *mut size_t,
        ) -> maws_status,
    >,
    /// [any] Begins a conversation, which lives until end. MAWS_E_OVERLOADED: awsMaxConversations
    /// live already. MAWS_E_PROTOCOL: the database is not `$external`, or the link is not TLS and
    /// awsRequireTLS is set. MAWS_E_CANCELLED: the plugin is being destroyed. On failure *out is 0.
    pub begin: Option<
        unsafe extern "C" fn(
            plugin: maws_plugin,
            args: *const maws_begin,
            out: *mut maws_conv,
            error: *mut maws_error,
        ) -> maws_status,
    >,
    /// [serial] Takes one payload of the client, of at most 32 KiB. Never waits for the network.
    /// MAWS_CONTINUE: send the reply, of less than 1 KiB. MAWS_PENDING: wait for conv_ready or call
    /// poll, which gives MAWS_DONE for a client that is verified. Failures of the client, environment
    /// and plugin groups end the conversation; info has the reason, and the client gets the same answer
    /// for each. After one of the host group the conversation is as it was. MAWS_E_STATE: it is over
    /// already, for example cancelled, or timed out while another needed its place; poll gives the outcome.
    pub step: Option<
        unsafe extern "C" fn(
            conv: maws_conv,
            payload: *const u8,
            len: size_t,
            out: *mut maws_step,
        ) -> maws_status,
    >,
    /// [serial] The outcome after MAWS_PENDING; waits for it at most wait_ms (0: not at all), then
    /// gives MAWS_PENDING. An outcome stays, also one that step or cancel gave: further calls
    /// repeat it. MAWS_E_STATE: a payload of the client is awaited, there is nothing to wait for.
    pub poll: Option<
        unsafe extern "C" fn(conv: maws_conv, wait_ms: u32, out: *mut maws_step) -> maws_status,
    >,
    /// [any] Ends the conversation with MAWS_E_CANCELLED, unless it has an outcome already, which
    /// stays. A poll in another thread returns. The verification is interrupted wherever it is: in the
    /// queue, or while its request waits for the name, the connection, the proxy's CONNECT, the TLS
    /// handshake or the answer; its worker and its place are free for another login at once. Waits for
    /// neither the network nor a worker; may be repeated.
    pub cancel: Option<unsafe extern "C" fn(conv: maws_conv) -> maws_status>,
    /// [any] What is known by now. Set out->struct_size first.
    pub info: Option<unsafe extern "C" fn(conv: maws_conv, out: *mut maws_info) -> maws_status>,
    /// [serial] Cancels the conversation as cancel does, frees it in any state and makes the handle
    /// stale. If a worker is reporting the outcome to a host with conv_ready, end waits until the log
    /// event of the outcome and conv_ready have returned: never hold a lock that either takes. No
    /// conv_ready of this conversation comes after it. It waits for nothing else. MAWS_E_IN_USE: another
    /// thread is inside step or poll, the conversation lives; cancel brings that thread out.
    pub end: Option<unsafe extern "C" fn(conv: maws_conv) -> maws_status>,
    /// Since minor 1. MAWS_BUILD_FIPS.
    pub build_flags: u64,
    /// Since minor 1. [any] Checks what create checks, files included, before a fork too: starts no
    /// thread and keeps nothing. Writes all faults, one a line, and a NUL; buffer, cap and needed as in
    /// get_option. MAWS_DONE: none. MAWS_E_OPTION: some. MAWS_E_BUFFER says nothing of the options.
    pub check_options: Option<
        unsafe extern "C" fn(
            options: *const maws_option,
            count: size_t,
            buffer: *mut c_char,
            cap: size_t,
            needed: *mut size_t,
        ) -> maws_status,
    >,
    /// Since minor 1. [any] Takes no more logins: begin gives MAWS_E_CANCELLED from here on.
    /// Conversations that live go on, so that destroy of a busy server can succeed. Permanent.
    pub quiesce: Option<unsafe extern "C" fn(plugin: maws_plugin) -> maws_status>,
    /// Since minor 1. [any] What a reason or message number means; NULL if it is unknown. Static,
    /// NUL-terminated.
    pub reason_text: Option<unsafe extern "C" fn(reason: u32) -> *const c_char>,
    /// Since minor 1. [any] What a status means; NULL if it is unknown. Static, NUL-terminated.
    pub status_text: Option<unsafe extern "C" fn(status: maws_status) -> *const c_char>,
    /// Since minor 1. [any] Which argument was wrong in this thread's last call, if that gave
    /// MAWS_E_ARGUMENT, for example "begin.flags" or "options[3].key"; else "". Valid until the thread's
    /// next call.
    pub wrong_argument: Option<unsafe extern "C" fn() -> *const c_char>,
}

/// Pointer to the table of functions; see maws_plugin_entry_v1.
pub type maws_entry_fn =
    Option<unsafe extern "C" fn(host_abi_minor: u32, error: *mut maws_error) -> *const maws_api>;
