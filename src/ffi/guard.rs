//! What every function of the interface goes through.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::abi::maws_code::{self, *};
use crate::abi::maws_status;
use crate::failpoint::failpoint;
use crate::panics::Inside;
use crate::sys::ForkMark;

/// Set in the process that created the first plugin.
static PROCESS: ForkMark = ForkMark::new();

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Runs the body unless the process was forked or a callback of this thread is running; catches
/// panics. The process is checked first: in a forked child locks may be held by threads that are
/// not there.
pub fn call(body: impl FnOnce() -> Result<maws_code, maws_code>) -> maws_status {
    if PROCESS.is_child() {
        return MAWS_E_FORKED as maws_status;
    }
    if IN_CALLBACK.get() {
        return MAWS_E_STATE as maws_status;
    }
    let _inside = Inside::enter();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        failpoint!(Call);
        body()
    }));
    let result = caught.unwrap_or(Err(MAWS_E_PANIC));
    result.unwrap_or_else(|error| error) as maws_status
}

/// From here on the plugin belongs to this process.
pub fn claim_process() {
    PROCESS.set();
}

/// Runs a callback of the host; calls from inside it are refused.
pub fn callback(body: impl FnOnce()) {
    let before = IN_CALLBACK.replace(true);
    body();
    IN_CALLBACK.set(before);
}
