//! ureq's view of our connections: connector, transport and buffers.
//!
//! A worker has one agent, one [`CallSlot`] and makes one call at a time; the slot carries what ureq
//! has no words for: whether a warm connection may be used, and how long opening one took.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, ShutdownHandle, Transport, time,
};
use zeroize::Zeroize as _;

use super::connection::{Connection, Socket};
use super::fault::Fault;
use super::{Connections, Target};
use crate::reason::{Failure, Reason};

/// An answer's head must fit.
const INPUT_BYTES: usize = 16 * 1024;
/// A request's head must fit in one piece: a token of 16 KiB and some 2 KiB beside it.
const OUTPUT_BYTES: usize = 20 * 1024;
/// Longest wait where ureq names no limit; it always does.
const NO_LIMIT: Duration = Duration::from_secs(60);

/// What one call and its connection tell each other.
#[derive(Debug, Default)]
pub struct CallSlot(Mutex<Call>);

#[derive(Debug, Default)]
struct Call {
    fresh: bool,
    connect_time: Option<Duration>,
    buffers: Option<CallBuffers>,
}

impl CallSlot {
    /// Before a call: whether it must use a connection of its own.
    pub fn prepare(&self, fresh: bool) {
        let mut call = self.call();
        call.fresh = fresh;
        call.connect_time = None;
    }

    /// After a call: how long opening a connection took, if one was opened.
    pub fn connect_time(&self) -> Option<Duration> {
        self.call().connect_time
    }

    fn call(&self) -> MutexGuard<'_, Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a resting connection or opens one.
#[derive(Debug)]
pub struct StsConnector {
    connections: Arc<Connections>,
    slot: Arc<CallSlot>,
}

impl StsConnector {
    /// A connector for the worker that has this slot.
    pub fn new(connections: Arc<Connections>, slot: Arc<CallSlot>) -> StsConnector {
        StsConnector { connections, slot }
    }

    fn open(&self, target: &Target, details: &ConnectionDetails<'_>) -> Result<Connection, Fault> {
        let started = Instant::now();
        let until = deadline(&details.timeout);
        let register = |handle| (details.register_shutdown)(handle);
        let Connections { resolver, tls, .. } = &*self.connections;
        let connection = resolver
            .resolve(target, until)
            .and_then(|addresses| Connection::open(target, &addresses, tls, until, &register))
            .inspect_err(|_| resolver.distrust(target));
        self.slot.call().connect_time = Some(started.elapsed());
        connection
    }
}

impl Connector for StsConnector {
    type Out = StsTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<StsTransport>, Error> {
        let target = target(details).ok_or(Fault::from(Reason::Internal))?;
        let fresh = self.slot.call().fresh;
        let warm = if fresh {
            None
        } else {
            self.connections.idle.take(&target)
        };
        let reused = warm.is_some();
        let connection = match warm {
            Some(connection) => connection,
            None => self.open(&target, details)?,
        };
        // ureq forgets a handle when the last reference to it goes, so each call has its own.
        let interrupt: Arc<dyn ShutdownHandle> = Arc::new(Interrupt(connection.socket()));
        (details.register_shutdown)(Arc::downgrade(&interrupt))?;
        let buffers = self.slot.call().buffers.take().unwrap_or_default();
        Ok(Some(StsTransport {
            connection: Some(connection),
            _interrupt: interrupt,
            target,
            connections: Arc::clone(&self.connections),
            slot: Arc::clone(&self.slot),
            buffers,
            reused,
            replied: false,
            keep: false,
        }))
    }
}

fn target(details: &ConnectionDetails<'_>) -> Option<Target> {
    let host = details.uri.host()?;
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let server_name = address.unwrap_or(host).to_owned();
    Some(Target {
        server_name,
        port: details.uri.port_u16()?,
    })
}

struct Interrupt(Arc<Socket>);

impl ShutdownHandle for Interrupt {
    fn shutdown(&self) {
        self.0.shutdown();
    }
}

/// One call's use of a connection. Dropped, it lays the connection to rest if ureq found the
/// exchange complete and nothing is left over; otherwise it closes it.
pub struct StsTransport {
    connection: Option<Connection>,
    _interrupt: Arc<dyn ShutdownHandle>,
    target: Target,
    connections: Arc<Connections>,
    slot: Arc<CallSlot>,
    buffers: CallBuffers,
    reused: bool,
    replied: bool,
    keep: bool,
}

impl StsTransport {
    /// A connection that rested and died before the first byte of an answer is stale: the request
    /// may be sent again on a fresh one, since it changes nothing at STS.
    fn mark(&self, fault: Fault) -> Error {
        let lost = matches!(
            fault.failure.reason,
            Reason::ConnectionLost | Reason::TlsFailed
        );
        Fault {
            stale: lost && self.reused && !self.replied,
            ..fault
        }
        .into()
    }

