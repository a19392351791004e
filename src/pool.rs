//! The worker pool: bounded threads, started on demand, before a bounded queue.
//!
//! A job goes to the worker that fell idle last, whose caches and connection are warmest; else to a
//! new worker; else into the queue, first come first served.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::failpoint::failpoint;
use crate::panics;
use crate::ports::{Sts, StsClient};
use crate::reason::Reason;
#[cfg(all(test, shuttle))]
use crate::sync::IsFinished as _;
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use crate::sys::SignalsBlocked;

/// Deep enough for TLS and HTTP with room; the pages are used only as far as they are touched.
const STACK_BYTES: usize = 512 * 1024;

/// Work for a worker.
pub trait Job: Send + Sized + 'static {
    /// Does the work. A panic ends with the job: the worker goes on with a new client.
    fn run(self, client: &mut dyn StsClient);
    /// The pool is closed before the job's turn.
    fn discard(self);
}

/// How many threads and waiting jobs there may be.
#[derive(Clone, Copy, Debug)]
pub struct PoolLimits {
    /// Most threads.
    pub workers: usize,
    /// Most jobs that wait.
    pub queue: usize,
}

/// Workers and their queue.
pub struct Pool<J: Job> {
    shared: Arc<Shared<J>>,
}

struct Shared<J> {
    sts: Arc<dyn Sts>,
    state: Mutex<State<J>>,
    thread_gone: Condvar,
}

struct State<J> {
    limits: PoolLimits,
    queue: VecDeque<J>,
    idle: Vec<Arc<Desk<J>>>,
    /// Threads that take jobs. One that is to leave counts no more from that decision on, or jobs
    /// would be left to it.
    threads: usize,
    /// Threads that are on their way out.
    leaving: usize,
    handles: Vec<JoinHandle<()>>,
    closed: bool,
}

/// Where an idle worker waits and finds its next job.
struct Desk<J> {
    paper: Mutex<Paper<J>>,
    laid: Condvar,
}

enum Paper<J> {
    None,
    Job(J),
    GoHome,
}

impl<J: Job> Pool<J> {
    /// A pool without threads.
    pub fn new(sts: Arc<dyn Sts>, limits: PoolLimits) -> Pool<J> {
        let state = State {
            limits,
            queue: VecDeque::new(),
            idle: Vec::new(),
            threads: 0,
            leaving: 0,
            handles: Vec::new(),
            closed: false,
        };
        let shared = Shared {
            sts,
            state: Mutex::new(state),
            thread_gone: Condvar::new(),
        };
        Pool {
            shared: Arc::new(shared),
        }
    }

    /// Hands the job over. Never waits. On refusal the job is dropped, and the reason says why.
    pub fn submit(&self, job: J) -> Result<(), Reason> {
        let mut state = self.shared.state();
        if state.closed {
            return Err(Reason::ShuttingDown);
        }
        if let Some(desk) = state.idle.pop() {
            drop(state);
            desk.lay(Paper::Job(job));
            return Ok(());
        }
        let desk = Arc::new(Desk::with(job));
        if state.threads < state.limits.workers {
            match self.start_worker(&mut state, &desk) {
                Ok(()) => return Ok(()),
                Err(_) if state.threads == 0 => return Err(Reason::ThreadRefused),
                // The workers that there are will come to it.
                Err(_) => {}
            }
        }
        if state.queue.len() >= state.limits.queue {
            return Err(Reason::QueueFull);
        }
        state.queue.extend(desk.take_back());
        Ok(())
    }

    /// Changes the limits; surplus workers leave as they fall idle.
    pub fn set_limits(&self, limits: PoolLimits) {
        let mut state = self.shared.state();
        state.limits = limits;
        let surplus = state
            .threads
            .saturating_sub(limits.workers)
            .min(state.idle.len());
        let leaving: Vec<_> = state.idle.drain(..surplus).collect();
        state.leave(leaving.len());
        drop(state);
        leaving.iter().for_each(|desk| desk.lay(Paper::GoHome));
    }

    /// Threads that live, and jobs that wait.
    pub fn gauges(&self) -> (usize, usize) {
        let state = self.shared.state();
        (state.threads + state.leaving, state.queue.len())
    }

