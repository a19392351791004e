//! One TLS connection: rustls over a wire, with a deadline at every read and write.

use std::io::{self, Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use super::fault::Fault;
use super::left;
use super::tls_error;
use super::wire::{TIMEOUT_SLACK, Wire};
use crate::reason::{Failure, Reason};
use crate::sys;

/// What is sent is acknowledged within this, or the connection is dead: a firewall may forget one
/// that rested, and drop what is sent over it without a word.
const UNACKNOWLEDGED: Duration = Duration::from_millis(1500);
/// How often something may be read from a connection that rests.
const TICKET_ROUNDS: u32 = 8;

/// What encryption adds to a request of two records at the most.
const SEAL_ROOM: usize = 128;

/// A connection to STS on which TLS is established.
#[derive(Debug)]
pub struct Connection {
    tls: ClientConnection,
    name: ServerName<'static>,
    wire: Wire,
    records: RecordPosition,
    /// Under which its socket is watched while it rests.
    pub(super) number: Option<u64>,
}

impl Connection {
    /// Establishes TLS over the wire. The certificate must be for this name.
    pub fn open(
        wire: Wire,
        name: ServerName<'static>,
        config: &Arc<ClientConfig>,
        until: Instant,
    ) -> Result<Connection, Fault> {
        let tls = ClientConnection::new(Arc::clone(config), name.clone());
        let mut connection = Connection {
            tls: tls.map_err(|error| tls_fault(&error, &name))?,
            name,
            wire,
            records: RecordPosition::default(),
            number: None,
        };
        while connection.tls.is_handshaking() {
            connection.flush(until)?;
            if connection.tls.is_handshaking() && !connection.receive(until)? {
                let detail = tls_error::closed(&connection.name.to_str());
                return Err(Failure::new(Reason::TlsFailed, detail).into());
            }
        }
        connection.flush(until)?;
        Ok(connection)
    }

    /// What it runs over.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Takes bytes to send; they go with the next flush.
    pub fn buffer(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let written = self.tls.writer().write_all(bytes);
        written.map_err(|error| Fault::io(Reason::Internal, &error))
    }

    /// Sends what was buffered.
    pub fn flush(&mut self, until: Instant) -> Result<(), Fault> {
        while self.tls.wants_write() {
            left(until)?;
            match self.tls.write_tls(&mut self.wire.until(until)) {
                Ok(_) => {}
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(Fault::io(Reason::ConnectionLost, &error)),
            }
        }
        Ok(())
    }

    /// Reads decrypted bytes; 0 is an orderly end. A connection that ends in disorder is a fault:
    /// someone may have cut the answer short.
    pub fn read(&mut self, buffer: &mut [u8], until: Instant) -> Result<usize, Fault> {
        loop {
            match self.tls.reader().read(buffer) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(Fault::io(Reason::ConnectionLost, &error)),
            }
            self.flush(until)?;
            self.receive(until)?;
        }
    }

    /// Encrypts bytes for somebody to send over the socket.
    pub fn seal(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Fault> {
        self.buffer(bytes)?;
        let mut sealed = Vec::with_capacity(bytes.len() + SEAL_ROOM);
        while self.tls.wants_write() {
            let written = self.tls.write_tls(&mut sealed);
            written.map_err(|error| Fault::io(Reason::Internal, &error))?;
        }
        Ok(sealed)
    }

    fn flush_now(&mut self) -> Result<(), Fault> {
        while self.tls.wants_write() {
            let sent = self.tls.write_tls(&mut self.wire.now());
            sent.map_err(|error| Fault::io(Reason::ConnectionLost, &error))?;
        }
        Ok(())
    }

    /// Somebody else still holds its socket and sends what was sealed, though the answer to that
    /// may be there.
    pub fn is_being_sent_over(&self) -> bool {
        Arc::strong_count(self.wire.socket()) > 1
    }

    /// Like [`Connection::read`], but none where that would have to be waited for. `reads` counts down
    /// what may be read from the socket: whoever sends without a pause, and be it nothing but session
    /// tickets, holds up nobody else.
    pub fn read_now(&mut self, buffer: &mut [u8], reads: &mut u32) -> Result<Option<usize>, Fault> {
        loop {
            match self.tls.reader().read(buffer) {
                Ok(count) => return Ok(Some(count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(Fault::io(Reason::ConnectionLost, &error)),
            }
            self.flush_now()?;
            *reads = reads.checked_sub(1).ok_or(Reason::AnswerTooLarge)?;
            let mut reader = Tracked {
                wire: self.wire.now(),
                records: &mut self.records,
            };
            match self.tls.read_tls(&mut reader) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if is_passing(&error) => continue,
                Err(error) => return Err(Fault::io(Reason::ConnectionLost, &error)),
            }
            if let Err(error) = self.tls.process_new_packets() {
                // The alert that tells the other side; it is lost without harm.
                let _alert = self.tls.write_tls(&mut self.wire.now());
                return Err(tls_fault(&error, &self.name));
            }
        }
    }

    /// All that was read has been decrypted and taken: no part of a further reply is in here.
    pub fn is_drained(&mut self) -> bool {
        let decrypted = self
            .tls
            .process_new_packets()
            .map(|state| state.plaintext_bytes_to_read());
        matches!(decrypted, Ok(0)) && self.records.is_between() && !self.tls.wants_write()
    }

    /// The other side has said that it sends no more (close_notify), though the socket may stay open.
    pub fn has_ended(&mut self) -> bool {
        let state = self.tls.process_new_packets();
        state.map_or(true, |state| state.peer_has_closed())
    }

    /// Nothing came that nobody has looked at.
    pub fn is_quiet(&mut self) -> bool {
        !self.wire.readable_now() && self.is_drained() && !self.has_ended()
    }

    /// The connection still stands and no reply came over it that nobody asked for.
    pub fn is_silent(&mut self) -> bool {
        // Session tickets may have come after the last reply; they are no reply. Some are sent, not a
        // stream of them.
        let soon = Instant::now() + TIMEOUT_SLACK;
        let mut rounds = 0..TICKET_ROUNDS;
        while self.wire.readable_now() {
            if rounds.next().is_none() {
                return false;
            }
            if !matches!(self.receive(soon), Ok(true)) || !self.is_drained() {
                return false;
            }
        }
        self.is_drained() && !self.has_ended()
    }

    /// Reads and decrypts what the socket has, waiting for it; false at the end of the stream.
    fn receive(&mut self, until: Instant) -> Result<bool, Fault> {
        let count = loop {
            left(until)?;
            let mut reader = Tracked {
                wire: self.wire.until(until),
                records: &mut self.records,
            };
            match self.tls.read_tls(&mut reader) {
                Ok(count) => break count,
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(Fault::io(Reason::ConnectionLost, &error)),
            }
        };
        if let Err(error) = self.tls.process_new_packets() {
            // The alert that tells the other side; it is lost without harm.
            let _alert = self.tls.write_tls(&mut self.wire.until(until));
            return Err(tls_fault(&error, &self.name));
        }
        Ok(count > 0)
    }
}

/// Connects to one of the addresses.
pub fn connect(addresses: &[SocketAddr], until: Instant) -> Result<Wire, Fault> {
    let mut failure = Failure::new(Reason::ConnectFailed, "no address");
    for (index, address) in addresses.iter().enumerate() {
        // An address that does not answer leaves the others their share of the time.
        let share = left(until)? / u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        match TcpStream::connect_timeout(address, share) {
            Ok(socket) => {
                let set = socket.set_nodelay(true);
                set.and_then(|()| sys::give_up_unacknowledged(&socket, UNACKNOWLEDGED))
                    .map_err(|error| Fault::io(Reason::ConnectFailed, &error))?;
                return Ok(Wire::new(socket));
            }
            Err(error) => {
                failure = Failure::new(Reason::ConnectFailed, format!("{address}: {error}"));
            }
        }
    }
    Err(failure.into())
}

fn tls_fault(error: &rustls::Error, name: &ServerName<'_>) -> Fault {
    let detail = tls_error::describe(error, &name.to_str());
    Failure::new(Reason::TlsFailed, detail).into()
}

/// Waiting goes on after it, as long as there is time. The system's own time-out is none of these: it
/// says that the other side has acknowledged nothing for long.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    match error.kind() {
        Interrupted | WouldBlock => true,
        TimedOut => error.raw_os_error().is_none(),
        _ => false,
    }
}

