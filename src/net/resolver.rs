//! Name resolution: cached, shared, and never waited for beyond the deadline.
//!
//! libc's resolver cannot be interrupted, so it runs on a thread of its own, which owns all that it
//! touches and may be left behind.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::fault::Fault;
use crate::aws::Endpoint;
use crate::reason::{Failure, Reason};
use crate::sys::SignalsBlocked;

/// How long addresses are used without asking again. AWS moves its endpoints' addresses slowly;
/// a connection that fails asks again at once.
const FRESH_FOR: Duration = Duration::from_secs(60);
const STACK_BYTES: usize = 256 * 1024;

/// Addresses by name.
#[derive(Debug, Default)]
pub struct Resolver {
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
    asking: bool,
    failure: Option<String>,
}

impl Resolver {
    /// The addresses of a target, at least one, waiting for them no longer than `until`.
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
        if known.until.is_some_and(|until| Instant::now() < until) {
            return Ok(known.addresses.clone());
        }
        if !known.asking {
            known.asking = true;
            known.failure = None;
            if let Err(error) = ask(Arc::clone(target), Arc::clone(&name)) {
                known.asking = false;
                return Err(Fault::io(Reason::NameResolution, &error));
            }
        }
        while known.asking {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = name.changed.wait_timeout(known, left);
            known = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        // Old addresses beat none: the name service may be down while STS is up.
        if !known.addresses.is_empty() {
            return Ok(known.addresses.clone());
        }
        let cause = known.failure.as_deref().unwrap_or("no answer in time");
        let detail = format!("{}: {cause}", target.server_name());
        Err(Failure::new(Reason::NameResolution, detail).into())
    }

    /// The addresses did not work: the next connection asks again.
    pub fn distrust(&self, target: &Arc<Endpoint>) {
        self.name(target).known().until = None;
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

fn ask(target: Arc<Endpoint>, name: Arc<Name>) -> std::io::Result<()> {
    let _inherited_by_the_thread = SignalsBlocked::new()?;
    let thread = thread::Builder::new()
        .name("maws-resolver".into())
        .stack_size(STACK_BYTES);
    thread.spawn(move || {
        let answer = (target.server_name(), target.port()).to_socket_addrs();
        let mut known = name.known();
        match answer.map(Iterator::collect::<Vec<_>>) {
            Ok(addresses) if !addresses.is_empty() => {
                known.addresses = addresses;
                known.until = Some(Instant::now() + FRESH_FOR);
            }
            Ok(_) => known.failure = Some("it has no address".to_owned()),
            Err(error) => known.failure = Some(error.to_string()),
        }
        known.asking = false;
        drop(known);
        name.changed.notify_all();
    })?;
    Ok(())
}
