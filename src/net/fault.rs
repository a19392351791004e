//! What can go wrong between here and STS.

use std::{fmt, io};

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

    /// Of whatever ureq reports. Faults of our own connector and transport come through unchanged.
    pub fn of(error: ureq::Error) -> Fault {
        let reason = match error {
            ureq::Error::Other(inner) => match inner.downcast::<Fault>() {
                Ok(fault) => return *fault,
                Err(_) => Reason::Internal,
            },
            ureq::Error::Timeout(_) => Reason::VerificationTimeout,
            ureq::Error::BodyExceedsLimit(_) => Reason::AnswerTooLarge,
            ureq::Error::Io(error) => return Fault::io(Reason::ConnectionLost, &error),
            ureq::Error::LargeResponseHeader(..) => Reason::AnswerTooLarge,
            _ => Reason::AnswerHttp,
        };
        reason.into()
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

impl From<Fault> for ureq::Error {
    fn from(fault: Fault) -> ureq::Error {
        ureq::Error::Other(Box::new(fault))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl std::error::Error for Fault {}
