//! The worker's side of a login: sends the request to STS and judges the answer.

use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::admission::{Done, Key, Verdict, Waiting};
use crate::aws::{Answer, SignedRequest, account_hint};
use crate::conversation::Conversation;
use crate::failover::RequestOut;
use crate::failpoint::failpoint;
use crate::outcome::{Outcome, Times};
use crate::panics;
use crate::pool::{Job, Ran, Sent};
use crate::ports::{Attempt, Resting, SendLimits, Sts, StsClient};
use crate::reason::{Failure, Reason};
use crate::stats::InFlight;
use crate::sync::Arc;

/// First pause before a request is sent again to a failing STS; doubled each time up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);
/// Time that an answer needs at the least; with less left a request is not worth sending again.
const LEAST_TIME: Duration = Duration::from_millis(50);

/// One verification on its way through admission and worker.
pub struct Verification {
    conversation: Arc<Conversation>,
    request: Arc<SignedRequest>,
    key: Key,
    /// When it began to wait for its turn.
    waiting: Instant,
    deadline: Instant,
    /// A connection that had rested turned out to be dead.
    fresh: bool,
    times: Times,
    pause: Duration,
    /// What STS said when it throttled or failed.
    last: Option<Box<Outcome>>,
}

/// What came of one turn.
enum Turn {
    /// Nobody waits for the outcome any more.
    Unwanted(Done),
    Over(Outcome, Done),
    /// To be sent again, after a pause if there is one.
    Again(Outcome, Done, Option<Duration>),
}

impl Verification {
    /// A verification that begins to wait now.
    pub fn new(
        conversation: Arc<Conversation>,
        request: Box<SignedRequest>,
        now: Instant,
        deadline: Instant,
    ) -> Verification {
        Verification {
            key: Key {
                endpoint: conversation.endpoint,
                account: account_hint(&request.access_key_id),
            },
            conversation,
            request: request.into(),
            waiting: now,
            deadline,
            fresh: false,
            times: Times::default(),
            pause: FIRST_PAUSE,
            last: None,
        }
    }

    /// Sends, and once more where a connection that had rested was dead.
    fn turn(&mut self, client: &mut dyn StsClient) -> Turn {
        let began = self.now();
        self.times.queue += began.saturating_duration_since(self.waiting);
        let mut done = Done::unsent(began);
        loop {
            if self.conversation.is_over() {
                return Turn::Unwanted(done);
            }
            let left = self.deadline.saturating_duration_since(self.now());
            if left.is_zero() {
                return Turn::Over(self.out_of_time(), done);
            }
            let connect = self.conversation.options.settings.limits.connect_timeout;
            let limits = SendLimits {
                total: left,
                connect: connect.min(left),
                fresh: self.fresh,
            };
            let out = self.sending();
            let attempt = client.send(&self.request, limits);
            self.sent(out, &attempt, left);
            done.took = self.now().saturating_duration_since(began);
            if !self.is_stale(&attempt) {
                return self.answered(attempt, done);
            }
        }
    }

    fn sending(&self) -> RequestOut {
        let plugin = &self.conversation.plugin;
        if self.fresh || self.last.is_some() {
            plugin.stats.retried();
        } else {
            plugin.retries.request();
        }
        plugin.request_to(self.key.endpoint)
    }

    fn sent(&mut self, out: RequestOut, attempt: &Attempt, had: Duration) {
        let usual = self.conversation.options.settings.limits.sts_timeout;
        out.ended(attempt, had, usual);
        if attempt.connected {
            let opened = attempt.connect.is_some();
            let stats = &self.conversation.plugin.stats;
            stats.sent(self.key.endpoint, attempt.exchange, opened);
        }
        self.times.connect += attempt.connect.unwrap_or_default();
        self.times.sts += attempt.exchange;
    }

    /// True: to be sent once more, over a connection that never rested.
    fn is_stale(&mut self, attempt: &Attempt) -> bool {
        let again = attempt.stale_connection && !self.fresh;
        if again {
            self.fresh = true;
            self.conversation.plugin.stats.stale();
            self.conversation
                .log(Reason::RetriedOnFreshConnection, String::new);
        }
        again
    }

