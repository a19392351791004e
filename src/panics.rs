//! Panics of our own code: caught at every border, reported by their position in the source alone.
//!
//! A panic's message can hold what the code was working on, and the default hook prints it to the
//! server's standard error.

use std::cell::{Cell, RefCell};
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

use crate::reason::{Failure, Reason};

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static POSITION: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Marks the thread as running the plugin's code until it drops.
#[derive(Debug)]
pub struct Inside(());

impl Inside {
    /// From here on this thread's panics are the plugin's.
    pub fn enter() -> Inside {
        static HOOK: Once = Once::new();
        HOOK.call_once(install_hook);
        DEPTH.set(DEPTH.get() + 1);
        Inside(())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// The panic that was caught in this thread, as a login's end.
pub fn failure() -> Failure {
    Failure::new(Reason::Panicked, POSITION.with_borrow(Clone::clone))
}

/// The hook belongs to this library alone, which has a copy of std; other code that shares the copy
/// (the tests) keeps the hook that it had.
fn install_hook() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if DEPTH.get() == 0 {
            return previous(info);
        }
        let position = info
            .location()
            .map(|at| format!("{}:{}", at.file(), at.line()));
        POSITION.set(position.unwrap_or_default());
    }));
}
