//! The table of functions: one short function for each member.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};
use std::sync::Arc;
use std::time::Duration;

use libc::size_t;

use super::guard::{self, wrong};
use super::handle::Table;
use super::host::CHost;
use super::info::Open;
use super::memory::{self, check_out, copy_text, read_struct, write, write_struct};
use super::report::{Refusal, reported};
use super::{options, texts};
use crate::abi::maws_code::{self, *};
use crate::abi::*;
use crate::conversation::{Begin, Conversation};

use crate::options::{OptionError, Options};
use crate::plugin::Plugin;
use crate::ports::SystemClock;
use crate::reason::Reason;
use crate::sts::{StsOverHttps, TLS_LIBRARY};

static PLUGINS: Table<Plugin> = Table::new();
static CONVERSATIONS: Table<Open> = Table::new();

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
    build_flags: if cfg!(feature = "fips") {
        MAWS_BUILD_FIPS
    } else {
        0
    },
    check_options: Some(check_options),
    quiesce: Some(quiesce),
    reason_text: Some(texts::reason_text),
    status_text: Some(texts::status_text),
    wrong_argument: Some(wrong_argument),
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
    reported(
        error,
        || write(out, maws_plugin { id: 0 }),
        || {
            let host = read_struct(host)?;
            check_level("host.log_level", host.log_level)?;
            check_zero("host.reserved", host.reserved)?;
            let given = read_options(given, count)?;
            let options = Options::new(&pairs(&given))?;
            let sts = Arc::new(StsOverHttps::new(&options.settings)?);
            let (log_level, clock) = (host.log_level, Arc::new(SystemClock));
            let ca_warning = sts.ca_warning().map(str::to_owned);
            let plugin = Plugin::new(Box::new(CHost::new(host)), log_level, options, sts, clock);
            if let Some(text) = ca_warning {
                plugin.warn(Reason::CaCertificateSkipped, &text);
            }
            let id = PLUGINS.insert(plugin).ok_or(MAWS_E_INTERNAL)?;
            guard::add_plugin();
            write(out, maws_plugin { id })?;
            Ok(MAWS_DONE)
        },
    )
}

unsafe extern "C" fn check_options(
    given: *const maws_option,
    count: size_t,
    buffer: *mut c_char,
    cap: size_t,
    needed: *mut size_t,
) -> maws_status {
    guard::call_anywhere(|| {
        let faults = match read_options(given, count) {
            Ok(given) => {
                let faults = Options::faults(&pairs(&given), |settings| {
                    StsOverHttps::new(settings).map(|_| ())
                });
                faults.iter().map(ToString::to_string).collect()
            }
            Err(refusal) if refusal.code() == MAWS_E_OPTION => vec![refusal.text().to_owned()],
            Err(refusal) => return Err(refusal.code()),
        };
        copy_text(&faults.join("\n"), buffer, cap, needed)?;
        match faults.is_empty() {
            true => Ok(MAWS_DONE),
            false => Err(MAWS_E_OPTION),
        }
    })
}

unsafe extern "C" fn quiesce(handle: maws_plugin) -> maws_status {
    guard::call(|| {
        plugin(handle)?.quiesce();
        Ok(MAWS_DONE)
    })
}

unsafe extern "C" fn wrong_argument() -> *const c_char {
    guard::wrong_argument()
}

unsafe extern "C" fn destroy(handle: maws_plugin, drain_ms: u32) -> maws_status {
    guard::call(|| {
        let plugin = plugin(handle)?;
        let drained = plugin.shutdown(ms(drain_ms)).map_err(|_| MAWS_E_IN_USE)?;
        PLUGINS.remove(handle.id);
        guard::remove_plugin();
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
    reported(
        error,
        || Ok(()),
        || {
            let plugin = plugin(handle)?;
            let given = read_options(given, count)?;
            plugin.set_options(&pairs(&given))?;
            Ok(MAWS_DONE)
        },
    )
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
        let key = String::from_utf8_lossy(memory::str_bytes("key", key)?);
        copy_text(
            &options.text(&key).ok_or(MAWS_E_OPTION)?,
            buffer,
            cap,
            needed,
        )
    })
}

