//! Requests that no worker waits for: whoever has one sends it over a connection that rests, and one
//! thread takes the answers of all.
//!
//! That spares a wake-up for each login, and where many are under way nearly another: an answer that
//! comes while the thread is at work wakes nobody.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use zeroize::Zeroize as _;

use super::Connections;
use super::connection::Connection;
use super::exchange::{answer, of_rested, read_response, write_request};
use super::fault::Fault;
use super::response::Response;
use crate::aws::{Endpoint, SignedRequest};
use crate::panics;
use crate::ports::{Attempt, Resting, Then};
use crate::reason::Reason;
use crate::sys::Poller;

/// What is watched under this number wakes the thread.
const BELL: u64 = 0;

/// The requests whose answers are awaited.
#[derive(Debug, Default)]
pub struct Awaited {
    /// There as long as there is a thread for them.
    watch: OnceCell<Watch>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct Watch {
    poller: Poller,
    bell: UnixStream,
    cord: UnixStream,
}

#[derive(Default)]
struct State {
    /// By the numbers of their connections.
    requests: HashMap<u64, Request>,
    /// When the thread looks for requests whose time is over; none: not by itself.
    look_at: Option<Instant>,
    last_number: u64,
    closed: bool,
}

enum Request {
    /// Somebody is about to send it; whether something came meanwhile, which is no answer then.
    Ahead {
        came: bool,
    },
    Sent(Sent),
}

struct Sent {
    endpoint: Arc<Endpoint>,
    connection: Box<Connection>,
    started: Instant,
    until: Instant,
    /// What has come of the answer.
    bytes: Vec<u8>,
    then: Then,
}

/// A connection that rested, in the hands of somebody who will send over it.
pub struct Warm {
    endpoint: Arc<Endpoint>,
    connection: Box<Connection>,
    ahead: Ahead,
}

/// The place that a request will have.
struct Ahead {
    connections: Arc<Connections>,
    number: u64,
}

impl Drop for Ahead {
    fn drop(&mut self) {
        let mut state = self.connections.awaited.state();
        if let Some(Request::Ahead { .. }) = state.requests.get(&self.number) {
            state.requests.remove(&self.number);
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

impl Watch {
    fn new() -> io::Result<Watch> {
        let (bell, cord) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        cord.set_nonblocking(true)?;
        let poller = Poller::new()?;
        poller.add(&bell, BELL)?;
        Ok(Watch { poller, bell, cord })
    }

    fn ring(&self) {
        // Full means that it has been rung already.
        let _rung = (&self.cord).write(&[0]);
    }

    fn quiet(&self) {
        let mut bytes = [0; 64];
        // What is left is harmless: it wakes nobody again.
        let _quiet = (&self.bell).read(&mut bytes);
    }
}

impl Awaited {
    /// No request is sent any more; the thread leaves.
    pub fn close(&self) {
        self.state().closed = true;
        if let Some(watch) = self.watch.get() {
            watch.ring();
        }
    }

    /// The connection goes to somebody who waits for its answers himself.
    pub fn forget(&self, connection: &mut Connection) {
        if let (Some(watch), Some(_)) = (self.watch.get(), connection.number.take()) {
            // If it failed there would be a wake-up for nothing.
            let _forgotten = watch.poller.remove(&**connection.wire().socket());
        }
    }

    /// The number under which the connection is watched, and from now on expected to be silent.
    fn number(&self, watch: &Watch, connection: &mut Connection) -> io::Result<u64> {
        let mut state = self.state();
        let number = connection.number.unwrap_or(state.last_number + 1);
        state.last_number = state.last_number.max(number);
        let ahead = Request::Ahead { came: false };
        state.requests.insert(number, ahead);
        drop(state);
        if connection.number.is_none() {
            let added = watch.poller.add(&**connection.wire().socket(), number);
            if let Err(error) = added {
                self.state().requests.remove(&number);
                return Err(error);
            }
            connection.number = Some(number);
        }
        Ok(number)
    }

    /// Awaits the answer, unless all is closed, or something came already.
    fn expect(&self, number: u64, sent: Sent) -> Result<(), Sent> {
        let until = sent.until;
        let mut state = self.state();
        if state.closed {
            return Err(sent);
        }
        match state.requests.get_mut(&number) {
            Some(request @ Request::Ahead { came: false }) => *request = Request::Sent(sent),
            _ => return Err(sent),
        }
        let is_first = state.look_at.is_none_or(|at| until < at);
        if is_first {
            state.look_at = Some(until);
        }
        drop(state);
        if is_first && let Some(watch) = self.watch.get() {
            watch.ring();
        }
        Ok(())
    }

    /// The request over whose connection something came. None: it is not sent yet, or there is none,
    /// as the second value says.
    fn take(&self, number: u64) -> (Option<Sent>, bool) {
        let mut state = self.state();
        match state.requests.get_mut(&number) {
            None => (None, true),
            Some(Request::Ahead { came }) => {
                *came = true;
                (None, false)
            }
            Some(Request::Sent(_)) => match state.requests.remove(&number) {
                Some(Request::Sent(sent)) => (Some(sent), false),
                _ => (None, false),
            },
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        let number = self.awaited.number(watch, &mut connection).ok()?;
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

    /// Takes answers until all is closed.
    pub fn take_answers(&self) {
        let Ok(watch) = self.awaited.watch.get_or_try_init(Watch::new) else {
            return;
        };
        let mut numbers = Vec::new();
        let mut bytes = Vec::new();
        loop {
            let now = Instant::now();
            let state = self.awaited.state();
            if state.closed {
                break;
            }
            let until = state.look_at;
            drop(state);
            match watch.poller.wait(until, &mut numbers) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            }
            for &number in &numbers {
                match number {
                    BELL => watch.quiet(),
                    number => self.look(number, &mut bytes),
                }
            }
            // An answer that was there in time has been read by now, however long a callback took.
            let late = self.awaited.state().take_late(now);
            for sent in late {
                self.over(sent, Err(Reason::VerificationTimeout.into()));
            }
        }
        for sent in self.awaited.state().take_all() {
            self.over(sent, Err(Reason::ConnectionLost.into()));
        }
    }

    /// Something came over the connection of this number.
    fn look(&self, number: u64, bytes: &mut Vec<u8>) {
        let mut sent = match self.awaited.take(number) {
            (Some(sent), _) => sent,
            (None, true) => return self.idle.look(number),
            (None, false) => return,
        };
        if sent.bytes.is_empty() {
            // The thread's own buffer is large enough already.
            std::mem::swap(&mut sent.bytes, bytes);
        }
        let connection = &mut sent.connection;
        let response = catch_unwind(AssertUnwindSafe(|| {
            read_response(&mut sent.bytes, |space| connection.read_now(space))
        }));
        let response = response.unwrap_or_else(|_| Err(panics::failure().into()));
        match response.transpose() {
            Some(response) => *bytes = self.over(sent, response),
            None => {
                let mut state = self.awaited.state();
                state.requests.insert(number, Request::Sent(sent));
            }
        }
    }

    /// Gives the buffer back, wiped.
    fn over(&self, sent: Sent, response: Result<Response, Fault>) -> Vec<u8> {
        let Sent {
            endpoint,
            mut connection,
            started,
            mut bytes,
            then,
            ..
        } = sent;
        let result = of_rested(&mut connection, &bytes, response);
        // STS's errors can repeat the request, token and all.
        bytes.zeroize();
        let stale_connection = matches!(result, Err(Fault { stale: true, .. }));
        let result = result.map_err(|fault| fault.failure);
        let result = result.and_then(|(response, reusable)| {
            if reusable {
                self.idle.put(endpoint, connection);
            }
            answer(&response)
        });
        then(Attempt {
            result,
            connect: None,
            exchange: started.elapsed(),
            stale_connection,
        });
        bytes
    }
}

impl State {
    /// Requests whose time was over by then.
    fn take_late(&mut self, now: Instant) -> Vec<Sent> {
        if self.look_at.is_none_or(|at| now < at) {
            return Vec::new();
        }
        let late = self.take_those(|sent| sent.until <= now);
        let times = self.requests.values().filter_map(|request| match request {
            Request::Sent(sent) => Some(sent.until),
            Request::Ahead { .. } => None,
        });
        self.look_at = times.min();
        late
    }

    /// All that were sent; no other will be.
    fn take_all(&mut self) -> Vec<Sent> {
        self.closed = true;
        self.take_those(|_| true)
    }

    fn take_those(&mut self, which: impl Fn(&Sent) -> bool) -> Vec<Sent> {
        let wanted = |_: &u64, request: &mut Request| match request {
            Request::Sent(sent) => which(sent),
            Request::Ahead { .. } => false,
        };
        let taken = self.requests.extract_if(wanted);
        let taken = taken.filter_map(|(_, request)| match request {
            Request::Sent(sent) => Some(sent),
            Request::Ahead { .. } => None,
        });
        taken.collect()
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
            Err(fault) => return drop(connections.over(sent, Err(fault))),
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

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
