//! Reading STS's answer: what it says of the caller, or why it says nothing.

use serde::Deserialize;

use super::arn::Arn;
use super::object::Object;
use super::{date, xml};
use crate::reason::{Failure, Reason, printable};

/// Longest error code, request id or message that is taken over, in bytes.
const TEXT_LIMIT: usize = 256;
const USER_ID_LIMIT: usize = 512;

/// What STS said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The signature is right, and this is who made it.
    Caller(CallerIdentity),
    /// STS refuses, fails or throttles.
    Error(StsError),
}

/// The members of a GetCallerIdentity answer, checked against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The identity's ARN; it follows the grammar of [`Arn`].
    pub arn: String,
    /// Account number, the same as the ARN's.
    pub account: String,
    /// The identity's unique id.
    pub user_id: String,
    /// STS's id of the request; empty where it gave none.
    pub request_id: String,
}

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StsError {
    /// What it means for the login.
    pub reason: Reason,
    /// STS's error code, printable; empty where it gave none.
    pub code: String,
    /// STS's id of the request; empty where it gave none.
    pub request_id: String,
    /// Text for the log that is known to hold no secret; empty where there is none.
    pub detail: String,
}

/// Reads an answer by its HTTP status and the media type of its Content-Type alone.
pub fn read_answer(
    status: u16,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Answer, Failure> {
    let format = Format::of(content_type);
    match status {
        200 => read_caller(format?, body).map(Answer::Caller),
        429 | 500..=599 | 400 | 401 | 403 => {
            let fields = format.ok().and_then(|format| format.error_fields(body));
            read_error(status, fields).map(Answer::Error)
        }
        _ => Err(Failure::new(
            Reason::AnswerStatus,
            format!("status {status}"),
        )),
    }
}

#[derive(Clone, Copy)]
enum Format {
    Json,
    Xml,
}

impl Format {
    fn of(content_type: Option<&str>) -> Result<Format, Failure> {
        let media_type = content_type
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default();
        match media_type.trim().to_ascii_lowercase().as_str() {
            "application/json" => Ok(Format::Json),
            "text/xml" | "application/xml" => Ok(Format::Xml),
            other => Err(Failure::new(Reason::AnswerContentType, printable(other))),
        }
    }

    fn error_fields(self, body: &[u8]) -> Option<ErrorFields> {
        match self {
            Format::Json => {
                // As text: from bytes, members that are stepped over need not be UTF-8.
                let body = str::from_utf8(body).ok()?;
                let Object(error) = serde_json::from_str::<Object<JsonError>>(body).ok()?;
                let Object(parts) = error.error;
                Some(ErrorFields {
                    code: parts.code,
                    message: parts.message,
                    request_id: error.request_id,
                })
            }
            Format::Xml => {
                let document = xml::read(body).ok()?;
                Some(ErrorFields {
                    code: document.text("ErrorResponse/Error/Code")?.to_owned(),
                    message: document
                        .text("ErrorResponse/Error/Message")
                        .unwrap_or_default()
                        .into(),
                    request_id: document
                        .text("ErrorResponse/RequestId")
                        .unwrap_or_default()
                        .into(),
                })
            }
        }
    }
}

fn read_caller(format: Format, body: &[u8]) -> Result<CallerIdentity, Failure> {
    let (arn, account, user_id, request_id) = match format {
        Format::Json => json_caller(body)?,
        Format::Xml => xml_caller(body)?,
    };
    let parsed = Arn::parse(&arn)?;
    if account != parsed.account {
        return Err(Reason::AccountMismatch.into());
    }
    let graphic = user_id.bytes().all(|b| b.is_ascii_graphic());
    if !(1..=USER_ID_LIMIT).contains(&user_id.len()) || !graphic {
        return Err(Reason::UserIdMissing.into());
    }
    Ok(CallerIdentity {
        arn,
        account,
        user_id,
        request_id: short(&request_id),
    })
}

type CallerFields = (String, String, String, String);

fn json_caller(body: &[u8]) -> Result<CallerFields, Failure> {
    // serde's text names members and positions of the document, never its values.
    let Object(answer): Object<JsonAnswer> = serde_json::from_slice(body).map_err(|error| {
        let detail = format!("JSON, line {} column {}", error.line(), error.column());
        Failure::new(Reason::AnswerMalformed, detail)
    })?;
    let Object(JsonResponse { result, metadata }) = answer.response;
    let Object(JsonResult {
        arn,
        account,
        user_id,
    }) = result;
    let request_id = metadata.map_or_else(String::new, |Object(metadata)| metadata.request_id);
    Ok((arn, account, user_id, request_id))
}

fn xml_caller(body: &[u8]) -> Result<CallerFields, Failure> {
    let malformed = |what: &str| Failure::new(Reason::AnswerMalformed, format!("XML, {what}"));
    let document = xml::read(body).map_err(|fault| malformed(fault.0))?;
    let names = document.leaves().map(|(path, _)| path).collect::<Vec<_>>();
    const RESULT: &str = "GetCallerIdentityResponse/GetCallerIdentityResult/";
    const REQUEST_ID: &str = "GetCallerIdentityResponse/ResponseMetadata/RequestId";
    let known = |path: &str| {
        path == REQUEST_ID
            || matches!(
                path.strip_prefix(RESULT),
                Some("Arn" | "UserId" | "Account")
            )
    };
    if !names.into_iter().all(known) {
        return Err(malformed("an element that does not belong there"));
    }
    let member = |name: &str| {
        let text = document.text(&format!("{RESULT}{name}"));
        text.map(str::to_owned)
            .ok_or_else(|| malformed(&format!("no {name}")))
    };
    let request_id = document.text(REQUEST_ID).unwrap_or_default().to_owned();
    Ok((
        member("Arn")?,
        member("Account")?,
        member("UserId")?,
        request_id,
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonAnswer {
    #[serde(rename = "GetCallerIdentityResponse")]
    response: Object<JsonResponse>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonResponse {
    #[serde(rename = "GetCallerIdentityResult")]
    result: Object<JsonResult>,
    #[serde(rename = "ResponseMetadata")]
    metadata: Option<Object<JsonMetadata>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonResult {
    #[serde(rename = "Arn")]
    arn: String,
    #[serde(rename = "Account")]
    account: String,
    #[serde(rename = "UserId")]
    user_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonMetadata {
    #[serde(rename = "RequestId")]
    request_id: String,
}

#[derive(Deserialize)]
struct JsonError {
    #[serde(rename = "Error")]
    error: Object<JsonErrorBody>,
    #[serde(rename = "RequestId", default)]
    request_id: String,
}

#[derive(Deserialize)]
struct JsonErrorBody {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message", default)]
    message: String,
}

#[derive(Default)]
struct ErrorFields {
    code: String,
    message: String,
    request_id: String,
}

/// Classifies an error answer. Its message can repeat the canonical request with the session
/// token, so of a message only two kinds are taken over: those known to hold times alone.
fn read_error(status: u16, fields: Option<ErrorFields>) -> Result<StsError, Failure> {
    let known = fields.is_some();
    let fields = fields.unwrap_or_default();
    let code = fields.code.as_str();
    let message = fields.message.as_str();
    let mut detail = String::new();
    let reason = match (status, code) {
        (429, _)
        | (_, "Throttling" | "ThrottlingException" | "RequestLimitExceeded" | "TooManyRequests") => {
            Reason::StsThrottling
        }
        (500..=599, _) => Reason::StsFailing,
        (_, _) if !known => {
            let detail = format!("status {status} without an STS error");
            return Err(Failure::new(Reason::AnswerMalformed, detail));
        }
        (_, "SignatureDoesNotMatch") if message.starts_with("Signature expired: ") => {
            detail = times_only(message);
            Reason::SignatureExpired
        }
        (_, "SignatureDoesNotMatch") if message.starts_with("Signature not yet current: ") => {
            detail = times_only(message);
            Reason::SignatureNotYetCurrent
        }
        (_, "SignatureDoesNotMatch") if message.starts_with("Credential should be scoped to") => {
            Reason::StsScopeRefused
        }
        (_, "RequestExpired") => Reason::SignatureExpired,
        (_, "SignatureDoesNotMatch") => Reason::SignatureMismatch,
        (_, "InvalidClientTokenId" | "UnrecognizedClientException") => Reason::AccessKeyUnknown,
        (_, "ExpiredToken" | "ExpiredTokenException") => Reason::TokenExpired,
        (_, "AccessDenied" | "AccessDeniedException") => Reason::AccessDenied,
        _ => Reason::StsDenied,
    };
    let request_id = short(&fields.request_id);
    Ok(StsError {
        reason,
        code: short(code),
        request_id,
        detail,
    })
}

/// The message if it is made of words, numbers and times, as STS's clock errors are.
fn times_only(message: &str) -> String {
    let plain = |word: &str| {
        let word = word.trim_matches(['(', ')', '.', ':', ',', '+', '-']);
        let letters = word.len() <= 9 && word.bytes().all(|b| b.is_ascii_alphabetic());
        let number = word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit());
        letters || number || date::check(word).is_ok()
    };
    match message.len() <= TEXT_LIMIT && message.split(' ').all(plain) {
        true => message.to_owned(),
        false => String::new(),
    }
}

/// A code or id for the log, if it is one; secrets have other characters or are longer.
fn short(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:".contains(&b);
    match text.len() <= 128 && text.bytes().all(plain) {
        true => text.to_owned(),
        false => String::new(),
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
