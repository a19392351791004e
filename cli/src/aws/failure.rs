//! Why there is no identity, in words.

use std::error::Error;
use std::fmt;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use mongodb_aws_auth::aws::error_reason;
use mongodb_aws_auth::reason::{Reason, printable};
use mongodb_aws_auth::sts::tls_error;

use super::sources::Source;
use crate::input::{catalogue, regions, signing_clock, texts};

/// Why there is no identity.
#[derive(Debug)]
pub enum Failure {
    /// No place has credentials; the profile that was asked for.
    NoCredentials(Option<String>),
    /// Credentials are there, and not in the form of any; says which and what.
    Malformed(String),
    /// A place that has credentials did not give them.
    Source(Source, String),
    /// STS refused them.
    Refused {
        /// STS's error code.
        code: String,
        /// STS's words.
        message: String,
        /// What is odd about the token that was sent, or not.
        odd_token: Option<OddToken>,
    },
    /// Something answered, which was no answer of STS's.
    NotSts(String),
    /// No answer came.
    NoAnswer {
        /// What happened.
        cause: String,
        /// Where the answer would have come from.
        route: Box<Route>,
    },
}

/// A token that does not go with its key id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OddToken {
    /// A temporary key id has none.
    Missing,
    /// A long-term key id has one.
    LeftOver,
}

impl fmt::Display for OddToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OddToken::Missing => {
                "The key id is a temporary one (ASIA...), and its session token is missing: set \
                 AWS_SESSION_TOKEN, too."
            }
            OddToken::LeftOver => {
                "The key id is a long-term one (AKIA...), which has no session token, and one is set beside \
                 it, left over from other credentials. Drivers send it, and STS refuses it: unset \
                 AWS_SESSION_TOKEN, or remove aws_session_token from the profile."
            }
        })
    }
}

/// The way to STS.
#[derive(Debug)]
pub struct Route {
    /// STS's host.
    pub host: String,
    /// The region, and the variable or option that it comes from.
    pub region: (String, String),
    /// The proxy on the way, and its variable.
    pub proxy: Option<String>,
    /// The variable of a proxy that is not used.
    pub ignored_proxy: Option<&'static str>,
}

/// The settings of this tool.
const SETTINGS: tls_error::Settings = tls_error::Settings {
    ca_file: "the file of --ca-file or AWS_CA_BUNDLE",
    endpoint: "--sts-endpoint or AWS_ENDPOINT_URL_STS",
};

/// What went wrong with a call of STS on this way.
pub fn of_call<E>(
    error: &SdkError<E, HttpResponse>,
    route: Route,
    odd_token: Option<OddToken>,
) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let host = route.host.clone();
    let no_answer = |cause: String| Failure::NoAnswer {
        cause: printable(&cause),
        route: Box::new(route),
    };
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            match (answer.err().code(), answer.err().message()) {
                (Some(code), message) => Failure::Refused {
                    code: printable(code),
                    message: harmless(message.unwrap_or_default()),
                    odd_token,
                },
                (None, _) => Failure::NotSts(format!("status {status}, and no error of STS's")),
            }
        }
        SdkError::ResponseError(answer) => {
            let status = answer.raw().status().as_u16();
            Failure::NotSts(format!("status {status}, and no answer of STS's"))
        }
        SdkError::TimeoutError(_) => no_answer(format!("{host} gave none in time")),
        SdkError::DispatchFailure(failure) => {
            let cause: Option<&(dyn Error + 'static)> = failure
                .as_connector_error()
                .map(|error| error as &(dyn Error + 'static));
            let tls = cause.and_then(|error| tls_words(error, &host));
            let innermost = cause.map(|error| innermost(error).to_string());
            no_answer(
                tls.or(innermost)
                    .unwrap_or_else(|| "it broke off".to_owned()),
            )
        }
        other => no_answer(causes(other)),
    }
}

/// STS's message without the request, which has the session token in it.
fn harmless(message: &str) -> String {
    let end = message.find("The Canonical").unwrap_or(message.len());
    printable(message.get(..end).unwrap_or_default().trim_end())
}

/// The words for an error of TLS, if one is among the causes.
fn tls_words(error: &(dyn Error + 'static), host: &str) -> Option<String> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(error) = cause.downcast_ref::<rustls::Error>() {
            return Some(tls_error::describe_for(SETTINGS, error, host));
        }
        let io = cause.downcast_ref::<std::io::Error>();
        let inner = io.and_then(|error| error.get_ref());
        if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Some(tls_error::describe_for(SETTINGS, error, host));
        }
        next = match inner {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => cause.source(),
        };
    }
    None
}

fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost
}

/// The error and what caused it, outermost first, each once.
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(&format!(": {words}"));
        }
        next = cause.source();
    }
    text
}

