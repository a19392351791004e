//! What TLS runs over: a socket, or a connection to a proxy that is TLS itself.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::fault::Fault;
use crate::reason::Reason;
use crate::sys;

/// The socket's own timeouts follow the deadline within this, which spares a system call for each
/// read and write; the deadline itself is checked exactly.
pub const TIMEOUT_SLACK: Duration = Duration::from_millis(250);

/// The socket, which another thread may shut down.
#[derive(Debug)]
pub struct Socket(TcpStream);

impl Socket {
    /// Ends reads and writes that wait, and those to come.
    pub fn shutdown(&self) {
        // A socket that is gone already needs no shutdown.
        let _gone = self.0.shutdown(Shutdown::Both);
    }
}

/// Bytes in both directions, with a deadline at every read and write.
#[derive(Debug)]
pub enum Wire {
    /// The socket itself.
    Socket {
        /// Shared with whoever may shut it down.
        socket: Arc<Socket>,
        /// As the socket has it; zero before the first.
        read_timeout: Duration,
        /// As the socket has it; zero before the first.
        write_timeout: Duration,
    },
    /// Inside another TLS connection.
    Tls(Box<Connection>),
}

impl Wire {
    /// Over a socket that is connected.
    pub fn new(socket: TcpStream) -> Wire {
        Wire::Socket {
            socket: Arc::new(Socket(socket)),
            read_timeout: Duration::ZERO,
            write_timeout: Duration::ZERO,
        }
    }

    /// The socket at the bottom.
    pub fn socket(&self) -> &Arc<Socket> {
        match self {
            Wire::Socket { socket, .. } => socket,
            Wire::Tls(connection) => connection.wire().socket(),
        }
    }

    /// Something can be read at once: bytes, the end, or an error.
    pub fn readable_now(&mut self) -> bool {
        let buffered = match self {
            Wire::Socket { .. } => false,
            Wire::Tls(connection) => !connection.is_drained(),
        };
        buffered || sys::readable_now(&self.socket().0)
    }

    /// Reads and writes until then.
    pub fn until(&mut self, until: Instant) -> WireUntil<'_> {
        WireUntil { wire: self, until }
    }
}

/// A wire and a deadline, in the form that TLS asks for. That the deadline has passed is an error
/// of the kind `TimedOut`.
#[derive(Debug)]
pub struct WireUntil<'a> {
    wire: &'a mut Wire,
    until: Instant,
}

impl WireUntil<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        match left.is_zero() {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => Ok(left),
        }
    }
}

impl Read for WireUntil<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left()?;
        match self.wire {
            Wire::Socket {
                socket,
                read_timeout,
                ..
            } => {
                if is_off(*read_timeout, left) {
                    socket.0.set_read_timeout(Some(left))?;
                    *read_timeout = left;
                }
                (&socket.0).read(buffer)
            }
            Wire::Tls(connection) => connection.read(buffer, self.until).map_err(of_fault),
        }
    }
}

impl Write for WireUntil<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.left()?;
        match self.wire {
            Wire::Socket {
                socket,
                write_timeout,
                ..
            } => {
                if is_off(*write_timeout, left) {
                    socket.0.set_write_timeout(Some(left))?;
                    *write_timeout = left;
                }
                (&socket.0).write(bytes)
            }
            Wire::Tls(connection) => {
                let sent = connection.buffer(bytes);
                let sent = sent.and_then(|()| connection.flush(self.until));
                sent.map(|()| bytes.len()).map_err(of_fault)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn of_fault(fault: Fault) -> io::Error {
    match fault.failure.reason {
        Reason::VerificationTimeout => io::ErrorKind::TimedOut.into(),
        _ => io::Error::other(fault.failure),
    }
}

/// The socket's timeout is too far from what is left.
fn is_off(timeout: Duration, left: Duration) -> bool {
    timeout.abs_diff(left) > TIMEOUT_SLACK || timeout.is_zero()
}
