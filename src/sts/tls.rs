//! TLS over a socket or a tunnel: rustls behind ureq's `Transport`.

use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use ureq::unversioned::transport::{Buffers, Either, NextTimeout, Transport, TransportAdapter};

use super::buffers::WipedBuffers;
use super::call;
use super::socket::{Socket, SocketIo, watch};
use super::tls_error;
use super::upstream::{IdleCount, Upstream};
use crate::reason::{Failure, Reason};

/// How many reads an idle connection may need for session tickets that came after the last response.
const TICKET_READS: u32 = 8;

/// What TLS runs over.
pub enum Lower {
    /// The socket itself.
    Socket(SocketIo),
    /// A tunnel through a proxy, and the socket at its bottom.
    Tunnel(Box<Tunnel>, Arc<Socket>),
}

/// What ureq's CONNECT gives, as a stream.
pub type Tunnel = TransportAdapter<Either<(), Box<dyn Transport>>>;

impl Lower {
    fn socket(&self) -> &Arc<Socket> {
        match self {
            Lower::Socket(io) => io.socket(),
            Lower::Tunnel(_, socket) => socket,
        }
    }

    fn has_input(&mut self) -> bool {
        match self {
            Lower::Socket(io) => io.socket().is_readable(),
            Lower::Tunnel(tunnel, _) => !tunnel.get_mut().is_open(),
        }
    }
}

impl Read for Lower {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Lower::Socket(io) => io.read(buffer),
            Lower::Tunnel(tunnel, _) => tunnel.read(buffer),
        }
    }
}

impl Write for Lower {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Lower::Socket(io) => io.write(bytes),
            Lower::Tunnel(tunnel, _) => tunnel.write(bytes),
        }
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Lower::Socket(io) => io.write_vectored(parts),
            Lower::Tunnel(tunnel, _) => tunnel.write_vectored(parts),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A connection on which TLS is established.
pub struct Connection {
    tls: ClientConnection,
    lower: Lower,
    records: RecordPosition,
    buffers: WipedBuffers,
    usage: Usage,
    /// None of a connection to a proxy.
    upstream: Option<Arc<Upstream>>,
}

/// Whether a call uses the connection.
enum Usage {
    InUse,
    /// In ureq's pool, counted; or opened ahead and kept for the next call.
    Idle {
        _counted: Option<IdleCount>,
    },
}

impl Connection {
    /// Establishes TLS. The certificate must be for this name. `upstream` counts the connection while
    /// it is idle; a proxy's has none.
    pub fn handshake(
        lower: Lower,
        name: ServerName<'static>,
        config: &Arc<ClientConfig>,
        upstream: Option<Arc<Upstream>>,
    ) -> Result<Connection, Failure> {
        let host = name.to_str().into_owned();
        let tls = ClientConnection::new(Arc::clone(config), name)
            .map_err(|error| tls_failure(&error, &host))?;
        let mut connection = Connection {
            tls,
            lower,
            records: RecordPosition::default(),
            buffers: WipedBuffers::default(),
            usage: Usage::InUse,
            upstream,
        };
        if let Some(upstream) = &connection.upstream
            && call::with(|call| call.ahead) == Some(true)
        {
            upstream.handshakes();
        }
        match connection.shake_hands(&host) {
            Ok(()) => Ok(connection),
            Err(failure) => Err(tls_error::unanswered(failure, &host)),
        }
    }

    fn shake_hands(&mut self, host: &str) -> Result<(), Failure> {
        while self.tls.is_handshaking() {
            self.flush()?;
            if self.tls.is_handshaking() && !self.receive(host)? {
                return Err(Failure::new(Reason::TlsFailed, tls_error::closed(host)));
            }
        }
        self.flush()
    }

