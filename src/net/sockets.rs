//! Every open socket, so that a shutdown reaches calls that wait in other threads.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::fault::Fault;
use super::wire::Socket;
use crate::reason::Reason;

/// The sockets that are open, or have been until lately.
#[derive(Debug, Default)]
pub struct Sockets(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    sockets: Vec<Weak<Socket>>,
    closed: bool,
}

impl Sockets {
    /// Takes note of a socket; refused after the shutdown.
    pub fn register(&self, socket: &Arc<Socket>) -> Result<(), Fault> {
        let mut open = self.open();
        if open.closed {
            return Err(Reason::ShuttingDown.into());
        }
        open.sockets.retain(|socket| socket.strong_count() > 0);
        open.sockets.push(Arc::downgrade(socket));
        Ok(())
    }

    /// Shuts every socket down.
    pub fn shutdown(&self) {
        let mut open = self.open();
        open.closed = true;
        let sockets = std::mem::take(&mut open.sockets);
        drop(open);
        sockets
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(|socket| socket.shutdown());
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
