//! Faults on demand, for the tests of what catches them. There is no code of this in a build without
//! the feature `failpoints`, which is off unless a test asks for it.

#[cfg(feature = "failpoints")]
mod armed {
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

    static CALL: AtomicBool = AtomicBool::new(false);
    static WORKER: AtomicBool = AtomicBool::new(false);
    static WORKER_START: AtomicBool = AtomicBool::new(false);

    /// Where a fault may be asked for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Point {
        /// Any function of the interface, before it does its work.
        Call,
        /// A worker, while it verifies.
        Worker,
        /// A worker, before its first verification.
        WorkerStart,
    }

    impl Point {
        fn flag(self) -> &'static AtomicBool {
            match self {
                Point::Call => &CALL,
                Point::Worker => &WORKER,
                Point::WorkerStart => &WORKER_START,
            }
        }

        /// The next one that comes here panics.
        pub fn arm(self) {
            self.flag().store(true, SeqCst);
        }

        /// Panics if that was asked for, once.
        #[allow(clippy::panic)]
        pub fn hit(self) {
            if self.flag().swap(false, SeqCst) {
                panic!("asked for, with a secret in its text: CANARY");
            }
        }
    }
}

#[cfg(feature = "failpoints")]
pub use armed::Point;

/// Panics here if a test asked for it.
macro_rules! failpoint {
    ($point:ident) => {
        #[cfg(feature = "failpoints")]
        $crate::failpoint::Point::$point.hit();
    };
}
pub(crate) use failpoint;
