//! What poses as STS and keeps no rule: each test says, byte by byte, what it does with a connection.
//!
//! The emulator answers wrongly where a fault asks for it, but stays a well-formed server. Here the
//! certificate may be anyone's, the handshake may be cut, and what follows need not be HTTP.

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512,
    date_time_ymd,
};
use rustix::net::sockopt::{set_socket_linger, socket_linger};
use rustls::version::TLS12;
use rustls::{ALL_VERSIONS, ServerConfig, ServerConnection, StreamOwned};
use tempfile::NamedTempFile;

use crate::http::{ReadError, Request, RequestReader};
use crate::server::Acceptor;
use crate::tls::{Authority, Versions, configure, leaf};

static TLS12_ALONE: Versions = &[&TLS12];
const LOOPBACK: &str = "127.0.0.1";
/// A connection to a port of this machine that has room takes a small part of it.
const FULL_AFTER: Duration = Duration::from_millis(200);

/// What the server shows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// Nothing is wrong with it.
    Valid,
    /// Nothing is wrong with it, and the server speaks TLS 1.2 alone.
    ValidOverTls12,
    /// Its authority has a P-521 key, and signs with ECDSA and SHA-512.
    OfP521Authority,
    /// The same, and its own key is on P-521, too.
    WithP521Key,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is for another host.
    OtherName,
    /// It names the host in the subject alone, as was usual before RFC 2818.
    CommonNameOnly,
    /// Signed by nobody but itself.
    SelfSigned,
    /// Signed by an authority that the client does not know.
    UnknownAuthority,
}

impl Certificate {
    fn authority(self) -> Result<Authority, rcgen::Error> {
        match self {
            Certificate::OfP521Authority | Certificate::WithP521Key => {
                Authority::with_key(KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512)?)
            }
            _ => Authority::new(),
        }
    }

    fn server(self, known: &Authority) -> Result<Arc<ServerConfig>, Box<dyn Error + Send + Sync>> {
        let mut key = KeyPair::generate()?;
        let mut params = leaf(vec![LOOPBACK.to_owned()])?;
        let mut versions: Versions = ALL_VERSIONS;
        match self {
            Certificate::Valid | Certificate::OfP521Authority => {}
            Certificate::ValidOverTls12 => versions = TLS12_ALONE,
            Certificate::WithP521Key => key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512)?,
            Certificate::Expired => {
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2020, 12, 31);
            }
            Certificate::NotYetValid => params.not_before = date_time_ymd(4000, 1, 1),
            Certificate::OtherName => params = leaf(vec!["sts.amazonaws.com.example".to_owned()])?,
            Certificate::CommonNameOnly => params = common_name_only()?,
            Certificate::SelfSigned => {
                params.use_authority_key_identifier_extension = false;
                params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
                return configure(&params.self_signed(&key)?, &key, versions);
            }
            Certificate::UnknownAuthority => {
                return Authority::new()?.serve(params, &key, versions);
            }
        }
        known.serve(params, &key, versions)
    }
}

fn common_name_only() -> Result<CertificateParams, rcgen::Error> {
    let mut params = leaf(Vec::new())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, LOOPBACK.to_owned());
    Ok(params)
}

/// What has happened at the port so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Connections that were accepted.
    pub connections: u64,
    /// Connections of which nothing is left.
    pub ended: u64,
    /// TLS handshakes that the client completed.
    pub handshakes: u64,
    /// Whole HTTP requests.
    pub requests: u64,
}

#[derive(Debug, Default)]
struct Record {
    seen: Mutex<Seen>,
    changed: Condvar,
}

impl Record {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen());
        self.changed.notify_all();
    }
}

/// A port on loopback behind which a test does what it likes; dropping it ends all connections.
#[derive(Debug)]
pub struct HostileSts {
    acceptor: Acceptor,
    ca_file: NamedTempFile,
    record: Arc<Record>,
}

impl HostileSts {
    /// Speaks TLS with this certificate; `behave` has each connection once its handshake is done.
    pub fn start(
        certificate: Certificate,
        behave: impl Fn(&mut Visit) -> io::Result<()> + Send + Sync + 'static,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let authority = certificate.authority()?;
        let config = certificate.server(&authority)?;
        Self::around(&authority, move |number, socket, record| {
            let mut visit = Visit::open(number, socket, &config, Arc::clone(record))?;
            behave(&mut visit)
        })
    }

