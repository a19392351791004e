//! One configuration with its workers.

use std::hash::RandomState;
use std::time::{Duration, Instant};

use crate::abi::maws_log_level::{self, *};
use crate::admission::{AdmissionLimits, Random};
use crate::conversation::{Begin, Conversation};
use crate::failover::Failover;
use crate::options::{Limits, OptionError, Options};
use crate::pool::Pool;
use crate::ports::{Clock, Host, Sts};
use crate::reason::{Failure, Reason};
use crate::retries::RetryBudget;
use crate::sasl::messages::NONCE_LENGTH;
use crate::stats::{Snapshot, Stats};
use crate::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use crate::sync::{Arc, Mutex, PoisonError, RwLock};
use crate::sys;
use crate::verification::Verification;

/// The database whose users are named by an outside authority.
const EXTERNAL: &str = "$external";
/// Variables that other HTTP clients obey.
pub const PROXY_VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// Between two looks for conversations that are past their time.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// Stands in the count of conversations from destroy on, so that no begin slips in.
const DESTROYED: usize = usize::MAX;

/// A plugin as the host created it.
pub struct Plugin {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) pool: Pool<Verification>,
    pub(crate) stats: Stats,
    pub(crate) retries: RetryBudget,
    pub(crate) failover: Failover,
    pub(crate) sts: Arc<dyn Sts>,
    /// Makes the hashes that tell clients apart, in a way that nobody can foresee.
    pub(crate) clients: RandomState,
    options: RwLock<Arc<Options>>,
    log_level: AtomicI32,
    conversations: AtomicUsize,
    /// Of these, those whose time was over while their client was silent: they count no more.
    expired: AtomicUsize,
    /// When they were looked for last.
    looked_for_expired: Mutex<Option<Instant>>,
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
        let limits = admission_limits(&options.settings.limits);
        let endpoints = options.settings.endpoints.count();
        let failover = Failover::new(clock.now(), endpoints, Random::new(seed()));
        let (for_pool, its_clock) = (Arc::clone(&sts), Arc::clone(&clock));
        let (host, its_host) = {
            let host: Arc<dyn Host> = host.into();
            (Arc::clone(&host), host)
        };
        // Faults that are no login's; those are told with its end.
        let faults = Box::new(move |fault: Failure| {
            its_host.log(MAWS_LOG_ERROR, fault.reason, 0, &fault.to_string());
        });
        let plugin = Arc::new(Plugin {
            host,
            pool: Pool::new(
                for_pool,
                its_clock,
                endpoints,
                limits,
                Random::new(seed()),
                faults,
            ),
            clock,
            stats: Stats::new(endpoints),
            retries: RetryBudget::new(),
            failover,
            sts,
            clients: RandomState::new(),
            options: RwLock::new(Arc::new(options)),
            log_level: AtomicI32::new(log_level),
            conversations: AtomicUsize::new(0),
            expired: AtomicUsize::new(0),
            looked_for_expired: Mutex::new(None),
        });
        plugin.log_created();
        plugin
    }

    /// Begins a conversation.
    pub fn begin(self: &Arc<Self>, begin: &Begin<'_>) -> Result<Arc<Conversation>, Failure> {
        let options = self.options();
        self.stats.begun();
        self.admit(&options, begin).inspect_err(|failure| {
            self.stats.ended(failure.reason.code());
            self.log(MAWS_LOG_DEBUG, failure.reason, begin.log_id, || {
                failure.to_string()
            });
        })?;
        Ok(Arc::new(Conversation::new(
            Arc::clone(self),
            options,
            begin,
        )))
    }

    /// Where the limit of conversations is reached, ends those that are past their time: a client that
    /// went silent would keep its place for as long as its connection stands.
    pub fn make_room(&self, live: impl FnOnce() -> Vec<Arc<Conversation>>) {
        if !self.is_full(self.options().settings.limits.conversations) {
            return;
        }
        {
            let now = self.clock.now();
            let mut looked = self
                .looked_for_expired
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if looked.is_some_and(|at| now < at + BETWEEN_LOOKS) {
                return;
            }
            *looked = Some(now);
        }
        let live = live();
        let own = live.iter().filter(|c| std::ptr::eq(&*c.plugin, self));
        own.for_each(|conversation| conversation.expire());
    }

    pub(crate) fn expired(&self) {
        self.expired.fetch_add(1, Ordering::AcqRel);
    }

    /// A conversation of [`Plugin::begin`] has ended.
    pub(crate) fn ended(&self, was_expired: bool) {
        self.expired
            .fetch_sub(usize::from(was_expired), Ordering::AcqRel);
        self.conversations.fetch_sub(1, Ordering::AcqRel);
    }

    fn is_full(&self, most: usize) -> bool {
        match self.conversations.load(Ordering::Acquire) {
            DESTROYED => false,
            live => !self.has_room(live, most),
        }
    }

    fn has_room(&self, live: usize, most: usize) -> bool {
        live.saturating_sub(self.expired.load(Ordering::Acquire)) < most
    }

    /// Changes run-time options, all or none.
    pub fn set_options(&self, given: &[(&str, &str)]) -> Result<(), OptionError> {
        let mut options = self.options.write().unwrap_or_else(PoisonError::into_inner);
        let changed = options.change(given)?;
        self.pool
            .set_limits(admission_limits(&changed.settings.limits));
        *options = Arc::new(changed);
        drop(options);
        let keys = given.iter().map(|(key, _)| *key).collect::<Vec<_>>();
        self.log(MAWS_LOG_INFO, Reason::OptionsChanged, 0, || {
            format!("{}: {}", Reason::OptionsChanged.summary(), keys.join(", "))
        });
        Ok(())
    }

    /// The options as they stand.
    pub fn options(&self) -> Arc<Options> {
        Arc::clone(&self.options.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The lowest level that is logged.
    pub fn set_log_level(&self, level: i32) {
        self.log_level.store(level, Ordering::Relaxed);
    }

    /// Counters and gauges.
    pub fn snapshot(&self) -> Snapshot {
        let gauges = self.pool.gauges();
        let options = self.options();
        let endpoint = |index| {
            let host = options.settings.endpoints.at(index).host().to_owned();
            (host, self.failover.is_up(index))
        };
        Snapshot {
            workers: gauges.workers as u64,
            queued: gauges.waiting as u64,
            throttled_accounts: gauges.lanes as u64,
            conversations: match self.conversations.load(Ordering::Relaxed) {
                DESTROYED => 0,
                live => live as u64,
            },
            ..self.stats.details(endpoint)
        }
    }

    /// Stops the workers. False: a thread was left behind.
    pub fn shutdown(&self, drain: Duration) -> Result<bool, InUse> {
        let taken =
            self.conversations
                .compare_exchange(0, DESTROYED, Ordering::AcqRel, Ordering::Relaxed);
        if taken.is_err() {
            return Err(InUse);
        }
        let drained = self.pool.shutdown(drain);
        self.log(MAWS_LOG_INFO, Reason::Destroyed, 0, || {
            Reason::Destroyed.summary().to_owned()
        });
        self.host.close();
        Ok(drained)
    }

    /// Logs a line; nothing below the level is formatted.
    pub(crate) fn log(
        &self,
        level: maws_log_level,
        reason: Reason,
        log_id: u64,
        text: impl FnOnce() -> String,
    ) {
        if level as i32 >= self.log_level.load(Ordering::Relaxed) {
            self.host.log(level, reason, log_id, &text());
        }
    }

    /// The server's half of a nonce.
    pub(crate) fn random(&self) -> Result<[u8; NONCE_LENGTH], Failure> {
        let mut bytes = [0; NONCE_LENGTH];
        sys::fill_random(&mut bytes)
            .map_err(|error| Failure::new(Reason::RandomFailed, error.to_string()))?;
        Ok(bytes)
    }

    fn admit(&self, options: &Options, begin: &Begin<'_>) -> Result<(), Failure> {
        if begin.database != EXTERNAL {
            return Err(Failure::new(Reason::DatabaseNotExternal, begin.database));
        }
        if options.settings.require_tls && !begin.tls {
            return Err(Reason::LinkNotTls.into());
        }
        let most = options.settings.limits.conversations;
        let add = |live: usize| match live {
            DESTROYED => None,
            live => self.has_room(live, most).then(|| live + 1),
        };
        let added = self
            .conversations
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, add);
        match added {
            Ok(_) => Ok(()),
            Err(DESTROYED) => Err(Reason::ShuttingDown.into()),
            Err(_) => Err(Failure::new(
                Reason::ConversationsTooMany,
                format!("limit {most}"),
            )),
        }
    }

    fn log_created(&self) {
        let options = self.options();
        self.log(MAWS_LOG_INFO, Reason::Created, 0, || {
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
        if options
            .text("awsStsProxy")
            .is_some_and(|text| !text.is_empty())
        {
            return;
        }
        if let Some(name) = PROXY_VARIABLES
            .into_iter()
            .find(|name| std::env::var_os(name).is_some())
        {
            self.log(MAWS_LOG_WARNING, Reason::ProxyIgnored, 0, || {
                format!(
                    "{}: {name} is set; STS is connected to directly",
                    Reason::ProxyIgnored.summary()
                )
            });
        }
    }
}

fn admission_limits(limits: &Limits) -> AdmissionLimits {
    AdmissionLimits {
        requests: limits.workers,
        waiting: limits.queue,
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
