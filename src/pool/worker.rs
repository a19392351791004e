//! What a worker does from its start to its exit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::job::{Job, Ran, Then};
use super::{PoolState, Wake, Workers};
use crate::failpoint::failpoint;
use crate::panics;
use crate::reason::{Failure, Reason};
use crate::sync::{Arc, MutexGuard, PoisonError, thread};
use crate::throttle::{Done, Next, Verdict};

/// A worker without work for so long exits.
const LONGEST_IDLE_WORKER: Duration = Duration::from_secs(10);

impl<J: Job> Workers<J> {
    pub(super) fn work(self: &Arc<Self>) {
        let _panics_are_ours = panics::Inside::enter();
        let _counted = Counted { shared: self };
        failpoint!(WorkerStart);
        let mut state = self.state();
        let mut worked = self.clock.now();
        while !state.closed {
            let now = self.clock.now();
            if let Some(errand) = state.errands.pop_front() {
                let wake = self.hand_over(&mut state, now);
                drop(state);
                self.wake(wake);
                self.guarded(errand);
                state = self.state();
                worked = self.clock.now();
                continue;
            }
            match state.throttle.next(now, true) {
                Next::Run(id, job) => {
                    let wake = self.hand_over(&mut state, now);
                    drop(state);
                    self.wake(wake);
                    state = self.run(id, job);
                }
                Next::Refuse(job, reason) => {
                    let wake = self.hand_over(&mut state, now);
                    drop(state);
                    self.wake(wake);
                    self.refuse(job, reason.into());
                    state = self.state();
                }
                Next::Wait(until) => {
                    let exit_at = worked + LONGEST_IDLE_WORKER;
                    // Nothing waits, or another idle worker looks in time.
                    let watched =
                        until.is_none_or(|until| state.watched_at.is_some_and(|at| at <= until));
                    if watched && (now >= exit_at || state.exits(now)) {
                        return;
                    }
                    let watch = until.filter(|_| !watched);
                    state = self.wait(state, now, watch, exit_at);
                    continue;
                }
            }
            worked = self.clock.now();
        }
    }

    /// Another worker looks after what is left while this one is busy; not needed where one is on its
    /// way.
    fn hand_over(self: &Arc<Self>, state: &mut PoolState<J>, now: Instant) -> Wake {
        match state.woken {
            0 => self.attend(state, now),
            _ => Wake::Nobody,
        }
    }

    /// Runs a job and reports its outcome. Its place is free before the report, which may block in the
    /// host.
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
        match then {
            // Under the lock: either this sees the cancellation, or that finds the job in the queue.
            Ok(Then::Retry(_)) if job.is_cancelled() => {}
            Ok(Then::Retry(pause)) if !state.closed => {
                state.throttle.retry(now, id, job, pause);
                return state;
            }
            Ok(Then::Drop) => {}
            Ok(Then::Finish(outcome)) => {
                let wake = self.hand_over(&mut state, now);
                drop(state);
                self.wake(wake);
                self.guarded(|| job.finish(outcome));
                return self.state();
            }
            Ok(Then::Retry(_)) => {
                drop(state);
                self.refuse(job, Reason::ShuttingDown.into());
                return self.state();
            }
            Err(fault) => {
                let wake = self.hand_over(&mut state, now);
                drop(state);
                self.wake(wake);
                self.refuse(job, fault);
                return self.state();
            }
        }
        drop(state);
        drop(job);
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
        match state.woken.checked_sub(1) {
            Some(woken) => state.woken = woken,
            None => state.idle -= 1,
        }
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
    /// A worker that is about to wait exits instead, if so many were not needed for long: under load
    /// each of them is woken now and then, and none would wait for long enough.
    fn exits(&mut self, now: Instant) -> bool {
        if now >= self.counted_since + LONGEST_IDLE_WORKER {
            self.surplus = self.least_idle;
            self.least_idle = self.idle;
            self.counted_since = now;
        }
        let exits = self.surplus > 0;
        self.surplus -= usize::from(exits);
        exits
    }
}

/// Counts a worker out as it exits, also by a panic; its last act.
struct Counted<'a, J: Job> {
    shared: &'a Arc<Workers<J>>,
}

impl<J: Job> Drop for Counted<'_, J> {
    fn drop(&mut self) {
        let panicked = thread::panicking();
        if panicked {
            (self.shared.faults)(panics::failure());
        }
        let mut state = self.shared.state();
        state.workers -= 1;
        // After a panic nobody else may be awake for what waits.
        let wake = match panicked {
            true => self.shared.attend(&mut state, self.shared.clock.now()),
            false => Wake::Nobody,
        };
        let closed = state.closed;
        drop(state);
        self.shared.wake(wake);
        if closed {
            self.shared.changed.notify_all();
        }
    }
}
