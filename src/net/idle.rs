//! Connections that rest between two requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::connection::Connection;
use crate::aws::Endpoint;

/// Longest rest. How long STS keeps an idle connection is not documented; closing first spares a
/// request that is sent into a closing connection, and one that is sent so all the same is replaced.
const LONGEST_REST: Duration = Duration::from_secs(15);

/// The resting connections of all endpoints.
#[derive(Debug, Default)]
pub struct IdleConnections(Mutex<Resting>);

#[derive(Debug, Default)]
struct Resting {
    /// Oldest first.
    connections: Vec<(Arc<Endpoint>, Instant, Box<Connection>)>,
    closed: bool,
}

impl IdleConnections {
    /// The connection that rested least, if one is there and nothing came over it meanwhile.
    pub fn take_silent(&self, target: &Endpoint) -> Option<Box<Connection>> {
        loop {
            let mut connection = self.take(target)?;
            if connection.is_silent() {
                return Some(connection);
            }
        }
    }

    /// The connection that rested least, if one is there.
    pub fn take(&self, target: &Endpoint) -> Option<Box<Connection>> {
        let mut resting = self.resting();
        let old = resting.take_old();
        let at = resting
            .connections
            .iter()
            .rposition(|(known, _, it)| known.same_address(target) && !it.is_being_sent_over());
        let taken = at.map(|at| resting.connections.remove(at));
        drop(resting);
        drop(old);
        taken.map(|(_, _, connection)| connection)
    }

    /// Something came over the connection of this number, if it rests here: unless that is of no
    /// account it is closed.
    pub fn look(&self, number: u64) {
        let mut resting = self.resting();
        let connections = resting.connections.iter();
        let mut numbers = connections.map(|(.., connection)| connection.number);
        let Some(at) = numbers.position(|known| known == Some(number)) else {
            return;
        };
        let (target, since, mut connection) = resting.connections.remove(at);
        drop(resting);
        if !connection.is_silent() {
            return;
        }
        let mut resting = self.resting();
        if !resting.closed {
            let older = |entry: &(_, Instant, _)| entry.1 <= since;
            let at = resting.connections.partition_point(older);
            resting.connections.insert(at, (target, since, connection));
        }
    }

    /// A connection to the target rests here.
    pub fn has(&self, target: &Endpoint) -> bool {
        let resting = self.resting();
        let newest = resting.connections.iter().rev();
        newest
            .filter(|(known, ..)| known.same_address(target))
            .any(|(_, since, _)| since.elapsed() <= LONGEST_REST)
    }

    /// Lays a connection to rest.
    pub fn put(&self, target: Arc<Endpoint>, connection: Box<Connection>) {
        let mut resting = self.resting();
        let old = resting.take_old();
        if !resting.closed {
            resting
                .connections
                .push((target, Instant::now(), connection));
        }
        drop(resting);
        drop(old);
    }

    /// Closes all, and those that come later.
    pub fn close(&self) {
        let mut resting = self.resting();
        resting.closed = true;
        let all = std::mem::take(&mut resting.connections);
        drop(resting);
        drop(all);
    }

    fn resting(&self) -> MutexGuard<'_, Resting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Resting {
    /// Those that rested too long, to be closed when the lock is no longer held.
    fn take_old(&mut self) -> Vec<(Arc<Endpoint>, Instant, Box<Connection>)> {
        let count = self
            .connections
            .partition_point(|(_, since, _)| since.elapsed() > LONGEST_REST);
        self.connections.drain(..count).collect()
    }
}
