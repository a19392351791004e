//! What can go wrong between here and STS.

use std::io;

use crate::reason::{Failure, Reason};

/// Why there is no answer.
#[derive(Debug)]
pub struct Fault {
    /// What the login ends with, if it is not tried again.
    pub failure: Failure,
    /// A connection that had rested died before the first byte of an answer.
    pub stale: bool,
}

impl Fault {
    /// Of an I/O error, with what the operating system says.
    pub fn io(reason: Reason, error: &io::Error) -> Fault {
        Failure::new(reason, error.to_string()).into()
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Fault {
        Fault {
            failure,
            stale: false,
        }
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Fault {
        Failure::from(reason).into()
    }
}
