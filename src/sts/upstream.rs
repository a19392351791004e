//! The network side of one STS endpoint: its URI, its TLS name, its idle connections and the one
//! that is opened ahead of the login that will use it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use ureq::http::Uri;
use ureq::unversioned::transport::Transport;

use super::{call, tls_error};
use crate::aws::Endpoint;
use crate::options::OptionError;
use crate::ports::Interruptible;
use crate::reason::Failure;

/// How long STS keeps an idle connection is not documented. Closing first spares a request that would
/// be sent into a closing connection; one that is, is sent again.
pub const LONGEST_IDLE_CONNECTION: Duration = Duration::from_secs(15);
/// After a connection could not be opened ahead, none is tried for so long.
const PAUSE_AFTER_FAILED_OPENING: Duration = Duration::from_secs(1);

/// One endpoint as connections need it.
#[derive(Debug)]
pub struct Upstream {
    /// What logins know of it.
    pub endpoint: Arc<Endpoint>,
    uri: Uri,
    tls_name: ServerName<'static>,
    /// It is reached through the configured proxy.
    pub proxied: bool,
    state: Mutex<Connections>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Connections {
    /// Connections in ureq's pool, and when the last of them was returned.
    idle: usize,
    returned: Option<Instant>,
    /// A connection is being opened ahead, is in its TLS handshake, and a call waits for it.
    opening: bool,
    handshaking: bool,
    awaited: bool,
    /// A connection was kept since the opening began.
    kept_one: bool,
    /// Idle connections that ureq's pool does not have: opened ahead, or for one call. Oldest first.
    kept: Vec<(Instant, Box<dyn Transport>)>,
    not_before: Option<Instant>,
    closed: bool,
}

/// One connection in ureq's pool.
#[derive(Debug)]
pub struct IdleCount(Arc<Upstream>);

impl Drop for IdleCount {
    fn drop(&mut self) {
        self.0.state().idle -= 1;
    }
}

impl Upstream {
    /// No connection is open.
    pub fn new(endpoint: Arc<Endpoint>, proxied: bool) -> Result<Upstream, OptionError> {
        let wrong = |_| {
            let valid = "an endpoint is a name or an address";
            OptionError::new("awsStsEndpoint", endpoint.server_name(), valid)
        };
        let uri = Uri::try_from(format!("https://{}:{}/", host(&endpoint), endpoint.port()));
        let name = ServerName::try_from(endpoint.server_name().to_owned());
        Ok(Upstream {
            uri: uri.map_err(|_| wrong(()))?,
            tls_name: name.map_err(|_| wrong(()))?,
            endpoint,
            proxied,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Connections to this endpoint are connections to the other.
    pub fn is(&self, endpoint: &Endpoint) -> bool {
        self.endpoint.same_address(endpoint)
    }

    /// Where requests go.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The name that the certificate must be for.
    pub fn tls_name(&self) -> ServerName<'static> {
        self.tls_name.clone()
    }

    /// Counts one more idle connection until the guard drops.
    pub fn count_idle(upstream: &Arc<Upstream>) -> IdleCount {
        let mut state = upstream.state();
        state.idle += 1;
        state.returned = Some(Instant::now());
        drop(state);
        IdleCount(Arc::clone(upstream))
    }

    /// True: the caller is to open a connection ahead, and [`Upstream::opened`] must follow. False: one is
    /// idle or is being opened, or could not be opened a moment ago.
    pub fn begin_opening(&self) -> bool {
        let mut state = self.state();
        let begins = state.wants_connection();
        if begins {
            state.opening = true;
            state.kept_one = false;
        }
        begins
    }

    /// Keeps a connection for the next call that needs one.
    pub fn keep(&self, connection: Box<dyn Transport>) {
        let mut state = self.state();
        let old = state.take_old();
        if !state.closed {
            state.kept.push((Instant::now(), connection));
            state.kept_one |= state.opening;
        }
        drop(state);
        drop(old);
    }

    /// The connection that is being opened ahead has come to its TLS handshake.
    pub fn handshakes(&self) {
        self.state().handshaking = true;
    }

    /// The connection that was to be opened ahead is there, or is not.
    pub fn opened(&self) {
        let mut state = self.state();
        state.opening = false;
        state.handshaking = false;
        let failed = !std::mem::take(&mut state.kept_one);
        state.not_before = failed.then(|| Instant::now() + PAUSE_AFTER_FAILED_OPENING);
        drop(state);
        self.changed.notify_all();
    }

    /// A connection that is kept; where one is being opened ahead and no other call waits for that, it is
    /// waited for within the call's limit. Whether it was waited for comes beside it.
    pub fn take_kept(self: &Arc<Self>) -> Result<(Option<Box<dyn Transport>>, bool), Failure> {
        call::watch(Arc::downgrade(self) as Weak<dyn Interruptible>)?;
        let mut state = self.state();
        let waits = state.kept.is_empty() && state.opening && !state.awaited;
        if waits {
            state.awaited = true;
            while state.opening {
                let Ok(left) = call::time_left() else {
                    break;
                };
                let waited = self.changed.wait_timeout(state, left);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            state.awaited = false;
        }
        let old = state.take_old();
        // A call that is over leaves the connection to others.
        let newest = match call::time_left() {
            Ok(_) => Ok(state.kept.pop()),
            Err(failure) if state.handshaking => {
                Err(tls_error::unanswered(failure, self.endpoint.server_name()))
            }
            Err(failure) => Err(failure),
        };
        drop(state);
        drop(old);
        let newest = newest?;
        Ok((newest.map(|(_, connection)| connection), waits))
    }

    /// Closes the connections that are kept, and those to come.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let kept = std::mem::take(&mut state.kept);
        drop(state);
        drop(kept);
    }

    fn state(&self) -> MutexGuard<'_, Connections> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// Those that were idle for too long, to be closed when the lock is no longer held.
    fn take_old(&mut self) -> Vec<(Instant, Box<dyn Transport>)> {
        let is_old = |(since, _): &(Instant, _)| since.elapsed() >= LONGEST_IDLE_CONNECTION;
        let old = self.kept.partition_point(is_old);
        self.kept.drain(..old).collect()
    }

    fn wants_connection(&self) -> bool {
        let now = Instant::now();
        let fresh = |since: Instant| now.saturating_duration_since(since) < LONGEST_IDLE_CONNECTION;
        let has_idle = self.idle > 0 && self.returned.is_some_and(fresh);
        let has_kept = self.kept.last().is_some_and(|(since, _)| fresh(*since));
        let too_soon = self.not_before.is_some_and(|at| now < at);
        !has_idle && !has_kept && !self.opening && !too_soon
    }
}

impl Interruptible for Upstream {
    fn interrupt(&self) {
        // With the lock: a call that is about to wait has either seen the interrupt or waits by now.
        drop(self.state());
        self.changed.notify_all();
    }
}

/// A name, or an address as a URI has it.
pub fn host(endpoint: &Endpoint) -> String {
    match endpoint.server_name() {
        v6 if v6.contains(':') => format!("[{v6}]"),
        name => name.to_owned(),
    }
}
