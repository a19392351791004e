use super::tests::{ACCOUNT, ARN, JSON, XML, json, refused};
use super::*;

fn error(status: u16, code: &str, message: &str) -> StsError {
    let body = format!(
        r#"{{"Error":{{"Code":"{code}","Message":"{message}","Type":"Sender"}},"RequestId":"r-2"}}"#
    );
    match read_answer(status, JSON, body.as_bytes()) {
        Ok(Answer::Error(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn error_codes_become_reasons() {
    for (status, code, message, reason) in [
        (
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated ...",
            Reason::SignatureMismatch,
        ),
        (
            403,
            "InvalidClientTokenId",
            "The security token is invalid",
            Reason::AccessKeyUnknown,
        ),
        (403, "ExpiredToken", "expired", Reason::TokenExpired),
        (400, "ExpiredToken", "expired", Reason::TokenExpired),
        (403, "AccessDenied", "no", Reason::AccessDenied),
        (403, "MissingAuthenticationToken", "no", Reason::StsDenied),
        (400, "IncompleteSignature", "no", Reason::StsDenied),
        (
            403,
            "SignatureDoesNotMatch",
            "Credential should be scoped to a valid region.",
            Reason::StsScopeRefused,
        ),
        (
            403,
            "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP",
            Reason::StsScopeRefused,
        ),
        (400, "Throttling", "Rate exceeded", Reason::StsThrottling),
        (429, "Whatever", "no", Reason::StsThrottling),
        (503, "Throttling", "Rate exceeded", Reason::StsThrottling),
        (500, "InternalFailure", "no", Reason::StsFailing),
        (503, "ServiceUnavailable", "no", Reason::StsFailing),
    ] {
        let error = error(status, code, message);
        assert_eq!((error.reason, error.code.as_str()), (reason, code));
        assert_eq!(error.request_id, "r-2");
        let names_part = reason == Reason::StsScopeRefused;
        assert_eq!(error.detail.starts_with("the scope's "), names_part);
    }
}

#[test]
fn s9_a_clock_error_s_times_are_logged() {
    let message = "Signature expired: 20261123T100000Z is now earlier than 20261123T114500Z (20261123T120000Z - 15 min.)";
    let expired = error(403, "SignatureDoesNotMatch", message);
    assert_eq!(
        (expired.reason, expired.detail.as_str()),
        (Reason::SignatureExpired, message)
    );
    let message = "Signature not yet current: 20261123T140000Z is still later than 20261123T121500Z (20261123T120000Z + 15 min.)";
    assert_eq!(
        error(403, "SignatureDoesNotMatch", message).reason,
        Reason::SignatureNotYetCurrent
    );
}

#[test]
fn d1_no_other_message_of_sts_is_logged() {
    let secret = "FwoGZXIvYXdzEXAMPLEtoken";
    for message in [
        format!(
            "The Canonical String for this request should have been x-amz-security-token:{secret}"
        ),
        format!("Signature expired: {secret} is long"),
        // As short as a time, but none.
        format!("Signature expired: {}", &secret[..16]),
    ] {
        let error = error(403, "SignatureDoesNotMatch", &message);
        assert!(!format!("{error:?}").contains(&secret[..16]), "{error:?}");
    }
    assert_eq!(error(403, &format!("Odd Code {secret}"), "").code, "");
}

#[test]
fn x1_an_error_status_without_an_sts_error_is_not_an_answer() {
    let caller = json(ARN, ACCOUNT, "A");
    for body in [
        "",
        "<html>Forbidden</html>",
        "{\"message\":\"no\"}",
        &caller,
    ] {
        for status in [400, 401, 403] {
            for media_type in [Some("text/html"), JSON] {
                let reason = refused(status, media_type, body);
                assert_eq!(reason, Reason::AnswerMalformed, "{status} {body}");
            }
        }
    }
    let Ok(Answer::Error(error)) = read_answer(502, Some("text/html"), b"bad gateway") else {
        panic!()
    };
    assert_eq!(error.reason, Reason::StsFailing);
}

#[test]
fn errors_are_read_from_xml_too() {
    let body = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>Sender</Type>\n    \
                <Code>InvalidClientTokenId</Code>\n    <Message>no</Message>\n  </Error>\n  <RequestId>r-3</RequestId>\n</ErrorResponse>";
    let Ok(Answer::Error(error)) = read_answer(403, XML, body.as_bytes()) else {
        panic!()
    };
    assert_eq!(
        (error.reason, error.request_id.as_str()),
        (Reason::AccessKeyUnknown, "r-3")
    );
}

#[test]
fn an_error_in_json_is_text_and_an_object() {
    let unnamed = r#"{"Error":["AccessDenied","",""],"RequestId":"r-2"}"#;
    assert_eq!(refused(403, JSON, unnamed), Reason::AnswerMalformed);
    let not_text = b"{\"Error\":{\"Code\":\"AccessDenied\",\"Type\":\"\xFF\"}}";
    let failure = read_answer(403, JSON, not_text).unwrap_err();
    assert_eq!(failure.reason, Reason::AnswerMalformed);
}
