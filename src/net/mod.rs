//! The way to STS: ureq speaks HTTP/1.1, rustls TLS, over connections that are ours.
//!
//! ureq's own pool is switched off. It probes the socket alone, so a second reply that sat already
//! decrypted would have been read as the answer to the next login.

mod connection;
mod fault;
mod idle;
mod resolver;
mod roots;
mod transport;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::crypto::ring;
use ureq::config::{AutoHeaderValue, Config};
use ureq::http::{HeaderValue, Request, Response, header};
use ureq::{Agent, Body};

use self::fault::Fault;
use self::idle::IdleConnections;
use self::resolver::{NoResolver, Resolver};
use self::transport::{CallSlot, StsConnector};
use crate::aws::{Answer, Endpoint, SignedRequest, read_answer};
use crate::options::{OptionError, Settings};
use crate::ports::{Attempt, SendLimits, Sts, StsClient};
use crate::reason::{Failure, Reason};

/// Longest answer, in bytes: body, and head.
const BODY_LIMIT: u64 = 64 * 1024;
const HEAD_LIMIT: usize = 16 * 1024;
const USER_AGENT: &str = concat!("mongodb-aws-auth/", env!("CARGO_PKG_VERSION"));

/// What is inside, for the interface.
pub const TLS_LIBRARY: &std::ffi::CStr = c"rustls with ring";

/// STS over HTTPS. Shared by all workers.
pub struct StsOverHttps {
    connections: Arc<Connections>,
    agents: Mutex<Agents>,
}

/// What connections are made of and where they rest.
#[derive(Debug)]
struct Connections {
    tls: Arc<ClientConfig>,
    resolver: Resolver,
    idle: IdleConnections,
}

#[derive(Default)]
struct Agents {
    open: Vec<Agent>,
    closed: bool,
}

impl StsOverHttps {
    /// Reads the certificate authorities; opens no connection.
    pub fn new(settings: &Settings) -> Result<StsOverHttps, OptionError> {
        let roots = roots::load(&settings.ca_file)?;
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| OptionError::new("awsStsCAFile", &settings.ca_file, error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connections = Connections {
            tls: Arc::new(tls),
            resolver: Resolver::default(),
            idle: IdleConnections::default(),
        };
        Ok(StsOverHttps {
            connections: Arc::new(connections),
            agents: Mutex::new(Agents::default()),
        })
    }
}

impl Sts for StsOverHttps {
    fn client(&self) -> Box<dyn StsClient> {
        let call = Arc::new(CallSlot::default());
        let connector = StsConnector::new(Arc::clone(&self.connections), Arc::clone(&call));
        let agent = Agent::with_parts(agent_config(), connector, NoResolver);
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if agents.closed {
            agent.clone().shutdown();
        } else {
            agents.open.push(agent.clone());
        }
        Box::new(Client { agent, call })
    }

    fn shutdown(&self) {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.closed = true;
        let open = std::mem::take(&mut agents.open);
        drop(agents);
        self.connections.idle.close();
        open.into_iter().for_each(Agent::shutdown);
    }
}

fn agent_config() -> Config {
    Agent::config_builder()
        .https_only(true)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(USER_AGENT)
        .accept_encoding(AutoHeaderValue::None)
        .max_response_header_size(HEAD_LIMIT)
        .max_idle_connections(0)
        .max_idle_connections_per_host(0)
        .build()
}

/// One worker's way to STS.
struct Client {
    agent: Agent,
    call: Arc<CallSlot>,
}

impl StsClient for Client {
    fn send(&mut self, request: &SignedRequest, limits: SendLimits) -> Attempt {
        let started = Instant::now();
        self.call.prepare(limits.fresh);
        let result = self.exchange(request, limits);
        let connect = self.call.connect_time();
        let exchange = started
            .elapsed()
            .saturating_sub(connect.unwrap_or_default());
        let stale_connection = matches!(&result, Err(Fault { stale: true, .. }));
        let result = result.and_then(|(head, body)| {
            read(&head, &body).map_err(|failure| Fault {
                failure,
                stale: false,
            })
        });
        Attempt {
            result: result.map_err(|f| f.failure),
            connect,
            exchange,
            stale_connection,
        }
    }
}

impl Client {
    fn exchange(
        &self,
        request: &SignedRequest,
        limits: SendLimits,
    ) -> Result<(Response<Body>, Vec<u8>), Fault> {
        let request = http_request(request)?;
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(Some(limits.total))
            .timeout_connect(Some(limits.connect))
            .build();
        let mut response = self.agent.run(request).map_err(Fault::of)?;
        let body = response
            .body_mut()
            .with_config()
            .limit(BODY_LIMIT)
            .read_to_vec();
        Ok((response, body.map_err(Fault::of)?))
    }
}

fn http_request(request: &SignedRequest) -> Result<Request<&'static str>, Fault> {
    let internal = |what: &str| Fault::from(Failure::new(Reason::Internal, what));
    let mut builder = Request::post(request.endpoint.url());
    for (name, value) in request.headers() {
        let mut value = HeaderValue::from_str(value).map_err(|_| internal("a header value"))?;
        // Kept out of `{:?}`, wherever the libraries may use it.
        value.set_sensitive(true);
        builder = builder.header(name, value);
    }
    builder
        .body(SignedRequest::BODY)
        .map_err(|_| internal("the request"))
}

fn read(head: &Response<Body>, body: &[u8]) -> Result<Answer, Failure> {
    if head.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(Reason::AnswerEncoded.into());
    }
    let mut types = head.headers().get_all(header::CONTENT_TYPE).iter();
    let content_type = types.next().and_then(|value| value.to_str().ok());
    if types.next().is_some() {
        return Err(Failure::new(Reason::AnswerContentType, "it stands twice"));
    }
    read_answer(head.status().as_u16(), content_type, body)
}

/// The key under which connections may serve each other's requests.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    server_name: String,
    port: u16,
}

impl From<&Endpoint> for Target {
    fn from(endpoint: &Endpoint) -> Target {
        Target {
            server_name: endpoint.server_name().to_owned(),
            port: endpoint.port(),
        }
    }
}

/// Time left until a moment; none is an error of its own.
fn left(until: Instant) -> Result<Duration, Fault> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(Reason::VerificationTimeout.into())
    } else {
        Ok(left)
    }
}
