//! How a connection to STS is opened: directly or through a proxy, then TLS.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, Transport, TransportAdapter,
};

use super::call;
use super::resolver::{Names, bare_host};
use super::socket::{self, PlainTransport, SocketIo};
use super::tls::{Connection, Lower, Unpooled};
use super::upstream::Upstream;
use crate::reason::{Failure, Reason};

/// Opens connections for ureq.
#[derive(Debug)]
pub struct StsConnector {
    /// The endpoints; other connections are to a proxy.
    pub upstreams: Arc<[Arc<Upstream>]>,
    /// How TLS is spoken.
    pub tls: Arc<ClientConfig>,
    /// Knows which addresses did not work.
    pub names: Names,
}

impl Connector for StsConnector {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let known =
            |upstream: &&Arc<Upstream>| upstream.uri().authority() == details.uri.authority();
        match self.upstreams.iter().find(known) {
            Some(upstream) => self.connect_to_sts(upstream, details),
            None => self
                .connect_to_proxy(details)
                .map(Some)
                .map_err(call::to_ureq),
        }
    }
}

impl StsConnector {
    fn connect_to_sts(
        &self,
        upstream: &Arc<Upstream>,
        details: &ConnectionDetails<'_>,
    ) -> Result<Option<Box<dyn Transport>>, ureq::Error> {
        let (fresh, ahead) = call::with(|call| {
            call.begin_connecting();
            (call.fresh, call.ahead)
        })
        .unwrap_or_default();
        if !fresh && !ahead {
            let (kept, waited) = upstream.take_kept().map_err(call::to_ureq)?;
            if let Some(mut open) = kept
                && open.is_open()
            {
                call::with(|call| call.take_over(waited));
                return Ok(Some(open));
            }
        }
        let opened = self.open(upstream, details);
        call::with(|call| call.end_connecting(opened.is_ok()));
        let mut opened = opened.map_err(call::to_ureq)?;
        if fresh {
            return Ok(Some(Box::new(Unpooled::new(opened, Arc::clone(upstream)))));
        }
        if !ahead {
            return Ok(Some(Box::new(opened)));
        }
        if opened.set_aside() {
            upstream.keep(Box::new(opened));
        }
        // ureq has nothing to send over it.
        Ok(None)
    }

    fn open(
        &self,
        upstream: &Arc<Upstream>,
        details: &ConnectionDetails<'_>,
    ) -> Result<Connection, Failure> {
        let tunnel = ConnectProxyConnector::default()
            .connect(details, None::<()>)
            .map_err(proxy_failure)?;
        let lower = match tunnel {
            None => Lower::Socket(self.open_socket(details)?),
            Some(tunnel) => {
                let tunnel = TransportAdapter::new(tunnel, details.current_time.clone());
                let socket = call::with(|call| call.socket.take()).flatten();
                Lower::Tunnel(Box::new(tunnel), socket.ok_or(Reason::Internal)?)
            }
        };
        let (name, upstream) = (upstream.tls_name(), Some(Arc::clone(upstream)));
        Connection::handshake(lower, name, &self.tls, upstream)
            .inspect_err(|failure| self.distrust(details, failure))
    }

    /// ureq asks for CONNECT over what this opens.
    fn connect_to_proxy(
        &self,
        details: &ConnectionDetails<'_>,
    ) -> Result<Box<dyn Transport>, Failure> {
        let io = self.open_socket(details)?;
        call::with(|call| call.socket = Some(Arc::clone(io.socket())));
        if !details.needs_tls() {
            return Ok(Box::new(PlainTransport::new(io)));
        }
        let name = ServerName::try_from(bare_host(details.uri).to_owned())
            .map_err(|_| Failure::new(Reason::TlsFailed, "the proxy's name is malformed"))?;
        let tls = Connection::handshake(Lower::Socket(io), name, &self.tls, None)
            .inspect_err(|failure| self.distrust(details, failure))?;
        Ok(Box::new(tls))
    }

    fn open_socket(&self, details: &ConnectionDetails<'_>) -> Result<SocketIo, Failure> {
        socket::connect(&details.addrs, &*details.register_shutdown)
            .inspect_err(|failure| self.distrust(details, failure))
    }

    /// The addresses may be wrong, unless it was the client that gave up.
    fn distrust(&self, details: &ConnectionDetails<'_>, failure: &Failure) {
        if failure.reason != Reason::Cancelled {
            self.names.distrust(details.uri);
        }
    }
}

/// Of what goes wrong before the tunnel is there.
fn proxy_failure(error: ureq::Error) -> Failure {
    let failure = call::from_ureq(error, Reason::ProxyFailed);
    match failure.reason {
        Reason::ConnectionLost | Reason::AnswerHttp | Reason::AnswerTooLarge => Failure {
            reason: Reason::ProxyFailed,
            ..failure
        },
        _ => failure,
    }
}