    /// Encrypts what waits to be sent, head and body as one, and sends it.
    fn flush(&mut self) -> Result<(), Failure> {
        let pending = self.buffers.pending();
        if !pending.is_empty() {
            let written = self.tls.writer().write_all(pending);
            self.buffers.wipe_pending();
            written.map_err(|error| call::from_io(error, Reason::Internal))?;
        }
        while self.tls.wants_write() {
            let sent = self.tls.write_tls(&mut self.lower);
            match sent.map_err(|error| call::from_io(error, Reason::ConnectionLost))? {
                0 => return Err(Failure::new(Reason::ConnectionLost, "nothing was written")),
                _ => continue,
            }
        }
        Ok(())
    }

    /// Reads and decrypts what the socket has, waiting for it; false at the end of the stream.
    fn receive(&mut self, host: &str) -> Result<bool, Failure> {
        let mut reader = Tracked {
            lower: &mut self.lower,
            records: &mut self.records,
        };
        let count = self
            .tls
            .read_tls(&mut reader)
            .map_err(|error| call::from_io(error, Reason::ConnectionLost))?;
        if let Err(error) = self.tls.process_new_packets() {
            // The alert that tells the other side; it may be lost without harm.
            let _alert = self.tls.write_tls(&mut self.lower);
            return Err(tls_failure(&error, host));
        }
        Ok(count > 0)
    }

    /// Waits for decrypted bytes; false at the orderly end. A connection that ends without TLS's
    /// close_notify is a failure: someone may have cut the response short.
    fn read_some(&mut self) -> Result<bool, Failure> {
        self.flush()?;
        loop {
            let space = self.buffers.input_append_buf();
            if space.is_empty() {
                return Err(Reason::AnswerTooLarge.into());
            }
            match self.tls.reader().read(space) {
                Ok(count) => {
                    self.buffers.input_appended(count);
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    return Err(Failure::new(Reason::ConnectionLost, error.to_string()));
                }
            }
            self.receive("STS")?;
            self.flush()?;
        }
    }

    /// Something was read that belongs to no response yet.
    fn has_surplus(&mut self) -> bool {
        let state = self.tls.process_new_packets();
        let decrypted = state.map_or(0, |state| state.plaintext_bytes_to_read());
        decrypted > 0 || !self.records.is_between() || !self.buffers.input().is_empty()
    }

    /// Everything that was read has been consumed, and the other side has not closed.
    fn is_drained(&mut self) -> bool {
        let state = self.tls.process_new_packets();
        let open = state.is_ok_and(|state| !state.peer_has_closed());
        open && !self.has_surplus() && !self.tls.wants_write()
    }

    /// The connection has been silent since its last response. Session tickets may have come after
    /// it; a few of them, not a stream.
    fn is_silent(&mut self) -> bool {
        let mut reads = 0..TICKET_READS;
        while self.lower.has_input() {
            let read = reads.next().is_some()
                && matches!(call::without_waiting(|| self.receive("STS")), Ok(true));
            if !read {
                return false;
            }
        }
        self.is_drained()
    }

    /// Ends the call's use of the connection. False: it may serve no other call.
    fn end_use(&mut self) -> bool {
        if self.has_surplus() {
            call::with(|call| call.surplus = true);
        }
        self.buffers.wipe_input();
        // From here on the call's interrupt does not reach the socket.
        let is_open = call::release() && self.is_drained();
        if is_open {
            let counted = self.upstream.as_ref().map(Upstream::count_idle);
            self.usage = Usage::Idle { _counted: counted };
        }
        is_open
    }

    /// Keeps the connection, just opened, for a later call. False: it is of no use any more.
    pub fn set_aside(&mut self) -> bool {
        let is_open = call::release();
        self.usage = Usage::Idle { _counted: None };
        is_open
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.buffers.commit(amount);
        if self.upstream.is_none() {
            // What CONNECT writes, or the TLS within the tunnel, which knows no request's end.
            return self.flush().map_err(call::to_ureq);
        }
        self.usage = Usage::InUse;
        call::with(|call| call.connected = true);
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        let read = watch(self.lower.socket()).and_then(|()| self.read_some());
        let read = read.map_err(call::to_ureq)?;
        if self.upstream.is_some() {
            call::with(|call| call.received |= read);
        }
        Ok(read)
    }

