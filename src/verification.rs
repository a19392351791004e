//! The worker's side of a login: sends the request to STS until there is an answer or no time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::aws::{Answer, SignedRequest};
use crate::conversation::Conversation;
use crate::failpoint::failpoint;
use crate::outcome::{Outcome, Times};
use crate::panics;
use crate::pool::Job;
use crate::ports::{SendLimits, StsClient};
use crate::reason::{Failure, Reason};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// First pause before a request is sent again; doubled each time up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);
/// Time that an answer needs at the least; with less left a request is not worth sending again.
const LEAST_TIME: Duration = Duration::from_millis(50);

/// One verification on its way through queue and worker.
pub struct Verification {
    conversation: Arc<Conversation>,
    request: Box<SignedRequest>,
    queued: Instant,
    deadline: Instant,
}

impl Verification {
    /// A verification that was queued just now.
    pub fn new(
        conversation: Arc<Conversation>,
        request: Box<SignedRequest>,
        queued: Instant,
        deadline: Instant,
    ) -> Verification {
        Verification {
            conversation,
            request,
            queued,
            deadline,
        }
    }

    /// Sends and reads until there is an outcome; none where nobody waits for it any more.
    fn verify(&self, client: &mut dyn StsClient) -> Option<Outcome> {
        let plugin = &self.conversation.plugin;
        let settings = &self.conversation.options.settings;
        let mut times = Times {
            queue: self.since(self.queued),
            ..Times::default()
        };
        let mut pause = FIRST_PAUSE;
        let mut fresh = false;
        loop {
            if self.conversation.is_over() {
                return None;
            }
            let left = self.left();
            if left.is_zero() {
                return Some(timed(
                    Outcome::failed(Reason::VerificationTimeout.into()),
                    times,
                ));
            }
            plugin.retries.request();
            let limits = SendLimits {
                total: left,
                connect: settings.limits.connect_timeout.min(left),
                fresh,
            };
            let attempt = client.send(&self.request, limits);
            plugin
                .stats
                .sent(attempt.exchange, attempt.connect.is_some());
            times.connect += attempt.connect.unwrap_or_default();
            times.sts += attempt.exchange;

            if self.conversation.is_over() {
                return None;
            }
            if attempt.stale_connection && !fresh {
                fresh = true;
                self.conversation
                    .log(Reason::RetriedOnFreshConnection, String::new);
                continue;
            }
            let outcome = match attempt.result {
                Ok(Answer::Caller(caller)) => match settings.identity.admit(&caller) {
                    Ok(principal) => Outcome::verified(principal, caller),
                    Err(refusal) => Outcome {
                        sts_request_id: caller.request_id.clone(),
                        caller: Some(caller),
                        ..Outcome::failed(refusal)
                    },
                },
                Ok(Answer::Error(error)) => Outcome {
                    sts_error_code: error.code,
                    sts_request_id: error.request_id,
                    ..Outcome::failed(Failure::new(error.reason, error.detail))
                },
                Err(failure) => Outcome::failed(failure),
            };
            let retriable = matches!(outcome.reason, Reason::StsThrottling | Reason::StsFailing);
            if !retriable || self.left() < pause + LEAST_TIME || !plugin.retries.spend() {
                return Some(timed(outcome, times));
            }
            self.conversation
                .log(Reason::RetriedAfterAnswer, || outcome.detail.clone());
            if self.conversation.wait_over(plugin.jitter(pause)) {
                return None;
            }
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    fn left(&self) -> Duration {
        self.deadline
            .saturating_duration_since(self.conversation.plugin.clock.now())
    }

    fn since(&self, earlier: Instant) -> Duration {
        self.conversation
            .plugin
            .clock
            .now()
            .saturating_duration_since(earlier)
    }
}

fn timed(outcome: Outcome, times: Times) -> Outcome {
    Outcome { times, ..outcome }
}

impl Job for Verification {
    fn run(self, client: &mut dyn StsClient) {
        let busy = self.conversation.plugin.stats.in_flight();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            failpoint!(Worker);
            self.verify(client)
        }));
        drop(busy);
        match outcome {
            Ok(Some(outcome)) => self.conversation.complete(outcome),
            Ok(None) => {}
            Err(panic) => {
                self.conversation
                    .complete(Outcome::failed(panics::failure()));
                std::panic::resume_unwind(panic);
            }
        }
    }

    fn discard(self) {
        self.conversation
            .complete(Outcome::failed(Reason::ShuttingDown.into()));
    }
}

impl Drop for Verification {
    /// A worker that fails before it has begun with its job leaves nobody waiting for it.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.conversation
                .complete(Outcome::failed(panics::failure()));
        }
    }
}

/// Bounds requests that are sent again to a share of those sent at first, over the whole plugin, so
/// that a failing STS is not hit harder than a healthy one.
#[derive(Debug)]
pub struct RetryBudget {
    /// In hundredths of a request.
    saved: AtomicU32,
}

impl RetryBudget {
    const PER_REQUEST: u32 = 15;
    const COST: u32 = 100;
    /// What a quiet server starts with and saves up at the most.
    const LIMIT: u32 = 20 * Self::COST;

    /// A full budget.
    pub fn new() -> RetryBudget {
        RetryBudget {
            saved: AtomicU32::new(Self::LIMIT),
        }
    }

    /// A request is sent.
    fn request(&self) {
        let add = |saved: u32| Some((saved + Self::PER_REQUEST).min(Self::LIMIT));
        let _always_added = self.saved.fetch_update(Relaxed, Relaxed, add);
    }

    /// Pays for sending one again, if that can be afforded.
    fn spend(&self) -> bool {
        self.saved
            .fetch_update(Relaxed, Relaxed, |saved| saved.checked_sub(Self::COST))
            .is_ok()
    }
}

impl Default for RetryBudget {
    fn default() -> RetryBudget {
        RetryBudget::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_again_stays_within_its_share_of_what_is_sent() {
        let budget = RetryBudget::new();
        while budget.spend() {}
        let again = (0..1000).filter(|_| {
            budget.request();
            budget.spend()
        });
        assert_eq!(again.count(), 150);
    }

    #[test]
    fn a_quiet_server_has_some_in_hand_but_not_more_and_more() {
        let budget = RetryBudget::new();
        (0..1000).for_each(|_| budget.request());
        assert_eq!((0..1000).filter(|_| budget.spend()).count(), 20);
    }
}
