//! The answers of STS, as XML or JSON.

use std::time::SystemTime;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use serde_json::json;

use crate::actions::Answer;
use crate::amz_date;
use crate::http::{Request, Response};
use crate::metadata::rfc3339;
use crate::roles::IssuedSession;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// An error that STS answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsError {
    /// The HTTP status.
    pub status: u16,
    /// The error code, such as `ExpiredToken`.
    pub code: String,
    /// The message, in STS's words.
    pub message: String,
}

impl StsError {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// The caller's account has used up its quota.
    pub fn throttling() -> Self {
        Self::new(400, "Throttling", "Rate exceeded")
    }

    /// STS failed.
    pub fn internal_failure() -> Self {
        Self::new(
            500,
            "InternalFailure",
            "The request processing has failed because of an unknown error, exception or failure.",
        )
    }

    /// STS is out of service for the moment.
    pub fn service_unavailable() -> Self {
        Self::new(
            503,
            "ServiceUnavailable",
            "The request has failed due to a temporary failure of the server.",
        )
    }

    fn side(&self) -> &'static str {
        if self.status < 500 {
            "Sender"
        } else {
            "Receiver"
        }
    }
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Xml,
    Json,
}

impl Format {
    /// STS answers in JSON when asked to, otherwise in XML.
    pub(crate) fn asked_for(request: &Request) -> Self {
        let json = request
            .header("accept")
            .is_some_and(|accept| accept.trim().eq_ignore_ascii_case("application/json"));
        if json { Self::Json } else { Self::Xml }
    }
}

/// The response to a request that was judged.
pub(crate) fn respond(
    verdict: &Result<Answer, StsError>,
    format: Format,
    now: SystemTime,
) -> Response {
    let request_id = request_id();
    let status = verdict.as_ref().map_or_else(|error| error.status, |_| 200);
    let response = match (verdict, format) {
        (Ok(Answer::Identity(caller)), Format::Json) => {
            let body = identity_with_request_id(
                &caller.arn,
                &caller.user_id,
                &caller.account,
                &request_id,
            );
            Response::new(status, "application/json", body)
        }
        (Err(error), Format::Json) => {
            Response::new(status, "application/json", error_json(error, &request_id))
        }
        _ => Response::new(status, "text/xml", xml(verdict, &request_id)),
    };
    response
        .with("x-amzn-RequestId", request_id)
        .with("Date", amz_date::format_http(now))
}

/// The JSON document in which STS names a caller.
pub fn identity_json(arn: &str, user_id: &str, account: &str) -> String {
    identity_with_request_id(arn, user_id, account, &request_id())
}

fn identity_with_request_id(arn: &str, user_id: &str, account: &str, request_id: &str) -> String {
    json!({"GetCallerIdentityResponse": {
        "GetCallerIdentityResult": {"Account": account, "Arn": arn, "UserId": user_id},
        "ResponseMetadata": {"RequestId": request_id},
    }})
    .to_string()
}

fn error_json(error: &StsError, request_id: &str) -> String {
    json!({
        "Error": {"Code": error.code, "Message": error.message, "Type": error.side()},
        "RequestId": request_id,
    })
    .to_string()
}

fn xml(verdict: &Result<Answer, StsError>, request_id: &str) -> String {
    match verdict {
        Ok(Answer::Identity(caller)) => result_xml(
            "GetCallerIdentity",
            &fields(&[
                ("Arn", &caller.arn),
                ("UserId", &caller.user_id),
                ("Account", &caller.account),
            ]),
            request_id,
        ),
        Ok(Answer::Session {
            action,
            session,
            subject,
        }) => result_xml(
            action,
            &session_xml(session, subject.as_deref()),
            request_id,
        ),
        Err(error) => format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\">\n  <Error>\n    <Type>{}</Type>\n    \
             <Code>{}</Code>\n    <Message>{}</Message>\n  </Error>\n  \
             <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n",
            error.side(),
            escaped(&error.code),
            escaped(&error.message),
        ),
    }
}

