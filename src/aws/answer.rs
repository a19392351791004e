//! Reads STS's answer: the caller it names, or its error.
//!
//! The known members are required in their place, once, with their type. Unknown ones are ignored,
//! within limits: AWS may add optional members at any time.

use serde::Deserialize;

use super::arn::Arn;
use super::date;
use super::error_reason::explain;
use super::json::{self, JsonError, Object};
use super::xml::{XmlDocument, XmlElement, XmlError};
use crate::reason::{Failure, Reason, printable, printable_start};

/// Longest message that is logged, in bytes.
const MESSAGE_LIMIT: usize = 256;
/// Longest error code or request id that is logged, in bytes.
const CODE_LIMIT: usize = 128;
/// Longest user id, in bytes.
const USER_ID_LIMIT: usize = 512;

/// An answer of STS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The signature is valid; this identity made it.
    Caller(CallerIdentity),
    /// STS refused the request, failed or throttled.
    Error(StsError),
}

/// The result of GetCallerIdentity, its members checked against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The caller ARN; its account is the one that STS answered.
    pub arn: Arn,
    /// The identity's unique id.
    pub user_id: String,
    /// STS's id of the request; empty if it sent none.
    pub request_id: String,
}

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StsError {
    /// What it means for the login.
    pub reason: Reason,
    /// STS's error code, printable; empty if it sent none.
    pub code: String,
    /// STS's id of the request; empty if it sent none.
    pub request_id: String,
    /// Text for the log that cannot hold a secret; may be empty.
    pub detail: String,
}

