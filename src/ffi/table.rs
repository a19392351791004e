//! The table of functions: one short function for each member.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};
use std::sync::Arc;
use std::time::Duration;

use libc::size_t;

use super::handle::Table;
use super::host::CHost;
use super::memory::{self, check_out, copy_text, read_struct, text, write, write_struct};
use super::{guard, options};
use crate::abi::maws_code::{self, *};
use crate::abi::maws_principal_kind::*;
use crate::abi::*;
use crate::aws::{Arn, Kind};
use crate::conversation::{Begin, Conversation};
use crate::net::{StsOverHttps, TLS_LIBRARY};
use crate::options::{OptionError, Options};
use crate::plugin::Plugin;
use crate::ports::SystemClock;

static PLUGINS: Table<Plugin> = Table::new();
static CONVERSATIONS: Table<Conversation> = Table::new();

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };

// SAFETY: every pointer in the table is to static, immutable data.
unsafe impl Sync for maws_api {}

static API: maws_api = maws_api {
    struct_size: size_of::<maws_api>() as u32,
    abi_minor: MAWS_ABI_MINOR,
    name: c"mongodb-aws-auth".as_ptr(),
    version: VERSION.as_ptr(),
    mechanism: c"MONGODB-AWS".as_ptr(),
    tls: TLS_LIBRARY.as_ptr(),
    option_at: Some(option_at),
    create: Some(create),
    destroy: Some(destroy),
    set_options: Some(set_options),
    get_option: Some(get_option),
    set_log_level: Some(set_log_level),
    stats: Some(stats),
    stats_json: Some(stats_json),
    begin: Some(begin),
    step: Some(step),
    poll: Some(poll),
    cancel: Some(cancel),
    info: Some(info),
    end: Some(end),
};

/// Every host of major version 1 will do, so nothing is looked at.
pub fn entry(_host_abi_minor: u32, _error: *mut maws_error) -> *const maws_api {
    &API
}

unsafe extern "C" fn option_at(index: u32) -> *const maws_option_desc {
    options::at(index)
}

unsafe extern "C" fn create(
    host: *const maws_host,
    given: *const maws_option,
    count: size_t,
    out: *mut maws_plugin,
    error: *mut maws_error,
) -> maws_status {
    guard::call(|| {
        write(out, maws_plugin { id: 0 })?;
        let host = read_struct(host).inspect_err(|code| {
            memory::write_error(
                error,
                *code,
                0,
                "host is NULL or its struct_size is too small",
            );
        })?;
        let refused = |refusal: OptionError| {
            memory::write_error(error, MAWS_E_OPTION, 0, &refusal.to_string());
            MAWS_E_OPTION
        };
        guard::claim_process();
        let given = read_options(given, count)?;
        let settings = Options::new(&pairs(&given)).map_err(refused)?;
        let sts = Arc::new(StsOverHttps::new(&settings.settings).map_err(refused)?);
        let (log_level, clock) = (host.log_level, Box::new(SystemClock));
        let plugin = Plugin::new(Box::new(CHost::new(host)), log_level, settings, sts, clock);
        let id = PLUGINS.insert(plugin).ok_or(MAWS_E_INTERNAL)?;
        write(out, maws_plugin { id })?;
        Ok(MAWS_DONE)
    })
}

unsafe extern "C" fn destroy(handle: maws_plugin, drain_ms: u32) -> maws_status {
    guard::call(|| {
        let plugin = plugin(handle)?;
        let drained = plugin.shutdown(ms(drain_ms)).map_err(|_| MAWS_E_IN_USE)?;
        PLUGINS.remove(handle.id);
        if drained {
            Ok(MAWS_DONE)
        } else {
            Err(MAWS_E_TIMEOUT)
        }
    })
}

unsafe extern "C" fn set_options(
    handle: maws_plugin,
    given: *const maws_option,
    count: size_t,
    error: *mut maws_error,
) -> maws_status {
    guard::call(|| {
        let plugin = plugin(handle)?;
        let given = read_options(given, count)?;
        plugin.set_options(&pairs(&given)).map_err(|refusal| {
            memory::write_error(error, MAWS_E_OPTION, 0, &refusal.to_string());
            MAWS_E_OPTION
        })?;
        Ok(MAWS_DONE)
    })
}