    fn answered(&mut self, attempt: Attempt, mut done: Done) -> Turn {
        let outcome = self.judge(attempt);
        done.verdict = verdict(&outcome);
        let stats = &self.conversation.plugin.stats;
        stats.judged(self.key.endpoint, done.verdict);
        // What is sent again later may rest its luck with a warm connection again.
        self.fresh = false;
        if self.conversation.is_over() {
            return Turn::Unwanted(done);
        }
        self.decide(outcome, done)
    }

    fn on_answer(
        mut self,
        attempt: Attempt,
        out: RequestOut,
        busy: InFlight,
        (began, had): (Instant, Duration),
    ) -> Sent<Verification> {
        self.sent(out, &attempt, had);
        if self.is_stale(&attempt) {
            self.waiting = self.now();
            return Sent::ForWorker(self);
        }
        let mut done = Done::unsent(began);
        done.took = attempt.exchange;
        Sent::Ran(self.conclude(busy, |verification| verification.answered(attempt, done)))
    }

    /// What is left of a turn that is over; a fault in it is the login's end, and goes on.
    fn conclude(
        mut self,
        busy: InFlight,
        turn: impl FnOnce(&mut Self) -> Turn,
    ) -> Ran<Verification> {
        let turn = catch_unwind(AssertUnwindSafe(|| turn(&mut self)));
        drop(busy);
        let (done, again) = match turn {
            Ok(Turn::Unwanted(done)) => (done, None),
            Ok(Turn::Over(outcome, done)) => {
                self.complete(outcome);
                (done, None)
            }
            Ok(Turn::Again(outcome, done, pause)) => {
                self.last = Some(Box::new(outcome));
                self.waiting = self.now();
                (done, Some((self, pause)))
            }
            Err(panic) => {
                self.complete(Outcome::failed(panics::failure()));
                std::panic::resume_unwind(panic);
            }
        };
        Ran { done, again }
    }

    fn judge(&self, attempt: Attempt) -> Outcome {
        match attempt.result {
            Ok(Answer::Caller(caller)) => {
                let rules = &self.conversation.options.settings.identity;
                match rules.admit(&caller.arn) {
                    Ok(principal) => Outcome::verified(principal, caller),
                    Err(refusal) => Outcome {
                        sts_request_id: caller.request_id.clone(),
                        caller: Some(caller),
                        ..Outcome::failed(refusal)
                    },
                }
            }
            Ok(Answer::Error(error)) => Outcome {
                sts_error_code: error.code,
                sts_request_id: error.request_id,
                ..Outcome::failed(Failure::new(error.reason, error.detail))
            },
            Err(failure) => Outcome::failed(failure),
        }
    }

    fn decide(&mut self, outcome: Outcome, done: Done) -> Turn {
        let pause = match outcome.reason {
            Reason::StsThrottling => None,
            Reason::StsFailing => Some(self.pause),
            // Where there is another endpoint the client gets there by coming back.
            Reason::ConnectFailed | Reason::NameResolution if !self.has_other_endpoint() => {
                Some(self.pause)
            }
            _ => return Turn::Over(outcome, done),
        };
        let left = self.deadline.saturating_duration_since(self.now());
        let paid = || self.conversation.plugin.retries.spend();
        // What a throttled login sends again is bounded by its lane.
        if left < pause.unwrap_or_default() + LEAST_TIME || pause.is_some() && !paid() {
            return Turn::Over(outcome, done);
        }
        if pause.is_some() {
            self.pause = (self.pause * 2).min(LAST_PAUSE);
        }
        self.conversation
            .log(Reason::RetriedAfterAnswer, || outcome.detail.clone());
        Turn::Again(outcome, done, pause)
    }

    fn has_other_endpoint(&self) -> bool {
        let failover = &self.conversation.plugin.failover;
        failover.has_other(self.key.endpoint)
    }

    /// The end of one whose time is over: what STS said last tells more than the clock.
    fn out_of_time(&mut self) -> Outcome {
        match self.last.take() {
            Some(last) => *last,
            None => Outcome::failed(Reason::VerificationTimeout.into()),
        }
    }

    fn complete(self, outcome: Outcome) {
        let times = self.times;
        self.conversation.complete(Outcome { times, ..outcome });
    }

