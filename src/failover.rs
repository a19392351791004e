//! Where new logins go: watches the endpoints' health, probes those that are down, and opens
//! connections ahead of the logins that will use them.

use std::time::{Duration, Instant};

use crate::abi::maws_log_level::*;
use crate::admission::Random;
use crate::aws::{Answer, Endpoint};
use crate::health::{Change, Health, Sign};
use crate::options::Options;
use crate::plugin::Plugin;
use crate::ports::{Attempt, StsClient};
use crate::reason::Reason;
use crate::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Longest time of a probe.
const PROBE_TIME: Duration = Duration::from_secs(3);
/// An answer that is not there in less than this, or than most of a login's usual time, tells
/// nothing: the login had too little time.
const FAIR_TIME: Duration = Duration::from_secs(1);

/// What is known of the endpoints.
#[derive(Debug)]
pub struct Failover {
    health: Mutex<Health>,
    count: usize,
}

impl Failover {
    /// All endpoints are up.
    pub fn new(now: Instant, count: usize, random: Random) -> Failover {
        Failover {
            health: Mutex::new(Health::new(now, count, random)),
            count,
        }
    }

    /// The endpoint gets new logins.
    pub fn is_up(&self, index: usize) -> bool {
        self.health().is_up(index)
    }

    /// New logins have another endpoint to go to.
    pub fn has_other(&self, than: usize) -> bool {
        let health = self.health();
        (0..self.count).any(|index| index != than && health.is_up(index))
    }

    /// With one endpoint there is nothing to choose.
    fn is_needed(&self) -> bool {
        self.count > 1
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plugin {
    /// The endpoint that a new login is to sign for.
    pub(crate) fn choose_endpoint(self: &Arc<Self>, options: &Options) -> usize {
        if !self.failover.is_needed() {
            return 0;
        }
        let now = self.clock.now();
        let mut health = self.failover.health();
        let index = health.preferred(now);
        let probe = health.probe_due(now);
        self.log_changes(health);
        if let Some(index) = probe {
            self.probe(options, index);
        }
        index
    }

    /// A request goes to an endpoint until the guard drops.
    pub(crate) fn request_to(&self, index: usize) -> RequestOut<'_> {
        let sent = self.clock.now();
        if self.failover.is_needed() {
            self.failover.health().sent(sent, index);
        }
        RequestOut {
            plugin: self,
            index,
            sent,
            sign: Sign::None,
        }
    }

    /// A login will need a connection after one more round trip to the client.
    pub(crate) fn warm_up(&self, options: &Options, index: usize) {
        if let Some(open) = self.sts.warm_up(options.settings.endpoints.at(index)) {
            // Where there is no worker for it, the login opens a connection itself.
            let _taken = self
                .pool
                .errand(Box::new(move |_: &mut dyn StsClient| open()));
        }
    }

    fn probe(self: &Arc<Self>, options: &Options, index: usize) {
        let probe = Probe {
            plugin: Arc::clone(self),
            index,
            alive: false,
        };
        let endpoint = Arc::clone(options.settings.endpoints.at(index));
        // Where there is no worker for it, the errand is dropped, and the probe with it.
        let _taken = self
            .pool
            .errand(Box::new(move |client: &mut dyn StsClient| {
                probe.run(client, &endpoint);
            }));
    }

    fn probed(&self, index: usize, alive: bool) {
        let now = self.clock.now();
        let mut health = self.failover.health();
        health.probed(now, index, alive);
        self.log_changes(health);
    }

    fn log_changes(&self, mut health: MutexGuard<'_, Health>) {
        let changes = health.take_changes();
        drop(health);
        if changes.is_empty() {
            return;
        }
        let options = self.options();
        for (index, change) in changes {
            let (level, reason) = match change {
                Change::Down => (MAWS_LOG_WARNING, Reason::EndpointDown),
                Change::Up => (MAWS_LOG_INFO, Reason::EndpointUp),
            };
            self.log(level, reason, 0, || {
                let host = options.settings.endpoints.at(index).host();
                format!("{}: {host}", reason.summary())
            });
        }
    }
}

/// A probe that is under way; one that is dropped has not found the endpoint alive.
struct Probe {
    plugin: Arc<Plugin>,
    index: usize,
    alive: bool,
}

impl Probe {
    fn run(mut self, client: &mut dyn StsClient, endpoint: &Arc<Endpoint>) {
        self.alive = client.probe(endpoint, PROBE_TIME);
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.plugin.probed(self.index, self.alive);
    }
}

/// A request that is under way.
pub struct RequestOut<'a> {
    plugin: &'a Plugin,
    index: usize,
    sent: Instant,
    sign: Sign,
}

impl RequestOut<'_> {
    /// Notes how it went, with the time that it had and the time that logins have.
    pub fn ended(mut self, attempt: &Attempt, had: Duration, usual: Duration) {
        let fair = FAIR_TIME.min(usual * 9 / 10);
        self.sign = match &attempt.result {
            Ok(Answer::Error(error)) if error.reason == Reason::StsFailing => Sign::Failing,
            Ok(_) => Sign::Alive,
            Err(_) if attempt.stale_connection => Sign::None,
            Err(_) if attempt.timed_out && had < fair => Sign::None,
            Err(failure) if may_be_of_client(failure.reason, attempt.status) => Sign::None,
            Err(_) => Sign::Failing,
        };
    }
}

/// What the client sent, or who it is, may be the reason of this failure.
fn may_be_of_client(reason: Reason, status: Option<u16>) -> bool {
    use Reason::*;
    match reason {
        ArnMalformed | AccountMismatch | UserIdMissing => true,
        ShuttingDown | Internal => true,
        // A web server before STS says so without an answer of STS (RFC 9110, section 15.5; RFC 6585,
        // section 5): it did not like the token, or found it too long.
        _ => matches!(status, Some(400 | 413 | 431)),
    }
}

impl Drop for RequestOut<'_> {
    fn drop(&mut self) {
        let failover = &self.plugin.failover;
        if failover.is_needed() {
            let now = self.plugin.clock.now();
            let mut health = failover.health();
            health.ended(now, self.index, self.sent, self.sign);
            self.plugin.log_changes(health);
        }
    }
}
