//! What every part of a plugin may need: its log, clock, statistics, retry budget, endpoints, STS.

use std::hash::RandomState;
use std::time::{Duration, Instant};

use crate::abi::maws_log_level::{self, *};
use crate::aws::Endpoint;
use crate::endpoints::{Change, EndpointHealth};
use crate::options::Options;
use crate::ports::{Clock, Host, LoginIds, Sts};
use crate::reason::{Failure, Reason};
use crate::retries::RetryBudget;
use crate::stats::Stats;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicI32, Ordering};

/// Longest time of a probe.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// Shared by the conversations and workers of one plugin.
pub struct Services {
    /// The server.
    pub host: Arc<dyn Host>,
    /// Monotonic time.
    pub clock: Arc<dyn Clock>,
    /// STS.
    pub sts: Arc<dyn Sts>,
    /// Counters.
    pub stats: Stats,
    /// Bounds requests that are sent again.
    pub retries: RetryBudget,
    /// Which endpoints are healthy.
    pub endpoints: EndpointHealth,
    /// Makes the hashes that tell clients apart, in a way that nobody can foresee.
    pub client_hash: RandomState,
    /// The lowest level that is logged.
    pub log_level: AtomicI32,
}

impl Services {
    /// The current instant.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Lines of this level are logged.
    pub fn logs(&self, level: maws_log_level) -> bool {
        level as i32 >= self.log_level.load(Ordering::Relaxed)
    }

    /// Logs a line; nothing below the level is formatted.
    pub fn log(
        &self,
        level: maws_log_level,
        reason: Reason,
        login: LoginIds,
        text: impl FnOnce() -> String,
    ) {
        if self.logs(level) {
            self.host.log(level, reason, login, &text());
        }
    }

    /// Logs a fault that is no login's.
    pub fn log_fault(&self, fault: &Failure) {
        self.log(MAWS_LOG_ERROR, fault.reason, LoginIds::default(), || {
            fault.to_string()
        });
    }

    /// The endpoint that a new login signs for, and one that is to be probed now.
    pub fn choose_endpoint(&self, options: &Options) -> (usize, Option<usize>) {
        let (index, probe, changes) = self.endpoints.choose(self.now());
        self.log_changes(&changes, options);
        (index, probe)
    }

    /// Logs which endpoints became healthy or unhealthy.
    pub fn log_changes(&self, changes: &[(usize, Change)], options: &Options) {
        for (index, change) in changes {
            let (level, reason) = match change {
                Change::Unhealthy => (MAWS_LOG_WARNING, Reason::EndpointDown),
                Change::Healthy => (MAWS_LOG_INFO, Reason::EndpointUp),
            };
            self.log(level, reason, LoginIds::default(), || {
                let host = options.settings.endpoints.at(*index).host();
                format!("{}: {host}", reason.summary())
            });
        }
    }
}

/// A probe of an unhealthy endpoint. One that is dropped, run or not, has found out something: without
/// an answer it is tried again after a pause.
pub struct Probe {
    services: Arc<Services>,
    options: Arc<Options>,
    index: usize,
    answers: bool,
}

impl Probe {
    /// To be run by a worker.
    pub fn new(services: Arc<Services>, options: Arc<Options>, index: usize) -> Probe {
        Probe {
            services,
            options,
            index,
            answers: false,
        }
    }

    /// Blocks.
    pub fn run(mut self) {
        let endpoint: &Endpoint = self.options.settings.endpoints.at(self.index);
        self.answers = self.services.sts.probe(endpoint, PROBE_TIMEOUT);
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let services = &self.services;
        let changes = services
            .endpoints
            .probed(services.now(), self.index, self.answers);
        services.log_changes(&changes, &self.options);
    }
}
