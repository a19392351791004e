//! One login: drives the SASL state machine, submits the verification, keeps the outcome.
//!
//! No lock is held while a callback runs. What the host may point to until `end` (reply, texts)
//! stands in cells that are written once.

mod report;

use std::time::{Duration, Instant};

use crate::abi::maws_code::{self, *};
use crate::aws::SignedRequest;
use crate::options::Options;
use crate::outcome::Outcome;
use crate::panics;
use crate::plugin::Plugin;
use crate::reason::{Failure, Reason};
use crate::sasl::{self, Action};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, thread};
use crate::verification::Verification;

/// What the host says of a login at its begin.
#[derive(Clone, Copy, Debug)]
pub struct Begin<'a> {
    /// The client's link to the server is TLS.
    pub tls: bool,
    /// The host's own limit for the verification.
    pub budget: Option<Duration>,
    /// Handed back by conv_ready.
    pub conv_ctx: usize,
    /// Comes back in log events.
    pub log_id: u64,
    /// Database of saslStart.
    pub database: &'a str,
    /// For log lines.
    pub client_addr: &'a str,
}

/// How often `end` lets other threads run before it sleeps until a callback is over.
const YIELDS: usize = 8;
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// One conversation. Shared by the host's handle and, while it is verified, by a worker's job.
pub struct Conversation {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) options: Arc<Options>,
    begun: Instant,
    /// Which of the options' endpoints the client signs for.
    pub(crate) endpoint: usize,
    budget: Option<Duration>,
    conv_ctx: usize,
    log_id: u64,
    pub(crate) client_addr: Box<str>,
    state: Mutex<State>,
    changed: Condvar,
    /// Its time was over while its client was silent.
    expired: AtomicBool,
    reply: OnceLock<Box<[u8]>>,
    access_key_id: OnceLock<Box<str>>,
    outcome: OnceLock<Box<Outcome>>,
}

struct State {
    phase: Phase,
    /// A serial call is running, or `end` has.
    entered: bool,
    /// conv_ready is running.
    notifying: bool,
    /// Threads that wait for a change; without them a change is no system call.
    waiting: usize,
}

enum Phase {
    /// The client's next payload is awaited.
    Dialogue(sasl::Exchange),
    /// A payload is being looked at.
    Stepping { cancelled: bool },
    /// The verification is queued or under way.
    Pending,
    /// There is an outcome.
    Over(maws_code),
}

impl Conversation {
    pub(crate) fn new(
        plugin: Arc<Plugin>,
        options: Arc<Options>,
        begin: &Begin<'_>,
    ) -> Conversation {
        let endpoint = plugin.choose_endpoint(&options);
        let advertised = Arc::clone(options.settings.endpoints.at(endpoint));
        let sasl = sasl::Exchange::begin(advertised);
        Conversation {
            begun: plugin.clock.now(),
            plugin,
            options,
            endpoint,
            budget: begin.budget,
            conv_ctx: begin.conv_ctx,
            log_id: begin.log_id,
            client_addr: crate::reason::printable(begin.client_addr).into(),
            state: Mutex::new(State {
                phase: Phase::Dialogue(sasl),
                entered: false,
                notifying: false,
                waiting: 0,
            }),
            changed: Condvar::new(),
            expired: AtomicBool::new(false),
            reply: OnceLock::new(),
            access_key_id: OnceLock::new(),
            outcome: OnceLock::new(),
        }
    }

    /// Takes one payload of the client. See `maws_api.step`.
    pub fn step(self: &Arc<Self>, payload: &[u8]) -> maws_code {
        let mut sasl = {
            let mut state = self.state();
            if state.entered {
                return MAWS_E_IN_USE;
            }
            match std::mem::replace(&mut state.phase, Phase::Stepping { cancelled: false }) {
                Phase::Dialogue(sasl) => {
                    state.entered = true;
                    sasl
                }
                other => {
                    state.phase = other;
                    return MAWS_E_STATE;
                }
            }
        };
        let leave = Leave {
            conversation: self,
            entered: true,
        };
        match self.take_payload(&mut sasl, payload) {
            Ok(Action::Reply(reply)) => {
                self.reply.get_or_init(|| reply.into());
                match self.leave_stepping(Phase::Dialogue(sasl), true) {
                    Ok(()) => {
                        self.plugin.warm_up(&self.options, self.endpoint);
                        self.log(Reason::ClientFirstAccepted, String::new);
                        MAWS_CONTINUE
                    }
                    Err(code) => code,
                }
            }
            Ok(Action::Verify(request)) => self.submit(request, leave),
            Err(failure) => self.finish(Outcome::failed(failure)),
        }
    }

