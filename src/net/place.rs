//! One endpoint as this side of the network knows it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use rustls::pki_types::ServerName;

use crate::aws::{Endpoint, Proxy};
use crate::reason::{Failure, Reason};

/// After a connection could not be opened ahead, none is tried for so long.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// An endpoint with what all connections to it share.
#[derive(Debug)]
pub struct Place {
    pub endpoint: Arc<Endpoint>,
    pub proxy: Option<Proxy>,
    tls_name: OnceCell<ServerName<'static>>,
    warming: Mutex<Warming>,
    warmed: Condvar,
}

/// The name that the certificate of an endpoint or proxy must be for.
pub fn tls_name(of: &Endpoint) -> Result<ServerName<'static>, Failure> {
    ServerName::try_from(of.server_name().to_owned())
        .map_err(|_| Failure::new(Reason::TlsFailed, "the endpoint's name is malformed"))
}

/// A connection that is opened ahead of the login that will use it.
#[derive(Debug, Default)]
struct Warming {
    runs: bool,
    awaited: bool,
    not_before: Option<Instant>,
}

impl Place {
    /// A place that no connection was opened to.
    pub fn new(endpoint: Arc<Endpoint>, proxy: Option<Proxy>) -> Place {
        Place {
            endpoint,
            proxy,
            tls_name: OnceCell::new(),
            warming: Mutex::default(),
            warmed: Condvar::new(),
        }
    }

    /// The name that the certificate must be for.
    pub fn tls_name(&self) -> Result<ServerName<'static>, Failure> {
        let name = self.tls_name.get_or_try_init(|| tls_name(&self.endpoint));
        name.cloned()
    }

    /// True: a connection is to be opened ahead; [`Place::end_warming`] must follow.
    pub fn begin_warming(&self) -> bool {
        let mut warming = self.state();
        let too_soon = warming.not_before.is_some_and(|at| Instant::now() < at);
        if warming.runs || too_soon {
            return false;
        }
        warming.runs = true;
        true
    }

    /// The connection rests, or could not be opened.
    pub fn end_warming(&self, opened: bool) {
        let mut warming = self.state();
        warming.runs = false;
        warming.not_before = (!opened).then(|| Instant::now() + PAUSE_AFTER_FAILURE);
        drop(warming);
        self.warmed.notify_all();
    }

    /// Waits for the connection that is being opened ahead. False: there is none, or another login
    /// waits for it.
    pub fn await_warming(&self, until: Instant) -> bool {
        let mut warming = self.state();
        if !warming.runs || warming.awaited {
            return false;
        }
        warming.awaited = true;
        while warming.runs {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.warmed.wait_timeout(warming, left);
            warming = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        warming.awaited = false;
        true
    }

    fn state(&self) -> MutexGuard<'_, Warming> {
        self.warming.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
