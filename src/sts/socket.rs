//! TCP sockets with the call's deadline at each connect, read and write.

use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use socket2::{Domain, Protocol, Type};
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, ShutdownHandle, Transport};

use super::call;
use crate::ports::Interruptible;
use crate::reason::{Failure, Reason};
use crate::sys;

/// What is sent is acknowledged within this, or the connection is dead: a firewall may forget one
/// that was idle, and drop what is sent over it without an answer.
const UNACKNOWLEDGED: Duration = Duration::from_millis(1500);
/// Timeouts of the socket above this are set in steps, which spares a system call for most calls.
const STEP: Duration = Duration::from_millis(500);
/// The system counts in microseconds, and takes a shorter one for none at all; poll(2) counts in
/// milliseconds, and ends before the time if they are cut.
const LEAST_TIMEOUT: Duration = Duration::from_millis(1);
/// Buffers of the plain connection to a proxy: enough for CONNECT and its response.
const PROXY_BUFFER: usize = 8 * 1024;

/// A socket that other threads may shut down.
#[derive(Debug)]
pub struct Socket(socket2::Socket);

impl Socket {
    /// Something can be read at once: bytes, the end, or an error.
    pub fn is_readable(&self) -> bool {
        sys::is_readable(&self.0)
    }

    fn shut_down(&self) {
        // A socket that is closed already needs no shutdown.
        let _closed = self.0.shutdown(Shutdown::Both);
    }
}

impl Interruptible for Socket {
    fn interrupt(&self) {
        self.shut_down();
    }
}

impl ShutdownHandle for Socket {
    fn shutdown(&self) {
        self.shut_down();
    }
}

/// Reads and writes of one connection.
#[derive(Debug)]
pub struct SocketIo {
    socket: Arc<Socket>,
    /// As the socket has them; zero before the first.
    read_timeout: Duration,
    write_timeout: Duration,
}

/// Takes note of a socket, to shut it down with the agent.
pub type Register = dyn Fn(Weak<dyn ShutdownHandle>) -> Result<(), ureq::Error>;

/// Connects to one of the addresses.
pub fn connect(addresses: &[SocketAddr], register: &Register) -> Result<SocketIo, Failure> {
    let mut failure = Failure::new(Reason::ConnectFailed, "no address");
    for (index, address) in addresses.iter().enumerate() {
        // An address that does not answer leaves the others their share of the time.
        let share = call::time_left()? / u32::try_from(addresses.len() - index).unwrap_or(1);
        match connect_to(*address, share, register) {
            Ok(socket) => return Ok(socket),
            Err(error) => {
                failure = Failure::new(Reason::ConnectFailed, format!("{address}: {error}"));
            }
        }
    }
    // The call's own end tells more than what the last address did.
    call::time_left()?;
    Err(failure)
}

fn connect_to(address: SocketAddr, timeout: Duration, register: &Register) -> io::Result<SocketIo> {
    let socket = socket2::Socket::new(
        Domain::for_address(address),
        Type::STREAM.cloexec(),
        Some(Protocol::TCP),
    )?;
    let socket = Arc::new(Socket(socket));
    // Before connect(2) waits: a shutdown ends that, too.
    watch(&socket).map_err(call::to_io)?;
    let weak = Arc::downgrade(&socket) as Weak<dyn ShutdownHandle>;
    register(weak).map_err(|error| error.into_io())?;
    // Not a connect(2) that blocks: a shutdown just before it would be lost.
    socket
        .0
        .connect_timeout(&address.into(), timeout + LEAST_TIMEOUT)?;
    socket.0.set_tcp_nodelay(true)?;
    socket.0.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    Ok(SocketIo {
        socket,
        read_timeout: Duration::ZERO,
        write_timeout: Duration::ZERO,
    })
}

/// The thread's call is blocked on this socket from here on.
pub fn watch(socket: &Arc<Socket>) -> Result<(), Failure> {
    call::watch(Arc::downgrade(socket) as Weak<dyn Interruptible>)
}

impl SocketIo {
    /// The socket, to be watched and shut down by others.
    pub fn socket(&self) -> &Arc<Socket> {
        &self.socket
    }