/// Reads an answer by its HTTP status and the media type of its Content-Type.
pub fn read_answer(
    status: u16,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Answer, Failure> {
    let format = Format::of(content_type);
    let text = str::from_utf8(body);
    match status {
        200 => {
            let format = format?;
            let text = text.map_err(|_| Failure::new(Reason::AnswerMalformed, "not UTF-8"))?;
            read_caller(format, text).map(Answer::Caller)
        }
        429 | 500..=599 | 400 | 401 | 403 => {
            let fields = match (format, text) {
                (Ok(format), Ok(text)) => format.error_fields(text),
                _ => None,
            };
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

    fn caller_fields(self, text: &str) -> Result<CallerFields, Failure> {
        let malformed = |detail| Failure::new(Reason::AnswerMalformed, detail);
        match self {
            Format::Json => json_caller(text).map_err(|e| malformed(format!("JSON, {e}"))),
            Format::Xml => xml_caller(text).map_err(|e| malformed(format!("XML, {e}"))),
        }
    }

    fn error_fields(self, text: &str) -> Option<ErrorFields> {
        match self {
            Format::Json => json_error(text).ok(),
            Format::Xml => xml_error(text).ok(),
        }
    }
}

fn read_caller(format: Format, text: &str) -> Result<CallerIdentity, Failure> {
    let fields = format.caller_fields(text)?;
    let arn = Arn::parse(&fields.arn)?;
    if fields.account != arn.account {
        let (account, arn) = (printable_start(&fields.account), printable(&arn.text));
        let detail = format!("account \"{account}\", ARN \"{arn}\"");
        return Err(Failure::new(Reason::AccountMismatch, detail));
    }
    let user_id = fields.user_id;
    let is_graphic = user_id.bytes().all(|b| b.is_ascii_graphic());
    if !(1..=USER_ID_LIMIT).contains(&user_id.len()) || !is_graphic {
        let detail = format!("\"{}\" of {}", printable_start(&user_id), arn.text);
        return Err(Failure::new(Reason::UserIdMissing, detail));
    }
    Ok(CallerIdentity {
        arn,
        user_id,
        request_id: code_or_empty(&fields.request_id),
    })
}

struct CallerFields {
    arn: String,
    account: String,
    user_id: String,
    request_id: String,
}

fn json_caller(text: &str) -> Result<CallerFields, JsonError> {
    let answer: JsonAnswer = json::parse(text)?;
    let Object(JsonResponse { result, metadata }) = answer.response;
    let Object(JsonResult {
        arn,
        account,
        user_id,
    }) = result;
    Ok(CallerFields {
        arn,
        account,
        user_id,
        request_id: metadata.map_or_else(String::new, |Object(metadata)| metadata.request_id),
    })
}

fn xml_caller(text: &str) -> Result<CallerFields, XmlError> {
    let document = XmlDocument::parse(text)?;
    let response = document.root("GetCallerIdentityResponse")?;
    let result = response.child("GetCallerIdentityResult")?;
    let metadata = response.optional("ResponseMetadata")?;
    Ok(CallerFields {
        arn: result.child("Arn")?.text()?.to_owned(),
        account: result.child("Account")?.text()?.to_owned(),
        user_id: result.child("UserId")?.text()?.to_owned(),
        request_id: text_or_empty(metadata, "RequestId")?,
    })
}

fn text_or_empty(
    parent: Option<XmlElement<'_, '_>>,
    name: &'static str,
) -> Result<String, XmlError> {
    let Some(parent) = parent else {
        return Ok(String::new());
    };
    let text = parent.optional(name)?.map_or(Ok(""), XmlElement::text);
    text.map(str::to_owned)
}

#[derive(Deserialize)]
struct JsonAnswer {
    #[serde(rename = "GetCallerIdentityResponse")]
    response: Object<JsonResponse>,
}

#[derive(Deserialize)]
struct JsonResponse {
    #[serde(rename = "GetCallerIdentityResult")]
    result: Object<JsonResult>,
    #[serde(rename = "ResponseMetadata")]
    metadata: Option<Object<JsonMetadata>>,
}

#[derive(Deserialize)]
struct JsonResult {
    #[serde(rename = "Arn")]
    arn: String,
    #[serde(rename = "Account")]
    account: String,
    #[serde(rename = "UserId")]
    user_id: String,
}

#[derive(Deserialize)]
struct JsonMetadata {
    #[serde(rename = "RequestId", default)]
    request_id: String,
}

#[derive(Deserialize)]
struct JsonErrorAnswer {
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

fn json_error(text: &str) -> Result<ErrorFields, JsonError> {
    let JsonErrorAnswer { error, request_id } = json::parse(text)?;
    let Object(JsonErrorBody { code, message }) = error;
    Ok(ErrorFields {
        code,
        message,
        request_id,
    })
}

fn xml_error(text: &str) -> Result<ErrorFields, XmlError> {
    let document = XmlDocument::parse(text)?;
    let response = document.root("ErrorResponse")?;
    let error = response.child("Error")?;
    Ok(ErrorFields {
        code: error.child("Code")?.text()?.to_owned(),
        message: text_or_empty(Some(error), "Message")?,
        request_id: text_or_empty(Some(response), "RequestId")?,
    })
}

#[derive(Default)]
struct ErrorFields {
    code: String,
    message: String,
    request_id: String,
}

/// Classifies an error answer. A message can repeat the canonical request, session token included;
/// the log gets messages about clocks alone, which hold nothing but words and times.
fn read_error(status: u16, fields: Option<ErrorFields>) -> Result<StsError, Failure> {
    let is_sts_error = fields.is_some();
    let fields = fields.unwrap_or_default();
    let code = fields.code.as_str();
    let message = fields.message.as_str();
    let (reason, detail) = match (status, explain(code, message)) {
        (429, _) | (_, (Reason::StsThrottling, _)) => (Reason::StsThrottling, String::new()),
        (500..=599, _) => (Reason::StsFailing, String::new()),
        _ if !is_sts_error => {
            let detail = format!("status {status} without an STS error");
            return Err(Failure::new(Reason::AnswerMalformed, detail));
        }
        (_, (reason @ (Reason::SignatureExpired | Reason::SignatureNotYetCurrent), _)) => {
            (reason, times_only(message))
        }
        (_, (reason, detail)) => (reason, detail.to_owned()),
    };
    Ok(StsError {
        reason,
        code: code_or_empty(code),
        request_id: code_or_empty(&fields.request_id),
        detail,
    })
}

/// The message if it has only words, numbers and times, as STS's clock errors do; otherwise empty.
fn times_only(message: &str) -> String {
    let is_plain = |word: &str| {
        let word = word.trim_matches(['(', ')', '.', ':', ',', '+', '-']);
        let is_word = word.len() <= 9 && word.bytes().all(|b| b.is_ascii_alphabetic());
        let is_number = word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit());
        is_word || is_number || date::check(word).is_ok()
    };
    match message.len() <= MESSAGE_LIMIT && message.split(' ').all(is_plain) {
        true => message.to_owned(),
        false => String::new(),
    }
}

/// The text if it looks like an error code or request id; otherwise empty. Secrets have other
/// characters or are longer.
fn code_or_empty(text: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:".contains(&b);
    match text.len() <= CODE_LIMIT && text.bytes().all(is_plain) {
        true => text.to_owned(),
        false => String::new(),
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "answer_error_tests.rs"]
mod error_tests;
