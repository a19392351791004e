//! A plain HTTPS client that shows a test the bytes as they come.

#![allow(dead_code)]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sts_emulator::client::{Credentials, Signer};
use sts_emulator::http::Request;
use sts_emulator::{Identities, StsEmulator};

pub const HOST: &str = "sts.eu-west-1.amazonaws.com";
pub const LONG: Duration = Duration::from_secs(10);

pub fn start() -> StsEmulator {
    StsEmulator::builder().start().unwrap()
}

/// The credentials of a shipped identity.
pub fn credentials(arn: &str) -> Credentials {
    Credentials::of(&Identities::shipped().unwrap(), arn).unwrap()
}

pub fn alice() -> Credentials {
    credentials("arn:aws:iam::123456789012:user/alice")
}

/// An honest request of alice.
pub fn request() -> Request {
    Signer::new(&alice(), HOST, &[7; 64], SystemTime::now()).request()
}

/// The same request, asking for JSON.
pub fn json_request() -> Request {
    Signer::new(&alice(), HOST, &[7; 64], SystemTime::now())
        .header("Accept", "application/json")
        .request()
}

pub fn trusting(emulator: &StsEmulator) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(emulator.ca_pem().as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// An answer in parts.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn contains(&self, text: &str) -> bool {
        self.head.contains(text) || self.body.contains(text)
    }
}

/// A connection to the emulator.
pub struct Connection(StreamOwned<ClientConnection, TcpStream>);

impl Connection {
    pub fn open(emulator: &StsEmulator) -> Self {
        Self::open_as(emulator, &trusting(emulator), "localhost").unwrap()
    }

    pub fn open_as(
        emulator: &StsEmulator,
        config: &Arc<ClientConfig>,
        name: &str,
    ) -> io::Result<Self> {
        let mut socket = TcpStream::connect(emulator.address())?;
        socket.set_read_timeout(Some(LONG))?;
        let name = name.to_owned().try_into().map_err(io::Error::other)?;
        let mut tls = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut socket)?;
        }
        Ok(Self(StreamOwned::new(tls, socket)))
    }

    pub fn send(&mut self, request: &Request) -> &mut Self {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
        for (name, value) in &request.headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        bytes.push_str("\r\n");
        self.0.write_all(bytes.as_bytes()).unwrap();
        self.0.write_all(&request.body).unwrap();
        self.0.flush().unwrap();
        self
    }

    pub fn ask(&mut self, request: &Request) -> Answer {
        self.send(request).receive().unwrap()
    }

    /// Reads one answer, as long as its `Content-Length` says.
    pub fn receive(&mut self) -> io::Result<Answer> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            self.0.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let length = field("Content-Length: ").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(Answer {
            status: head[9..12].parse().unwrap(),
            body: String::from_utf8(body).unwrap(),
            head,
        })
    }

    /// Reads to the orderly end of the connection; an abrupt end is an error.
    pub fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest)?;
        Ok(rest)
    }
}
