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
use std::time::Instant;

use once_cell::sync::OnceCell;
use zeroize::Zeroize as _;

use super::Connections;
use super::connection::Connection;
use super::exchange::{answer, of_rested, read_response};
use super::fault::Fault;
use super::response::Response;
use crate::aws::Endpoint;
use crate::panics;
use crate::ports::{Attempt, Then};
use crate::reason::Reason;
use crate::sys::Poller;

/// Reads from one socket before it is the turn of others: twice what the longest answer takes.
const READS_AT_ONCE: u32 = 64;
/// A buffer that an answer of unusual length has made larger is not kept: wiping it takes time.
const LARGEST_KEPT: usize = 16 * 1024;
/// What is watched under this number wakes the thread.
const BELL: u64 = 0;

/// The requests whose answers are awaited.
#[derive(Debug, Default)]
pub struct Awaited {
    /// There as long as there is a thread for them.
    pub(super) watch: OnceCell<Watch>,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct Watch {
    poller: Poller,
    bell: UnixStream,
    cord: UnixStream,
}

#[derive(Default)]
pub(super) struct State {
    /// By the numbers of their connections.
    pub(super) requests: HashMap<u64, Request>,
    /// When the thread looks for requests whose time is over; none: not by itself.
    look_at: Option<Instant>,
    last_number: u64,
    closed: bool,
}

pub(super) enum Request {
    /// Somebody is about to send it; whether something came meanwhile, which is no answer then.
    Ahead {
        came: bool,
    },
    Sent(Sent),
}

pub(super) struct Sent {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) connection: Box<Connection>,
    pub(super) started: Instant,
    pub(super) until: Instant,
    /// What has come of the answer.
    pub(super) bytes: Vec<u8>,
    pub(super) then: Then,
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
        while let Ok(64) = (&self.bell).read(&mut bytes) {}
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
    pub(super) fn number(&self, watch: &Watch, connection: &mut Connection) -> io::Result<u64> {
        let mut state = self.state();
        if state.closed {
            return Err(io::ErrorKind::NotConnected.into());
        }
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
    pub(super) fn expect(&self, number: u64, sent: Sent) -> Result<(), Sent> {
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
    pub(super) fn take(&self, number: u64) -> (Option<Sent>, bool) {
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

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// Takes answers until all is closed.
    pub fn take_answers(&self) {
        let Ok(watch) = self.awaited.watch.get_or_try_init(Watch::new) else {
            return;
        };
        let mut came = Vec::new();
        let mut bytes = Vec::new();
        loop {
            let now = Instant::now();
            let state = self.awaited.state();
            if state.closed {
                break;
            }
            let until = state.look_at;
            drop(state);
            match watch.poller.wait(until, &mut came) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            }
            for &(number, ended) in &came {
                match number {
                    BELL => watch.quiet(),
                    number => self.look(number, ended, &mut bytes),
                }
            }
            // An answer that was there in time has been read by now, however long a callback took.
            let late = self.awaited.state().take_late(now);
            for sent in late {
                self.over(sent, Err(Reason::VerificationTimeout.into()));
            }
        }
        // Not within the loop's head, where the lock would be held while callbacks run.
        let rest = self.awaited.state().take_all();
        for sent in rest {
            self.over(sent, Err(Reason::ConnectionLost.into()));
        }
    }

    /// Something came over the connection of this number, its end behind that perhaps.
    fn look(&self, number: u64, ended: bool, bytes: &mut Vec<u8>) {
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
            let mut reads = READS_AT_ONCE;
            read_response(&mut sent.bytes, |space| {
                connection.read_now(space, &mut reads)
            })
        }));
        let response = response.unwrap_or_else(|_| Err(panics::failure().into()));
        match response.transpose() {
            Some(mut response) => {
                if let Ok(response) = &mut response {
                    // It will not be told of again.
                    response.reusable &= !ended;
                }
                *bytes = self.over(sent, response);
            }
            None => {
                let mut state = self.awaited.state();
                state.requests.insert(number, Request::Sent(sent));
            }
        }
    }

    /// Gives the buffer back, wiped.
    pub(super) fn over(&self, sent: Sent, response: Result<Response, Fault>) -> Vec<u8> {
        let Sent {
            endpoint,
            mut connection,
            started,
            until,
            mut bytes,
            then,
        } = sent;
        let result = of_rested(&mut connection, &bytes, response);
        // STS's errors can repeat the request, token and all.
        bytes.zeroize();
        if bytes.capacity() > LARGEST_KEPT {
            bytes = Vec::new();
        }
        let stale_connection = matches!(result, Err(Fault { stale: true, .. }));
        let status = result.as_ref().ok().map(|(response, _)| response.status);
        let result = result.map_err(|fault| fault.failure);
        let result = result.and_then(|(response, reusable)| {
            if reusable {
                self.idle.put(endpoint, connection);
            }
            answer(&response)
        });
        then(Attempt {
            result,
            status,
            connect: None,
            connected: true,
            timed_out: Instant::now() >= until,
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

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