    /// The outcome of a verification. See `maws_api.poll`.
    pub fn poll(&self, wait: Duration) -> maws_code {
        let until = Instant::now() + wait;
        let mut state = self.state();
        if state.entered {
            return MAWS_E_IN_USE;
        }
        if let Phase::Dialogue(_) | Phase::Stepping { .. } = state.phase {
            return MAWS_E_STATE;
        }
        state.entered = true;
        let code = loop {
            if let Phase::Over(code) = state.phase {
                break code;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break MAWS_PENDING;
            }
            state = self.wait(state, left);
        };
        state.entered = false;
        code
    }

    /// Ends the work. See `maws_api.cancel`.
    pub fn cancel(&self) {
        let mut state = self.state();
        match &mut state.phase {
            Phase::Stepping { cancelled } => *cancelled = true,
            Phase::Over(_) => {}
            Phase::Dialogue(_) | Phase::Pending => {
                drop(state);
                self.finish(Outcome::failed(Reason::Cancelled.into()));
            }
        }
    }

    /// Makes the conversation useless; the handle goes when this says so. See `maws_api.end`.
    pub fn end(&self) -> Result<(), maws_code> {
        let mut state = self.state();
        if state.entered {
            return Err(MAWS_E_IN_USE);
        }
        state.entered = true;
        drop(state);
        self.cancel();
        let mut state = self.state();
        for _ in 0..YIELDS {
            if !state.notifying {
                break;
            }
            // The thread that told of the outcome stands, most likely, where it woke this one, and
            // wants no more than a processor; to sleep until then would be one wake-up more.
            drop(state);
            thread::yield_now();
            state = self.state();
        }
        while state.notifying {
            // Woken at once when the callback is over; the time is for the wait to have one.
            state = self.wait(state, LONGEST_WAIT);
        }
        Ok(())
    }

    /// Its handle is gone: it counts no more.
    pub fn ended(&self) {
        self.plugin.ended(self.expired.load(Ordering::Acquire));
    }

    /// Ends it if its client has been silent for longer than it may live. It leaves its place to another
    /// then; the host finds out with its next call.
    pub(crate) fn expire(&self) {
        let waits_for_client = {
            let state = self.state();
            matches!(state.phase, Phase::Dialogue(_)) && !state.entered
        };
        if !waits_for_client || !self.is_past_its_life() {
            return;
        }
        let expired = self.settle(Outcome::failed(Reason::ConversationExpired.into()), false);
        if let Some(outcome) = expired {
            self.expired.store(true, Ordering::Release);
            self.plugin.expired();
            self.report(outcome);
        }
    }

    /// What the last call gave, or the next would give.
    pub fn code(&self) -> maws_code {
        match self.state().phase {
            Phase::Dialogue(_) | Phase::Stepping { .. } => MAWS_CONTINUE,
            Phase::Pending => MAWS_PENDING,
            Phase::Over(code) => code,
        }
    }

    /// The payload for the client, once there is one.
    pub fn reply(&self) -> &[u8] {
        self.reply.get().map_or(&[], |reply| reply)
    }

    /// The STS host that the client signs for.
    pub fn sts_host(&self) -> &str {
        self.options.settings.endpoints.at(self.endpoint).host()
    }

    /// As the client claims it, once it has.
    pub fn access_key_id(&self) -> &str {
        self.access_key_id.get().map_or("", |id| id)
    }

