//! Sending over a connection that rests, without waiting for anything.

use std::sync::Arc;
use std::time::{Duration, Instant};

use zeroize::Zeroize as _;

use super::Connections;
use super::answers::{Request, Sent};
use super::connection::Connection;
use super::exchange::write_request;
use crate::aws::{Endpoint, SignedRequest};
use crate::ports::{Resting, Then};
use crate::reason::Reason;

/// A connection that rested, in the hands of somebody who will send over it.
pub struct Warm {
    endpoint: Arc<Endpoint>,
    pub(super) connection: Box<Connection>,
    pub(super) ahead: Ahead,
}

/// The place that a request will have.
pub(super) struct Ahead {
    connections: Arc<Connections>,
    pub(super) number: u64,
}

impl Drop for Ahead {
    fn drop(&mut self) {
        let mut state = self.connections.awaited.state();
        if let Some(Request::Ahead { .. }) = state.requests.get(&self.number) {
            state.requests.remove(&self.number);
        }
    }
}

impl Connections {
    /// A connection to send over without waiting.
    pub fn ready(self: &Arc<Self>, endpoint: &Arc<Endpoint>) -> Option<Warm> {
        let watch = self.awaited.watch.get()?;
        let place = self.place(endpoint).ok()?;
        if place.proxy.as_ref().is_some_and(|proxy| proxy.is_tls()) {
            // TLS inside TLS can want to read before it can write.
            return None;
        }
        let mut connection = self.idle.take(endpoint)?;
        // The session tickets of one that was opened ahead, before the thread is told of them.
        if connection.number.is_none() && !connection.is_silent() {
            return None;
        }
        let Ok(number) = self.awaited.number(watch, &mut connection) else {
            // The system watches no more of them; for a worker it is good enough.
            self.idle.put(Arc::clone(endpoint), connection);
            return None;
        };
        let ahead = Ahead {
            connections: Arc::clone(self),
            number,
        };
        if !connection.is_quiet() {
            // A worker has the time to find out what came.
            drop(ahead);
            self.idle.put(Arc::clone(endpoint), connection);
            return None;
        }
        Some(Warm {
            endpoint: Arc::clone(endpoint),
            connection,
            ahead,
        })
    }
}

impl Resting for Warm {
    fn send(self: Box<Self>, request: &SignedRequest, total: Duration, then: Then) {
        let Warm {
            endpoint,
            mut connection,
            ahead,
        } = *self;
        let connections = Arc::clone(&ahead.connections);
        let number = ahead.number;
        let started = Instant::now();
        let mut written = Vec::new();
        write_request(request, &mut written);
        let sealed = connection.seal(&written);
        written.zeroize();
        // As long as it is held nobody else sends over this connection.
        let socket = Arc::clone(connection.wire().socket());
        let sent = Sent {
            endpoint,
            connection,
            started,
            until: started + total,
            bytes: Vec::new(),
            then,
        };
        let sealed = match sealed {
            Ok(sealed) => sealed,
            // Of no use any more, whatever it was: a worker takes another connection.
            Err(_) => return drop(connections.over(sent, Err(Reason::ConnectionLost.into()))),
        };
        // Awaited before it is sent: the answer can be there before this thread runs again.
        let expected = connections.awaited.expect(number, sent);
        drop(ahead);
        if let Err(sent) = expected {
            return drop(connections.over(sent, Err(Reason::ConnectionLost.into())));
        }
        if !matches!(socket.send_now(&sealed), Ok(count) if count == sealed.len()) {
            // Whatever becomes of the request, the connection is of no use any more.
            socket.shutdown();
            if let (Some(sent), _) = connections.awaited.take(number) {
                drop(connections.over(sent, Err(Reason::ConnectionLost.into())));
            }
        }
    }
}
