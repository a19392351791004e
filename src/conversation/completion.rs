//! How a conversation gets its outcome: from a call of the host, or from its verification.

use super::{Conversation, ConversationState, Phase};
use crate::abi::maws_code;
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::verification::Completion;

impl Conversation {
    /// Ends the conversation within a call of the host, which gets the code: no callback.
    pub(super) fn finish(&self, outcome: Outcome) -> maws_code {
        match self.settle(outcome, |_| true) {
            Some(settled) => {
                // A verification that waits or runs ends at once.
                if let Phase::Pending { interrupt, queued } = settled.before {
                    interrupt.set();
                    if let Some(id) = queued {
                        self.pool.remove(id);
                    }
                }
                self.report(settled.outcome);
                settled.outcome.code
            }
            None => self.code(),
        }
    }

    /// Makes this the outcome if there is none yet, and if the state lets it. It is counted before anybody
    /// can see it. `end` waits until the result drops, so that the report is over.
    pub(super) fn settle(
        &self,
        mut outcome: Outcome,
        may: impl FnOnce(&ConversationState) -> bool,
    ) -> Option<Settled<'_>> {
        let total = self.age();
        let mut state = self.state();
        if matches!(state.phase, Phase::Over(_)) || !may(&state) {
            return None;
        }
        if let Phase::Stepping { cancelled: true } = state.phase {
            outcome = Outcome::failed(Reason::Cancelled.into());
        }
        outcome.total = total;
        let before = std::mem::replace(&mut state.phase, Phase::Over(outcome.code));
        state.callbacks += 1;
        let outcome = self.outcome.get_or_init(|| Box::new(outcome));
        self.services.stats.ended(outcome.code);
        self.services.stats.took(outcome);
        self.wake(state);
        Some(Settled {
            outcome,
            before,
            _running: RunningCallback(self),
        })
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
        let Some(settled) = self.settle(outcome, |_| true) else {
            return;
        };
        self.report(settled.outcome);
        if self.services.host.wants_ready() {
            self.services.host.conv_ready(self.login.conv_ctx);
        }
    }

    fn log(&self, reason: Reason, detail: String) {
        self.log_step(reason, || detail);
    }
}

/// A conversation that has just got its outcome.
pub(super) struct Settled<'a> {
    pub outcome: &'a Outcome,
    /// What it was at.
    pub before: Phase,
    _running: RunningCallback<'a>,
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
