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
        match self.settle(outcome) {
            Some((outcome, _running)) => {
                self.report(outcome);
                code
            }
            None => self.code(),
        }
    }

    /// Makes this the outcome if there is none yet. It is counted before anybody can see it. A
    /// verification that waits or runs ends at once. `end` waits until the guard drops, so that its report
    /// is over.
    pub(super) fn settle(&self, mut outcome: Outcome) -> Option<(&Outcome, RunningCallback<'_>)> {
        outcome.total = self.age();
        let mut state = self.state();
        if let Phase::Over(_) = state.phase {
            return None;
        }
        let before = std::mem::replace(&mut state.phase, Phase::Over(outcome.code));
        state.callbacks += 1;
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
        Some((outcome, RunningCallback(self)))
    }

    /// Runs a callback of the host, unless `end` was called.
    pub(super) fn callback(&self, body: impl FnOnce()) {
        let mut state = self.state();
        if state.ending {
            return;
        }
        state.callbacks += 1;
        drop(state);
        let _running = RunningCallback(self);
        body();
    }
}

impl Completion for Conversation {
    fn complete(&self, outcome: Outcome) {
        let Some((outcome, _running)) = self.settle(outcome) else {
            return;
        };
        self.report(outcome);
        if self.services.host.wants_ready() {
            self.services.host.conv_ready(self.login.conv_ctx);
        }
    }

    fn log(&self, reason: Reason, detail: &dyn Fn() -> String) {
        self.log_step(reason, detail);
    }
}

/// A callback for this conversation runs until this drops, also by a panic; `end` waits for it.
pub(super) struct RunningCallback<'a>(&'a Conversation);

impl Drop for RunningCallback<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.callbacks -= 1;
        self.0.wake(state);
    }
}
