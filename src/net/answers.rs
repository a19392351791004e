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
    requests: HashMap<u64, Sent>,
    /// When the thread looks for requests whose time is over; none: not by itself.
    look_at: Option<Instant>,
    last_number: u64,
    closed: bool,
}

struct Sent {
    endpoint: Arc<Endpoint>,
    connection: Connection,
    started: Instant,
    until: Instant,
    /// What has come of the answer.
    bytes: Vec<u8>,
    then: Then,
}

/// A connection that rested, in the hands of somebody who will send over it.
pub struct Warm {
    connections: Arc<Connections>,
    endpoint: Arc<Endpoint>,
    connection: Connection,
    number: u64,
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

    fn number(&self, watch: &Watch, connection: &mut Connection) -> io::Result<u64> {
        if let Some(number) = connection.number {
            return Ok(number);
        }
        let number = {
            let mut state = self.state();
            state.last_number += 1;
            state.last_number
        };
        watch.poller.add(&**connection.wire().socket(), number)?;
        connection.number = Some(number);
        Ok(number)
    }

    /// Awaits the answer, unless all is closed.
    fn expect(&self, number: u64, sent: Sent) -> Result<(), Sent> {
        let until = sent.until;
        let mut state = self.state();
        if state.closed {
            return Err(sent);
        }
        state.requests.insert(number, sent);
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

    fn take(&self, number: u64) -> Option<Sent> {
        self.state().requests.remove(&number)
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
        Some(Warm {
            connections: Arc::clone(self),
            endpoint: Arc::clone(endpoint),
            connection,
            number,
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
            let mut state = self.awaited.state();
            if state.closed {
                break;
            }
            let late = state.take_late();
            let until = state.look_at;
            drop(state);
            for request in late {
                self.over(request, Err(Reason::VerificationTimeout.into()));
            }
            if watch.poller.wait(until, &mut numbers).is_err() {
                // Interrupted.
                continue;
            }
            for &number in &numbers {
                match number {
                    BELL => watch.quiet(),
                    number => self.look(number, &mut bytes),
                }
            }
        }
        let left = std::mem::take(&mut self.awaited.state().requests);
        for sent in left.into_values() {
            self.over(sent, Err(Reason::ShuttingDown.into()));
        }
    }

    /// Something came over the connection of this number.
    fn look(&self, number: u64, bytes: &mut Vec<u8>) {
        let Some(mut sent) = self.awaited.take(number) else {
            return self.idle.look(number);
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
            Some(response) => {
                *bytes = self.over(sent, response);
            }
            None => {
                let mut state = self.awaited.state();
                state.requests.insert(number, sent);
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
    /// Requests whose time is over.
    fn take_late(&mut self) -> Vec<Sent> {
        let now = Instant::now();
        if self.look_at.is_none_or(|at| now < at) {
            return Vec::new();
        }
        let is_late = |_: &u64, sent: &mut Sent| sent.until <= now;
        let late = self.requests.extract_if(is_late);
        let late = late.map(|(_, sent)| sent).collect();
        self.look_at = self.requests.values().map(|sent| sent.until).min();
        late
    }
}

impl Resting for Warm {
    fn send(self: Box<Self>, request: &SignedRequest, total: Duration, then: Then) {
        let Warm {
            connections,
            endpoint,
            mut connection,
            number,
        } = *self;
        let started = Instant::now();
        let mut written = Vec::new();
        write_request(request, &mut written);
        let sealed = connection.seal(&written);
        written.zeroize();
        let socket = Arc::clone(connection.wire().socket());
        let until = started + total;
        let sent = Sent {
            endpoint,
            connection,
            started,
            until,
            bytes: Vec::new(),
            then,
        };
        let sealed = match sealed {
            Ok(sealed) => sealed,
            Err(fault) => return drop(connections.over(sent, Err(fault))),
        };
        // Awaited before it is sent: the answer can be there before this thread runs again.
        if let Err(sent) = connections.awaited.expect(number, sent) {
            return drop(connections.over(sent, Err(Reason::ShuttingDown.into())));
        }
        if !matches!(socket.send_now(&sealed), Ok(count) if count == sealed.len()) {
            // Whatever happens to the request, the connection is of no use any more.
            socket.shutdown();
            if let Some(sent) = connections.awaited.take(number) {
                drop(connections.over(sent, Err(Reason::ConnectionLost.into())));
            }
        }
    }
}
