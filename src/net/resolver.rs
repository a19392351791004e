//! Name resolution: cached, shared, and never waited for beyond the deadline.
//!
//! libc's resolver cannot be interrupted, so it runs on a thread of its own, which owns all that it
//! touches and may be left behind.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::fault::Fault;
use super::left;
use crate::aws::Endpoint;
use crate::panics;
use crate::reason::{Failure, Reason};
use crate::sys::SignalsBlocked;

/// How long addresses are used without asking again. AWS moves its endpoints' addresses slowly;
/// a connection that fails asks again at once.
const FRESH_FOR: Duration = Duration::from_secs(60);
/// Longest wait for new addresses where old ones did not work just now.
const WAIT_FOR_BETTER: Duration = Duration::from_millis(250);
/// After a question that failed none is asked for so long.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(500);
const STACK_BYTES: usize = 256 * 1024;

type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Addresses by name.
pub struct Resolver {
    lookup: Arc<Lookup>,
    names: Mutex<Vec<(Arc<Endpoint>, Arc<Name>)>>,
}

#[derive(Debug, Default)]
struct Name {
    state: Mutex<Known>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Known {
    addresses: Vec<SocketAddr>,
    until: Option<Instant>,
    /// They did not work.
    distrusted: bool,
    asking: bool,
    /// What the last question came to, and when.
    failure: Option<(Instant, String)>,
}

impl Resolver {
    /// A resolver that asks the system.
    pub fn new() -> Resolver {
        Resolver::asking(Arc::new(|name: &str, port| {
            (name, port).to_socket_addrs().map(Iterator::collect)
        }))
    }

    fn asking(lookup: Arc<Lookup>) -> Resolver {
        Resolver {
            lookup,
            names: Mutex::default(),
        }
    }

    /// The addresses of a target, at least one, waiting for them no longer than `until`. Old ones
    /// beat waiting: the name service may be down while STS is up.
    pub fn resolve(
        &self,
        target: &Arc<Endpoint>,
        until: Instant,
    ) -> Result<Vec<SocketAddr>, Fault> {
        if let Ok(address) = target.server_name().parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, target.port())]);
        }
        let name = self.name(target);
        let mut known = name.known();
        let now = Instant::now();
        if known.until.is_some_and(|until| now < until) {
            return Ok(known.addresses.clone());
        }
        let failed = known.failure.as_ref().map(|(at, _)| *at);
        let too_soon = failed.is_some_and(|at| now < at + PAUSE_AFTER_FAILURE);
        if !known.asking && !too_soon {
            known.asking = true;
            if let Err(error) = self.ask(target, &name) {
                known.asking = false;
                known.failure = Some((now, error.to_string()));
            }
        }
        let until = match (known.addresses.is_empty(), known.distrusted) {
            (true, _) => until,
            (false, true) => now + WAIT_FOR_BETTER.min(left(until)? / 4),
            (false, false) => now,
        };
        while known.asking {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = name.changed.wait_timeout(known, left);
            known = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if !known.addresses.is_empty() {
            return Ok(known.addresses.clone());
        }
        let cause = match &known.failure {
            Some((_, cause)) if !known.asking => cause,
            _ => "no answer in time",
        };
        let detail = format!("{}: {cause}", target.server_name());
        Err(Failure::new(Reason::NameResolution, detail).into())
    }

    /// The addresses did not work: the next connection asks again.
    pub fn distrust(&self, target: &Arc<Endpoint>) {
        let name = self.name(target);
        let mut known = name.known();
        known.until = None;
        known.distrusted = true;
    }

    fn ask(&self, target: &Arc<Endpoint>, name: &Arc<Name>) -> io::Result<()> {
        let _inherited_by_the_thread = SignalsBlocked::new()?;
        let lookup = Arc::clone(&self.lookup);
        let target = Arc::clone(target);
        let mut asked = Asked {
            name: Arc::clone(name),
            answer: Err(io::Error::other("a fault inside the plugin")),
        };
        let thread = thread::Builder::new()
            .name("maws-resolver".into())
            .stack_size(STACK_BYTES);
        thread.spawn(move || {
            let _panics_are_ours = panics::Inside::enter();
            asked.set(lookup(target.server_name(), target.port()));
        })?;
        Ok(())
    }

    fn name(&self, target: &Arc<Endpoint>) -> Arc<Name> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, name)) = names.iter().find(|(known, _)| known.same_address(target)) {
            return Arc::clone(name);
        }
        let name = Arc::new(Name::default());
        names.push((Arc::clone(target), Arc::clone(&name)));
        name
    }
}

impl Name {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that is under way; its answer is noted as it drops, be it by a panic.
struct Asked {
    name: Arc<Name>,
    answer: io::Result<Vec<SocketAddr>>,
}

impl Asked {
    fn set(&mut self, answer: io::Result<Vec<SocketAddr>>) {
        self.answer = answer;
    }
}

impl Drop for Asked {
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

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "resolver_tests.rs"]
mod tests;
