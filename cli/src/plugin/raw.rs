//! What crosses the interface, taken apart: texts, errors, rows of the option table, log events.

use std::ffi::{CStr, c_char};
use std::mem::{offset_of, size_of};
use std::ptr;
use std::sync::{Mutex, PoisonError};

use mongodb_aws_auth::abi::{
    MAWS_OPTION_RUNTIME, maws_bytes, maws_error, maws_log_event, maws_option_desc, maws_status,
    maws_step, maws_str,
};

/// One row of the plugin's option table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionRow {
    /// One of maws_option_kind.
    pub kind: i32,
    pub min: i64,
    pub max: i64,
    pub runtime: bool,
    pub name: String,
    pub default: String,
    pub help: String,
    pub choices: Vec<String>,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    pub status: maws_status,
    pub reason: u32,
    pub message: String,
}

/// Log lines of the plugin, from any thread.
#[derive(Debug, Default)]
pub struct Log(Mutex<Vec<(i32, String)>>);

impl Log {
    /// One that lives as long as the process: a worker that destroy left behind may still log.
    pub fn leaked() -> &'static Log {
        Box::leak(Box::default())
    }

    /// Level and text of each line so far.
    pub fn lines(&self) -> Vec<(i32, String)> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The plugin gets the address back as a number.
    pub fn share(&'static self) {
        let _exposed = ptr::from_ref(self).expose_provenance();
    }
}

/// Takes a line of the plugin's log.
pub extern "C" fn take_log_event(host_ctx: usize, event: *const maws_log_event) {
    let log = ptr::with_exposed_provenance::<Log>(host_ctx);
    // SAFETY: the context is that of `create`, a static; the event is valid during the call, and
    // its members are those of the first version of the interface.
    let (log, level, text) = unsafe {
        (
            &*log,
            ptr::addr_of!((*event).level).read(),
            text(&ptr::addr_of!((*event).text).read()),
        )
    };
    let mut lines = log.0.lock().unwrap_or_else(PoisonError::into_inner);
    lines.push((level, text));
}

/// MAWS_E_VERSION: the plugin is too old to have the function.
pub const ABSENT: maws_status = -3;

pub fn absent(function: &str) -> CallError {
    CallError {
        status: ABSENT,
        reason: 0,
        message: format!("the plugin lacks the function {function}"),
    }
}

pub fn size_of_u32<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or(u32::MAX)
}

pub fn empty_error() -> maws_error {
    // SAFETY: all-zero is the legal empty value.
    let mut error: maws_error = unsafe { std::mem::zeroed() };
    error.struct_size = size_of_u32::<maws_error>();
    error
}

pub fn call_error(error: &maws_error, status: maws_status) -> CallError {
    let bytes = error.message.iter().map(|&c| c.to_ne_bytes());
    let bytes: Vec<u8> = bytes.flatten().take_while(|&b| b != 0).collect();
    CallError {
        status,
        reason: error.reason,
        message: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

pub fn empty_step() -> maws_step {
    maws_step {
        struct_size: size_of_u32::<maws_step>(),
        reserved: 0,
        reply: maws_bytes {
            ptr: ptr::null(),
            len: 0,
        },
    }
}

pub fn text_view(text: &str) -> maws_str {
    maws_str {
        ptr: text.as_ptr().cast(),
        len: text.len(),
    }
}

/// The caller says that the view's bytes are valid.
pub unsafe fn bytes(view: &maws_bytes) -> &[u8] {
    if view.ptr.is_null() {
        return &[];
    }
    // SAFETY: as the caller says.
    unsafe { std::slice::from_raw_parts(view.ptr, view.len) }
}

/// The caller says that the view's bytes are valid.
pub unsafe fn text(view: &maws_str) -> String {
    let view = maws_bytes {
        ptr: view.ptr.cast(),
        len: view.len,
    };
    // SAFETY: as the caller says.
    String::from_utf8_lossy(unsafe { bytes(&view) }).into_owned()
}

/// The user that this process acts as.
pub fn effective_user() -> u32 {
    // SAFETY: it has no arguments and cannot fail.
    unsafe { libc::geteuid() }
}

/// A struct of which the other side has only the first `size` bytes; the rest becomes zero. The
/// caller says that so many are readable, and that all-zero is legal.
pub unsafe fn copy_of<T>(from: *const T, size: usize) -> T {
    let size = size.min(size_of::<T>());
    // SAFETY: as the caller says; the copy is a local that holds at least `size` bytes.
    unsafe {
        let mut copy: T = std::mem::zeroed();
        ptr::copy_nonoverlapping(from.cast::<u8>(), (&raw mut copy).cast::<u8>(), size);
        copy
    }
}

/// The caller says that the text is static and ends in NUL, or is NULL.
pub unsafe fn static_text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: as the caller says.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_string_lossy().into_owned()
}

/// The caller says that the row is static data that starts with its size.
pub unsafe fn option_row(row: *const maws_option_desc) -> Option<OptionRow> {
    // SAFETY: as the caller says.
    let size = unsafe { ptr::addr_of!((*row).struct_size).read() } as usize;
    if size < offset_of!(maws_option_desc, choices) + size_of::<usize>() {
        return None;
    }
    // SAFETY: the members up to `choices` are there; texts are static, choices end in NULL.
    unsafe {
        let row = copy_of(row, size);
        let mut choices = Vec::new();
        let mut choice = row.choices;
        while !choice.is_null() && !(*choice).is_null() {
            choices.push(static_text(*choice));
            choice = choice.add(1);
        }
        Some(OptionRow {
            kind: row.kind,
            min: row.min,
            max: row.max,
            runtime: row.flags & MAWS_OPTION_RUNTIME != 0,
            name: static_text(row.name),
            default: static_text(row.default_value),
            help: static_text(row.help),
            choices,
        })
    }
}
