//! One configuration: its options, services and workers.

use std::hash::RandomState;
use std::time::{Duration, Instant};

use crate::abi::maws_log_level::*;
use crate::conversation::{Begin, Conversation, Slot, Slots};
use crate::endpoints::EndpointHealth;
use crate::options::{Limits, OptionError, Options, ignored_proxy};
use crate::pool::Pool;
use crate::ports::{Clock, Host, LoginIds, Sts};
use crate::random::Random;
use crate::reason::{Failure, Reason};
use crate::retries::RetryBudget;
use crate::services::{Probe, Services};
use crate::stats::{Snapshot, Stats};
use crate::sync::atomic::{AtomicI32, Ordering};
use crate::sync::{Arc, Mutex, PoisonError, RwLock};
use crate::sys;
use crate::throttle::ThrottleLimits;
use crate::verification::Verification;

/// The database whose users are named by an outside authority.
const EXTERNAL: &str = "$external";
/// Between two searches for conversations that are past their time.
const BETWEEN_SEARCHES: Duration = Duration::from_millis(100);

/// A plugin as the host created it.
pub struct Plugin {
    services: Arc<Services>,
    pool: Arc<Pool<Verification>>,
    options: RwLock<Arc<Options>>,
    slots: Arc<Slots>,
    /// When conversations that are past their time were searched for last.
    searched: Mutex<Option<Instant>>,
}

/// Conversations still live.
#[derive(Debug, PartialEq, Eq)]
pub struct InUse;

