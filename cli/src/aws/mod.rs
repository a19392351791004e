//! AWS as its own tools see it: the places of credentials, and STS.

mod failure;
mod sources;

use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::profile::ProfileSet;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};
use mongodb_aws_auth::aws::{Arn, without_password};
use mongodb_aws_auth::reason::printable;
use mongodb_aws_auth::sts::load_roots;
use tokio::runtime::Runtime;

use crate::args::Aws;
use crate::input::credentials::address_fault;
use crate::input::environment::with_scheme;
use crate::input::regions;
use crate::output::Unusable;

pub use aws_credential_types::Credentials;
pub use failure::Failure;
pub use sources::Source;

const DEFAULT_REGION: &str = "us-east-1";
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";
/// Variables with the region, the first above the others.
const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
/// Variables with the address of STS, the first above the others.
const ENDPOINT_VARIABLES: [&str; 2] = ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"];
const ATTEMPTS: u32 = 3;
const ATTEMPT_LIMIT: Duration = Duration::from_secs(10);

/// The SDK, configured.
#[derive(Debug)]
pub struct Client {
    runtime: Runtime,
    config: SdkConfig,
    http: SharedHttpClient,
    /// As `--profile` says it.
    explicit: Option<String>,
    /// As `--profile` or the environment says it; it is there.
    profile: Option<String>,
    /// The region, and who set it.
    region: (String, String),
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
    /// Where that came from.
    pub source: Source,
    /// Whose STS was asked.
    pub region: String,
}

/// A file of further certificate authorities, and the option or variable that names it.
#[derive(Debug)]
pub struct CaFile {
    name: &'static str,
    path: PathBuf,
}

impl CaFile {
    /// The file of this option, or else of AWS's own variable.
    pub fn of(option: Option<&Path>) -> Option<CaFile> {
        let named = |name, path: PathBuf| CaFile { name, path };
        let variable = std::env::var_os(CA_BUNDLE).filter(|file| !file.is_empty());
        let variable = variable.map(|file| named(CA_BUNDLE, PathBuf::from(file)));
        option
            .map(|file| named("--ca-file", file.to_owned()))
            .or(variable)
    }

    fn unusable(&self, error: &dyn fmt::Display) -> Unusable {
        Unusable(format!("{}: {}: {error}", self.name, self.path.display()))
    }
}

/// The environment's proxy, for `https` alone: AWS gives credentials (EC2, ECS, EKS) at addresses of
/// `http` that no proxy reaches.
fn proxy() -> Result<ProxyConfig, Unusable> {
    let Some((name, url)) = variable(&["https_proxy", "all_proxy"]) else {
        return Ok(ProxyConfig::disabled());
    };
    let whole = with_scheme(&url);
    let shown = printable(&without_password(&whole));
    let refused = |what: &str| Unusable(format!("{name}: {shown} {what}"));
    let scheme = whole
        .split("://")
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if scheme.starts_with("socks") {
        return Err(refused(
            "is a proxy of SOCKS, which neither this tool nor the plugin takes: name one of HTTP",
        ));
    }
    let proxy = ProxyConfig::https(whole.clone());
    let proxy = proxy.map_err(|_| refused("is no proxy; one looks like http://HOST:PORT"))?;
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

fn trust(ca_file: Option<&CaFile>) -> Result<TlsContext, Unusable> {
    // The SDK takes it for a fault of the program if the system has no authorities.
    let named = |name| std::env::var_os(name).is_some();
    let system = load_roots("").is_ok() || named("SSL_CERT_FILE") || named("SSL_CERT_DIR");
    let mut trust = TrustStore::empty().with_native_roots(system);
    if let Some(file) = ca_file {
        // The SDK takes a file that cannot be used for a fault of the program.
        let path = file.path.to_string_lossy();
        std::fs::metadata(&file.path).map_err(|error| file.unusable(&error))?;
        load_roots(&path).map_err(|error| {
            // The plugin's words are those of its own option.
            let text = error.to_string();
            let why = text
                .split_once(" is invalid: ")
                .map(|(_, why)| why.to_owned());
            file.unusable(&why.unwrap_or(text))
        })?;
        let pem = std::fs::read(&file.path).map_err(|error| file.unusable(&error))?;
        trust = trust.with_pem_certificate(pem);
    }
    let tls = TlsContext::builder().with_trust_store(trust).build();
    tls.map_err(|error| broken(&error))
}

fn broken(error: &dyn fmt::Display) -> Unusable {
    Unusable(format!("AWS's SDK: {}", printable(&error.to_string())))
}

/// Runs a call of the SDK's, which takes some settings that it does not know for faults of the program.
fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, Unusable> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    panic::set_hook(hook);
    result.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied());
        broken(&text.unwrap_or("a setting of the environment or of the profile cannot be used"))
    })
}

