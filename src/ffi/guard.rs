//! What every function of the interface goes through.

use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::abi::maws_code::{self, *};
use crate::abi::maws_status;
use crate::failpoint::failpoint;
use crate::panics::Inside;

/// The process that the plugins belong to, and how many there are: id and count in one word. 0 while
/// there are none.
static PROCESS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
    static WRONG_ARGUMENT: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// An argument of the host is wrong: notes which for `wrong_argument`.
pub fn wrong(argument: impl Into<Vec<u8>>) -> maws_code {
    note_argument(CString::new(argument).ok());
    MAWS_E_ARGUMENT
}

/// The argument that was wrong in this thread's last call; empty if none was. Valid until its next.
pub fn wrong_argument() -> *const c_char {
    let noted = WRONG_ARGUMENT.try_with(|argument| argument.borrow().as_ref().map(|a| a.as_ptr()));
    noted.ok().flatten().unwrap_or(c"".as_ptr())
}

/// The same, as text.
pub fn wrong_argument_text() -> String {
    WRONG_ARGUMENT.with_borrow(|argument| {
        let argument = argument.as_ref();
        argument.map_or_else(String::new, |a| a.to_string_lossy().into_owned())
    })
}

fn note_argument(argument: Option<CString>) {
    // A thread that is about to end has no room for it any more.
    let _noted = WRONG_ARGUMENT.try_with(|wrong| *wrong.borrow_mut() = argument);
}

/// Runs the body unless the process was forked or a callback of this thread is running; catches
/// panics. The process is checked first: in a forked child locks may be held by threads that are
/// not there.
pub fn call(body: impl FnOnce() -> Result<maws_code, maws_code>) -> maws_status {
    if is_forked() {
        return MAWS_E_FORKED as maws_status;
    }
    call_anywhere(body)
}

/// Like [`call`] for what belongs to no plugin: a forked child may call it, too.
pub fn call_anywhere(body: impl FnOnce() -> Result<maws_code, maws_code>) -> maws_status {
    if IN_CALLBACK.get() {
        return MAWS_E_STATE as maws_status;
    }
    let _inside = Inside::enter();
    note_argument(None);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        failpoint!(Call);
        body()
    }));
    let result = caught.unwrap_or(Err(MAWS_E_PANIC));
    result.unwrap_or_else(|error| error) as maws_status
}

/// The calling process is a child of the one that the plugins belong to.
fn is_forked() -> bool {
    let owner = PROCESS.load(Ordering::Acquire);
    owner != 0 && (owner >> 32) as u32 != std::process::id()
}

/// One more plugin belongs to this process.
pub fn add_plugin() {
    let first = u64::from(std::process::id()) << 32 | 1;
    let add = |owner| Some(if owner == 0 { first } else { owner + 1 });
    let _always_added = PROCESS.fetch_update(Ordering::AcqRel, Ordering::Acquire, add);
}

/// One plugin less. After the last one a child of this process may create its own.
pub fn remove_plugin() {
    let remove = |owner: u64| match owner as u32 {
        0 | 1 => Some(0),
        _ => Some(owner - 1),
    };
    let _always_removed = PROCESS.fetch_update(Ordering::AcqRel, Ordering::Acquire, remove);
}

/// Runs a callback of the host; calls from inside it are refused.
pub fn callback(body: impl FnOnce()) {
    let before = IN_CALLBACK.replace(true);
    body();
    IN_CALLBACK.set(before);
}
