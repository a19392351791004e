//! Name resolution: cached, shared, and never waited for beyond the deadline.
//!
//! libc's resolver cannot be interrupted, so it runs on a thread of its own, which owns all that it
//! touches and may be left behind.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::call::{self, Call};
use crate::panics;
use crate::ports::Interruptible;
use crate::reason::{Failure, Reason};
use crate::sys::SignalsBlocked;

/// How long addresses are used without asking again. AWS moves its endpoints' addresses slowly;
/// a connection that fails asks again at once.
const FRESH_FOR: Duration = Duration::from_secs(60);
/// Longest wait for new addresses where old ones did not work just now.
const WAIT_FOR_BETTER: Duration = Duration::from_millis(250);
/// After a lookup that failed none is started for so long.
const PAUSE_AFTER_FAILED_LOOKUP: Duration = Duration::from_millis(500);
const RESOLVER_STACK_BYTES: usize = 256 * 1024;
/// As many as ureq keeps.
const MOST_ADDRESSES: usize = 16;

type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Addresses by name, shared by resolver and connector.
#[derive(Clone)]
pub struct Names(Arc<NameCache>);

struct NameCache {
    lookup: Box<Lookup>,
    names: Mutex<Vec<(Target, Arc<Name>)>>,
}

/// Host and port.
type Target = (String, u16);

#[derive(Debug, Default)]
struct Name {
    state: Mutex<KnownAddresses>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct KnownAddresses {
    addresses: Vec<SocketAddr>,
    until: Option<Instant>,
    /// They did not work.
    distrusted: bool,
    asking: bool,
    /// What the last lookup came to, and when.
    failure: Option<(Instant, String)>,
}

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let (host, port) = target(uri);
        let found = match host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => self.addresses(&(host, port)).map_err(call::to_ureq)?,
        };
        let mut addresses = self.empty();
        for address in found.into_iter().take(MOST_ADDRESSES) {
            addresses.push(address);
        }
        Ok(addresses)
    }
}

impl Names {
    /// Asks the system.
    pub fn new() -> Names {
        Names::asking(Box::new(|name: &str, port| {
            (name, port).to_socket_addrs().map(Iterator::collect)
        }))
    }

    fn asking(lookup: Box<Lookup>) -> Names {
        Names(Arc::new(NameCache {
            lookup,
            names: Mutex::default(),
        }))
    }

    /// The addresses of a target, at least one, within the call's limit. Old ones beat waiting: the
    /// name service may be down while STS is up.
    fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, Failure> {
        let name = self.name(target);
        if let Some(fresh) = name.fresh() {
            return Ok(fresh);
        }
        let connecting = call::with(Call::begin_resolving).unwrap_or_default();
        call::watch(Arc::downgrade(&name) as Weak<dyn Interruptible>)?;
        let found = self.ask_and_wait(target, &name);
        call::with(|call| call.end_resolving(connecting));
        found
    }

    fn ask_and_wait(&self, target: &Target, name: &Arc<Name>) -> Result<Vec<SocketAddr>, Failure> {
        let mut known = name.known();
        let now = Instant::now();
        let failed = known.failure.as_ref().map(|(at, _)| *at);
        let too_soon = failed.is_some_and(|at| now < at + PAUSE_AFTER_FAILED_LOOKUP);
        if !known.asking && !too_soon {
            known.asking = true;
            if let Err(error) = self.ask(target, name) {
                known.asking = false;
                known.failure = Some((now, error.to_string()));
            }
        }
        let longest = match (known.addresses.is_empty(), known.distrusted) {
            (true, _) => Duration::MAX,
            (false, true) => WAIT_FOR_BETTER.min(call::time_left()? / 4),
            (false, false) => Duration::ZERO,
        };
        while known.asking {
            let Ok(left) = call::time_left() else {
                break;
            };
            let left = left.min(longest.saturating_sub(now.elapsed()));
            if left.is_zero() {
                break;
            }
            let waited = name.changed.wait_timeout(known, left);
            known = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        call::check_interrupt()?;
        if !known.addresses.is_empty() {
            return Ok(known.addresses.clone());
        }
        let cause = match &known.failure {
            Some((_, cause)) if !known.asking => cause,
            _ => "no answer in time",
        };
        let detail = format!("{}: {cause}", target.0);
        Err(Failure::new(Reason::NameResolution, detail))
    }

    /// The addresses did not work: the next connection asks again.
    pub fn distrust(&self, uri: &Uri) {
        let target = target(uri);
        if target.0.parse::<IpAddr>().is_ok() {
            return;
        }
        let name = self.name(&target);
        let mut known = name.known();
        known.until = None;
        known.distrusted = true;
    }

    fn ask(&self, target: &Target, name: &Arc<Name>) -> io::Result<()> {
        let _inherited_by_the_thread = SignalsBlocked::new()?;
        let shared = Arc::clone(&self.0);
        let ((host, port), name) = (target.clone(), Arc::clone(name));
        let thread = thread::Builder::new()
            .name("maws-resolver".into())
            .stack_size(RESOLVER_STACK_BYTES);
        thread.spawn(move || {
            let _panics_are_ours = panics::Inside::enter();
            // Within the thread: if the system refuses it, the closure drops in the caller's hands, who
            // holds the lock that this takes as it drops.
            let mut lookup = LookupInFlight {
                name,
                answer: Err(io::Error::other("a fault inside the plugin")),
            };
            lookup.answer = (shared.lookup)(&host, port);
        })?;
        Ok(())
    }

    fn name(&self, target: &Target) -> Arc<Name> {
        let names = self.0.names.lock();
        let mut names = names.unwrap_or_else(PoisonError::into_inner);
        if let Some((_, name)) = names.iter().find(|(known, _)| known == target) {
            return Arc::clone(name);
        }
        let name = Arc::new(Name::default());
        names.push((target.clone(), Arc::clone(&name)));
        name
    }
}

/// The host, without the brackets of an IPv6 address.
pub fn bare_host(uri: &Uri) -> &str {
    let host = uri.host().unwrap_or_default();
    host.trim_start_matches('[').trim_end_matches(']')
}

/// The bare host and the port.
fn target(uri: &Uri) -> Target {
    let default = match uri.scheme_str() {
        Some("http") => 80,
        _ => 443,
    };
    (bare_host(uri).to_owned(), uri.port_u16().unwrap_or(default))
}

impl Interruptible for Name {
    fn interrupt(&self) {
        // With the lock: a call that is about to wait has either seen the interrupt or waits by now.
        drop(self.known());
        self.changed.notify_all();
    }
}

impl Name {
    fn fresh(&self) -> Option<Vec<SocketAddr>> {
        let known = self.known();
        let fresh = known.until.is_some_and(|until| Instant::now() < until);
        fresh.then(|| known.addresses.clone())
    }

    fn known(&self) -> MutexGuard<'_, KnownAddresses> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lookup in flight; its answer is stored as it drops, also by a panic.
struct LookupInFlight {
    name: Arc<Name>,
    answer: io::Result<Vec<SocketAddr>>,
}

impl Drop for LookupInFlight {
    fn drop(&mut self) {
        let mut known = self.name.known();
        let now = Instant::now();
        known.asking = false;
        known.failure = match &mut self.answer {
            Ok(addresses) if !addresses.is_empty() => {
                known.addresses = std::mem::take(addresses);
                known.until = Some(now + FRESH_FOR);
                known.distrusted = false;
                None
            }
            Ok(_) => Some((now, "it has no address".to_owned())),
            Err(error) => Some((now, error.to_string())),
        };
        drop(known);
        self.name.changed.notify_all();
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "resolver_tests.rs"]
mod tests;
