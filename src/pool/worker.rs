//! What a worker does from its start to its exit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::job::{Job, Ran, Then};
use super::{Attended, PoolState, Workers};
use crate::failpoint::failpoint;
use crate::panics;
use crate::reason::{Failure, Reason};
use crate::sync::{Arc, MutexGuard, PoisonError};
use crate::throttle::{Done, Next, Verdict};

/// A worker without work for so long exits.
const LONGEST_IDLE_WORKER: Duration = Duration::from_secs(10);

impl<J: Job> Workers<J> {
    pub(super) fn work(self: &Arc<Self>) {
        let _panics_are_ours = panics::Inside::enter();
        let mut exit = Exit {
            workers: self,
            counted: false,
        };
        self.state().began_to_run();
        failpoint!(WorkerStart);
        let mut state = self.state();
        let mut worked = self.clock.now();
        while !state.closed {
            let now = self.clock.now();
            if let Some(errand) = state.errands.pop_front() {
                self.release(state, now);
                self.guarded(errand);
                state = self.state();
                worked = self.clock.now();
                continue;
            }
            match state.throttle.next(now) {
                Next::Run(id, job) => {
                    self.release(state, now);
                    state = self.run(id, job);
                }
                Next::Refuse(job, reason) => {
                    self.release(state, now);
                    self.refuse(job, reason.into());
                    state = self.state();
                }
                Next::Wait(until) => {
                    let exit_at = worked + LONGEST_IDLE_WORKER;
                    // Nothing waits, or another idle worker looks in time.
                    let watched =
                        until.is_none_or(|until| state.watched_at.is_some_and(|at| at <= until));
                    if watched && (now >= exit_at || state.exits(now)) {
                        break;
                    }
                    let watch = until.filter(|_| !watched);
                    state = self.wait(state, now, watch, exit_at);
                    continue;
                }
            }
            worked = self.clock.now();
        }
        exit.count(state);
    }

    /// Releases the lock before something that may block. Another worker looks after what is left; one
    /// that is on its way will see to that.
    fn release(self: &Arc<Self>, mut state: MutexGuard<'_, PoolState<J>>, now: Instant) {
        let attended = match state.woken {
            0 => self.attend(&mut state, now),
            _ => Attended::Already,
        };
        drop(state);
        self.wake(attended);
    }

    /// Runs a job. Its place is free before anything is reported, which may block in the host.
    fn run(self: &Arc<Self>, id: u64, mut job: J) -> MutexGuard<'_, PoolState<J>> {
        let key = job.key();
        let sent = self.clock.now();
        let ran = catch_unwind(AssertUnwindSafe(|| job.run()));
        let now = self.clock.now();
        let failed = Done {
            verdict: Verdict::Failed,
            sent,
            took: Duration::ZERO,
        };
        let (done, then) = match ran {
            Ok(Ran { done, then }) => (done, Ok(then)),
            Err(_) => (failed, Err(panics::failure())),
        };
        let mut state = self.state();
        state.throttle.done(now, key, done);
        self.release(state, now);
        self.guarded(|| job.report());
        match then {
            Ok(Then::Finish(outcome)) => self.guarded(|| job.finish(outcome)),
            Ok(Then::Retry(pause)) => return self.retry(id, job, pause),
            Err(fault) => self.refuse(job, fault),
        }
        self.state()
    }

    fn retry(
        self: &Arc<Self>,
        id: u64,
        job: J,
        pause: Option<Duration>,
    ) -> MutexGuard<'_, PoolState<J>> {
        let mut state = self.state();
        // Under the lock: either this sees the cancellation, or that finds the job in the queue.
        match (job.is_cancelled(), state.closed) {
            (false, false) => {
                state.throttle.retry(self.clock.now(), id, job, pause);
                return state;
            }
            (true, _) => {
                drop(state);
                drop(job);
            }
            (false, true) => {
                drop(state);
                self.refuse(job, Reason::ShuttingDown.into());
            }
        }
        self.state()
    }

    /// Waits until the worker is woken, or until the time that it watches or is to exit at.
    fn wait<'a>(
        &'a self,
        mut state: MutexGuard<'a, PoolState<J>>,
        now: Instant,
        watch: Option<Instant>,
        exit_at: Instant,
    ) -> MutexGuard<'a, PoolState<J>> {
        if watch.is_some() {
            state.watched_at = watch;
        }
        state.idle += 1;
        let left = watch.unwrap_or(exit_at).saturating_duration_since(now);
        let waited = self.changed.wait_timeout(state, left);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.began_to_run();
        if watch.is_some() && state.watched_at == watch {
            state.watched_at = None;
        }
        state
    }

    /// Reports that a job was not run, or that a fault ended it.
    pub(super) fn refuse(&self, job: J, failure: Failure) {
        self.guarded(|| job.refuse(failure));
    }

    /// A fault inside costs no worker.
    fn guarded(&self, body: impl FnOnce()) {
        if catch_unwind(AssertUnwindSafe(body)).is_err() {
            (self.faults)(panics::failure());
        }
    }
}

impl<J> PoolState<J> {
    /// A worker runs that was woken or started; one whose time-out came first may take the place of one
    /// that was woken, which then finds itself counted as idle.
    fn began_to_run(&mut self) {
        match self.woken.checked_sub(1) {
            Some(woken) => self.woken = woken,
            None => self.idle -= 1,
        }
    }

    /// A worker that is about to wait exits instead, if so many were not needed for long: under load
    /// each of them is woken now and then, and none would wait for long enough.
    fn exits(&mut self, now: Instant) -> bool {
        if now >= self.counted_since + LONGEST_IDLE_WORKER {
            self.surplus = self.least_idle;
            self.least_idle = self.idle;
            self.counted_since = now;
        }
        self.surplus = self.surplus.min(self.idle);
        let exits = self.surplus > 0;
        self.surplus -= usize::from(exits);
        exits
    }
}

/// Counts a worker out: under the lock in which it decided to exit, or after a panic.
struct Exit<'a, J: Job> {
    workers: &'a Arc<Workers<J>>,
    counted: bool,
}

impl<J: Job> Exit<'_, J> {
    fn count(&mut self, mut state: MutexGuard<'_, PoolState<J>>) {
        self.counted = true;
        state.workers -= 1;
        let closed = state.closed;
        drop(state);
        if closed {
            self.workers.changed.notify_all();
        }
    }
}

impl<J: Job> Drop for Exit<'_, J> {
    fn drop(&mut self) {
        if self.counted {
            return;
        }
        (self.workers.faults)(panics::failure());
        let mut state = self.workers.state();
        state.workers -= 1;
        // Nobody else may be awake for what waits.
        let attended = self.workers.attend(&mut state, self.workers.clock.now());
        let stranded = match state.workers {
            0 => state.throttle.drain(),
            _ => Vec::new(),
        };
        let closed = state.closed;
        drop(state);
        self.workers.wake(attended);
        for job in stranded {
            self.workers.refuse(job, Reason::ThreadRefused.into());
        }
        if closed {
            self.workers.changed.notify_all();
        }
    }
}