    /// Asked twice: as a call returns the connection to the pool, and as another takes it from there.
    fn is_open(&mut self) -> bool {
        match (&self.upstream, &self.usage) {
            (None, _) => self.is_drained() && !self.lower.has_input(),
            (Some(_), Usage::InUse) => self.end_use(),
            (Some(_), Usage::Idle { .. }) => self.is_silent(),
        }
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // ureq drops a connection with bytes behind the response before it asks whether it is open.
        let in_use = self.upstream.is_some() && matches!(self.usage, Usage::InUse);
        if in_use && !self.buffers.input().is_empty() {
            call::with(|call| call.surplus = true);
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// A connection that was opened for one call, and that ureq neither takes from its pool nor returns
/// there. It is kept for a later call all the same.
#[derive(Debug)]
pub struct Unpooled {
    connection: Box<dyn Transport>,
    upstream: Arc<Upstream>,
    /// The call has ended, and the connection may serve another.
    open: bool,
}

impl Unpooled {
    /// For one call.
    pub fn new(connection: Connection, upstream: Arc<Upstream>) -> Unpooled {
        Unpooled {
            connection: Box::new(connection),
            upstream,
            open: false,
        }
    }
}

impl Transport for Unpooled {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection.buffers()
    }

    fn transmit_output(&mut self, amount: usize, time: NextTimeout) -> Result<(), ureq::Error> {
        self.connection.transmit_output(amount, time)
    }

    fn await_input(&mut self, time: NextTimeout) -> Result<bool, ureq::Error> {
        self.connection.await_input(time)
    }

    fn is_open(&mut self) -> bool {
        self.open = self.connection.is_open();
        self.open
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl Drop for Unpooled {
    fn drop(&mut self) {
        if self.open {
            let connection = std::mem::replace(&mut self.connection, Box::new(()));
            self.upstream.keep(connection);
        }
    }
}

fn tls_failure(error: &rustls::Error, host: &str) -> Failure {
    Failure::new(Reason::TlsFailed, tls_error::describe(error, host))
}

/// Where in the sequence of TLS records the bytes read so far end (RFC 8446, section 5.1): rustls
/// does not say whether it holds a part of one.
#[derive(Debug, Default)]
struct RecordPosition {
    header: Vec<u8>,
    body_left: usize,
}

impl RecordPosition {
    fn advance(&mut self, mut bytes: &[u8]) {
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.body_left > 0 {
                let skipped = self.body_left.min(bytes.len());
                self.body_left -= skipped;
                bytes = bytes.get(skipped..).unwrap_or_default();
                continue;
            }
            self.header.push(byte);
            bytes = rest;
            if let [_, _, _, high, low] = *self.header {
                self.body_left = usize::from(u16::from_be_bytes([high, low]));
                self.header.clear();
            }
        }
    }

    fn is_between(&self) -> bool {
        self.header.is_empty() && self.body_left == 0
    }
}

struct Tracked<'a> {
    lower: &'a mut Lower,
    records: &'a mut RecordPosition,
}

impl Read for Tracked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.lower.read(buffer)?;
        self.records
            .advance(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_position_is_between_records_exactly_at_their_ends() {
        let stream = [22, 3, 3, 0, 2, 0xAA, 0xBB, 23, 3, 3, 0, 0, 23, 3, 3, 1, 0];
        let between_after = [0, 7, 12];
        for split in 0..=stream.len() {
            let mut position = RecordPosition::default();
            position.advance(&stream[..split]);
            assert_eq!(
                position.is_between(),
                between_after.contains(&split),
                "after {split}"
            );
        }
    }
}
