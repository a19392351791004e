//! What a conversation logs.

use super::Conversation;
use crate::abi::maws_code::*;
use crate::abi::maws_log_level::{self, *};
use crate::outcome::Outcome;
use crate::reason::{Failure, Reason};

impl Conversation {
    /// Logs a step of this login.
    pub(super) fn log_step(&self, reason: Reason, detail: impl FnOnce() -> String) {
        if self.services.logs(level(reason)) {
            self.callback(|| {
                self.log_line(reason, || {
                    let detail = detail();
                    Failure { reason, detail }.to_string()
                });
            });
        }
    }

    fn log_line(&self, reason: Reason, line: impl FnOnce() -> String) {
        self.services.log(level(reason), reason, self.login, || {
            format!("{} (client {})", line(), self.client_addr)
        });
    }

    /// Logs how it ended; within a running callback.
    pub(super) fn report(&self, outcome: &Outcome) {
        self.log_line(outcome.reason, || outcome.log_line(self.access_key_id()));
    }
}

fn level(reason: Reason) -> maws_log_level {
    match reason.code() {
        MAWS_E_PANIC | MAWS_E_INTERNAL => MAWS_LOG_ERROR,
        _ => MAWS_LOG_DEBUG,
    }
}