    /// Waits at most until the call's deadline; the deadline itself is checked before each wait.
    fn until_deadline<T>(
        &mut self,
        mut operation: impl FnMut(&mut SocketIo, Duration) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            let left = call::time_left().map_err(call::to_io)?;
            let timeout = match left > 2 * STEP {
                true => STEP * u32::try_from(left.as_millis() / STEP.as_millis()).unwrap_or(1),
                false => left.max(LEAST_TIMEOUT),
            };
            match operation(self, timeout) {
                // The system's own time-out is not among these: it says that the other side has
                // acknowledged nothing for long.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                    ) => {}
                // A shutdown from another thread looks like the end of the stream.
                result => {
                    call::check_interrupt().map_err(call::to_io)?;
                    return result;
                }
            }
        }
    }
}

impl Read for SocketIo {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if call::is_probing() && !self.socket.is_readable() {
            return Err(call::to_io(Failure::new(
                Reason::ConnectionLost,
                "half a record",
            )));
        }
        self.until_deadline(|io, timeout| {
            if io.read_timeout != timeout {
                io.socket.0.set_read_timeout(Some(timeout))?;
                io.read_timeout = timeout;
            }
            (&io.socket.0).read(buffer)
        })
    }
}

impl SocketIo {
    fn set_write_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        if self.write_timeout != timeout {
            self.socket.0.set_write_timeout(Some(timeout))?;
            self.write_timeout = timeout;
        }
        Ok(())
    }
}

impl Write for SocketIo {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.until_deadline(|io, timeout| {
            io.set_write_timeout(timeout)?;
            (&io.socket.0).write(bytes)
        })
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.until_deadline(|io, timeout| {
            io.set_write_timeout(timeout)?;
            (&io.socket.0).write_vectored(parts)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A connection without TLS: to a proxy, until CONNECT has opened the tunnel.
#[derive(Debug)]
pub struct PlainTransport {
    io: SocketIo,
    buffers: LazyBuffers,
}

impl PlainTransport {
    /// Over a connected socket.
    pub fn new(io: SocketIo) -> PlainTransport {
        PlainTransport {
            io,
            buffers: LazyBuffers::new(PROXY_BUFFER, PROXY_BUFFER),
        }
    }
}

impl Transport for PlainTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        let bytes = self.buffers.output().get(..amount).unwrap_or_default();
        self.io.write_all(bytes).map_err(lost)
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        let count = self
            .io
            .read(self.buffers.input_append_buf())
            .map_err(lost)?;
        self.buffers.input_appended(count);
        Ok(count > 0)
    }

    fn is_open(&mut self) -> bool {
        self.buffers.input().is_empty() && !self.io.socket.is_readable()
    }
}

fn lost(error: io::Error) -> ureq::Error {
    call::to_ureq(call::from_io(error, Reason::ConnectionLost))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Instant;

    use sts_emulator::hostile::BlackHole;

    use super::*;
    use crate::ports::Interrupt;
    use crate::sts::call::Call;

    fn connect_as(call: Call, addresses: &[SocketAddr]) -> Result<SocketIo, Reason> {
        let (connected, _) = call.run(|| connect(addresses, &|_| Ok(())));
        connected.map_err(|failure| failure.reason)
    }

    fn call(time: Duration) -> Call {
        Call::new(time, time, Arc::default())
    }

    #[test]
    fn an_address_that_never_answers_leaves_the_next_its_share_of_the_time() {
        let silent = BlackHole::open().unwrap();
        let good = TcpListener::bind("127.0.0.1:0").unwrap();
        let addresses = [silent.address().unwrap(), good.local_addr().unwrap()];
        connect_as(call(Duration::from_secs(1)), &addresses).unwrap();
        good.accept().unwrap();
    }

    #[test]
    fn a_connect_that_is_never_answered_ends_at_its_deadline_and_not_before() {
        let silent = BlackHole::open().unwrap();
        let time = Duration::from_millis(300);
        let began = Instant::now();
        let ended = connect_as(call(time), &[silent.address().unwrap()]);
        assert_eq!(ended.unwrap_err(), Reason::VerificationTimeout);
        assert!(began.elapsed() >= time);
    }

    #[test]
    fn an_interrupt_ends_a_connect_that_waits() {
        let silent = BlackHole::open().unwrap();
        let address = silent.address().unwrap();
        let interrupt = Arc::new(Interrupt::default());
        let long = Duration::from_secs(60);
        let waits = Call::new(long, long, Arc::clone(&interrupt));
        let connecting = std::thread::spawn(move || connect_as(waits, &[address]));
        while !interrupt.is_watching() && !connecting.is_finished() {
            std::thread::yield_now();
        }
        let began = Instant::now();
        interrupt.set();
        assert_eq!(connecting.join().unwrap().unwrap_err(), Reason::Cancelled);
        assert!(began.elapsed() < long / 2);
    }
}
