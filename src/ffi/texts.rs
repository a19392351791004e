//! What numbers mean, as static C strings.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::sync::LazyLock;

use super::memory::with_nul;
use crate::abi::maws_code::{self, *};
use crate::abi::maws_status;
use crate::reason::Reason;

/// Made at the first call; never freed, as the interface promises static data.
static REASONS: LazyLock<BTreeMap<u32, CString>> = LazyLock::new(|| {
    let reasons = Reason::ALL.iter();
    reasons
        .map(|reason| (reason.number(), with_nul(reason.summary())))
        .collect()
});

/// See `maws_api.reason_text`.
pub unsafe extern "C" fn reason_text(reason: u32) -> *const c_char {
    REASONS
        .get(&reason)
        .map_or(ptr::null(), |text| text.as_ptr())
}

/// See `maws_api.status_text`.
pub unsafe extern "C" fn status_text(status: maws_status) -> *const c_char {
    words_of(status).map_or(ptr::null(), CStr::as_ptr)
}

/// The same, for the plugin's own statuses.
pub fn status_words(status: maws_status) -> &'static str {
    let words = words_of(status).and_then(|words| words.to_str().ok());
    words.unwrap_or("internal error")
}

fn words_of(status: maws_status) -> Option<&'static CStr> {
    const STATUSES: [(maws_code, &CStr); 20] = [
        (MAWS_DONE, c"done"),
        (MAWS_CONTINUE, c"waiting for the client's next message"),
        (MAWS_PENDING, c"the verification is in progress"),
        (
            MAWS_E_ARGUMENT,
            c"a pointer is NULL, or a length, flag, reserved member or struct_size is invalid",
        ),
        (
            MAWS_E_STATE,
            c"not possible in this state, or called from a callback",
        ),
        (MAWS_E_VERSION, c"the plugin needs a newer host"),
        (MAWS_E_OPTION, c"an option is invalid"),
        (
            MAWS_E_FORKED,
            c"the process was forked after the plugin was created",
        ),
        (MAWS_E_HANDLE, c"no such plugin or conversation"),
        (MAWS_E_IN_USE, c"the handle is in use"),
        (MAWS_E_BUFFER, c"the buffer is too small"),
        (MAWS_E_PROTOCOL, c"the client's message is invalid"),
        (MAWS_E_DENIED, c"the client's identity was refused"),
        (MAWS_E_OVERLOADED, c"a limit was reached"),
        (MAWS_E_TIMEOUT, c"the deadline has passed"),
        (
            MAWS_E_UPSTREAM,
            c"STS is unreachable, failing or not trusted",
        ),
        (
            MAWS_E_CANCELLED,
            c"cancelled by the host, or the plugin is being destroyed",
        ),
        (
            MAWS_E_SYSTEM,
            c"the operating system refused a thread or random bytes",
        ),
        (MAWS_E_PANIC, c"a panic inside the plugin was caught"),
        (MAWS_E_INTERNAL, c"internal error"),
    ];
    let mut known = STATUSES.into_iter();
    known.find_map(|(known, words)| (known as maws_status == status).then_some(words))
}