/// The region, and who set it: the option, a variable or the profile.
fn region(args: &Aws, profile: &str, profiles: &ProfileSet) -> Result<(String, String), Unusable> {
    let mut variables = REGION_VARIABLES.iter().filter_map(|name| {
        let value = std::env::var_os(name)?.to_string_lossy().into_owned();
        Some((value, (*name).to_owned()))
    });
    let of_profile = || {
        let region = profiles.get_profile(profile)?.get("region")?;
        Some((region.to_owned(), format!("region of profile {profile}")))
    };
    let option = args.region.clone();
    let found = option
        .map(|region| (region, "--region".to_owned()))
        .or_else(|| variables.find(|(region, _)| !region.is_empty()))
        .or_else(of_profile)
        .filter(|(region, whence)| whence == "--region" || !region.is_empty());
    let found = found.unwrap_or((DEFAULT_REGION.to_owned(), "the default".to_owned()));
    match regions::fault(&found.1, &found.0) {
        None => Ok(found),
        Some(fault) => Err(Unusable(fault)),
    }
}

/// The address of STS in the environment is one.
fn check_endpoint_variables() -> Result<(), Unusable> {
    let ignored = std::env::var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if ignored.is_ok_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(());
    }
    let set = ENDPOINT_VARIABLES
        .iter()
        .find_map(|name| Some((name, std::env::var_os(name)?)));
    let fault = set.and_then(|(name, url)| address_fault(name, &url.to_string_lossy()));
    fault.map_or(Ok(()), |fault| Err(Unusable(fault)))
}

impl Client {
    /// Reads profiles and finds the region; asks for no credentials yet.
    pub fn new(args: &Aws, ca_file: Option<&CaFile>) -> Result<Client, Unusable> {
        check_endpoint_variables()?;
        let http = http_client(trust(ca_file)?, proxy()?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| broken(&error))?;
        sources::check_files()?;
        let profiles = guarded(|| runtime.block_on(sources::profiles()))??;
        let profile = sources::profile(args.profile.as_deref(), &profiles)?;
        let region = region(args, profile.as_deref().unwrap_or("default"), &profiles)?;
        let limits = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_LIMIT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(limits)
            .region(Region::new(region.0.clone()))
            .no_credentials();
        if let Some(profile) = &profile {
            loader = loader.profile_name(profile);
        }
        let config = guarded(|| runtime.block_on(loader.load()))?;
        Ok(Client {
            runtime,
            config,
            http,
            explicit: args.profile.clone(),
            profile,
            region,
        })
    }

    /// What a driver would sign with, and where it comes from.
    pub fn credentials(&self) -> Result<(Credentials, Source), Failure> {
        let region = Region::new(self.region.0.clone());
        let config = ProviderConfig::without_region()
            .with_region(Some(region))
            .with_http_client(self.http.clone());
        let (explicit, profile) = (self.explicit.as_deref(), self.profile.as_deref());
        let found = guarded(|| {
            self.runtime
                .block_on(sources::find(explicit, profile, &config))
        });
        found.unwrap_or_else(|Unusable(why)| Err(Failure::Malformed(why)))
    }

    /// Asks STS who signs; an error comes with the source of the credentials, if there were any.
    pub fn caller(&self, endpoint: Option<&str>) -> Result<Caller, (Failure, Option<Source>)> {
        let (credentials, source) = self.credentials().map_err(|failure| (failure, None))?;
        let caller = self.ask_sts(&credentials, source.clone(), endpoint);
        caller.map_err(|failure| (failure, Some(source)))
    }

    fn ask_sts(
        &self,
        credentials: &Credentials,
        source: Source,
        endpoint: Option<&str>,
    ) -> Result<Caller, Failure> {
        let lacks_token = credentials.session_token().is_none()
            && credentials.access_key_id().starts_with("ASIA");
        let mut config = aws_sdk_sts::config::Builder::from(&self.config);
        config = config.credentials_provider(credentials.clone());
        let url = endpoint.or(self.config.endpoint_url());
        if let Some(url) = url {
            config = config.endpoint_url(url);
        }
        let host = url
            .and_then(|url| url.split("://").nth(1))
            .map(str::to_owned);
        let host = host.unwrap_or_else(|| format!("sts.{}.amazonaws.com", self.region.0));
        let host = host.split(['/', ':']).next().unwrap_or_default();
        let client = aws_sdk_sts::Client::from_conf(config.build());
        let call = || {
            let answer = self.runtime.block_on(client.get_caller_identity().send());
            let region = self.region.clone();
            answer.map_err(|error| failure::of_call(&error, host, region, lacks_token))
        };
        let answer = guarded(call).map_err(|Unusable(why)| Failure::Malformed(why))??;
        let (Some(arn), Some(account), Some(user_id)) =
            (answer.arn, answer.account, answer.user_id)
        else {
            let what = "an answer without Arn, Account or UserId";
            return Err(Failure::NotSts(what.to_owned()));
        };
        if Arn::parse(&arn).is_ok_and(|parsed| parsed.account != account) {
            let (account, arn) = (printable(&account), printable(&arn));
            let what = format!("account {account}, and the ARN {arn} of another");
            return Err(Failure::NotSts(what));
        }
        Ok(Caller {
            arn,
            account: printable(&account),
            user_id: printable(&user_id),
            access_key_id: credentials.access_key_id().to_owned(),
            source,
            region: self.region.0.clone(),
        })
    }
}