    /// Speaks no TLS: `behave` has the bare socket of each connection.
    pub fn without_tls(
        behave: impl Fn(&mut &TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Self::around(&Authority::new()?, move |_, mut socket, _| {
            behave(&mut socket)
        })
    }

    fn around(
        authority: &Authority,
        serve: impl Fn(u64, &TcpStream, &Arc<Record>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut ca_file = NamedTempFile::with_prefix("hostile-sts-ca-")?;
        ca_file.write_all(authority.pem().as_bytes())?;
        let record = Arc::new(Record::default());
        let noted = Arc::clone(&record);
        let acceptor = Acceptor::start("hostile", 0, move |number, socket| {
            noted.note(|seen| seen.connections += 1);
            // A fault here is the client's going away, which is often what the test is about.
            let _gone = serve(number, socket, &noted);
            // Closing resets the connection where the test asked for that; a FIN would come first.
            if !matches!(socket_linger(socket), Ok(Some(Duration::ZERO))) {
                let _gone = socket.shutdown(Shutdown::Both);
            }
            noted.note(|seen| seen.ended += 1);
        })?;
        Ok(Self {
            acceptor,
            ca_file,
            record,
        })
    }

    /// Where it is, as a URL.
    pub fn endpoint(&self) -> String {
        format!("https://{}", self.acceptor.address())
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.acceptor.address().port()
    }

    /// The certificate of the authority that the client is to know.
    pub fn ca_path(&self) -> &Path {
        self.ca_file.path()
    }

    /// What has happened so far.
    pub fn seen(&self) -> Seen {
        *self.record.seen()
    }

    /// Waits until the condition holds; false when time is up.
    pub fn wait(&self, at_most: Duration, holds: impl Fn(&Seen) -> bool) -> bool {
        let seen = self.record.seen();
        let waited = self
            .record
            .changed
            .wait_timeout_while(seen, at_most, |seen| !holds(seen));
        let (seen, _) = waited.unwrap_or_else(PoisonError::into_inner);
        holds(&seen)
    }
}

/// One connection on which TLS stands.
pub struct Visit<'a> {
    number: u64,
    socket: &'a TcpStream,
    stream: StreamOwned<ServerConnection, &'a TcpStream>,
    reader: RequestReader,
    record: Arc<Record>,
}

impl<'a> Visit<'a> {
    fn open(
        number: u64,
        socket: &'a TcpStream,
        config: &Arc<ServerConfig>,
        record: Arc<Record>,
    ) -> io::Result<Visit<'a>> {
        let tls = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(tls, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        record.note(|seen| seen.handshakes += 1);
        Ok(Visit {
            number,
            socket,
            stream,
            reader: RequestReader::default(),
            record,
        })
    }

    /// Which connection of the port this is, counted from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The connection's socket, for questions to the kernel.
    pub fn socket(&self) -> &TcpStream {
        self.socket
    }

    /// The next request; `None` when the client closed the connection.
    pub fn request(&mut self) -> io::Result<Option<Request>> {
        match self.reader.next(&mut self.stream) {
            Ok(request) => {
                if request.is_some() {
                    self.record.note(|seen| seen.requests += 1);
                }
                Ok(request)
            }
            Err(ReadError::Io(error)) => Err(error),
            Err(ReadError::Malformed(why)) => Err(io::Error::other(why)),
        }
    }

    /// Sends bytes, in records of their own.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// Sends records without any content (TLS 1.3 key updates), as fast as they go, until the client is
    /// gone.
    pub fn flood(&mut self) -> io::Result<()> {
        loop {
            for _ in 0..1024 {
                let more = self.stream.conn.refresh_traffic_keys();
                more.map_err(io::Error::other)?;
            }
            while self.stream.conn.wants_write() {
                self.stream.conn.write_tls(&mut self.stream.sock)?;
            }
        }
    }

    /// Carries bytes between the client and this server until either is gone.
    pub fn relay(&mut self, server: &TcpStream) -> io::Result<()> {
        let socket = self.socket;
        let tls = Mutex::new(&mut self.stream.conn);
        let lock = || tls.lock().unwrap_or_else(PoisonError::into_inner);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _gone = for_each_part(server, |part| {
                    let mut tls = lock();
                    tls.writer().write_all(part)?;
                    while tls.wants_write() {
                        tls.write_tls(&mut &*socket)?;
                    }
                    Ok(())
                });
                let _gone = socket.shutdown(Shutdown::Both);
            });
            let carried = for_each_part(socket, |mut part| {
                while !part.is_empty() {
                    let mut tls = lock();
                    tls.read_tls(&mut part)?;
                    let ready = tls.process_new_packets().map_err(io::Error::other)?;
                    let mut plain = vec![0; ready.plaintext_bytes_to_read()];
                    tls.reader().read_exact(&mut plain)?;
                    drop(tls);
                    (&*server).write_all(&plain)?;
                }
                Ok(())
            });
            server.shutdown(Shutdown::Both)?;
            carried
        })
    }

    /// Ends TLS as the rules say; the socket closes when the visit is over.
    pub fn finish(&mut self) -> io::Result<()> {
        self.stream.conn.send_close_notify();
        self.stream.flush()
    }

    /// Ends the connection without a word of TLS, as whoever cuts a line does.
    pub fn cut(&mut self) -> io::Result<()> {
        self.socket.shutdown(Shutdown::Both)
    }

    /// Makes the kernel send RST when the visit is over.
    pub fn reset(&mut self) -> io::Result<()> {
        set_socket_linger(self.socket, Some(Duration::ZERO))?;
        Ok(())
    }

    /// Takes whatever comes until the client has closed the connection.
    pub fn until_closed(&mut self) -> io::Result<()> {
        io::copy(&mut self.stream, &mut io::sink())?;
        Ok(())
    }
}

/// What the client sends that is no request of STS.
impl io::Read for Visit<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.read(bytes)
    }
}

/// Takes what comes over the socket, part by part, until its end.
fn for_each_part(
    mut socket: &TcpStream,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let count = socket.read(&mut bytes)?;
        match bytes.get(..count) {
            Some(part) if !part.is_empty() => take(part)?,
            _ => return Ok(()),
        }
    }
}

/// A port on loopback where a connection is never refused and never comes about: its backlog is full,
/// and the kernel drops whoever knocks.
#[derive(Debug)]
pub struct BlackHole {
    listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl BlackHole {
    /// Fills the backlog.
    pub fn open() -> io::Result<Self> {
        let listener = TcpListener::bind((LOOPBACK, 0))?;
        rustix::net::listen(&listener, 0)?;
        let address = listener.local_addr()?;
        let mut waiting = Vec::new();
        while let Ok(one) = TcpStream::connect_timeout(&address, FULL_AFTER) {
            waiting.push(one);
        }
        Ok(Self {
            listener,
            _waiting: waiting,
        })
    }

    /// Where it is.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Reads what a client says at first, before anything was answered.
pub fn first_bytes(socket: &mut &TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 16 * 1024];
    let count = socket.read(&mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}