    fn now(&self) -> Instant {
        self.conversation.plugin.clock.now()
    }
}

/// What of a client's address tells clients apart: the host, of IPv6 its network, within which one
/// client can take any number of addresses (RFC 4291, section 2.5.4).
fn client_network(addr: &str) -> Network<'_> {
    if let Ok(socket) = addr.parse::<SocketAddr>() {
        return match socket.ip().to_canonical() {
            IpAddr::V4(ip) => Network::V4(ip),
            IpAddr::V6(ip) => Network::V6(ip.to_bits() >> 64),
        };
    }
    Network::Other(addr.rsplit_once(':').map_or(addr, |(host, _port)| host))
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Network<'a> {
    V4(Ipv4Addr),
    V6(u128),
    Other(&'a str),
}

fn verdict(outcome: &Outcome) -> Verdict {
    match outcome.reason {
        Reason::StsThrottling => Verdict::Throttled,
        reason if is_of_sts(reason) => Verdict::Failed,
        _ => Verdict::Answered,
    }
}

/// STS or the way to it is at fault.
fn is_of_sts(reason: Reason) -> bool {
    use crate::abi::maws_code::{MAWS_E_TIMEOUT, MAWS_E_UPSTREAM};
    matches!(reason.code(), MAWS_E_TIMEOUT | MAWS_E_UPSTREAM)
}

impl Waiting for Verification {
    fn key(&self) -> Key {
        self.key
    }

    fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The address alone: an access key id is what a client claims, and it could try many.
    fn client(&self) -> u64 {
        let clients = &self.conversation.plugin.clients;
        clients.hash_one(client_network(&self.conversation.client_addr))
    }

    fn is_wanted(&self) -> bool {
        !self.conversation.is_over()
    }
}

impl Job for Verification {
    fn run(self, client: &mut dyn StsClient) -> Ran<Verification> {
        let busy = self.conversation.plugin.stats.in_flight();
        self.conclude(busy, |verification| {
            failpoint!(Worker);
            verification.turn(client)
        })
    }

    fn ready(&self, sts: &dyn Sts) -> Option<Box<dyn Resting>> {
        let in_time = self.now() < self.deadline;
        let suits = !self.fresh && in_time && self.is_wanted();
        suits.then(|| sts.ready(&self.request.endpoint)).flatten()
    }

    fn send(mut self, over: Box<dyn Resting>, then: impl FnOnce(Sent<Self>) + Send + 'static) {
        failpoint!(Worker);
        let busy = self.conversation.plugin.stats.in_flight();
        let began = self.now();
        self.times.queue += began.saturating_duration_since(self.waiting);
        let left = self.deadline.saturating_duration_since(began);
        let out = self.sending();
        let request = Arc::clone(&self.request);
        let on_answer = move |attempt| then(self.on_answer(attempt, out, busy, (began, left)));
        // A fault in it has ended the login, and with `then` it drops what the pool knows of the job.
        let guarded = |attempt| drop(catch_unwind(AssertUnwindSafe(|| on_answer(attempt))));
        over.send(&request, left, Box::new(guarded));
    }

    fn refuse(mut self, reason: Reason) {
        self.times.queue += self.now().saturating_duration_since(self.waiting);
        let outcome = match reason {
            Reason::VerificationTimeout => self.out_of_time(),
            reason => Outcome::failed(reason.into()),
        };
        self.complete(outcome);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_told_apart_by_host_or_network() {
        let same = [
            ("10.0.0.1:5", "10.0.0.1:6"),
            ("10.0.0.1:5", "[::ffff:10.0.0.1]:6"),
            ("[2001:db8::1]:5", "[2001:db8::2:3]:6"),
            ("somewhere:5", "somewhere:6"),
            ("anonymous unix socket", "anonymous unix socket"),
        ];
        for (a, b) in same {
            assert_eq!(client_network(a), client_network(b), "{a} {b}");
        }
        let other = [
            ("10.0.0.1:5", "10.0.0.2:5"),
            ("[2001:db8::1]:5", "[2001:db8:0:1::1]:5"),
            ("somewhere:5", "elsewhere:5"),
        ];
        for (a, b) in other {
            assert_ne!(client_network(a), client_network(b), "{a} {b}");
        }
    }
}
