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
        /// The credentials are temporary and lack their token.
        lacks_token: bool,
    },
    /// Something answered, which was no answer of STS's.
    NotSts(String),
    /// No answer came.
    NoAnswer {
        /// What happened.
        cause: String,
        /// The region, and the variable or option that it comes from.
        region: (String, String),
    },
}

/// What went wrong with a call of STS at this host; `lacks_token`: the credentials are temporary and have no
/// token.
pub fn of_call<E>(
    error: &SdkError<E, HttpResponse>,
    host: &str,
    region: (String, String),
    lacks_token: bool,
) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let no_answer = |cause: String| Failure::NoAnswer {
        cause: printable(&cause),
        region: region.clone(),
    };
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            match (answer.err().code(), answer.err().message()) {
                (Some(code), message) => Failure::Refused {
                    code: printable(code),
                    message: harmless(message.unwrap_or_default()),
                    lacks_token,
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
            let tls = cause.and_then(|error| tls_words(error, host));
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
            return Some(tls_error::describe(error, host));
        }
        let io = cause.downcast_ref::<std::io::Error>();
        let inner = io.and_then(|error| error.get_ref());
        if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Some(tls_error::describe(error, host));
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
                "Nothing was sent to AWS. Correct the value and try again.".to_owned()
            }
            Failure::Source(Source::Profile(_), _) => {
                "Log in anew if the profile is one of IAM Identity \
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
                lacks_token,
            } => refusal(code, message, *lacks_token),
            Failure::NotSts(_) => catalogue::remedy(Reason::AnswerStatus),
            Failure::NoAnswer { region, .. } => no_answer(region),
        }
    }
}

fn refusal(code: &str, message: &str, lacks_token: bool) -> String {
    let reason = error_reason(code, message);
    if lacks_token && reason == Reason::AccessKeyUnknown {
        return "The key id is a temporary one (ASIA...), and its session token is missing: set \
            AWS_SESSION_TOKEN, too."
            .to_owned();
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

fn no_answer((region, whence): &(String, String)) -> String {
    let way = "Check the way out to STS, port 443: name service, firewall, proxy, certificate \
        authorities. On the database host, `check` goes through it.";
    match regions::meant(region) {
        Some(meant) => {
            format!("The region {region} comes from {whence}. Did you mean {meant}? {way}")
        }
        None => way.to_owned(),
    }
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
                "no AWS credentials were found; the last place, EC2's metadata service, said: {cause}"
            ),
            Failure::Source(source, cause) => write!(f, "no credentials from {source}: {cause}"),
            Failure::Refused { code, message, .. } if message.is_empty() => {
                write!(f, "STS refused: {code}")
            }
            Failure::Refused { code, message, .. } => write!(f, "STS refused: {code}: {message}"),
            Failure::NotSts(what) => write!(f, "something else than STS answered: {what}"),
            Failure::NoAnswer { cause, .. } => write!(f, "no answer from STS: {cause}"),
        }
    }
}
