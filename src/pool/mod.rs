//! The worker pool: bounded threads, started on demand, that run what [`crate::throttle`] gives out.
//!
//! All workers are alike and share one loop (`worker.rs`) and one condition variable. A worker that
//! takes something makes sure first that another one looks after what is left: at once if that is due,
//! in time if it is not. So a job that blocks, or a host's callback that does, holds up its own worker
//! and nobody's deadline.

mod job;
mod worker;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub use self::job::{Errand, Job, Ran, Then};
use crate::ports::Clock;
use crate::random::Random;
use crate::reason::{Failure, Reason};
#[cfg(all(test, shuttle))]
use crate::sync::IsFinished as _;
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use crate::sys::SignalsBlocked;
use crate::throttle::{Throttle, ThrottleLimits};

/// After the system refused a thread none is asked for so long.
const PAUSE: Duration = Duration::from_millis(100);
/// Deep enough for TLS and HTTP with room; the pages are used only as far as they are touched.
const STACK_BYTES: usize = 512 * 1024;
/// Workers beyond those for requests: for outcomes while all of the others wait for STS.
const SPARE_WORKERS: usize = 64;

/// What can be counted in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauges {
    /// Worker threads that live.
    pub workers: usize,
    /// Jobs that wait.
    pub queued: usize,
    /// Endpoint and account pairs that STS throttles.
    pub limited_accounts: usize,
}

/// Workers and what waits for them.
pub struct Pool<J: Job> {
    shared: Arc<Shared<J>>,
}

/// Takes a fault that belongs to no login.
pub type Faults = Box<dyn Fn(Failure) + Send + Sync>;

struct Shared<J> {
    faults: Faults,
    clock: Arc<dyn Clock>,
    endpoints: usize,
    state: Mutex<State<J>>,
    /// Something is due, or the pool closes, or a worker of a closed pool has gone.
    changed: Condvar,
}

struct State<J> {
    limits: ThrottleLimits,
    throttle: Throttle<J>,
    errands: VecDeque<Errand>,
    workers: usize,
    /// Workers that wait and that nobody has woken.
    idle: usize,
    /// Workers that were woken and have not run yet.
    woken: usize,
    /// When an idle worker will look at the queue by itself.
    watched_at: Option<Instant>,
    /// When the system refused a thread last.
    thread_refused: Option<Instant>,
    handles: Vec<JoinHandle<()>>,
    closed: bool,
}

impl<J: Job> Pool<J> {
    /// A pool without threads.
    pub fn new(
        clock: Arc<dyn Clock>,
        endpoints: usize,
        limits: ThrottleLimits,
        random: Random,
        faults: Faults,
    ) -> Pool<J> {
        let state = State {
            limits,
            throttle: Throttle::new(clock.now(), endpoints, limits, random),
            errands: VecDeque::new(),
            workers: 0,
            idle: 0,
            woken: 0,
            watched_at: None,
            thread_refused: None,
            handles: Vec::new(),
            closed: false,
        };
        Pool {
            shared: Arc::new(Shared {
                faults,
                clock,
                endpoints,
                state: Mutex::new(state),
                changed: Condvar::new(),
            }),
        }
    }

    /// Queues a job and gives its number. Never waits. On failure the job is dropped.
    pub fn submit(&self, now: Instant, job: J) -> Result<u64, Reason> {
        let mut state = self.shared.state();
        if state.closed {
            return Err(Reason::ShuttingDown);
        }
        let id = state.throttle.submit(now, job);
        self.shared.attend(&mut state, now);
        if state.workers > 0 {
            return Ok(id);
        }
        let refused = state.throttle.remove(id);
        drop(state);
        drop(refused);
        Err(Reason::ThreadRefused)
    }

    /// Drops a job that waits, and frees its place in the queue at once. One that runs goes on: who
    /// cancels it interrupts it.
    pub fn remove(&self, id: u64) {
        let removed = self.shared.state().throttle.remove(id);
        drop(removed);
    }