    fn receive(&mut self, until: Instant) -> Result<usize, Fault> {
        let connection = self.connection.as_mut().ok_or(Reason::Internal)?;
        connection.flush(until)?;
        let space = self.buffers.input_append_buf();
        if space.is_empty() {
            return Err(Failure::new(Reason::AnswerTooLarge, "its head").into());
        }
        let count = connection.read(space, until)?;
        self.buffers.input_appended(count);
        if count == 0 && !self.replied {
            return Err(Failure::new(Reason::ConnectionLost, "closed before an answer").into());
        }
        Ok(count)
    }
}

impl Transport for StsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    /// Head and body come in two pieces; both go out with the first wait for the answer, as one.
    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let bytes = self.buffers.output.get_mut(..amount).unwrap_or_default();
        let connection = self
            .connection
            .as_mut()
            .ok_or(Fault::from(Reason::Internal))?;
        let buffered = connection.buffer(bytes);
        bytes.zeroize();
        Ok(buffered?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        match self.receive(deadline(&timeout)) {
            Ok(count) => {
                self.replied = true;
                Ok(count > 0)
            }
            Err(fault) => Err(self.mark(fault)),
        }
    }

    /// ureq asks this once an answer was read to its end.
    fn is_open(&mut self) -> bool {
        let drained = self.connection.as_mut().is_some_and(Connection::is_drained);
        self.keep = drained && self.buffers.input().is_empty();
        self.keep
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl Drop for StsTransport {
    fn drop(&mut self) {
        let mut buffers = std::mem::take(&mut self.buffers);
        buffers.clear();
        self.slot.call().buffers = Some(buffers);
        if let (true, Some(connection)) = (self.keep, self.connection.take()) {
            self.connections.idle.put(self.target.clone(), connection);
        }
    }
}

impl std::fmt::Debug for StsTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StsTransport")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

fn deadline(timeout: &NextTimeout) -> Instant {
    let after = match timeout.after {
        time::Duration::Exact(after) => after,
        time::Duration::NotHappening => NO_LIMIT,
    };
    Instant::now() + after
}

/// A worker's buffers, which go from call to call.
#[derive(Default)]
struct CallBuffers {
    input: Vec<u8>,
    start: usize,
    end: usize,
    progress: bool,
    output: Vec<u8>,
}

impl CallBuffers {
    fn clear(&mut self) {
        (self.start, self.end, self.progress) = (0, 0, false);
    }

    fn allocate(&mut self) {
        self.input.resize(INPUT_BYTES, 0);
        self.output.resize(OUTPUT_BYTES, 0);
    }
}

impl std::fmt::Debug for CallBuffers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[buffers]")
    }
}

impl Buffers for CallBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.allocate();
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        self.input.get(self.start..self.end).unwrap_or_default()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.allocate();
        self.input.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        self.input.get_mut(self.end..).unwrap_or_default()
    }

    fn input_appended(&mut self, amount: usize) {
        self.end += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.start += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.allocate();
        let tmp = self.input.get_mut(self.end..).unwrap_or_default();
        (tmp, &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.progress && !self.input().is_empty()
    }
}
