//! One login's call to STS: send, judge the answer, retry until the deadline.

use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use crate::abi::maws_code::{MAWS_E_TIMEOUT, MAWS_E_UPSTREAM};
use crate::aws::{Answer, SignedRequest, account_hint};
use crate::endpoints::Changes;
use crate::failpoint::failpoint;
use crate::options::Options;
use crate::outcome::{Outcome, Times};
use crate::pool::{Job, Ran, Then};
use crate::ports::{Attempt, Interrupt, SendLimits};
use crate::reason::{Failure, Reason};
use crate::services::Services;
use crate::stats::RequestOutcome;
use crate::sync::Arc;
use crate::throttle::{Done, Key, Queued, Verdict};

/// First pause before a request is sent again to a failing STS; doubled each time up to the last.
const FIRST_RETRY_PAUSE: Duration = Duration::from_millis(100);
const LAST_RETRY_PAUSE: Duration = Duration::from_secs(2);
/// Time that an answer needs at the least; with less left a request is not sent again.
const LEAST_TIME: Duration = Duration::from_millis(50);

/// Who waits for the outcome.
pub trait Completion: Send + Sync {
    /// Takes the outcome, unless the login ended meanwhile. May run a callback of the host.
    fn complete(&self, outcome: Outcome);
    /// Logs a step of this login at level DEBUG. As [`Completion::complete`].
    fn log(&self, reason: Reason, detail: String);
}

/// One verification, on its way through queue and worker.
pub struct Verification {
    services: Arc<Services>,
    options: Arc<Options>,
    completion: Arc<dyn Completion>,
    interrupt: Arc<Interrupt>,
    request: Box<SignedRequest>,
    key: Key,
    client: u64,
    deadline: Instant,
    /// Since when it has waited for its turn.
    queued: Instant,
    /// The next attempt uses a new connection: an idle one turned out to be dead.
    fresh: bool,
    times: Times,
    pause: Duration,
    /// What STS said when it throttled or failed.
    last: Option<Box<Outcome>>,
    /// What happened and is not logged yet: a callback of the host would hold the place of the request.
    notes: Vec<(Reason, String)>,
    changes: Changes,
}

/// What a verification begins with.
pub struct Start {
    /// Log, clock, STS.
    pub services: Arc<Services>,
    /// As they were at begin.
    pub options: Arc<Options>,
    /// The login.
    pub completion: Arc<dyn Completion>,
    /// Set when the login ends before it has its outcome.
    pub interrupt: Arc<Interrupt>,
    /// What the client signed.
    pub request: Box<SignedRequest>,
    /// Which of the options' endpoints it is for.
    pub endpoint: usize,
    /// When the login must have its outcome.
    pub deadline: Instant,
}

impl Verification {
    /// A verification that begins to wait now.
    pub fn new(start: Start, client_addr: &str, now: Instant) -> Verification {
        let client_hash = &start.services.client_hash;
        Verification {
            key: Key {
                endpoint: start.endpoint,
                account: account_hint(&start.request.access_key_id),
            },
            client: client_hash.hash_one(client_network(client_addr)),
            services: start.services,
            options: start.options,
            completion: start.completion,
            interrupt: start.interrupt,
            request: start.request,
            deadline: start.deadline,
            queued: now,
            fresh: false,
            times: Times::default(),
            pause: FIRST_RETRY_PAUSE,
            last: None,
            notes: Vec::new(),
            changes: Changes::new(),
        }
    }

    /// Sends the request, and once more over a new connection if an idle one was dead; judges the answer.
    fn verify(&mut self) -> Ran<Outcome> {
        let began = self.services.now();
        self.times.queue += began.saturating_duration_since(self.queued);
        let mut done = Done::unsent(began);
        loop {
            if self.interrupt.is_set() {
                let then = Then::Finish(Outcome::failed(Reason::Cancelled.into()));
                return Ran { done, then };
            }
            let left = self.deadline.saturating_duration_since(self.services.now());
            if left.is_zero() {
                let outcome = match self.last.take() {
                    Some(last) => *last,
                    None => Outcome::failed(Reason::VerificationTimeout.into()),
                };
                let then = Then::Finish(outcome);
                return Ran { done, then };
            }
            let attempt = self.send(left);
            done.took = self.services.now().saturating_duration_since(began);
            if attempt.stale_connection && !self.fresh && !self.interrupt.is_set() {
                self.fresh = true;
                self.services.stats.stale();
                self.note(Reason::RetriedOnFreshConnection, String::new());
                continue;
            }
            // A later attempt may use an idle connection again.
            self.fresh = false;
            return self.answered(attempt, done);
        }
    }