impl Failure {
    /// As the failure of a place that may have been asked through this proxy.
    pub fn through(self, proxy: Option<&str>) -> Failure {
        match (self, proxy) {
            (
                Failure::Source(source @ (Source::Profile(_) | Source::WebIdentity), cause),
                Some(proxy),
            ) => {
                let cause = format!("{cause}; requests of https go through the proxy {proxy}");
                Failure::Source(source, cause)
            }
            (other, _) => other,
        }
    }

    /// What the plugin would make of it.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Failure::Refused { code, message, .. } => Some(error_reason(code, message)),
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

    /// Credentials are there and are of no use; otherwise there may be none, or no way to STS.
    pub fn is_wrong(&self) -> bool {
        match self {
            Failure::NoCredentials(profile) => profile.is_some(),
            // It is asked last, also where there is no such service.
            Failure::Source(Source::Instance, _) => false,
            _ => true,
        }
    }

    /// What to do.
    pub fn remedy(&self) -> String {
        match self {
            Failure::NoCredentials(_) | Failure::Source(Source::Instance, _) => {
                "Log in (aws sso login), choose a profile (--profile), \
                set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run this where AWS gives \
                credentials: on an instance with a role, in a task, in a pod. In a container on an \
                instance, the metadata service answers only with a hop limit of 2."
                    .to_owned()
            }
            Failure::Malformed(_) => {
                "Nothing was sent to AWS. Correct it and try again.".to_owned()
            }
            Failure::Source(Source::Profile(_), _) => {
                "Log in again if the profile is one of IAM Identity \
                Center (aws sso login --profile NAME), or correct it in ~/.aws/config."
                    .to_owned()
            }
            Failure::Source(..) => {
                "No other source was asked in its place. Correct the settings of this \
                one, or name another (--profile)."
                    .to_owned()
            }
            Failure::Refused {
                code,
                message,
                odd_token,
            } => refusal(code, message, *odd_token),
            Failure::NotSts(_) => catalogue::remedy(Reason::AnswerStatus),
            Failure::NoAnswer { route, .. } => no_answer(route),
        }
    }
}

fn refusal(code: &str, message: &str, odd_token: Option<OddToken>) -> String {
    let reason = error_reason(code, message);
    if let Some(odd) = odd_token.filter(|_| reason == Reason::AccessKeyUnknown) {
        return odd.to_string();
    }
    if reason == Reason::StsScopeRefused {
        return "The request was signed for another region than that of the STS that answered: check --region, \
            AWS_REGION, --sts-endpoint and AWS_ENDPOINT_URL_STS. On the server it is awsStsHost and \
            awsStsEndpoint. If STS names the date: a device on the way rewrites X-Amz-Date; neither clock \
            nor secret key is wrong."
            .to_owned();
    }
    let documented = texts::named(code).into_iter().next();
    let documented = documented.filter(|_| reason == Reason::StsDenied);
    let documented = documented.map(|text| format!("{} {}", text.cause, text.remedy));
    let remedy = documented.unwrap_or_else(|| catalogue::remedy(reason));
    match signing_clock::note(message) {
        Some(note) => format!("{note} {remedy}"),
        None => remedy,
    }
}

fn no_answer(route: &Route) -> String {
    let (region, whence) = &route.region;
    let mut remedy = regions::meant(region).map_or(String::new(), |meant| {
        format!("The region {region} comes from {whence}. Did you mean {meant}? ")
    });
    if let Some(proxy) = &route.proxy {
        remedy.push_str(&format!(
            "The route leads through the proxy {proxy}: check that it lets {} through, or name that host in \
             no_proxy. ",
            route.host
        ));
    }
    if let Some(variable) = route.ignored_proxy {
        remedy.push_str(&format!(
            "{variable} is set, which neither this tool nor the plugin uses: where the route needs a proxy, set \
             https_proxy. "
        ));
    }
    remedy.push_str(
        "Check the way out to STS, port 443: name service, firewall, proxy (https_proxy), certificate \
         authorities (--ca-file, AWS_CA_BUNDLE). On the database host, `check` goes through it.",
    );
    remedy
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NoCredentials(None) => f.write_str("no AWS credentials were found"),
            Failure::NoCredentials(Some(profile)) => {
                write!(f, "the profile {} has no credentials", printable(profile))
            }
            Failure::Malformed(what) => write!(f, "the AWS credentials cannot be used: {what}"),
            Failure::Source(Source::Instance, cause) => write!(
                f,
                "no AWS credentials were found; the last place, EC2's metadata service, said: {}",
                cause.trim_end_matches('.')
            ),
            Failure::Source(source, cause) => write!(f, "no credentials from {source}: {cause}"),
            Failure::Refused { code, message, .. } if message.is_empty() => {
                write!(f, "STS refused: {code}")
            }
            Failure::Refused { code, message, .. } => write!(f, "STS refused: {code}: {message}"),
            Failure::NotSts(what) => write!(f, "something else than STS answered: {what}"),
            Failure::NoAnswer { cause, route } => match &route.proxy {
                Some(proxy) => write!(f, "no answer from STS through the proxy {proxy}: {cause}"),
                None => write!(f, "no answer from STS: {cause}"),
            },
        }
    }
}
