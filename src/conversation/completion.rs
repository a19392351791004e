//! How a conversation gets its outcome: from a call of the host, or from its verification.

use super::{Conversation, Phase};
use crate::abi::maws_code::{self, *};
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::verification::Completion;

impl Conversation {
    /// Ends the conversation within a call of the host, which gets the code: no callback.
    pub(super) fn finish(&self, outcome: Outcome) -> maws_code {
        let code = outcome.code;
        match self.settle(outcome, false) {
            Some(outcome) => {
                self.report(outcome);
                code
            }
            None => self.code(),
        }
    }

    /// Makes this the outcome if there is none yet. It is counted before anybody can see it. A
    /// verification that waits or runs ends at once.
    pub(super) fn settle(&self, mut outcome: Outcome, notify: bool) -> Option<&Outcome> {
        outcome.total = self.age();
        let mut state = self.state();
        if let Phase::Over(_) = state.phase {
            return None;
        }
        let before = std::mem::replace(&mut state.phase, Phase::Over(outcome.code));
        state.notifying = notify;
        let outcome = self.outcome.get_or_init(|| Box::new(outcome));
        self.services.stats.ended(outcome.code);
        self.services.stats.took(outcome);
        self.wake(state);
        if let (Phase::Pending { interrupt, queued }, MAWS_E_CANCELLED) = (before, outcome.code) {
            interrupt.set();
            if let Some(id) = queued {
                self.pool.remove(id);
            }
        }
        Some(outcome)
    }
}

impl Completion for Conversation {
    fn complete(&self, outcome: Outcome) {
        let notify = self.services.host.wants_ready();
        let Some(outcome) = self.settle(outcome, notify) else {
            return;
        };
        let notified = Notified { conversation: self };
        self.report(outcome);
        if notify {
            self.services.host.conv_ready(self.conv_ctx);
        }
        drop(notified);
    }

    fn log(&self, reason: Reason, detail: &dyn Fn() -> String) {
        self.log_step(reason, detail);
    }
}

/// Ends the wait of `end` for conv_ready, also after a panic.
struct Notified<'a> {
    conversation: &'a Conversation,
}

impl Drop for Notified<'_> {
    fn drop(&mut self) {
        let mut state = self.conversation.state();
        if state.notifying {
            state.notifying = false;
            self.conversation.wake(state);
        }
    }
}
