//! How a conversation ended, as the host reads it.

use std::time::Duration;

use crate::abi::maws_code::{self, *};
use crate::aws::CallerIdentity;
use crate::reason::{Failure, Reason};

/// The end of a conversation. Texts are empty until known.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Status for the host.
    pub code: maws_code,
    /// The stable number of the reason; [`Reason::Verified`] for a success.
    pub reason: Reason,
    /// The reason in words, for the server's log.
    pub detail: String,
    /// The user to look up, for a success only.
    pub principal: Option<String>,
    /// The identity that STS returned, also if the operator's rules then refused it.
    pub caller: Option<CallerIdentity>,
    /// The error code of STS's answer.
    pub sts_error_code: String,
    /// STS's id of the last request.
    pub sts_request_id: String,
    /// How long each part of the verification took.
    pub times: Times,
    /// From begin to the outcome.
    pub total: Duration,
}

/// How long each part of a verification took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// In the queue.
    pub queue: Duration,
    /// Opening a connection.
    pub connect: Duration,
    /// From the request to STS's answer.
    pub sts: Duration,
}

impl Outcome {
    /// A refusal or failure.
    pub fn failed(failure: Failure) -> Outcome {
        Outcome {
            code: failure.reason.code(),
            reason: failure.reason,
            detail: failure.to_string(),
            principal: None,
            caller: None,
            sts_error_code: String::new(),
            sts_request_id: String::new(),
            times: Times::default(),
            total: Duration::ZERO,
        }
    }

    /// A verified identity.
    pub fn verified(principal: String, caller: CallerIdentity) -> Outcome {
        Outcome {
            code: MAWS_DONE,
            reason: Reason::Verified,
            detail: String::new(),
            principal: Some(principal),
            sts_error_code: String::new(),
            sts_request_id: caller.request_id.clone(),
            caller: Some(caller),
            times: Times::default(),
            total: Duration::ZERO,
        }
    }

    /// The outcome as a log line.
    pub fn log_line(&self, access_key_id: &str) -> String {
        let mut line = match &self.principal {
            Some(principal) => format!("{}: {principal}", self.reason.summary()),
            None => self.detail.clone(),
        };
        for (name, value) in [
            ("access key id", access_key_id),
            ("STS error", &self.sts_error_code),
            ("STS request", &self.sts_request_id),
        ] {
            if !value.is_empty() {
                line.push_str(&format!(", {name} {value}"));
            }
        }
        line
    }
}
