use super::*;

const ARN: &str = "arn:aws:iam::123456789012:user/alice";
const JSON: Option<&str> = Some("application/json");
const XML: Option<&str> = Some("text/xml");

fn json(arn: &str, account: &str, user_id: &str) -> String {
    format!(
        r#"{{"GetCallerIdentityResponse":{{"GetCallerIdentityResult":{{"Account":"{account}","Arn":"{arn}","UserId":"{user_id}"}},"ResponseMetadata":{{"RequestId":"r-1"}}}}}}"#
    )
}

fn xml(arn: &str, account: &str, user_id: &str) -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  \
         <GetCallerIdentityResult>\n    <Arn>{arn}</Arn>\n    <UserId>{user_id}</UserId>\n    \
         <Account>{account}</Account>\n  </GetCallerIdentityResult>\n  <ResponseMetadata>\n    \
         <RequestId>r-1</RequestId>\n  </ResponseMetadata>\n</GetCallerIdentityResponse>\n"
    )
}

#[track_caller]
fn refused(status: u16, content_type: Option<&str>, body: &str) -> Reason {
    match read_answer(status, content_type, body.as_bytes()) {
        Err(failure) => failure.reason,
        Ok(answer) => panic!("{body}: {answer:?}"),
    }
}

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
fn the_caller_is_read_from_json_and_from_xml() {
    let expected = CallerIdentity {
        arn: Arn::parse(ARN).unwrap(),
        user_id: "AIDA1".to_owned(),
        request_id: "r-1".to_owned(),
    };
    for (content_type, body) in [
        ("application/json", json(ARN, "123456789012", "AIDA1")),
        (
            "application/json; charset=utf-8",
            json(ARN, "123456789012", "AIDA1"),
        ),
        ("text/xml", xml(ARN, "123456789012", "AIDA1")),
        ("Text/XML;charset=UTF-8", xml(ARN, "123456789012", "AIDA1")),
        ("application/xml", xml(ARN, "123456789012", "AIDA1")),
    ] {
        let answer = read_answer(200, Some(content_type), body.as_bytes());
        assert_eq!(
            answer,
            Ok(Answer::Caller(expected.clone())),
            "{content_type}"
        );
    }
}

#[test]
fn an_answer_is_of_the_format_that_its_content_type_says() {
    assert_eq!(
        refused(200, XML, &json(ARN, "123456789012", "A")),
        Reason::AnswerMalformed
    );
    assert_eq!(
        refused(200, JSON, &xml(ARN, "123456789012", "A")),
        Reason::AnswerMalformed
    );
    for content_type in [
        None,
        Some(""),
        Some("text/html"),
        Some("application/octet-stream"),
    ] {
        let body = json(ARN, "123456789012", "A");
        assert_eq!(refused(200, content_type, &body), Reason::AnswerContentType);
    }
}

#[test]
fn only_status_200_names_a_caller() {
    for status in [201, 202, 204, 206, 301, 302, 303, 307, 308, 404, 418] {
        let body = json(ARN, "123456789012", "A");
        assert_eq!(
            refused(status, JSON, &body),
            Reason::AnswerStatus,
            "{status}"
        );
    }
}

#[test]
fn a_json_answer_has_the_required_members_once_in_one_document() {
    let good = json(ARN, "123456789012", "A");
    for body in [
        String::new(),
        "{}".to_owned(),
        "[]".to_owned(),
        format!("{good}{good}"),
        format!("{good}x"),
        good.replace("\"Account\":\"123456789012\",", ""),
        good.replace("\"Account\":\"123456789012\"", "\"Account\":123456789012"),
        good.replace("\"Account\"", "\"account\""),
        good.replace("\"UserId\"", "\"Arn\":\"x\",\"UserId\""),
        good.replace("\"A\"}", "\"A\",\"UserId\":\"A\"}"),
        good.replace(
            "\"ResponseMetadata\"",
            "\"GetCallerIdentityResult\":{},\"ResponseMetadata\"",
        ),
        good.replace("}}}", "},\"ResponseMetadata\":{}}}"),
        good.replace("\"r-1\"", "\"r-1\",\"RequestId\":\"r-1\""),
        good.replace("}}}", "}},\"GetCallerIdentityResponse\":{}}"),
        good.replace("\"Arn\"", "\"X\":{\"Arn\":\"x\"},\"arn\""),
        good.replace(
            "\"UserId\"",
            &format!("\"X\":[{}],\"UserId\"", "0,".repeat(64) + "0"),
        ),
        good.replace(
            "\"UserId\"",
            &format!("\"X\":{}{},\"UserId\"", "[".repeat(6), "]".repeat(6)),
        ),
        format!("[{good}]"),
        // Members in order, without their names.
        format!("[[[\"{ARN}\",\"123456789012\",\"A\"],[\"r-1\"]]]"),
        format!(
            "{{\"GetCallerIdentityResponse\":{{\"GetCallerIdentityResult\":\
             [\"{ARN}\",\"123456789012\",\"A\"]}}}}"
        ),
        good.replace("{\"RequestId\":\"r-1\"}", "[\"r-1\"]"),
    ] {
        assert_eq!(refused(200, JSON, &body), Reason::AnswerMalformed, "{body}");
    }
}

#[test]
fn an_error_in_json_is_text_and_an_object() {
    let unnamed = r#"{"Error":["AccessDenied","",""],"RequestId":"r-2"}"#;
    assert_eq!(refused(403, JSON, unnamed), Reason::AnswerMalformed);
    let not_text = b"{\"Error\":{\"Code\":\"AccessDenied\",\"Type\":\"\xFF\"}}";
    let failure = read_answer(403, JSON, not_text).unwrap_err();
    assert_eq!(failure.reason, Reason::AnswerMalformed);
}

