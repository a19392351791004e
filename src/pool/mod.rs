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
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(100);
/// Deep enough for TLS and HTTP with room; the pages are used only as far as they are touched.
const WORKER_STACK_BYTES: usize = 512 * 1024;
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
    shared: Arc<Workers<J>>,
}

/// Takes a fault that belongs to no login.
pub type Faults = Box<dyn Fn(Failure) + Send + Sync>;

struct Workers<J> {
    faults: Faults,
    clock: Arc<dyn Clock>,
    endpoints: usize,
    state: Mutex<PoolState<J>>,
    /// Something is due, or the pool closes, or a worker of a closed pool has gone.
    changed: Condvar,
}

struct PoolState<J> {
    /// The highest limit so far: requests in flight may be from before it was lowered.
    most_in_flight: usize,
    throttle: Throttle<J>,
    errands: VecDeque<Errand>,
    workers: usize,
    /// Workers that wait and that nobody has woken.
    idle: usize,
    /// Workers that were woken or started and have not run yet.
    woken: usize,
    /// When an idle worker will look at the queue by itself.
    watched_at: Option<Instant>,
    /// The fewest idle workers since that time: so many were not needed.
    least_idle: usize,
    counted_since: Instant,
    /// Workers that are to exit.
    surplus: usize,
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
        let state = PoolState {
            most_in_flight: limits.in_flight,
            throttle: Throttle::new(clock.now(), endpoints, limits, random),
            errands: VecDeque::new(),
            workers: 0,
            idle: 0,
            woken: 0,
            watched_at: None,
            least_idle: 0,
            counted_since: clock.now(),
            surplus: 0,
            thread_refused: None,
            handles: Vec::new(),
            closed: false,
        };
        Pool {
            shared: Arc::new(Workers {
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
        let attended = self.shared.attend(&mut state, now);
        if state.workers > 0 {
            drop(state);
            self.shared.wake(attended);
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

    /// Has a worker run an errand; false, and the errand drops, if none is free and none can be started.
    pub fn run(&self, errand: Errand) -> bool {
        let mut state = self.shared.state();
        if state.closed {
            return false;
        }
        state.errands.push_back(errand);
        let attended = self.shared.attend(&mut state, self.shared.clock.now());
        let refused = match attended {
            Attended::Refused => state.errands.pop_back(),
            _ => None,
        };
        drop(state);
        self.shared.wake(attended);
        refused.is_none()
    }

    /// Changes the limits.
    pub fn set_limits(&self, limits: ThrottleLimits) {
        let mut state = self.shared.state();
        state.most_in_flight = state.most_in_flight.max(limits.in_flight);
        state.throttle.set_limits(limits);
        let attended = self.shared.attend(&mut state, self.shared.clock.now());
        drop(state);
        self.shared.wake(attended);
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

/// Who looks after what waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attended {
    /// Nothing waits, or an idle worker looks in time.
    Already,
    /// An idle worker, once it is woken.
    Idle,
    /// A worker that was started.
    Started,
    /// Nobody: all are busy, and no more can be started.
    Refused,
}

impl<J: Job> Workers<J> {
    fn state(&self) -> MutexGuard<'_, PoolState<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Threads for every request that may be in flight, for a probe of each endpoint, and spare ones.
    fn most_workers(&self, state: &PoolState<J>) -> usize {
        let requests = state.most_in_flight.saturating_mul(self.endpoints);
        requests.saturating_add(self.endpoints + SPARE_WORKERS)
    }

    /// Makes sure that a worker looks after what waits: at once if something is due, in time if not.
    /// Starts a worker where none is idle; an idle one is to be woken once the lock is released.
    fn attend(self: &Arc<Self>, state: &mut PoolState<J>, now: Instant) -> Attended {
        let Some(due) = state.next_due(now) else {
            return Attended::Already;
        };
        if state.watched_at.is_some_and(|at| at <= due.max(now)) {
            return Attended::Already;
        }
        if state.idle > 0 {
            state.idle -= 1;
            state.woken += 1;
            state.least_idle = state.least_idle.min(state.idle);
            return Attended::Idle;
        }
        state.least_idle = 0;
        if state.workers < self.most_workers(state) && self.start_worker(state, now) {
            return Attended::Started;
        }
        Attended::Refused
    }

    /// After the lock is released: a worker that is woken while it is held waits for it at once.
    fn wake(&self, attended: Attended) {
        if attended == Attended::Idle {
            self.changed.notify_one();
        }
    }

    /// Where the system refuses a thread, those that there are look when they have time.
    fn start_worker(self: &Arc<Self>, state: &mut PoolState<J>, now: Instant) -> bool {
        let refused = state
            .thread_refused
            .is_some_and(|at| now < at + PAUSE_AFTER_REFUSAL);
        if refused && state.workers > 0 {
            return false;
        }
        state.handles.retain(|handle| !handle.is_finished());
        let shared = Arc::clone(self);
        // The new thread inherits the mask.
        let started = SignalsBlocked::new().and_then(|_blocked| {
            let builder = thread::Builder::new().name("maws-worker".into());
            builder
                .stack_size(WORKER_STACK_BYTES)
                .spawn(move || shared.work())
        });
        match started {
            Ok(handle) => {
                state.handles.push(handle);
                state.workers += 1;
                state.woken += 1;
                state.thread_refused = None;
                true
            }
            Err(_) => {
                state.thread_refused = Some(now);
                false
            }
        }
    }
}

impl<J: Job> PoolState<J> {
    /// When something is due; in the past or now, if it is due already.
    fn next_due(&self, now: Instant) -> Option<Instant> {
        match self.errands.is_empty() {
            true => self.throttle.wake_at(),
            false => Some(now),
        }
    }
}

#[cfg(test)]
mod tests;
