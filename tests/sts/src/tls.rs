//! The throw-away certificate authority and the TLS side of the server.

use std::error::Error;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::ServerSessionMemoryCache;
use rustls::{ALL_VERSIONS, ServerConfig, SupportedProtocolVersion};

/// Names in every leaf certificate, so that a client may connect by address or by STS's global name.
const NAMES: [&str; 4] = ["localhost", "127.0.0.1", "::1", "sts.amazonaws.com"];

/// Room for the sessions of a few hundred clients: tests count resumed handshakes.
const SESSION_CACHE: usize = 4096;

/// Versions of TLS that a server speaks.
pub(crate) type Versions = &'static [&'static SupportedProtocolVersion];

/// Why there is no server.
type Fault = Box<dyn Error + Send + Sync>;

/// A certificate authority that lives as long as the emulator; its key never leaves memory.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new() -> Result<Self, rcgen::Error> {
        Self::with_key(KeyPair::generate()?)
    }

    /// An authority that signs with this key.
    pub(crate) fn with_key(key: KeyPair) -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "STS emulator throw-away CA");
        let pem = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    /// The CA certificate, for clients to trust.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A TLS server with a fresh leaf certificate for the usual names and the `extra` ones.
    pub(crate) fn server_config(&self, extra: &[String]) -> Result<Arc<ServerConfig>, Fault> {
        let names = NAMES.iter().map(|name| (*name).to_owned());
        let mut names: Vec<String> = names.chain(extra.iter().cloned()).collect();
        names.sort();
        names.dedup();
        let key = KeyPair::generate()?;
        self.serve(leaf(names)?, &key, ALL_VERSIONS)
    }

    /// A TLS server with whatever certificate is asked for, signed by this authority.
    pub(crate) fn serve(
        &self,
        params: CertificateParams,
        key: &KeyPair,
        versions: Versions,
    ) -> Result<Arc<ServerConfig>, Fault> {
        configure(&params.signed_by(key, &self.issuer)?, key, versions)
    }
}

/// What an ordinary server's certificate says, for these names.
pub(crate) fn leaf(names: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "STS emulator");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

/// A TLS server with this certificate.
pub(crate) fn configure(
    certificate: &Certificate,
    key: &KeyPair,
    versions: Versions,
) -> Result<Arc<ServerConfig>, Fault> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let private_key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private_key)?;
    config.session_storage = ServerSessionMemoryCache::new(SESSION_CACHE);
    Ok(Arc::new(config))
}