unsafe extern "C" fn set_log_level(handle: maws_plugin, level: i32) -> maws_status {
    guard::call(|| {
        let plugin = plugin(handle)?;
        check_level("level", level)?;
        plugin.set_log_level(level);
        Ok(MAWS_DONE)
    })
}

unsafe extern "C" fn stats(handle: maws_plugin, out: *mut maws_stats) -> maws_status {
    guard::call(|| {
        let now = plugin(handle)?.snapshot();
        write_struct(out, maws_stats::from(&now))?;
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
    reported(
        error,
        || write(out, maws_conv { id: 0 }),
        || {
            let plugin = plugin(handle)?;
            let args = read_struct(args)?;
            check_zero("begin.flags", args.flags & !MAWS_BEGIN_TLS)?;
            check_zero("begin.reserved", args.reserved)?;
            let database = memory::str_bytes("begin.database", args.database)?;
            let database = String::from_utf8_lossy(database);
            let client_addr = memory::str_bytes("begin.client_addr", args.client_addr)?;
            let client_addr = String::from_utf8_lossy(client_addr);
            plugin.make_room(|| {
                let open = CONVERSATIONS.all();
                open.iter()
                    .map(|open| Arc::clone(&open.conversation))
                    .collect()
            });
            let conversation = plugin.begin(&Begin {
                tls: args.flags & MAWS_BEGIN_TLS != 0,
                budget: (args.budget_ms != 0).then(|| ms(args.budget_ms)),
                conv_ctx: args.conv_ctx,
                log_id: args.log_id,
                database: &database,
                client_addr: &client_addr,
            })?;
            let open = Arc::new(Open::new(Arc::clone(&conversation)));
            let Some(id) = CONVERSATIONS.insert(open) else {
                conversation.ended();
                return Err(MAWS_E_INTERNAL.into());
            };
            write(out, maws_conv { id })?;
            Ok(MAWS_DONE)
        },
    )
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
        let payload = memory::bytes("payload", payload, len)?;
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
        let open = CONVERSATIONS.get(handle.id).ok_or(MAWS_E_HANDLE)?;
        write_struct(out, open.describe())?;
        Ok(MAWS_DONE)
    })
}

unsafe extern "C" fn end(handle: maws_conv) -> maws_status {
    guard::call(|| {
        let conversation = conversation(handle)?;
        conversation.end()?;
        CONVERSATIONS.remove(handle.id).ok_or(MAWS_E_HANDLE)?;
        conversation.ended();
        Ok(MAWS_DONE)
    })
}

fn plugin(handle: maws_plugin) -> Result<Arc<Plugin>, maws_code> {
    PLUGINS.get(handle.id).ok_or(MAWS_E_HANDLE)
}

fn conversation(handle: maws_conv) -> Result<Arc<Conversation>, maws_code> {
    let open = CONVERSATIONS.get(handle.id).ok_or(MAWS_E_HANDLE)?;
    Ok(Arc::clone(&open.conversation))
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

fn check_level(name: &str, level: i32) -> Result<(), maws_code> {
    let valid = maws_log_level::MAWS_LOG_DEBUG as i32..=maws_log_level::MAWS_LOG_OFF as i32;
    match valid.contains(&level) {
        true => Ok(()),
        false => Err(wrong(name)),
    }
}

/// Bits that have no meaning yet are 0, so that they can have one later.
fn check_zero(name: &str, value: u32) -> Result<(), maws_code> {
    match value {
        0 => Ok(()),
        _ => Err(wrong(name)),
    }
}

type Pair<'a> = (Cow<'a, str>, &'a str);

fn read_options<'a>(given: *const maws_option, count: usize) -> Result<Vec<Pair<'a>>, Refusal> {
    let options = memory::array("options", given, count)?;
    let pair = |(index, option): (usize, &maws_option)| {
        let key = memory::str_bytes(&format!("options[{index}].key"), option.key)?;
        let key = String::from_utf8_lossy(key);
        let value = memory::str_bytes(&format!("options[{index}].value"), option.value)?;
        let value =
            str::from_utf8(value).map_err(|_| OptionError::new(&key, "...", "text is UTF-8"))?;
        Ok((key, value))
    };
    options.iter().enumerate().map(pair).collect()
}

fn pairs<'a>(given: &'a [Pair<'_>]) -> Vec<(&'a str, &'a str)> {
    given.iter().map(|(key, value)| (&**key, *value)).collect()
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
