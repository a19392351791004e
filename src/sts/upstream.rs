//! The network side of one STS endpoint: its URI, its TLS name, its idle connections and the one
//! that is opened ahead of the login that will use it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use ureq::http::Uri;

use super::call;
use super::tls::TlsTransport;
use crate::aws::Endpoint;
use crate::options::OptionError;
use crate::ports::Interruptible;
use crate::reason::Failure;

/// How long STS keeps an idle connection is not documented. Closing first spares a request that would
/// be sent into a closing connection; one that is, is sent again.
pub const LONGEST_IDLE: Duration = Duration::from_secs(15);
/// After a connection could not be opened ahead, none is tried for so long.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// One endpoint as connections need it.
#[derive(Debug)]
pub struct Upstream {
    endpoint: Arc<Endpoint>,
    uri: Uri,
    tls_name: ServerName<'static>,
    /// It is reached through the configured proxy.
    pub proxied: bool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Connections in ureq's pool, and when the last of them was returned.
    idle: usize,
    returned: Option<Instant>,
    /// A connection is being opened ahead, and a call waits for it.
    opening: bool,
    awaited: bool,
    /// Opened ahead and not yet used.
    ahead: Option<(Instant, Box<TlsTransport>)>,
    not_before: Option<Instant>,
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

    /// No connection is idle or being opened, and opening one did not fail a moment ago.
    pub fn wants_connection(&self) -> bool {
        self.state().wants_connection()
    }

    /// Takes it upon the caller to open a connection ahead; [`Upstream::opened`] must follow.
    pub fn begin_opening(&self) -> bool {
        let mut state = self.state();
        let begins = state.wants_connection();
        state.opening |= begins;
        begins
    }

    /// Keeps a connection for the next call that needs one.
    pub fn keep(&self, connection: TlsTransport) {
        self.state().ahead = Some((Instant::now(), Box::new(connection)));
    }

    /// The connection that was to be opened ahead is there, or is not.
    pub fn opened(&self) {
        let mut state = self.state();
        state.opening = false;
        let failed = state.ahead.is_none();
        state.not_before = failed.then(|| Instant::now() + PAUSE_AFTER_FAILURE);
        drop(state);
        self.changed.notify_all();
    }

    /// The connection that was opened ahead, waiting for it within the call's limit if it is being
    /// opened and no other call waits for it.
    pub fn take_ahead(self: &Arc<Self>) -> Result<Option<Box<TlsTransport>>, Failure> {
        call::watch(Arc::downgrade(self) as Weak<dyn Interruptible>)?;
        let mut state = self.state();
        if state.opening && !state.awaited {
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
        let ahead = state.ahead.take();
        drop(state);
        call::time_left()?;
        Ok(ahead
            .filter(|(since, _)| since.elapsed() < LONGEST_IDLE)
            .map(|(_, connection)| connection))
    }

    /// Closes the connection that was opened ahead.
    pub fn close(&self) {
        let ahead = self.state().ahead.take();
        drop(ahead);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wants_connection(&self) -> bool {
        let now = Instant::now();
        let fresh = |since: Instant| now.saturating_duration_since(since) < LONGEST_IDLE;
        let has_idle = self.idle > 0 && self.returned.is_some_and(fresh);
        let has_ahead = self.ahead.as_ref().is_some_and(|(since, _)| fresh(*since));
        let too_soon = self.not_before.is_some_and(|at| now < at);
        !has_idle && !has_ahead && !self.opening && !too_soon
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