impl Plugin {
    /// Starts no thread and uses no network.
    pub fn new(
        host: Box<dyn Host>,
        log_level: i32,
        options: Options,
        sts: Arc<dyn Sts>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Plugin> {
        let endpoints = options.settings.endpoints.count();
        let services = Arc::new(Services {
            host: host.into(),
            sts,
            stats: Stats::new(endpoints),
            retries: RetryBudget::new(),
            endpoints: EndpointHealth::new(clock.now(), endpoints, Random::new(seed())),
            clock,
            client_hash: RandomState::new(),
            log_level: AtomicI32::new(log_level),
        });
        let for_faults = Arc::clone(&services);
        let pool = Pool::new(
            Arc::clone(&services.clock),
            endpoints,
            throttle_limits(&options.settings.limits),
            Random::new(seed()),
            Box::new(move |fault: Failure| for_faults.log_fault(&fault)),
        );
        let plugin = Arc::new(Plugin {
            services,
            pool: Arc::new(pool),
            options: RwLock::new(Arc::new(options)),
            slots: Arc::default(),
            searched: Mutex::new(None),
        });
        plugin.log_created();
        plugin
    }

    /// Begins a conversation.
    pub fn begin(&self, begin: &Begin<'_>) -> Result<Arc<Conversation>, Failure> {
        let options = self.options();
        let services = &self.services;
        services.stats.begun();
        let slot = self.admit(&options, begin).inspect_err(|failure| {
            services.stats.ended(failure.reason.code());
            services.log(MAWS_LOG_DEBUG, failure.reason, begin.login(), || {
                failure.to_string()
            });
        })?;
        let endpoint = self.choose_endpoint(&options);
        Ok(Arc::new(Conversation::new(
            Arc::clone(services),
            Arc::clone(&self.pool),
            options,
            endpoint,
            slot,
            begin,
        )))
    }

    fn admit(&self, options: &Options, begin: &Begin<'_>) -> Result<Slot, Failure> {
        if begin.database != EXTERNAL {
            return Err(Failure::new(Reason::DatabaseNotExternal, begin.database));
        }
        if options.settings.require_tls && !begin.tls {
            return Err(Reason::LinkNotTls.into());
        }
        self.slots.take(options.settings.limits.conversations)
    }

    /// The endpoint that the client is to sign for. Has a worker probe an unhealthy one if that is due.
    fn choose_endpoint(&self, options: &Arc<Options>) -> usize {
        let (index, probe) = self.services.choose_endpoint(options);
        if let Some(unhealthy) = probe {
            let probe = Probe::new(Arc::clone(&self.services), Arc::clone(options), unhealthy);
            let _accepted = self.pool.run(Box::new(move || probe.run()));
        }
        index
    }

    /// Where the limit of conversations is reached, ends those that are past their time: a client that
    /// went silent would keep its place for as long as its connection stands.
    pub fn make_room(&self, live: impl FnOnce() -> Vec<Arc<Conversation>>) {
        let most = self.options().settings.limits.conversations;
        if !self.slots.are_taken(most) {
            return;
        }
        {
            let now = self.services.now();
            let searched = self.searched.lock();
            let mut searched = searched.unwrap_or_else(PoisonError::into_inner);
            if searched.is_some_and(|at| now < at + BETWEEN_SEARCHES) {
                return;
            }
            *searched = Some(now);
        }
        let live = live();
        let own = live.iter().filter(|c| c.is_of(&self.services));
        own.for_each(|conversation| conversation.expire());
    }

    /// Changes run-time options, all or none.
    pub fn set_options(&self, given: &[(&str, &str)]) -> Result<(), OptionError> {
        let mut options = self.options.write().unwrap_or_else(PoisonError::into_inner);
        let changed = options.change(given)?;
        self.pool
            .set_limits(throttle_limits(&changed.settings.limits));
        let changed = Arc::new(changed);
        let before = std::mem::replace(&mut *options, Arc::clone(&changed));
        drop(options);
        let keys = given.iter().map(|(key, _)| *key).collect::<Vec<_>>();
        self.services.log(
            MAWS_LOG_INFO,
            Reason::OptionsChanged,
            LoginIds::default(),
            || format!("{}: {}", Reason::OptionsChanged.summary(), keys.join(", ")),
        );
        self.warn_of_rules(&changed.warnings, &before.warnings);
        Ok(())
    }

    /// The options as they stand.
    pub fn options(&self) -> Arc<Options> {
        Arc::clone(&self.options.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Logs something that the operator should know, and that concerns no login.
    pub fn warn(&self, reason: Reason, text: &str) {
        self.services
            .log(MAWS_LOG_WARNING, reason, LoginIds::default(), || {
                format!("{}: {text}", reason.summary())
            });
    }

    /// The lowest level that is logged.
    pub fn set_log_level(&self, level: i32) {
        self.services.log_level.store(level, Ordering::Relaxed);
    }

    /// Counters and gauges.
    pub fn snapshot(&self) -> Snapshot {
        let gauges = self.pool.gauges();
        let options = self.options();
        let endpoint = |index| {
            let host = options.settings.endpoints.at(index).host().to_owned();
            (host, self.services.endpoints.is_healthy(index))
        };
        Snapshot {
            workers: u32::try_from(gauges.workers).unwrap_or(u32::MAX),
            queued: gauges.queued as u64,
            throttled_accounts: gauges.limited_accounts as u64,
            conversations: self.slots.live() as u64,
            ..self.services.stats.snapshot(endpoint)
        }
    }

    /// Begins no more conversations; those that live go on.
    pub fn quiesce(&self) {
        self.slots.quiesce();
    }

    /// Stops the workers. False: a thread was left behind.
    pub fn shutdown(&self, drain: Duration) -> Result<bool, InUse> {
        if !self.slots.close() {
            return Err(InUse);
        }
        self.pool.close();
        self.services.sts.shutdown();
        let drained = self.pool.join(drain);
        self.services.log(
            MAWS_LOG_INFO,
            Reason::Destroyed,
            LoginIds::default(),
            || Reason::Destroyed.summary().to_owned(),
        );
        self.services.host.close();
        Ok(drained)
    }

    fn log_created(&self) {
        let options = self.options();
        self.services
            .log(MAWS_LOG_INFO, Reason::Created, LoginIds::default(), || {
                let version = env!("CARGO_PKG_VERSION");
                let endpoints = options.settings.endpoints.iter().map(|endpoint| {
                    format!(
                        "{} (region {}), connecting to {}:{}",
                        endpoint.host(),
                        endpoint.region(),
                        endpoint.server_name(),
                        endpoint.port()
                    )
                });
                let endpoints = endpoints.collect::<Vec<_>>().join("; then ");
                let summary = Reason::Created.summary();
                let proxy = options.settings.proxy.as_ref().map(|proxy| {
                    let place = proxy.endpoint();
                    format!(
                        ", through the proxy {}:{}",
                        place.server_name(),
                        place.port()
                    )
                });
                let proxy = proxy.unwrap_or_default();
                format!("{summary}: version {version}, clients sign for {endpoints}{proxy}")
            });
        let option = options.text("awsStsProxy").unwrap_or_default();
        if let Some(text) = ignored_proxy(&option, &options.settings) {
            self.warn(Reason::ProxyIgnored, &text);
        }
        self.warn_of_rules(&options.warnings, &[]);
    }

    /// Logs rules that let nobody in, unless they were known before.
    fn warn_of_rules(&self, warnings: &[String], known: &[String]) {
        let new = warnings.iter().filter(|text| !known.contains(text));
        new.for_each(|text| self.warn(Reason::RuleWithoutEffect, text));
    }
}

fn throttle_limits(limits: &Limits) -> ThrottleLimits {
    ThrottleLimits {
        in_flight: limits.workers,
        queue: limits.queue,
    }
}

/// Servers that start together are not to pause together.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    match sys::fill_random(&mut bytes) {
        Ok(()) => u64::from_ne_bytes(bytes),
        // The process id differs from server to server too.
        Err(_) => std::process::id().into(),
    }
}
