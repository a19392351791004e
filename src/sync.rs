//! Locks, atomics and threads of the core. They are std's; the tests of races (`ffi/races/`) put
//! others in their place, which try out the orders in which threads can run.

#[cfg(not(all(test, shuttle)))]
pub use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak, atomic},
    thread,
};

#[cfg(all(test, shuttle))]
pub use {
    shuttle::{
        sync::{Condvar, Mutex, MutexGuard, RwLock, atomic},
        thread,
    },
    // Neither is ever waited for.
    std::sync::{Arc, OnceLock, PoisonError, Weak},
};

/// What shuttle's handles lack: they are kept until they are joined.
#[cfg(all(test, shuttle))]
pub trait IsFinished {
    /// Whether the thread has ended; not known here.
    fn is_finished(&self) -> bool {
        false
    }
}

#[cfg(all(test, shuttle))]
impl<T> IsFinished for thread::JoinHandle<T> {}
