//! The worker pool: bounded threads, started on demand, that do what [`crate::admission`] decides.
//!
//! A job that may run goes to the worker that fell idle last, whose caches and connection are
//! warmest; else to a new worker; else it waits. One more thread keeps the time of what waits; it is
//! started when something waits for the first time.

mod desk;
mod direct;
mod job;
mod timekeeper;
mod worker;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use self::desk::{Desk, Paper};
use self::direct::Taker;
use self::job::refuse;
pub use self::job::{Errand, Job, Ran, Sent};
use self::timekeeper::Timekeeper;
use crate::admission::{Admission, AdmissionLimits, Done, Random};
use crate::panics;
use crate::ports::{Clock, Sts};
use crate::reason::{Failure, Reason};
#[cfg(all(test, shuttle))]
use crate::sync::IsFinished as _;
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use crate::sys::SignalsBlocked;

/// After the system refused a thread none is asked for so long.
const PAUSE: Duration = Duration::from_millis(100);
/// Deep enough for TLS and HTTP with room; the pages are used only as far as they are touched.
const STACK_BYTES: usize = 512 * 1024;

/// What can be counted in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauges {
    /// Worker threads that live.
    pub workers: usize,
    /// Jobs that wait.
    pub waiting: usize,
    /// Keys that are throttled.
    pub lanes: usize,
}

/// Workers and what waits for them.
pub struct Pool<J: Job> {
    shared: Arc<Shared<J>>,
}

/// Takes what is to be said of a fault inside that is no login's.
pub type Faults = Box<dyn Fn(Failure) + Send + Sync>;

struct Shared<J> {
    faults: Faults,
    sts: Arc<dyn Sts>,
    clock: Arc<dyn Clock>,
    endpoints: usize,
    state: Mutex<State<J>>,
    thread_gone: Condvar,
    /// The timekeeper waits here.
    time: Condvar,
}

struct State<J> {
    limits: AdmissionLimits,
    admission: Admission<J>,
    idle: Vec<Arc<Desk<J>>>,
    /// Threads that take jobs. One that is to leave counts no more from that decision on, or jobs
    /// would be left to it.
    threads: usize,
    /// Threads that are on their way out.
    leaving: usize,
    /// When the system refused a thread; forgotten when a worker has time, or after a moment.
    thread_refused: Option<Instant>,
    handles: Vec<JoinHandle<()>>,
    timekeeper: Timekeeper,
    /// The thread that takes answers.
    taker: Taker,
    closed: bool,
}

impl<J: Job> Pool<J> {
    /// A pool without threads.
    pub fn new(
        sts: Arc<dyn Sts>,
        clock: Arc<dyn Clock>,
        endpoints: usize,
        limits: AdmissionLimits,
        random: Random,
        faults: Faults,
    ) -> Pool<J> {
        let state = State {
            limits,
            admission: Admission::new(clock.now(), endpoints, limits, random),
            idle: Vec::new(),
            threads: 0,
            leaving: 0,
            thread_refused: None,
            handles: Vec::new(),
            timekeeper: Timekeeper::NotStarted,
            taker: Taker::NotStarted,
            closed: false,
        };
        let shared = Shared {
            faults,
            sts,
            clock,
            endpoints,
            state: Mutex::new(state),
            thread_gone: Condvar::new(),
            time: Condvar::new(),
        };
        Pool {
            shared: Arc::new(shared),
        }
    }

    /// Hands the job over. Never waits. Where nothing can be done at all the job is dropped, and the
    /// reason says why.
    pub fn submit(&self, now: Instant, job: J) -> Result<(), Reason> {
        let mut state = self.shared.state();
        if state.closed {
            return Err(Reason::ShuttingDown);
        }
        let Some(job) = state.admission.submit(now, job) else {
            self.shared.look_after(&mut state, now);
            return Ok(());
        };
        self.shared.start_taker(&mut state, now);
        drop(state);
        let Some(job) = self.shared.send(job) else {
            return Ok(());
        };
        let mut state = self.shared.state();
        if state.closed {
            state.admission.done(now, job.key(), Done::unsent(now));
            return Err(Reason::ShuttingDown);
        }
        if let Some(desk) = state.idle.pop() {
            drop(state);
            desk.lay(Paper::Job(job));
            return Ok(());
        }
        let Err(Paper::Job(job)) = self.shared.start_worker(&mut state, Paper::Job(job)) else {
            return Ok(());
        };
        if state.threads == 0 {
            let unsent = Done::unsent(now);
            state.admission.done(now, job.key(), unsent);
            return Err(Reason::ThreadRefused);
        }
        // The workers that there are will come to it.
        state.admission.put_back(now, job);
        self.shared.look_after(&mut state, now);
        Ok(())
    }