#[test]
fn an_xml_answer_has_the_required_elements_once_in_one_document() {
    let good = xml(ARN, "123456789012", "A");
    let arn = format!("<Arn>{ARN}</Arn>");
    for body in [
        format!("{{\"x\":\"{good}\"}}"),
        format!("prefix{good}"),
        format!("{good}suffix"),
        format!("{good}{good}"),
        good.replace(&arn, ""),
        good.replace(&arn, &format!("{arn}{arn}")),
        good.replace(&arn, &format!("<X>{arn}</X>")),
        good.replace(&arn, &format!("{arn}<X>{}</X>", "<X/>".repeat(64))),
        good.replace(
            "<GetCallerIdentityResult>",
            "<GetCallerIdentityResult/><GetCallerIdentityResult>",
        ),
        good.replace(
            "<ResponseMetadata>",
            "<ResponseMetadata/><ResponseMetadata>",
        ),
        good.replace("<RequestId>", "<RequestId/><RequestId>"),
        good.replace(&arn, &format!("<Arn><![CDATA[{ARN}]]></Arn>")),
        good.replace(&arn, &format!("<Arn><!-- x -->{ARN}</Arn>")),
        good.replace(&arn, &format!("<Arn a=\"b\">{ARN}</Arn>")),
        good.replace("<GetCallerIdentityResult>", "<X>")
            .replace("</GetCallerIdentityResult>", "</X>"),
        format!("<!DOCTYPE x>{good}"),
    ] {
        assert_eq!(refused(200, XML, &body), Reason::AnswerMalformed, "{body}");
    }
}

#[test]
fn unknown_members_and_elements_are_ignored() {
    let (json, xml) = (
        json(ARN, "123456789012", "A"),
        xml(ARN, "123456789012", "A"),
    );
    let unknown_json = r#""X":{"Arn":["x",{}],"Arn":null},"X":1"#;
    let unknown_xml = "<X><Arn>x</Arn><Y><Z/><Z/></Y></X><X>x</X>";
    for (format, body, name, more) in [
        (JSON, &json, "\"Arn\"", format!("{unknown_json},\"Arn\"")),
        (
            JSON,
            &json,
            "\"RequestId\"",
            format!("{unknown_json},\"RequestId\""),
        ),
        (
            JSON,
            &json,
            "\"ResponseMetadata\"",
            format!("{unknown_json},\"ResponseMetadata\""),
        ),
        (
            JSON,
            &json,
            "\"GetCallerIdentityResponse\"",
            format!("{unknown_json},\"GetCallerIdentityResponse\""),
        ),
        (XML, &xml, "<Arn>", format!("{unknown_xml}<Arn>")),
        (
            XML,
            &xml,
            "<RequestId>",
            format!("{unknown_xml}<RequestId>"),
        ),
        (
            XML,
            &xml,
            "<ResponseMetadata>",
            format!("{unknown_xml}<ResponseMetadata>"),
        ),
    ] {
        let expected = read_answer(200, format, body.as_bytes());
        let body = body.replace(name, &more);
        assert_eq!(
            read_answer(200, format, body.as_bytes()),
            expected,
            "{body}"
        );
        assert!(expected.is_ok());
    }
}

#[test]
fn entities_in_an_arn_are_decoded_before_it_is_checked() {
    let body = xml(
        "arn:aws:iam::123456789012:user/a&amp;b/alice",
        "123456789012",
        "A",
    );
    let Ok(Answer::Caller(caller)) = read_answer(200, XML, body.as_bytes()) else {
        panic!()
    };
    assert_eq!(caller.arn.text, "arn:aws:iam::123456789012:user/a&b/alice");
}

#[test]
fn account_and_user_id_must_be_whole_and_agree_with_the_arn() {
    for account in [
        "",
        "210987654321",
        "12345678901",
        "1234567890123",
        " 123456789012",
    ] {
        assert_eq!(
            refused(200, JSON, &json(ARN, account, "A")),
            Reason::AccountMismatch
        );
    }
    for user_id in ["", " ", "A B", "\u{e4}"] {
        assert_eq!(
            refused(200, JSON, &json(ARN, "123456789012", user_id)),
            Reason::UserIdMissing
        );
    }
    let hostile = json("__system", "123456789012", "A");
    assert_eq!(refused(200, JSON, &hostile), Reason::ArnMalformed);
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
        (400, "Throttling", "Rate exceeded", Reason::StsThrottling),
        (429, "Whatever", "no", Reason::StsThrottling),
        (503, "Throttling", "Rate exceeded", Reason::StsThrottling),
        (500, "InternalFailure", "no", Reason::StsFailing),
        (503, "ServiceUnavailable", "no", Reason::StsFailing),
    ] {
        let error = error(status, code, message);
        assert_eq!((error.reason, error.code.as_str()), (reason, code));
        assert_eq!(error.request_id, "r-2");
        assert_eq!(error.detail, "");
    }
}

#[test]
fn a_clock_error_s_times_are_logged() {
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
fn no_other_message_of_sts_is_logged() {
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
fn an_error_status_without_an_sts_error_is_not_an_answer() {
    for body in ["", "<html>Forbidden</html>", "{\"message\":\"no\"}"] {
        assert_eq!(
            refused(403, Some("text/html"), body),
            Reason::AnswerMalformed
        );
        assert_eq!(refused(403, JSON, body), Reason::AnswerMalformed);
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
