//! Accepts connections, one thread each, and speaks TLS and HTTP on those of the STS port.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;
use rustls::{ServerConfig, ServerConnection, Stream};

use crate::delivery::{After, deliver};
use crate::http::{ReadError, RequestReader, Response};
use crate::state::State;

/// Enough for a handshake, with room to spare; thousands of connections stay cheap.
const STACK: usize = 256 * 1024;

/// How long to wait before accepting again when the process has no descriptor left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(10);

/// The sockets that are open, so that stopping can end the reads that wait on them.
#[derive(Debug, Default)]
struct Sockets {
    stopping: AtomicBool,
    open: Mutex<HashMap<u64, Arc<TcpStream>>>,
}

impl Sockets {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<TcpStream>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A listening port with its threads; dropping it closes the port and all connections, and joins.
#[derive(Debug)]
pub(crate) struct Acceptor {
    address: SocketAddr,
    listener: Arc<TcpListener>,
    sockets: Arc<Sockets>,
    thread: Option<JoinHandle<()>>,
}

impl Acceptor {
    /// Listens on the loopback address; `handle` serves one connection, whose number is its first
    /// argument.
    pub(crate) fn start(
        name: &str,
        port: u16,
        handle: impl Fn(u64, &TcpStream) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = Arc::new(bind(port)?);
        let address = listener.local_addr()?;
        let sockets = Arc::new(Sockets::default());
        let thread = {
            let (listener, sockets) = (Arc::clone(&listener), Arc::clone(&sockets));
            thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || accept_all(&listener, &sockets, &handle))?
        };
        Ok(Self {
            address,
            listener,
            sockets,
            thread: Some(thread),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.sockets.stopping.store(true, Ordering::SeqCst);
        // On Linux this ends a waiting accept.
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both);
        for socket in self.sockets.lock().values() {
            let _ = socket.shutdown(Shutdown::Both);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| io::Error::new(error.kind(), format!("port {port}: {error}")))
}

fn accept_all(
    listener: &TcpListener,
    sockets: &Sockets,
    handle: &(impl Fn(u64, &TcpStream) + Sync),
) {
    thread::scope(|scope| {
        let mut number = 0;
        while !sockets.stopping.load(Ordering::SeqCst) {
            let Ok((socket, _)) = listener.accept() else {
                thread::sleep(EXHAUSTED_PAUSE);
                continue;
            };
            let socket = Arc::new(socket);
            number += 1;
            let id = number;
            sockets.lock().insert(id, Arc::clone(&socket));
            // A stop that came before the socket was in the table has not shut it down.
            if sockets.stopping.load(Ordering::SeqCst) {
                break;
            }
            // Without a thread for it, the connection is closed again.
            let spawned = thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, move || {
                    handle(id, &socket);
                    sockets.lock().remove(&id);
                });
            if spawned.is_err() {
                sockets.lock().remove(&id);
            }
        }
    });
}

/// Serves one connection of the STS port to its end.
pub(crate) fn serve_sts(id: u64, socket: &TcpStream, tls: &Arc<ServerConfig>, state: &State) {
    state.progress.connection_opened();
    let after = converse(id, socket, tls, state).unwrap_or(After::Close);
    match after {
        After::Reset => {
            // The kernel sends RST instead of FIN when the last handle is dropped.
            let _ = set_socket_linger(socket, Some(Duration::ZERO));
        }
        After::HalfClose => {
            let _ = socket.shutdown(Shutdown::Write);
            let _ = io::copy(&mut &*socket, &mut io::sink());
        }
        After::KeepOpen | After::Close => {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
    state.progress.connection_closed();
}

fn converse(
    id: u64,
    socket: &TcpStream,
    config: &Arc<ServerConfig>,
    state: &State,
) -> io::Result<After> {
    socket.set_nodelay(true)?;
    let mut tls = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut transport = socket;
    while tls.is_handshaking() {
        if let Err(error) = tls.complete_io(&mut transport) {
            state.progress.handshake(None);
            return Err(error);
        }
    }
    state.progress.handshake(tls.handshake_kind());
    let after = answer_requests(id, &mut Stream::new(&mut tls, &mut transport), state)?;
    if matches!(after, After::Close | After::HalfClose) {
        tls.send_close_notify();
        tls.write_tls(&mut transport)?;
    }
    Ok(after)
}

fn answer_requests(
    id: u64,
    stream: &mut (impl io::Read + Write),
    state: &State,
) -> io::Result<After> {
    let mut reader = RequestReader::default();
    loop {
        let request = match reader.next(stream) {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(After::Close),
            Err(ReadError::Io(error)) => return Err(error),
            Err(ReadError::Malformed(why)) => {
                let refusal = Response::new(400, "text/plain", why).with("Connection", "close");
                stream.write_all(&refusal.to_bytes())?;
                stream.flush()?;
                return Ok(After::Close);
            }
        };
        let (outgoing, delivery) = state.answer(id, &request);
        let after = deliver(outgoing, &delivery, stream, &state.progress)?;
        if after != After::KeepOpen {
            return Ok(after);
        }
        if request.wants_close() {
            return Ok(After::Close);
        }
    }
}