/// Where in the sequence of TLS records the bytes read so far end (RFC 8446, section 5.1): rustls
/// does not tell whether it holds a part of one.
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

struct Tracked<'a, W> {
    wire: W,
    records: &'a mut RecordPosition,
}

impl<W: Read> Read for Tracked<'_, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.wire.read(buffer)?;
        self.records
            .advance(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// An address that takes no connection any more, and the connections that wait there.
    fn full() -> (TcpListener, Vec<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let try_it = |_| TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok();
        let waiting = (0..).map_while(try_it).collect();
        (listener, waiting)
    }

    #[test]
    fn an_address_that_never_answers_leaves_the_next_its_share_of_the_time() {
        let (silent, _waiting) = full();
        let good = TcpListener::bind("127.0.0.1:0").unwrap();
        let addresses = [&silent, &good].map(|listener| listener.local_addr().unwrap());
        let until = Instant::now() + Duration::from_secs(1);
        connect(&addresses, until).unwrap();
        good.accept().unwrap();
    }

    #[test]
    fn only_the_system_s_own_time_out_ends_a_wait() {
        assert!(is_passing(&io::ErrorKind::TimedOut.into()));
        assert!(is_passing(&io::Error::from_raw_os_error(libc::EAGAIN)));
        assert!(!is_passing(&io::Error::from_raw_os_error(libc::ETIMEDOUT)));
    }

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