    fn send(&mut self, left: Duration) -> Attempt {
        let services = Arc::clone(&self.services);
        match self.fresh || self.last.is_some() {
            true => services.stats.retried(),
            false => services.retries.request(),
        }
        let limits = &self.options.settings.limits;
        let times = SendLimits {
            total: left,
            connect: limits.connect_timeout.min(left),
            fresh: self.fresh,
        };
        let in_flight = services
            .endpoints
            .request(services.now(), self.key.endpoint);
        let attempt = services.sts.send(&self.request, times, &self.interrupt);
        let changes = in_flight.end(services.now(), &attempt, left, limits.sts_timeout);
        self.changes.extend(changes);
        if attempt.connected {
            let opened = attempt.connect.is_some();
            services
                .stats
                .sent(self.key.endpoint, attempt.exchange, opened);
        }
        self.times.connect += attempt.connect.unwrap_or_default();
        self.times.sts += attempt.exchange;
        attempt
    }

    fn answered(&mut self, attempt: Attempt, mut done: Done) -> Ran<Outcome> {
        let outcome = self.judge(attempt);
        if self.interrupt.is_set() {
            let then = Then::Finish(outcome);
            return Ran { done, then };
        }
        done.verdict = verdict(&outcome);
        let answered = match done.verdict {
            Verdict::Throttled => RequestOutcome::Throttled,
            Verdict::Failed => RequestOutcome::Failed,
            Verdict::Answered | Verdict::Unsent => RequestOutcome::Answered,
        };
        self.services.stats.judged(self.key.endpoint, answered);
        let then = match self.pause_before_retry(&outcome) {
            Some(pause) => {
                self.note(Reason::RetriedAfterAnswer, outcome.detail.clone());
                self.last = Some(Box::new(outcome));
                self.queued = self.services.now();
                Then::Retry(pause)
            }
            None => Then::Finish(outcome),
        };
        Ran { done, then }
    }

    fn judge(&self, attempt: Attempt) -> Outcome {
        match attempt.result {
            Ok(Answer::Caller(caller)) => {
                let rules = &self.options.settings.identity;
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

    /// None: the outcome stands. Without a pause the account's limiter decides when to retry.
    fn pause_before_retry(&mut self, outcome: &Outcome) -> Option<Option<Duration>> {
        let pause = match outcome.reason {
            Reason::StsThrottling => None,
            Reason::StsFailing => Some(self.pause),
            // Where another endpoint is healthy the next login of this client uses it.
            Reason::ConnectFailed | Reason::NameResolution
                if !self.services.endpoints.has_other(self.key.endpoint) =>
            {
                Some(self.pause)
            }
            _ => return None,
        };
        let left = self.deadline.saturating_duration_since(self.services.now());
        if left < pause.unwrap_or_default() + LEAST_TIME {
            return None;
        }
        if pause.is_some() {
            if !self.services.retries.spend() {
                return None;
            }
            self.pause = (self.pause * 2).min(LAST_RETRY_PAUSE);
        }
        Some(pause)
    }

    /// Keeps a line for [`Job::report`].
    fn note(&mut self, reason: Reason, detail: String) {
        self.notes.push((reason, detail));
    }
}

fn verdict(outcome: &Outcome) -> Verdict {
    match outcome.reason {
        Reason::StsThrottling => Verdict::Throttled,
        reason if matches!(reason.code(), MAWS_E_TIMEOUT | MAWS_E_UPSTREAM) => Verdict::Failed,
        _ => Verdict::Answered,
    }
}

impl Queued for Verification {
    fn key(&self) -> Key {
        self.key
    }

    fn deadline(&self) -> Instant {
        self.deadline
    }

    /// By address alone: an access key id is what a client claims, and it could try many.
    fn client(&self) -> u64 {
        self.client
    }
}

impl Job for Verification {
    type Outcome = Outcome;

    fn run(&mut self) -> Ran<Outcome> {
        let _in_flight = self.services.stats.in_flight();
        failpoint!(Worker);
        self.verify()
    }

    fn report(&mut self) {
        for (reason, detail) in std::mem::take(&mut self.notes) {
            self.completion.log(reason, detail);
        }
        let changes = std::mem::take(&mut self.changes);
        self.services.log_changes(&changes, &self.options);
    }

    fn is_cancelled(&self) -> bool {
        self.interrupt.is_set()
    }

    fn finish(self, outcome: Outcome) {
        let times = self.times;
        self.completion.complete(Outcome { times, ..outcome });
    }

    fn refuse(mut self, failure: Failure) {
        self.times.queue += self.services.now().saturating_duration_since(self.queued);
        let outcome = match (failure.reason, self.last.take()) {
            // What STS said last explains more than the clock.
            (Reason::VerificationTimeout | Reason::Overloaded, Some(last)) => *last,
            _ => Outcome::failed(failure),
        };
        self.finish(outcome);
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