unsafe extern "C" fn get_option(
    handle: maws_plugin,
    key: maws_str,
    buffer: *mut c_char,
    cap: size_t,
    needed: *mut size_t,
) -> maws_status {
    guard::call(|| {
        let options = plugin(handle)?.options();
        let key = String::from_utf8_lossy(memory::str_bytes(key)?);
        copy_text(
            options.text(&key).ok_or(MAWS_E_OPTION)?,
            buffer,
            cap,
            needed,
        )
    })
}

unsafe extern "C" fn set_log_level(handle: maws_plugin, level: i32) -> maws_status {
    guard::call(|| {
        plugin(handle)?.set_log_level(level);
        Ok(MAWS_DONE)
    })
}

unsafe extern "C" fn stats(handle: maws_plugin, out: *mut maws_stats) -> maws_status {
    guard::call(|| {
        let now = plugin(handle)?.snapshot();
        let stats = maws_stats {
            struct_size: 0,
            workers: u32::try_from(now.workers).unwrap_or(u32::MAX),
            conversations: now.conversations,
            queued: now.queued,
            in_flight: now.in_flight,
            begun: now.begun,
            succeeded: now.succeeded,
            bad_protocol: now.bad_protocol,
            denied: now.denied,
            overloaded: now.overloaded,
            timed_out: now.timed_out,
            upstream_failed: now.upstream_failed,
            cancelled: now.cancelled,
            system_failed: now.system_failed,
            faults: now.faults,
            sts_requests: now.sts_requests,
            sts_connections: now.sts_connections,
            sts_us_total: now.sts_us_total,
            sts_us_max: now.sts_us_max,
        };
        write_struct(out, stats)?;
        Ok(MAWS_DONE)
    })
}

unsafe extern "C" fn stats_json(
    handle: maws_plugin,
    buffer: *mut c_char,
    cap: size_t,
    needed: *mut size_t,
) -> maws_status {
    guard::call(|| {
        let now = plugin(handle)?.snapshot();
        let json = serde_json::to_string(&now).map_err(|_| MAWS_E_INTERNAL)?;
        copy_text(&json, buffer, cap, needed)
    })
}

unsafe extern "C" fn begin(
    handle: maws_plugin,
    args: *const maws_begin,
    out: *mut maws_conv,
    error: *mut maws_error,
) -> maws_status {
    guard::call(|| {
        write(out, maws_conv { id: 0 })?;
        let plugin = plugin(handle)?;
        let args = read_struct(args)?;
        let database = String::from_utf8_lossy(memory::str_bytes(args.database)?);
        let client_addr = String::from_utf8_lossy(memory::str_bytes(args.client_addr)?);
        let begin = Begin {
            tls: args.flags & MAWS_BEGIN_TLS != 0,
            budget: (args.budget_ms != 0).then(|| ms(args.budget_ms)),
            conv_ctx: args.conv_ctx,
            log_id: args.log_id,
            database: &database,
            client_addr: &client_addr,
        };
        let conversation = plugin.begin(&begin).map_err(|failure| {
            let code = failure.reason.code();
            memory::write_error(error, code, failure.reason.number(), &failure.to_string());
            code
        })?;
        let Some(id) = CONVERSATIONS.insert(conversation) else {
            plugin.ended();
            return Err(MAWS_E_INTERNAL);
        };
        write(out, maws_conv { id })?;
        Ok(MAWS_DONE)
    })
}

unsafe extern "C" fn step(
    handle: maws_conv,
    payload: *const u8,
    len: size_t,
    out: *mut maws_step,
) -> maws_status {
    guard::call(|| {
        let conversation = conversation(handle)?;
        check_out(out)?;
        let payload = memory::bytes(payload, len)?;
        let code = conversation.step(payload);
        write_step(&conversation, code, out)
    })
}

unsafe extern "C" fn poll(handle: maws_conv, wait_ms: u32, out: *mut maws_step) -> maws_status {
    guard::call(|| {
        let conversation = conversation(handle)?;
        check_out(out)?;
        let code = conversation.poll(ms(wait_ms));
        write_step(&conversation, code, out)
    })
}

unsafe extern "C" fn cancel(handle: maws_conv) -> maws_status {
    guard::call(|| {
        conversation(handle)?.cancel();
        Ok(MAWS_DONE)
    })
}