    /// Has a worker run an errand; false if none is idle and no more may be started.
    pub fn run(&self, errand: Errand) -> bool {
        let mut state = self.shared.state();
        let full = state.idle == 0 && state.workers >= self.shared.most_workers(&state);
        if state.closed || full {
            return false;
        }
        state.errands.push_back(errand);
        self.shared.attend(&mut state, self.shared.clock.now());
        state.workers > 0
    }

    /// Changes the limits.
    pub fn set_limits(&self, limits: ThrottleLimits) {
        let mut state = self.shared.state();
        state.limits = limits;
        state.throttle.set_limits(limits);
        self.shared.attend(&mut state, self.shared.clock.now());
    }

    /// How it stands now.
    pub fn gauges(&self) -> Gauges {
        let state = self.shared.state();
        Gauges {
            workers: state.workers,
            queued: state.throttle.queued(),
            limited_accounts: state.throttle.limited_accounts(self.shared.clock.now()),
        }
    }

    /// Refuses what waits and what comes.
    pub fn close(&self) {
        let mut state = self.shared.state();
        state.closed = true;
        let queued = state.throttle.drain();
        let errands = std::mem::take(&mut state.errands);
        drop(state);
        self.shared.changed.notify_all();
        drop(errands);
        for job in queued {
            self.shared.refuse(job, Reason::ShuttingDown.into());
        }
    }

    /// Waits until the workers of a closed pool have exited. False: some were left behind; they touch
    /// only what they own.
    pub fn join(&self, timeout: Duration) -> bool {
        let until = Instant::now() + timeout;
        let mut state = self.shared.state();
        while state.workers > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let handles = std::mem::take(&mut state.handles);
        drop(state);
        // A thread's last act was to count itself out; nothing in it can panic after that.
        handles.into_iter().for_each(|handle| drop(handle.join()));
        true
    }
}

impl<J: Job> Shared<J> {
    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Threads for every request that may be in flight, for a probe of each endpoint, and spare ones.
    fn most_workers(&self, state: &State<J>) -> usize {
        let requests = state.limits.in_flight.saturating_mul(self.endpoints);
        requests.saturating_add(self.endpoints + SPARE_WORKERS)
    }

    /// Makes sure that a worker looks after what waits: at once if something is due, in time if not.
    fn attend(self: &Arc<Self>, state: &mut State<J>, now: Instant) {
        let Some(due) = state.next_due(now) else {
            return;
        };
        if state.watched_at.is_some_and(|at| at <= due.max(now)) {
            return;
        }
        if state.idle > 0 {
            state.idle -= 1;
            state.woken += 1;
            self.changed.notify_one();
        } else if state.workers < self.most_workers(state) {
            self.start_worker(state, now);
        }
    }

    /// Where the system refuses a thread, those that there are look when they have time.
    fn start_worker(self: &Arc<Self>, state: &mut State<J>, now: Instant) {
        let refused = state.thread_refused.is_some_and(|at| now < at + PAUSE);
        if refused && state.workers > 0 {
            return;
        }
        state.handles.retain(|handle| !handle.is_finished());
        let shared = Arc::clone(self);
        // The new thread inherits the mask.
        let started = SignalsBlocked::new().and_then(|_blocked| {
            let builder = thread::Builder::new().name("maws-worker".into());
            builder.stack_size(STACK_BYTES).spawn(move || shared.work())
        });
        match started {
            Ok(handle) => {
                state.handles.push(handle);
                state.workers += 1;
                state.thread_refused = None;
            }
            Err(_) => state.thread_refused = Some(now),
        }
    }
}

impl<J: Job> State<J> {
    /// When something is due; in the past or now, if it is due already.
    fn next_due(&self, now: Instant) -> Option<Instant> {
        match self.errands.is_empty() {
            true => self.throttle.wake_at(true),
            false => Some(now),
        }
    }
}

#[cfg(test)]
mod tests;