fn result_xml(action: &str, result: &str, request_id: &str) -> String {
    format!(
        "<{action}Response xmlns=\"{NAMESPACE}\">\n  <{action}Result>\n{result}  \
         </{action}Result>\n  <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  \
         </ResponseMetadata>\n</{action}Response>\n"
    )
}

fn session_xml(session: &IssuedSession, subject: Option<&str>) -> String {
    let credentials = fields(&[
        ("AccessKeyId", &session.access_key_id),
        ("SecretAccessKey", &session.secret),
        ("SessionToken", &session.token),
        ("Expiration", &rfc3339(session.expires)),
    ]);
    let user = fields(&[
        ("AssumedRoleId", &session.caller.user_id),
        ("Arn", &session.caller.arn),
    ]);
    let subject = subject.map(|name| fields(&[("SubjectFromWebIdentityToken", name)]));
    format!(
        "    <Credentials>\n{credentials}    </Credentials>\n    \
         <AssumedRoleUser>\n{user}    </AssumedRoleUser>\n{}",
        subject.unwrap_or_default()
    )
}

fn fields(values: &[(&str, &str)]) -> String {
    values
        .iter()
        .map(|(name, value)| format!("    <{name}>{}</{name}>\n", escaped(value)))
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

/// A random UUID, as in STS's answers.
fn request_id() -> String {
    let mut bytes = [0_u8; 16];
    // A request id without randomness is still well formed, and nothing rests on it.
    let _ = SystemRandom::new().fill(&mut bytes);
    let number = u128::from_be_bytes(bytes) & !(0xf000 << 64) & !(0xc000 << 48)
        | (0x4000 << 64)
        | (0x8000 << 48);
    let hex = format!("{number:032x}");
    let mut id = String::with_capacity(36);
    for (position, digit) in hex.chars().enumerate() {
        if matches!(position, 8 | 12 | 16 | 20) {
            id.push('-');
        }
        id.push(digit);
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identities::Caller;

    fn caller() -> Result<Answer, StsError> {
        Ok(Answer::Identity(Caller {
            arn: "arn:aws:iam::1:user/a&b".into(),
            user_id: "U".into(),
            account: "1".into(),
        }))
    }

    fn body(verdict: &Result<Answer, StsError>, format: Format) -> String {
        let response = respond(verdict, format, SystemTime::UNIX_EPOCH);
        String::from_utf8(response.body).unwrap()
    }

    #[test]
    fn an_identity_in_xml_is_escaped_and_in_the_namespace_of_sts() {
        let xml = body(&caller(), Format::Xml);
        assert!(xml.starts_with(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
        ));
        assert!(xml.contains("<Arn>arn:aws:iam::1:user/a&amp;b</Arn>"));
        assert!(xml.contains("<UserId>U</UserId>"));
        assert!(xml.contains("<Account>1</Account>"));
    }

    #[test]
    fn an_identity_in_json_has_the_same_names() {
        let json: serde_json::Value = serde_json::from_str(&body(&caller(), Format::Json)).unwrap();
        let result = json
            .pointer("/GetCallerIdentityResponse/GetCallerIdentityResult")
            .unwrap();
        assert_eq!(
            *result,
            json!({"Account": "1", "Arn": "arn:aws:iam::1:user/a&b", "UserId": "U"})
        );
    }

    #[test]
    fn an_error_names_the_side_that_is_at_fault() {
        let throttled = body(&Err(StsError::throttling()), Format::Xml);
        assert!(throttled.contains("<Type>Sender</Type>"));
        assert!(throttled.contains("<Code>Throttling</Code>"));
        let failed = body(&Err(StsError::internal_failure()), Format::Json);
        assert!(failed.contains("\"Type\":\"Receiver\""));
    }

    #[test]
    fn a_request_id_is_a_random_uuid() {
        let id = request_id();
        assert_eq!(id.len(), 36);
        assert_eq!(id.chars().nth(14), Some('4'));
        assert!(matches!(id.chars().nth(19), Some('8' | '9' | 'a' | 'b')));
        assert_ne!(id, request_id());
    }
}
