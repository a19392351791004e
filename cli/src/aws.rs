//! AWS as its own tools see it: the SDK's chain of credentials, and STS.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};
use mongodb_aws_auth::aws::without_password;
use mongodb_aws_auth::reason::{Reason, printable};
use mongodb_aws_auth::sts::load_roots;
use tokio::runtime::Runtime;

use crate::args::Aws;
use crate::catalogue;
use crate::output::Unusable;

pub use aws_credential_types::Credentials;

const DEFAULT_REGION: &str = "us-east-1";

/// The SDK, configured.
#[derive(Debug)]
pub struct Client {
    runtime: Runtime,
    config: SdkConfig,
}

/// What STS says of the caller.
#[derive(Debug)]
pub struct Caller {
    /// The identity.
    pub arn: String,
    /// Account number.
    pub account: String,
    /// The identity's unique id.
    pub user_id: String,
    /// What was signed with.
    pub access_key_id: String,
    /// Whose STS was asked.
    pub region: String,
}

/// Why there is no identity.
#[derive(Debug)]
pub enum Failure {
    /// The chain of credentials gave none.
    NoCredentials(String),
    /// STS refused them.
    Refused {
        /// STS's error code.
        code: String,
        /// STS's words.
        message: String,
    },
    /// No answer of STS came back.
    NoAnswer(String),
}

/// The file that AWS's tools take further certificate authorities from.
pub fn ca_bundle() -> Option<PathBuf> {
    let file = std::env::var_os("AWS_CA_BUNDLE").filter(|file| !file.is_empty());
    file.map(PathBuf::from)
}

/// The environment's proxy, for `https` alone: AWS gives credentials (EC2, ECS, EKS) at addresses of
/// `http` that no proxy reaches.
fn proxy() -> Result<ProxyConfig, Unusable> {
    let Some((name, url)) = variable(&["https_proxy", "all_proxy"]) else {
        return Ok(ProxyConfig::disabled());
    };
    let whole = match url.contains("://") {
        true => url.clone(),
        false => format!("http://{url}"),
    };
    let proxy = ProxyConfig::https(whole);
    let proxy =
        proxy.map_err(|_| Unusable(format!("{name}: {} is no proxy", without_password(&url))))?;
    let direct = variable(&["no_proxy"]).map(|(_, hosts)| hosts);
    Ok(proxy.no_proxy(direct.unwrap_or_default()))
}

/// The first of these that is set and not empty, in lower case or else in upper case.
fn variable(names: &[&str]) -> Option<(String, String)> {
    let spelt = names
        .iter()
        .flat_map(|name| [(*name).to_owned(), name.to_uppercase()]);
    let mut set = spelt.filter_map(|name| Some((std::env::var(&name).ok()?, name)));
    set.find(|(value, _)| !value.is_empty())
        .map(|(value, name)| (name, value))
}

fn http_client(tls: TlsContext, proxy: ProxyConfig) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        let mut builder = Connector::builder()
            .proxy_config(proxy.clone())
            .connector_settings(settings.clone());
        builder.set_sleep_impl(components.sleep_impl());
        let tls_builder = builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        SharedHttpConnector::new(tls_builder.tls_context(tls.clone()).build())
    })
}

impl Client {
    /// Reads profiles and finds the region; asks for no credentials yet.
    pub fn new(args: &Aws, ca_file: Option<&Path>) -> Result<Client, Unusable> {
        // The SDK takes it for a fault of the program if the system has no authorities.
        let named = |name| std::env::var_os(name).is_some();
        let system = load_roots("").is_ok() || named("SSL_CERT_FILE") || named("SSL_CERT_DIR");
        let mut trust = TrustStore::empty().with_native_roots(system);
        if let Some(file) = ca_file {
            // The SDK takes a file that cannot be used for a fault of the program.
            let unusable = |error: &dyn fmt::Display| Unusable::file(file, error);
            load_roots(&file.to_string_lossy()).map_err(|error| unusable(&error))?;
            trust =
                trust.with_pem_certificate(std::fs::read(file).map_err(|error| unusable(&error))?);
        }
        let broken = |error: &dyn fmt::Display| Unusable(format!("the AWS SDK: {error}"));
        let tls = TlsContext::builder().with_trust_store(trust).build();
        let http = http_client(tls.map_err(|error| broken(&error))?, proxy()?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| broken(&error))?;
        let load = |region: Option<String>| {
            let mut loader =
                aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
            if let Some(region) = region {
                loader = loader.region(Region::new(region));
            }
            if let Some(profile) = &args.profile {
                loader = loader.profile_name(profile);
            }
            runtime.block_on(loader.load())
        };
        let mut config = load(args.region.clone());
        if config.region().is_none() {
            config = load(Some(DEFAULT_REGION.to_owned()));
        }
        Ok(Client { runtime, config })
    }

    /// What a driver would sign with.
    pub fn credentials(&self) -> Result<Credentials, Failure> {
        let Some(provider) = self.config.credentials_provider() else {
            return Err(Failure::NoCredentials("no provider".to_owned()));
        };
        let found = self.runtime.block_on(provider.provide_credentials());
        found.map_err(|error| {
            let cause = error.source().map_or_else(|| error.to_string(), causes);
            Failure::NoCredentials(printable(&cause))
        })
    }

    /// Asks STS who signs.
    pub fn caller(&self, endpoint: Option<&str>) -> Result<Caller, Failure> {
        let credentials = self.credentials()?;
        let mut config = aws_sdk_sts::config::Builder::from(&self.config);
        if let Some(url) = endpoint {
            config = config.endpoint_url(url);
        }
        let client = aws_sdk_sts::Client::from_conf(config.build());
        let answer = self.runtime.block_on(client.get_caller_identity().send());
        let answer = answer.map_err(|error| match error.code() {
            Some(code) => Failure::Refused {
                code: printable(code),
                message: printable(error.message().unwrap_or_default()),
            },
            None => Failure::NoAnswer(printable(&causes(&error))),
        })?;
        let region = self.config.region().map(ToString::to_string);
        Ok(Caller {
            arn: answer.arn.unwrap_or_default(),
            account: answer.account.unwrap_or_default(),
            user_id: answer.user_id.unwrap_or_default(),
            access_key_id: credentials.access_key_id().to_owned(),
            region: region.unwrap_or_default(),
        })
    }
}

/// The error and what caused it, outermost first.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    text
}

impl Failure {
    /// What the plugin would make of it.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Failure::Refused { code, .. } => {
                Some(catalogue::by_sts_code(code).unwrap_or(Reason::StsDenied))
            }
            _ => None,
        }
    }

    /// STS's error code.
    pub fn sts_code(&self) -> Option<&str> {
        match self {
            Failure::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// What to do.
    pub fn remedy(&self) -> String {
        match self {
            Failure::NoCredentials(_) => "Log in (aws sso login), choose a profile (--profile), \
                set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run this where AWS gives \
                credentials: on an instance with a role, in a task, in a pod."
                .to_owned(),
            Failure::Refused { .. } => {
                let reason = self.reason().unwrap_or(Reason::StsDenied);
                catalogue::remedy(reason)
            }
            Failure::NoAnswer(_) => {
                "Look at the way out to STS, port 443: name service, firewall, \
                proxy, certificate authorities. On the database host, `check` goes through it."
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NoCredentials(cause) => write!(f, "no AWS credentials were found: {cause}"),
            Failure::Refused { code, message } => write!(f, "STS refused: {code}: {message}"),
            Failure::NoAnswer(cause) => write!(f, "no answer from STS: {cause}"),
        }
    }
}