unsafe extern "C" fn info(handle: maws_conv, out: *mut maws_info) -> maws_status {
    guard::call(|| {
        let conversation = conversation(handle)?;
        write_struct(out, describe(&conversation))?;
        Ok(MAWS_DONE)
    })
}

unsafe extern "C" fn end(handle: maws_conv) -> maws_status {
    guard::call(|| {
        let conversation = conversation(handle)?;
        conversation.end()?;
        CONVERSATIONS.remove(handle.id).ok_or(MAWS_E_HANDLE)?;
        conversation.plugin.ended();
        Ok(MAWS_DONE)
    })
}

fn plugin(handle: maws_plugin) -> Result<Arc<Plugin>, maws_code> {
    PLUGINS.get(handle.id).ok_or(MAWS_E_HANDLE)
}

fn conversation(handle: maws_conv) -> Result<Arc<Conversation>, maws_code> {
    CONVERSATIONS.get(handle.id).ok_or(MAWS_E_HANDLE)
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

type Pair = (Cow<'static, str>, Cow<'static, str>);

fn read_options(given: *const maws_option, count: usize) -> Result<Vec<Pair>, maws_code> {
    let text = |text| memory::str_bytes(text).map(String::from_utf8_lossy);
    let options = memory::array(given, count)?;
    options
        .iter()
        .map(|option| Ok((text(option.key)?, text(option.value)?)))
        .collect()
}

fn pairs(given: &[Pair]) -> Vec<(&str, &str)> {
    given
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect()
}

fn write_step(
    conversation: &Conversation,
    code: maws_code,
    out: *mut maws_step,
) -> Result<maws_code, maws_code> {
    let reply = if code == MAWS_CONTINUE {
        conversation.reply()
    } else {
        &[]
    };
    write_struct(
        out,
        maws_step {
            struct_size: 0,
            reserved: 0,
            reply: memory::view(reply),
        },
    )?;
    Ok(code)
}

/// The kind of identity, and the name of a role's session.
fn kind(arn: &str) -> (maws_principal_kind, &str) {
    match Arn::parse(arn).map(|arn| arn.kind) {
        Ok(Kind::User) => (MAWS_PRINCIPAL_USER, ""),
        Ok(Kind::Role { session, .. }) => (MAWS_PRINCIPAL_ROLE, session),
        Ok(Kind::Instance) => (MAWS_PRINCIPAL_INSTANCE, ""),
        Ok(Kind::Federated) => (MAWS_PRINCIPAL_FEDERATED, ""),
        Ok(Kind::Root) => (MAWS_PRINCIPAL_ROOT, ""),
        Err(_) => (MAWS_PRINCIPAL_NONE, ""),
    }
}

fn describe(conversation: &Conversation) -> maws_info {
    let mut info = maws_info {
        struct_size: 0,
        status: conversation.code() as maws_status,
        reason: 0,
        kind: MAWS_PRINCIPAL_NONE as i32,
        principal: text(""),
        raw_arn: text(""),
        account: text(""),
        user_id: text(""),
        session_name: text(""),
        access_key_id: text(conversation.access_key_id()),
        sts_host: text(conversation.options.settings.endpoint.host()),
        sts_request_id: text(""),
        sts_error_code: text(""),
        detail: text(""),
        queue_us: 0,
        connect_us: 0,
        sts_us: 0,
        total_us: 0,
    };
    let Some(outcome) = conversation.outcome() else {
        return info;
    };
    if outcome.code != MAWS_DONE {
        info.reason = outcome.reason.number();
    }
    info.principal = text(outcome.principal.as_deref().unwrap_or_default());
    if let Some(caller) = &outcome.caller {
        let (kind, session_name) = kind(&caller.arn);
        info.kind = kind as i32;
        info.session_name = text(session_name);
        info.raw_arn = text(&caller.arn);
        info.account = text(&caller.account);
        info.user_id = text(&caller.user_id);
    }
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    info.sts_request_id = text(&outcome.sts_request_id);
    info.sts_error_code = text(&outcome.sts_error_code);
    info.detail = text(&outcome.detail);
    info.queue_us = micros(outcome.times.queue);
    info.connect_us = micros(outcome.times.connect);
    info.sts_us = micros(outcome.times.sts);
    info.total_us = micros(outcome.total);
    info
}
