//! One login for the host: drives the SASL exchange, submits the verification, keeps the outcome.
//!
//! No lock is held while a callback runs. What the host may point to until `end` (reply, texts)
//! is kept in cells that are written once.

mod completion;
mod report;
mod slots;

use std::time::{Duration, Instant};

pub use self::slots::{Slot, Slots};
use crate::abi::maws_code::{self, *};
use crate::aws::{SignedRequest, shown_key_id};
use crate::options::Options;
use crate::outcome::Outcome;
use crate::panics;
use crate::pool::Pool;
use crate::ports::{Interrupt, LoginIds};
use crate::reason::{Failure, Reason};
use crate::sasl::messages::NONCE_LENGTH;
use crate::sasl::{self, Action};
use crate::services::Services;
use crate::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, thread};
use crate::sys;
use crate::verification::{Completion, Start, Verification};

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

/// A wait that is woken needs a limit all the same.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// One conversation. Shared by the host's handle and, while it is verified, by a worker's job.
pub struct Conversation {
    services: Arc<Services>,
    pool: Arc<Pool<Verification>>,
    options: Arc<Options>,
    begun: Instant,
    /// Which of the options' endpoints the client signs for.
    endpoint: usize,
    budget: Option<Duration>,
    login: LoginIds,
    client_addr: Box<str>,
    slot: Slot,
    state: Mutex<ConversationState>,
    changed: Condvar,
    reply: OnceLock<Box<[u8]>>,
    access_key_id: OnceLock<Box<str>>,
    outcome: OnceLock<Box<Outcome>>,
}

struct ConversationState {
    phase: Phase,
    /// A serial call is running, or `end` has.
    entered: bool,
    /// Callbacks for this conversation that run.
    callbacks: usize,
    /// `end` was called: no callback starts any more.
    ending: bool,
    /// Threads that wait for a change; without them a change is no system call.
    waiting: usize,
}

enum Phase {
    /// The client's next payload is awaited.
    Dialogue(sasl::Exchange),
    /// A payload is being read.
    Stepping { cancelled: bool },
    /// The verification waits or runs.
    Pending {
        interrupt: Arc<Interrupt>,
        /// Its number in the queue, once it is known.
        queued: Option<u64>,
    },
    /// There is an outcome.
    Over(maws_code),
}

impl Begin<'_> {
    /// How the host knows it.
    pub(crate) fn login(&self) -> LoginIds {
        LoginIds {
            log_id: self.log_id,
            conv_ctx: self.conv_ctx,
        }
    }
}

impl Conversation {
    pub(crate) fn new(
        services: Arc<Services>,
        pool: Arc<Pool<Verification>>,
        options: Arc<Options>,
        endpoint: usize,
        slot: Slot,
        begin: &Begin<'_>,
    ) -> Conversation {
        let advertised = Arc::clone(options.settings.endpoints.at(endpoint));
        Conversation {
            begun: services.now(),
            services,
            pool,
            options,
            endpoint,
            budget: begin.budget,
            login: begin.login(),
            client_addr: crate::reason::printable(begin.client_addr).into(),
            slot,
            state: Mutex::new(ConversationState {
                phase: Phase::Dialogue(sasl::Exchange::begin(advertised)),
                entered: false,
                callbacks: 0,
                ending: false,
                waiting: 0,
            }),
            changed: Condvar::new(),
            reply: OnceLock::new(),
            access_key_id: OnceLock::new(),
            outcome: OnceLock::new(),
        }
    }