    /// Discards waiting jobs, interrupts calls in flight and waits up to `drain` for the threads.
    /// False: some were left behind; they touch only what they own.
    pub fn shutdown(&self, drain: Duration) -> bool {
        let until = Instant::now() + drain;
        let mut state = self.shared.state();
        state.closed = true;
        let queue = std::mem::take(&mut state.queue);
        let idle = std::mem::take(&mut state.idle);
        state.leave(idle.len());
        drop(state);
        idle.iter().for_each(|desk| desk.lay(Paper::GoHome));
        queue.into_iter().for_each(J::discard);
        self.shared.sts.shutdown();

        let mut state = self.shared.state();
        while state.threads + state.leaving > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.thread_gone.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let handles = std::mem::take(&mut state.handles);
        drop(state);
        // A worker's last act was to count itself out; nothing in it can panic after that.
        handles.into_iter().for_each(|handle| drop(handle.join()));
        true
    }

    fn start_worker(&self, state: &mut State<J>, desk: &Arc<Desk<J>>) -> std::io::Result<()> {
        state.handles.retain(|handle| !handle.is_finished());
        let (shared, desk) = (Arc::clone(&self.shared), Arc::clone(desk));
        let _inherited_by_the_worker = SignalsBlocked::new()?;
        let handle = thread::Builder::new()
            .name("maws-worker".into())
            .stack_size(STACK_BYTES)
            .spawn(move || shared.work(&desk))?;
        state.handles.push(handle);
        state.threads += 1;
        Ok(())
    }
}

impl<J: Job> Shared<J> {
    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, desk: &Arc<Desk<J>>) {
        let _panics_are_ours = panics::Inside::enter();
        let _counted_out = CountedOut(self);
        failpoint!(WorkerStart);
        let mut client = self.sts.client();
        while let Some(job) = self.next_job(desk) {
            if catch_unwind(AssertUnwindSafe(|| job.run(&mut *client))).is_err() {
                client = self.sts.client();
            }
        }
    }

    /// Waits for the next job; none means that the worker is to leave.
    fn next_job(&self, desk: &Arc<Desk<J>>) -> Option<J> {
        // A new worker finds its first job on its desk.
        if let Some(job) = desk.take_back() {
            return Some(job);
        }
        let mut state = self.state();
        if state.closed || state.threads > state.limits.workers {
            state.leave(1);
            return None;
        }
        if let Some(job) = state.queue.pop_front() {
            return Some(job);
        }
        state.idle.push(Arc::clone(desk));
        drop(state);
        desk.wait()
    }
}

impl<J> State<J> {
    fn leave(&mut self, count: usize) {
        self.threads -= count;
        self.leaving += count;
    }
}

/// Counts a worker out as it leaves, also by a panic; its last act.
struct CountedOut<'a, J>(&'a Shared<J>);

impl<J> Drop for CountedOut<'_, J> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever leaves in order was counted as leaving before.
        if std::thread::panicking() {
            state.threads -= 1;
        } else {
            state.leaving -= 1;
        }
        drop(state);
        self.0.thread_gone.notify_all();
    }
}

impl<J> Desk<J> {
    fn with(job: J) -> Desk<J> {
        Desk {
            paper: Mutex::new(Paper::Job(job)),
            laid: Condvar::new(),
        }
    }

    fn paper(&self) -> MutexGuard<'_, Paper<J>> {
        self.paper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lay(&self, paper: Paper<J>) {
        *self.paper() = paper;
        self.laid.notify_one();
    }

    fn take_back(&self) -> Option<J> {
        match std::mem::replace(&mut *self.paper(), Paper::None) {
            Paper::Job(job) => Some(job),
            Paper::None | Paper::GoHome => None,
        }
    }

    fn wait(&self) -> Option<J> {
        let mut paper = self.paper();
        loop {
            match std::mem::replace(&mut *paper, Paper::None) {
                Paper::Job(job) => return Some(job),
                Paper::GoHome => return None,
                Paper::None => {
                    paper = self
                        .laid
                        .wait(paper)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