    /// How it ended, once it has.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.get().map(|outcome| &**outcome)
    }

    /// Gives a pending conversation its outcome and tells the host. Too late for one that was
    /// cancelled or ended meanwhile.
    pub(crate) fn complete(&self, outcome: Outcome) {
        let notify = self.plugin.host.wants_ready();
        let Some(outcome) = self.settle(outcome, notify) else {
            return;
        };
        self.report(outcome);
        if notify {
            self.plugin.host.conv_ready(self.conv_ctx);
            let mut state = self.state();
            state.notifying = false;
            self.wake(state);
        }
    }

    /// Nobody waits for the outcome any more.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state().phase, Phase::Over(_))
    }

    fn take_payload(&self, sasl: &mut sasl::Exchange, payload: &[u8]) -> Result<Action, Failure> {
        if self.is_past_its_life() {
            return Err(Reason::ConversationExpired.into());
        }
        sasl.step(payload, || self.plugin.random())
    }

    fn submit(self: &Arc<Self>, request: Box<SignedRequest>, mut leave: Leave<'_>) -> maws_code {
        self.access_key_id
            .get_or_init(|| request.access_key_id.as_str().into());
        if let Err(code) = self.leave_stepping(Phase::Pending, false) {
            return code;
        }
        // From here on conv_ready may run, and whoever it tells may poll in another thread.
        leave.entered = false;
        self.log(Reason::VerificationQueued, || {
            self.access_key_id().to_owned()
        });
        let now = self.plugin.clock.now();
        let limit = self.options.settings.limits.sts_timeout;
        let limit = self.budget.map_or(limit, |budget| budget.min(limit));
        let job = Verification::new(Arc::clone(self), request, now, now + limit);
        match self.plugin.pool.submit(now, job) {
            Ok(()) => MAWS_PENDING,
            Err(reason) => self.finish(Outcome::failed(reason.into())),
        }
    }

    /// Enters the phase, unless the host cancelled meanwhile.
    fn leave_stepping(&self, next: Phase, entered: bool) -> Result<(), maws_code> {
        let mut state = self.state();
        match state.phase {
            // A cancel that began before the step took effect within it.
            Phase::Over(code) => Err(code),
            Phase::Stepping { cancelled: true } => {
                drop(state);
                Err(self.finish(Outcome::failed(Reason::Cancelled.into())))
            }
            _ => {
                state.phase = next;
                state.entered = entered;
                Ok(())
            }
        }
    }

    /// Ends the conversation within a call of the host, which gets the code: no callback.
    fn finish(&self, outcome: Outcome) -> maws_code {
        let code = outcome.code;
        match self.settle(outcome, false) {
            Some(outcome) => {
                self.report(outcome);
                code
            }
            None => self.code(),
        }
    }

    /// Makes this the outcome if there is none yet. It is counted before anybody can see it.
    fn settle(&self, mut outcome: Outcome, notify: bool) -> Option<&Outcome> {
        outcome.total = self.age();
        let mut state = self.state();
        if let Phase::Over(_) = state.phase {
            return None;
        }
        state.phase = Phase::Over(outcome.code);
        state.notifying = notify;
        let outcome = self.outcome.get_or_init(|| Box::new(outcome));
        self.plugin.stats.ended(outcome.code);
        self.plugin.stats.took(outcome);
        self.wake(state);
        Some(outcome)
    }

    fn is_past_its_life(&self) -> bool {
        self.age() >= self.options.settings.limits.conversation_timeout
    }

    fn age(&self) -> Duration {
        let now = self.plugin.clock.now();
        now.saturating_duration_since(self.begun)
    }

    fn wait<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        at_most: Duration,
    ) -> MutexGuard<'a, State> {
        state.waiting += 1;
        let waited = self.changed.wait_timeout(state, at_most);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.waiting -= 1;
        state
    }

    /// Wakes those who wait; without any it is no system call.
    fn wake(&self, state: MutexGuard<'_, State>) {
        let anyone = state.waiting > 0;
        drop(state);
        if anyone {
            self.changed.notify_all();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves a serial call, also by a panic, which then ends the conversation.
struct Leave<'a> {
    conversation: &'a Conversation,
    entered: bool,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.conversation.finish(Outcome::failed(panics::failure()));
        }
        if self.entered {
            self.conversation.state().entered = false;
        }
    }
}

#[cfg(test)]
mod tests;