    /// It belongs to the plugin with these services.
    pub(crate) fn is_of(&self, services: &Arc<Services>) -> bool {
        Arc::ptr_eq(&self.services, services)
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
                        self.open_ahead();
                        self.log_step(Reason::ClientFirstAccepted, String::new);
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

    /// Ends the work, and interrupts the call to STS. See `maws_api.cancel`.
    pub fn cancel(&self) {
        let mut state = self.state();
        match &mut state.phase {
            Phase::Stepping { cancelled } => *cancelled = true,
            Phase::Over(_) => {}
            Phase::Dialogue(_) | Phase::Pending { .. } => {
                drop(state);
                self.finish(Outcome::failed(Reason::Cancelled.into()));
            }
        }
    }

    /// Makes the conversation useless; the handle goes when this returns Ok. See `maws_api.end`.
    pub fn end(&self) -> Result<(), maws_code> {
        let mut state = self.state();
        if state.entered {
            return Err(MAWS_E_IN_USE);
        }
        state.entered = true;
        drop(state);
        self.cancel();
        let mut state = self.state();
        state.ending = true;
        while state.callbacks > 0 {
            state = self.wait(state, LONGEST_WAIT);
        }
        Ok(())
    }

    /// Its handle is gone: it counts no more.
    pub fn ended(&self) {
        self.slot.give_back();
    }

    /// Ends it if its client has been silent for longer than it may live. Another one may take its
    /// place then; the host finds out with its next call.
    pub(crate) fn expire(&self) {
        if !self.is_past_its_life() {
            return;
        }
        let waits_for_client = |state: &ConversationState| {
            let waits = matches!(state.phase, Phase::Dialogue(_)) && !state.entered;
            if waits {
                self.slot.vacate();
            }
            waits
        };
        let expired = Outcome::failed(Reason::ConversationExpired.into());
        if let Some(settled) = self.settle(expired, waits_for_client) {
            self.report(settled.outcome);
        }
    }

    /// What the last call gave, or the next would give.
    pub fn code(&self) -> maws_code {
        match self.state().phase {
            Phase::Dialogue(_) | Phase::Stepping { .. } => MAWS_CONTINUE,
            Phase::Pending { .. } => MAWS_PENDING,
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

    /// As the client claims it, once it has, and as far as it may be shown.
    pub fn access_key_id(&self) -> &str {
        self.access_key_id.get().map_or("", |id| id)
    }

    /// How it ended, once it has.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.get().map(|outcome| &**outcome)
    }

    fn take_payload(&self, sasl: &mut sasl::Exchange, payload: &[u8]) -> Result<Action, Failure> {
        if self.is_past_its_life() {
            return Err(Reason::ConversationExpired.into());
        }
        sasl.step(payload, server_nonce)
    }

    fn submit(self: &Arc<Self>, request: Box<SignedRequest>, mut leave: Leave<'_>) -> maws_code {
        self.access_key_id
            .get_or_init(|| shown_key_id(&request.access_key_id).into());
        let interrupt = Arc::new(Interrupt::default());
        let pending = Phase::Pending {
            interrupt: Arc::clone(&interrupt),
            queued: None,
        };
        if let Err(code) = self.leave_stepping(pending, false) {
            return code;
        }
        // From here on conv_ready may run, and whoever it wakes may poll in another thread.
        leave.entered = false;
        self.log_step(Reason::VerificationQueued, || {
            self.access_key_id().to_owned()
        });
        let now = self.services.now();
        let limit = self.options.settings.limits.sts_timeout;
        let start = Start {
            services: Arc::clone(&self.services),
            options: Arc::clone(&self.options),
            completion: Arc::clone(self) as Arc<dyn Completion>,
            interrupt,
            request,
            endpoint: self.endpoint,
            deadline: now + self.budget.map_or(limit, |budget| budget.min(limit)),
        };
        let verification = Verification::new(start, &self.client_addr, now);
        match self.pool.submit(now, verification) {
            Ok(id) => {
                self.note_queued(id);
                MAWS_PENDING
            }
            Err(reason) => self.finish(Outcome::failed(reason.into())),
        }
    }

    /// Keeps the number for a cancel; one that came meanwhile did not know it.
    fn note_queued(&self, id: u64) {
        match &mut self.state().phase {
            Phase::Pending { queued, .. } => {
                *queued = Some(id);
                return;
            }
            Phase::Over(_) => {}
            _ => return,
        }
        self.pool.remove(id);
    }

    /// The login needs a connection after one more round trip to the client.
    fn open_ahead(&self) {
        let endpoint = self.options.settings.endpoints.at(self.endpoint);
        if let Some(open) = Arc::clone(&self.services.sts).open_ahead(endpoint) {
            // Where no worker is free, the login opens a connection itself.
            let _accepted = self.pool.run(open);
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

    fn is_past_its_life(&self) -> bool {
        self.age() >= self.options.settings.limits.conversation_timeout
    }

    fn age(&self) -> Duration {
        let now = self.services.now();
        now.saturating_duration_since(self.begun)
    }

    fn wait<'a>(
        &self,
        mut state: MutexGuard<'a, ConversationState>,
        at_most: Duration,
    ) -> MutexGuard<'a, ConversationState> {
        state.waiting += 1;
        let waited = self.changed.wait_timeout(state, at_most);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.waiting -= 1;
        state
    }

    /// Wakes those who wait; without any it is no system call.
    fn wake(&self, state: MutexGuard<'_, ConversationState>) {
        let anyone = state.waiting > 0;
        drop(state);
        if anyone {
            self.changed.notify_all();
        }
    }

    fn state(&self) -> MutexGuard<'_, ConversationState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The server's half of a nonce.
fn server_nonce() -> Result<[u8; NONCE_LENGTH], Failure> {
    let mut bytes = [0; NONCE_LENGTH];
    sys::fill_random(&mut bytes)
        .map_err(|error| Failure::new(Reason::RandomFailed, error.to_string()))?;
    Ok(bytes)
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
