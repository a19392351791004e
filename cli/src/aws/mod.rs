//! AWS as its own tools see it: the places of credentials, and STS.

mod address;
mod failure;
mod process;
mod sources;
mod way;

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
use mongodb_aws_auth::aws::Arn;
use mongodb_aws_auth::reason::printable;
use mongodb_aws_auth::sts::load_roots;
use tokio::runtime::Runtime;

use crate::args::Aws;
use crate::input::credentials::left_over_token;
use crate::input::regions;
use crate::output::Unusable;

pub use aws_credential_types::Credentials;
pub use failure::{Failure, OddToken};
pub use sources::Source;

use way::Way;

const DEFAULT_REGION: &str = "us-east-1";
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";
/// Variables with the region, the first above the others.
const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
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
    profiles: ProfileSet,
    /// The region, and who set it.
    region: (String, String),
    way: Way,
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
    /// What is odd about its token.
    pub odd_token: Option<OddToken>,
    /// Where that came from.
    pub source: Source,
    /// Whose STS was asked.
    pub region: String,
}

/// A file of further certificate authorities, and the option or variable that names it.
#[derive(Debug)]
pub struct CaFile {
    name: String,
    path: PathBuf,
}

impl CaFile {
    /// The file of this option, or else of AWS's own variable.
    pub fn of(option: Option<&Path>) -> Option<CaFile> {
        let named = |name: &str, path: PathBuf| CaFile {
            name: name.to_owned(),
            path,
        };
        let variable = std::env::var_os(CA_BUNDLE).filter(|file| !file.is_empty());
        let variable = variable.map(|file| named(CA_BUNDLE, PathBuf::from(file)));
        option
            .map(|file| named("--ca-file", file.to_owned()))
            .or(variable)
    }

    /// The file that the profile names.
    fn of_profile(name: &str, profiles: &ProfileSet) -> Option<CaFile> {
        let file = profiles.get_profile(name)?.get("ca_bundle")?;
        (!file.is_empty()).then(|| CaFile {
            name: format!("ca_bundle of profile {}", printable(name)),
            path: PathBuf::from(file),
        })
    }

    fn unusable(&self, error: &dyn fmt::Display) -> Unusable {
        Unusable(format!("{}: {}: {error}", self.name, self.path.display()))
    }
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

impl Client {
    /// Reads profiles and finds the region; asks for no credentials yet.
    pub fn new(args: &Aws, ca_file: Option<&CaFile>) -> Result<Client, Unusable> {
        address::without_empty_variables()?;
        let way = Way::of_environment()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| broken(&error))?;
        sources::check_files()?;
        let profiles = guarded(|| runtime.block_on(sources::profiles()))??;
        let profile = sources::profile(args.profile.as_deref(), &profiles)?;
        let name = profile.as_deref().unwrap_or(sources::DEFAULT_PROFILE);
        let of_profile = CaFile::of_profile(name, &profiles);
        let http = http_client(trust(ca_file.or(of_profile.as_ref()))?, way.config.clone());
        let region = region(args, name, &profiles)?;
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
            profiles,
            region,
            way,
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
                .block_on(sources::find(explicit, profile, &self.profiles, &config))
        });
        let found = found.unwrap_or_else(|Unusable(why)| Err(Failure::Malformed(why)));
        found.map_err(|failure| failure.through(self.way.proxy()))
    }

    /// The address of STS, where this option, a variable or the profile sets one.
    pub fn endpoint(&self, option: Option<&str>) -> Result<Option<String>, Unusable> {
        let profile = self.profile.as_deref().unwrap_or(sources::DEFAULT_PROFILE);
        address::of_sts(option, profile, &self.profiles)
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
        let (key_id, token) = (credentials.access_key_id(), credentials.session_token());
        let odd_token = match token {
            None if key_id.starts_with("ASIA") => Some(OddToken::Missing),
            _ => left_over_token(key_id, token).then_some(OddToken::LeftOver),
        };
        let host = endpoint.and_then(|url| url.split("://").nth(1));
        let host = host.map(|host| host.trim_end_matches('/').to_owned());
        let host = host.unwrap_or_else(|| format!("sts.{}.amazonaws.com", self.region.0));
        let host = match host.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
            Some((v6, _)) => v6,
            None => host.split(':').next().unwrap_or_default(),
        };
        let call = || {
            let client = aws_sdk_sts::Client::from_conf(self.sts_config(credentials, endpoint));
            let answer = self.runtime.block_on(client.get_caller_identity().send());
            let way = failure::Route {
                host: host.to_owned(),
                region: self.region.clone(),
                proxy: self.way.proxy_to(host).map(str::to_owned),
                ignored_proxy: self.way.ignored(),
            };
            answer.map_err(|error| failure::of_call(&error, way, odd_token))
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
            odd_token,
            source,
            region: self.region.0.clone(),
        })
    }

    /// By the settings that were checked: the SDK takes an empty variable for an address.
    fn sts_config(&self, credentials: &Credentials, endpoint: Option<&str>) -> aws_sdk_sts::Config {
        let mut builder = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.http.clone())
            .region(self.config.region().cloned())
            .credentials_provider(credentials.clone())
            .use_fips(self.config.use_fips().unwrap_or_default())
            .use_dual_stack(self.config.use_dual_stack().unwrap_or_default());
        builder.set_retry_config(self.config.retry_config().cloned());
        builder.set_timeout_config(self.config.timeout_config().cloned());
        builder.set_endpoint_url(endpoint.map(str::to_owned));
        builder.build()
    }
}
