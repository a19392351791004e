//! The table of functions for Rust callers.

use std::ffi::CStr;
use std::ptr;
use std::sync::LazyLock;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::abi::*;
use mongodb_aws_auth::ffi::entry::maws_plugin_entry_v1;

/// Calls a member of the table.
#[macro_export]
macro_rules! call {
    ($api:ident.$member:ident $(, $argument:expr)*) => {{
        let function = $api.$member.expect("a member of the table");
        // SAFETY: every pointer given is to live memory of the size that is claimed.
        unsafe { function($($argument),*) }
    }};
}
pub use call;

/// The table.
pub static API: LazyLock<&'static maws_api> = LazyLock::new(|| {
    // SAFETY: the table is static data.
    unsafe { maws_plugin_entry_v1(0, ptr::null_mut()).as_ref() }.expect("a table")
});
/// What is known of a live conversation.
pub fn info(id: u64) -> maws_info {
    let mut out: maws_info = zeroed();
    out.struct_size = size_of::<maws_info>() as u32;
    assert_eq!(
        call!(API.info, maws_conv { id }, &mut out),
        MAWS_DONE as i32
    );
    out
}

/// The statistics of a live plugin.
pub fn stats(plugin: maws_plugin) -> maws_stats {
    let mut out: maws_stats = zeroed();
    out.struct_size = size_of::<maws_stats>() as u32;
    assert_eq!(call!(API.stats, plugin, &mut out), MAWS_DONE as i32);
    out
}

/// The value of an option that there is.
pub fn get_option(id: u64, key: &str) -> Vec<u8> {
    let mut needed = 0;
    let none = ptr::null_mut();
    let status = call!(
        API.get_option,
        maws_plugin { id },
        str_of(key),
        none,
        0,
        &mut needed
    );
    assert_eq!(status, MAWS_E_BUFFER as i32);
    let mut buffer = vec![0u8; needed];
    let to = buffer.as_mut_ptr().cast();
    let status = call!(
        API.get_option,
        maws_plugin { id },
        str_of(key),
        to,
        needed,
        &mut needed
    );
    assert_eq!((status, buffer.pop()), (MAWS_DONE as i32, Some(0)));
    buffer
}

/// What check_options says of options that it can read: as many faults as it promises, each a line.
pub fn check_options(options: &[maws_option]) -> maws_status {
    let mut buffer = vec![0u8; 64 * 1024];
    let mut needed = 0;
    let status = call!(
        API.check_options,
        options.as_ptr(),
        options.len(),
        buffer.as_mut_ptr().cast(),
        buffer.len(),
        &mut needed
    );
    assert_eq!(buffer.get(needed - 1), Some(&0));
    let faults = &buffer[..needed - 1];
    assert_eq!(faults.is_empty(), status == MAWS_DONE as i32, "{status}");
    assert!(
        faults
            .iter()
            .all(|b| *b == b'\n' || (b' '..=b'~').contains(b))
    );
    status
}

/// Nobody is ever verified here, and every text is one that may be shown.
pub fn check_info(info: &maws_info) {
    assert_ne!(info.status, MAWS_DONE as i32);
    for text in [
        info.principal,
        info.raw_arn,
        info.account,
        info.user_id,
        info.session_name,
    ] {
        assert_eq!(text.len, 0);
    }
    assert_eq!(info.status < 0, info.reason != 0);
    assert_eq!(info.status < 0, info.detail.len != 0);
    for text in [info.access_key_id, info.sts_host, info.detail] {
        let text = text_of(text);
        assert!(text.iter().all(|b| (b' '..=b'~').contains(b)));
    }
}

/// Each number has a text that may be shown, or none.
pub fn check_texts(reason: u32, status: maws_status) {
    for text in [
        call!(API.reason_text, reason),
        call!(API.status_text, status),
    ] {
        if !text.is_null() {
            // SAFETY: the plugin's texts end with a NUL and are static.
            let text = unsafe { CStr::from_ptr(text) }.to_bytes();
            assert!(!text.is_empty() && text.iter().all(|b| (b' '..=b'~').contains(b)));
        }
    }
}

/// Which argument was wrong in this thread's last call.
pub fn wrong_argument() -> Vec<u8> {
    let text = call!(API.wrong_argument);
    // SAFETY: never NULL, ends with a NUL, and lives until the thread's next call.
    unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
}

/// One option.
pub fn option(key: &str, value: &str) -> maws_option {
    maws_option {
        key: str_of(key),
        value: str_of(value),
    }
}

/// An empty error struct.
pub fn error() -> maws_error {
    maws_error {
        struct_size: size_of::<maws_error>() as u32,
        status: 0,
        reason: 0,
        message: [0; 500],
    }
}

/// An empty struct of the interface.
pub fn zeroed<T: Copy>() -> T {
    // SAFETY: the interface's structs are numbers and pointers, which may be zero.
    unsafe { std::mem::zeroed() }
}

/// What begin is told.
pub fn begin_args(database: &str, address: &str, flags: u32, budget_ms: u32) -> maws_begin {
    maws_begin {
        struct_size: size_of::<maws_begin>() as u32,
        flags,
        budget_ms,
        reserved: 0,
        conv_ctx: 9,
        log_id: 11,
        database: str_of(database),
        client_addr: str_of(address),
    }
}

/// A view of text.
pub fn str_of(text: &str) -> maws_str {
    maws_str {
        ptr: text.as_ptr().cast(),
        len: text.len(),
    }
}

/// The bytes that a view of the plugin shows.
pub fn bytes_of<'a>(view: maws_bytes) -> &'a [u8] {
    if view.len == 0 {
        return &[];
    }
    // SAFETY: the plugin says that they are there until the conversation ends.
    unsafe { std::slice::from_raw_parts(view.ptr, view.len) }
}

/// The bytes of a text of the plugin.
pub fn text_of<'a>(text: maws_str) -> &'a [u8] {
    bytes_of(maws_bytes {
        ptr: text.ptr.cast(),
        len: text.len,
    })
}
