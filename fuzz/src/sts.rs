//! An STS of this process that answers with any bytes behind TLS, and the plugin's client that asks it.
//!
//! The client has a thread of its own and one agent for all inputs; the server is driven by the thread
//! that fuzzes, so that each step of a login follows the one before.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use std::{env, fs, process, thread};

use mongodb_aws_auth::aws::{SignedParts, SignedRequest};
use mongodb_aws_auth::options::Options;
use mongodb_aws_auth::ports::{Attempt, Interrupt, SendLimits, Sts as _};
use mongodb_aws_auth::sts::StsOverHttps;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, crypto::ring};

/// What a login may take beyond its deadline on a busy machine.
const SLACK: Duration = Duration::from_secs(4);
/// A response goes out in this many records or writes at most.
const MOST_PIECES: usize = 64;

/// How bytes are sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cut {
    /// Size of a TLS record's content; 0 for one record.
    pub record: u8,
    /// Size of a write to the socket; 0 for one write.
    pub segment: u8,
    /// Bytes that are never sent, of the end of the last records.
    pub withheld: u8,
}

/// What follows the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing: the connection stays open.
    Open,
    /// TLS ends, then TCP.
    Orderly,
    /// TCP ends.
    Abrupt,
}

/// Client and server.
pub struct Sts {
    tls: Arc<ServerConfig>,
    logins: Sender<Duration>,
    events: Receiver<Event>,
    connection: Option<Connection>,
}

enum Event {
    Connected(TcpStream),
    Ended(Box<Attempt>),
}

impl Sts {
    /// Starts the threads, which last as long as the process.
    pub fn start() -> Sts {
        let (tls, authority) = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let (sender, events) = channel();
        let (logins, totals) = channel();
        let connected = sender.clone();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let socket = socket.expect("a connection");
                connected.send(Event::Connected(socket)).expect("a reader");
            }
        });
        let (client, request) = client(address, &authority);
        thread::spawn(move || {
            for total in totals {
                let limits = SendLimits {
                    total,
                    connect: total,
                    fresh: false,
                };
                let attempt = client.send(&request, limits, &Arc::new(Interrupt::default()));
                sender
                    .send(Event::Ended(Box::new(attempt)))
                    .expect("a reader");
            }
        });
        Sts {
            tls,
            logins,
            events,
            connection: None,
        }
    }

    /// One login, whose request is answered by `answer`.
    pub fn login(&mut self, total: Duration, answer: impl Fn(&mut Sts)) -> Attempt {
        self.logins.send(total).expect("a client");
        if self.has_request() {
            answer(self);
        }
        loop {
            let event = self.events.recv_timeout(total + SLACK);
            match event.expect("a login ends at its deadline") {
                Event::Ended(attempt) => return *attempt,
                Event::Connected(socket) => {
                    // It fails if the login ends meanwhile.
                    self.connection = Connection::accept(socket, &self.tls, total + SLACK).ok();
                    if self.has_request() {
                        answer(self);
                    }
                }
            }
        }
    }

    /// A request came over the connection. One that the client has closed is dropped.
    fn has_request(&mut self) -> bool {
        let asked = self.connection.as_mut().map(Connection::request);
        if matches!(asked, Some(Err(_))) {
            self.connection = None;
        }
        matches!(asked, Some(Ok(())))
    }

    /// Sends bytes over the connection, if there is one.
    pub fn send(&mut self, bytes: &[u8], cut: Cut) {
        if let Some(connection) = &mut self.connection {
            // It fails if the client is gone, as it may be.
            let _gone = connection.send(bytes, cut);
        }
    }

    /// Ends the connection.
    pub fn end(&mut self, ending: Ending) {
        match ending {
            Ending::Open => {}
            Ending::Orderly => {
                if let Some(connection) = &mut self.connection {
                    let _gone = connection.finish();
                }
                self.connection = None;
            }
            Ending::Abrupt => self.connection = None,
        }
    }
}

/// The server's side of a connection on which TLS is established.
struct Connection {
    socket: TcpStream,
    tls: ServerConnection,
}

impl Connection {
    fn accept(
        socket: TcpStream,
        tls: &Arc<ServerConfig>,
        timeout: Duration,
    ) -> io::Result<Connection> {
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(timeout))?;
        let mut tls = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
        tls.set_buffer_limit(None);
        let mut connection = Connection { socket, tls };
        while connection.tls.is_handshaking() {
            connection.tls.complete_io(&mut connection.socket)?;
        }
        Ok(connection)
    }

    /// Waits for a request; an error once the client has closed the connection.
    fn request(&mut self) -> io::Result<()> {
        let mut request = Vec::new();
        let mut part = [0; 4096];
        let mut stream = rustls::Stream::new(&mut self.tls, &mut self.socket);
        while !request.ends_with(SignedRequest::BODY.as_bytes()) {
            match stream.read(&mut part) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => request.extend_from_slice(&part[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    panic!("a login neither uses its connection nor closes it")
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn send(&mut self, bytes: &[u8], cut: Cut) -> io::Result<()> {
        for content in bytes.chunks(piece(bytes.len(), cut.record)) {
            self.tls.writer().write_all(content)?;
        }
        let mut sent = self.records()?;
        sent.truncate(sent.len().saturating_sub(cut.withheld.into()));
        for part in sent.chunks(piece(sent.len(), cut.segment)) {
            self.socket.write_all(part)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.tls.send_close_notify();
        let last = self.records()?;
        self.socket.write_all(&last)
    }

    /// The records that wait to be sent.
    fn records(&mut self) -> io::Result<Vec<u8>> {
        let mut records = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut records)?;
        }
        Ok(records)
    }
}

/// The size of each piece, for a limited number of them.
fn piece(total: usize, size: u8) -> usize {
    match usize::from(size) {
        0 => total.max(1),
        size => size.max(total.div_ceil(MOST_PIECES)),
    }
}

/// The server's side of TLS, and the certificate of its authority as PEM.
fn certificates() -> (Arc<ServerConfig>, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let key = KeyPair::generate().expect("a key");
    let authority = params.self_signed(&key).expect("an authority").pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a server");
    (Arc::new(config), authority)
}

/// The plugin's client, and a request as a login has it.
fn client(address: SocketAddr, authority: &str) -> (StsOverHttps, SignedRequest) {
    let file = env::temp_dir().join(format!("fuzz-authority-{}.pem", process::id()));
    fs::write(&file, authority).expect("a file");
    let options = Options::new(&[
        ("awsStsEndpoint", &*format!("https://{address}")),
        ("awsStsCAFile", file.to_str().expect("a name")),
    ]);
    let settings = options.expect("options").settings;
    let client = StsOverHttps::new(&settings).expect("a client");
    fs::remove_file(file).expect("the file");
    let parts = SignedParts {
        authorization: concat!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/sts/aws4_request, ",
            "SignedHeaders=content-length;content-type;host;x-amz-date;x-mongodb-gs2-cb-flag;",
            "x-mongodb-server-nonce, ",
            "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        ),
        date: "20261123T120000Z",
        token: None,
    };
    let endpoint = settings.endpoints.iter().next().expect("an endpoint");
    let request = SignedRequest::check(&parts, &[7; 64], Arc::clone(endpoint));
    (client, request.expect("a request"))
}
