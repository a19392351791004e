//! What every function of the interface goes through.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::abi::maws_code::{self, *};
use crate::abi::maws_status;
use crate::failpoint::failpoint;
use crate::panics::Inside;
use crate::sync::atomic::{AtomicU32, Ordering};

/// The process that the plugins belong to; 0 while there are none.
static PROCESS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Runs the body unless the process was forked or a callback of this thread is running; catches
/// panics. The process is checked first: in a forked child locks may be held by threads that are
/// not there.
pub fn call(body: impl FnOnce() -> Result<maws_code, maws_code>) -> maws_status {
    if is_forked() {
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

/// The calling process is a child of the one that the plugins belong to.
fn is_forked() -> bool {
    let owner = PROCESS.load(Ordering::Acquire);
    owner != 0 && owner != std::process::id()
}

/// From here on the plugins belong to this process.
pub fn claim_process() {
    PROCESS.store(std::process::id(), Ordering::Release);
}

/// There is no plugin any more: a child may create its own.
pub fn release_process() {
    PROCESS.store(0, Ordering::Release);
}

/// Runs a callback of the host; calls from inside it are refused.
pub fn callback(body: impl FnOnce()) {
    let before = IN_CALLBACK.replace(true);
    body();
    IN_CALLBACK.set(before);
}