    /// Has a worker run an errand, if one is idle or there is room for one more.
    pub fn errand(&self, errand: Errand) -> bool {
        let mut state = self.shared.state();
        if state.closed {
            return false;
        }
        match state.idle.pop() {
            Some(desk) => {
                desk.lay(Paper::Errand(errand));
                true
            }
            None => {
                let errand = Paper::Errand(errand);
                self.shared.start_worker(&mut state, errand).is_ok()
            }
        }
    }

    /// Changes the limits; surplus workers leave as they fall idle.
    pub fn set_limits(&self, limits: AdmissionLimits) {
        let mut state = self.shared.state();
        state.limits = limits;
        state.admission.set_limits(limits);
        let surplus = state
            .threads
            .saturating_sub(self.shared.lasting_threads(&state))
            .min(state.idle.len());
        let leaving: Vec<_> = state.idle.drain(..surplus).collect();
        state.leave(leaving.len());
        // More may be allowed to run now.
        self.shared.wake_timekeeper(&mut state);
        drop(state);
        leaving.iter().for_each(|desk| desk.lay(Paper::GoHome));
    }

    /// How it stands now.
    pub fn gauges(&self) -> Gauges {
        let state = self.shared.state();
        Gauges {
            workers: state.threads + state.leaving,
            waiting: state.admission.waiting(),
            lanes: state.admission.lanes(self.shared.clock.now()),
        }
    }

    /// Refuses waiting jobs, interrupts calls in flight and waits up to `drain` for the threads.
    /// False: some were left behind; they touch only what they own.
    pub fn shutdown(&self, drain: Duration) -> bool {
        let until = Instant::now() + drain;
        let mut state = self.shared.state();
        state.closed = true;
        let waiting = state.admission.drain();
        let idle = std::mem::take(&mut state.idle);
        state.leave(idle.len());
        self.shared.wake_timekeeper(&mut state);
        drop(state);
        idle.iter().for_each(|desk| desk.lay(Paper::GoHome));
        waiting
            .into_iter()
            .for_each(|j| refuse(j, Reason::ShuttingDown));
        self.shared.sts.shutdown();

        let mut state = self.shared.state();
        while state.threads + state.leaving > 0
            || !matches!(state.timekeeper, Timekeeper::NotStarted)
            || matches!(state.taker, Taker::Runs)
        {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.thread_gone.wait_timeout(state, left);
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

    /// Runs it until it ends without a fault; each fault is reported.
    fn in_spite_of_faults(&self, mut work: impl FnMut()) {
        while catch_unwind(AssertUnwindSafe(&mut work)).is_err() {
            (self.faults)(panics::failure());
        }
    }

    /// Threads for every request that may be under way.
    fn lasting_threads(&self, state: &State<J>) -> usize {
        state.limits.requests.saturating_mul(self.endpoints)
    }

    /// With those and an errand for each endpoint.
    fn most_threads(&self, state: &State<J>) -> usize {
        self.lasting_threads(state).saturating_add(self.endpoints)
    }

    /// Some worker could take a job.
    fn can_run(&self, state: &State<J>, now: Instant) -> bool {
        let refused = state.thread_refused.is_some_and(|at| now < at + PAUSE);
        let room = state.threads < self.most_threads(state) && !refused;
        !state.idle.is_empty() || room
    }

    /// Starts a worker with something on its desk, or gives that back.
    fn start_worker(
        self: &Arc<Self>,
        state: &mut State<J>,
        paper: Paper<J>,
    ) -> Result<(), Paper<J>> {
        if state.threads >= self.most_threads(state) {
            return Err(paper);
        }
        let desk = Arc::new(Desk::with(paper));
        let (shared, its_desk) = (Arc::clone(self), Arc::clone(&desk));
        match self.start_thread(state, "maws-worker", move || shared.work(&its_desk)) {
            Ok(()) => {
                state.threads += 1;
                Ok(())
            }
            Err(_) => {
                state.thread_refused = Some(self.clock.now());
                Err(desk.take_back())
            }
        }
    }

    fn start_thread(
        &self,
        state: &mut State<J>,
        name: &str,
        body: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<()> {
        state.handles.retain(|handle| !handle.is_finished());
        let _inherited_by_the_thread = SignalsBlocked::new()?;
        let builder = thread::Builder::new().name(name.into());
        state
            .handles
            .push(builder.stack_size(STACK_BYTES).spawn(body)?);
        Ok(())
    }
}

impl<J> State<J> {
    fn leave(&mut self, count: usize) {
        self.threads -= count;
        self.leaving += count;
    }
}

#[cfg(test)]
mod direct_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod worker_tests;
