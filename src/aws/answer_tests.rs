use super::*;

pub(super) const ARN: &str = "arn:aws:iam::123456789012:user/alice";
pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const JSON: Option<&str> = Some("application/json");
pub(super) const XML: Option<&str> = Some("text/xml");

pub(super) fn json(arn: &str, account: &str, user_id: &str) -> String {
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
pub(super) fn refused(status: u16, content_type: Option<&str>, body: &str) -> Reason {
    match read_answer(status, content_type, body.as_bytes()) {
        Err(failure) => failure.reason,
        Ok(answer) => panic!("{body}: {answer:?}"),
    }
}

#[test]
fn a6_media_types_are_three_and_their_parameters_do_not_count() {
    let expected = CallerIdentity {
        arn: Arn::parse(ARN).unwrap(),
        user_id: "AIDA1".to_owned(),
        request_id: "r-1".to_owned(),
    };
    let (json, xml) = (json(ARN, ACCOUNT, "AIDA1"), xml(ARN, ACCOUNT, "AIDA1"));
    let declared = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}");
    for (content_type, body) in [
        ("application/json", &json),
        ("application/json; charset=utf-8", &json),
        ("Application/JSON", &json),
        ("text/xml", &xml),
        ("text/xml", &declared),
        ("Text/XML;charset=UTF-8", &xml),
        ("text/xml;charset=\"UTF-8\"", &declared),
        ("application/xml", &xml),
        ("application/xml; charset=utf-8", &declared),
    ] {
        let answer = read_answer(200, Some(content_type), body.as_bytes());
        let expected = Ok(Answer::Caller(expected.clone()));
        assert_eq!(answer, expected, "{content_type}");
    }
}

#[test]
fn x1_an_answer_is_of_the_format_that_its_content_type_says() {
    let (json, xml) = (json(ARN, ACCOUNT, "A"), xml(ARN, ACCOUNT, "A"));
    assert_eq!(refused(200, XML, &json), Reason::AnswerMalformed);
    assert_eq!(refused(200, JSON, &xml), Reason::AnswerMalformed);
    for content_type in [
        None,
        Some(""),
        Some("text/html"),
        Some("text/plain"),
        Some("application/octet-stream"),
        Some("application/jsonp"),
    ] {
        assert_eq!(refused(200, content_type, &json), Reason::AnswerContentType);
    }
}

#[test]
fn x1_only_status_200_names_a_caller() {
    let body = json(ARN, ACCOUNT, "A");
    for status in [
        201, 202, 203, 204, 206, 226, 301, 302, 303, 307, 308, 404, 418,
    ] {
        for body in ["", &body] {
            let reason = refused(status, JSON, body);
            assert_eq!(reason, Reason::AnswerStatus, "{status}");
        }
    }
}

#[test]
fn x1_an_answer_has_the_required_shape() {
    let good = json(ARN, ACCOUNT, "A");
    for body in [
        "",
        "null",
        "{}",
        "[]",
        "Bad Signature",
        "<html><body>Please accept the terms of this network</body></html>",
        &format!("[{good}]"),
        // Members in order, without their names.
        &format!("[[[\"{ARN}\",\"{ACCOUNT}\",\"A\"],[\"r-1\"]]]"),
        &format!(
            "{{\"GetCallerIdentityResponse\":{{\"GetCallerIdentityResult\":\
             [\"{ARN}\",\"{ACCOUNT}\",\"A\"]}}}}"
        ),
        &good.replace("{\"RequestId\":\"r-1\"}", "[\"r-1\"]"),
    ] {
        assert_eq!(refused(200, JSON, body), Reason::AnswerMalformed, "{body}");
    }
    let error = "<ErrorResponse><Error><Code>X</Code></Error></ErrorResponse>";
    for body in ["", error] {
        assert_eq!(refused(200, XML, body), Reason::AnswerMalformed, "{body}");
    }
}

#[test]
fn x2_an_answer_is_one_whole_document_of_one_action() {
    let (json, xml) = (json(ARN, ACCOUNT, "A"), xml(ARN, ACCOUNT, "A"));
    let in_text = |text: &str| text.replace('"', "\\\"").replace('\n', "\\n");
    for (format, body) in [
        // XML inside JSON, as another action may echo it.
        (
            JSON,
            format!(
                "{{\"AssumeRoleResponse\":{{\"Audience\":\"{}\"}}}}",
                in_text(&xml)
            ),
        ),
        (JSON, format!("{json}x")),
        (JSON, format!("x{json}")),
        (JSON, format!("{json}{json}")),
        (JSON, format!("{{\"a\":{json}}}")),
        (JSON, format!("\"{}\"", in_text(&json))),
        (
            JSON,
            json.replace("GetCallerIdentityResponse", "AssumeRoleResponse"),
        ),
        (
            JSON,
            json.replace("GetCallerIdentityResult", "GetFederationTokenResult"),
        ),
        (
            JSON,
            json.replace("}}}", "}},\"GetCallerIdentityResponse\":{}}"),
        ),
        (XML, format!("x{xml}")),
        (XML, format!("{xml}x")),
        (XML, format!("{{\"a\":\"{xml}\"}}")),
        (XML, format!("{xml}{xml}")),
        (XML, format!("<a>{xml}</a>")),
        (XML, xml.replace("GetCallerIdentity", "AssumeRole")),
        (XML, xml.replace("GetCallerIdentityResult", "X")),
    ] {
        assert_eq!(
            refused(200, format, &body),
            Reason::AnswerMalformed,
            "{body}"
        );
    }
}

#[test]
fn x3_each_required_member_of_json_is_there_once_in_its_place_as_text() {
    let good = json(ARN, ACCOUNT, "A");
    let (account, arn) = (
        format!("\"Account\":\"{ACCOUNT}\""),
        format!("\"Arn\":\"{ARN}\""),
    );
    for (from, to) in [
        (&account, format!("\"Account\":{ACCOUNT}")),
        (&account, format!("\"account\":\"{ACCOUNT}\"")),
        (&account, "\"X\":1".to_owned()),
        (&arn, format!("{arn},{arn}")),
        (&arn, format!("{arn},\"Arn\":\"x\"")),
        (&arn, format!("{arn},\"X\":1,{arn}")),
        (&arn, format!("{arn},\"UserId\":\"A\"")),
        (&arn, format!("\"Arn\":[\"{ARN}\"]")),
        (&arn, "\"Arn\":null".to_owned()),
        (&arn, "\"Arn\":7".to_owned()),
        (&arn, format!("\"arn\":\"{ARN}\"")),
        (&arn, format!("\"X\":{{{arn}}}")),
        (&arn, format!("\"X\":{{\"Arn\":\"x\"}},\"arn\":\"{ARN}\"")),
        (&arn, format!("{arn},\"X\":[{}0]", "0,".repeat(64))),
        (
            &arn,
            format!("{arn},\"X\":{}{}", "[".repeat(6), "]".repeat(6)),
        ),
    ] {
        assert!(good.contains(from), "{from}");
        let body = good.replace(from, &to);
        assert_eq!(refused(200, JSON, &body), Reason::AnswerMalformed, "{body}");
    }
    for (from, to) in [
        (
            "\"ResponseMetadata\"",
            "\"GetCallerIdentityResult\":{},\"ResponseMetadata\"",
        ),
        ("}}}", "},\"ResponseMetadata\":{}}}"),
        ("\"r-1\"", "\"r-1\",\"RequestId\":\"r-1\""),
    ] {
        let body = good.replace(from, to);
        assert_ne!(body, good);
        assert_eq!(refused(200, JSON, &body), Reason::AnswerMalformed, "{body}");
    }
}

#[test]
fn x3_each_required_element_of_xml_is_there_once_in_its_place_as_plain_text() {
    let good = xml(ARN, ACCOUNT, "A");
    let arn = format!("<Arn>{ARN}</Arn>");
    let split = |with: &str| format!("<Arn>arn:aws:iam::{ACCOUNT}:{with}/alice</Arn>");
    for to in [
        String::new(),
        format!("{arn}{arn}"),
        format!("{arn}<X>x</X><Arn>{ARN}</Arn>"),
        format!("<Arn>arn:aws:iam::{ACCOUNT}:user/admin</Arn><X/>{arn}"),
        format!("<X>{arn}</X>"),
        format!("<arn>{ARN}</arn>"),
        format!("<Arn a=\"b\">{ARN}</Arn>"),
        format!("<Arn><![CDATA[{ARN}]]></Arn>"),
        format!("<Arn><!-- x -->{ARN}</Arn>"),
        split("<!-- x -->user"),
        split("<?pi?>user"),
        split("<b>user</b>"),
        format!("{arn}<X a=\"b\"/>"),
        format!("{arn}<X><![CDATA[x]]></X>"),
        format!("{arn}<X>{}</X>", "<X/>".repeat(64)),
        format!("{arn}{}{}", "<X>".repeat(7), "</X>".repeat(7)),
        format!("{arn}</GetCallerIdentityResult><GetCallerIdentityResult>{arn}"),
    ] {
        let body = good.replace(&arn, &to);
        assert_ne!(body, good);
        assert_eq!(refused(200, XML, &body), Reason::AnswerMalformed, "{body}");
    }
    for name in [
        "<GetCallerIdentityResult>",
        "<ResponseMetadata>",
        "<RequestId>",
    ] {
        let empty = name.replace('>', "/>");
        let body = good.replace(name, &format!("{empty}{name}"));
        assert_eq!(refused(200, XML, &body), Reason::AnswerMalformed, "{body}");
    }
}

#[test]
fn x3_unknown_members_and_elements_are_ignored() {
    let (json, xml) = (json(ARN, ACCOUNT, "A"), xml(ARN, ACCOUNT, "A"));
    let in_json = r#""X":{"Arn":["x",{}],"Arn":null},"X":1,"Y":[1,null]"#;
    let in_xml = "<X><Arn>x</Arn><Y><Z/><Z/></Y></X><X>x</X>";
    for name in [
        "\"Arn\"",
        "\"RequestId\"",
        "\"ResponseMetadata\"",
        "\"GetCallerIdentityResponse\"",
    ] {
        let body = json.replace(name, &format!("{in_json},{name}"));
        let expected = read_answer(200, JSON, json.as_bytes());
        assert_eq!(read_answer(200, JSON, body.as_bytes()), expected, "{body}");
        assert!(expected.is_ok());
    }
    for name in ["<Arn>", "<RequestId>", "<ResponseMetadata>"] {
        let body = xml.replace(name, &format!("{in_xml}{name}"));
        let expected = read_answer(200, XML, xml.as_bytes());
        assert_eq!(read_answer(200, XML, body.as_bytes()), expected, "{body}");
        assert!(expected.is_ok());
    }
}

#[test]
fn x4_no_document_type_no_entity_no_expansion() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let external = "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    let with = |arn: &str| xml(arn, ACCOUNT, "A");
    for body in [
        format!("{bomb}{}", with("&b;")),
        format!("{external}{}", with("&a;")),
        format!("<!DOCTYPE x>{}", with(ARN)),
    ] {
        assert_eq!(refused(200, XML, &body), Reason::AnswerMalformed, "{body}");
    }
    for entity in [
        "&a;", "&#65;", "&#x41;", "&", "&;", "&amp", "&AMP;", "&nbsp;",
    ] {
        let body = with(&format!("{ARN}{entity}"));
        assert_eq!(refused(200, XML, &body), Reason::AnswerMalformed, "{body}");
    }
    // Decoded once, and then no ARN.
    for entity in ["&amp;amp;", "&lt;"] {
        let body = with(&format!("{ARN}{entity}"));
        assert_eq!(refused(200, XML, &body), Reason::ArnMalformed, "{body}");
    }
}

#[test]
fn a6_entities_of_xml_are_decoded_once_and_then_checked() {
    let body = xml(
        "arn:aws:iam::123456789012:user/a&amp;b&lt;c&gt;d&quot;e&apos;f/jane",
        ACCOUNT,
        "AIDA&amp;JANE",
    );
    let Ok(Answer::Caller(caller)) = read_answer(200, XML, body.as_bytes()) else {
        panic!()
    };
    let arn = "arn:aws:iam::123456789012:user/a&b<c>d\"e'f/jane";
    assert_eq!((&*caller.arn.text, &*caller.user_id), (arn, "AIDA&JANE"));
}

#[test]
fn x6_account_and_user_id_are_whole_and_the_account_is_the_arn_s() {
    for account in [
        "",
        "210987654321",
        "12345678901",
        "1234567890123",
        "12345678901a",
        "\u{0661}23456789012",
        " 123456789012",
        "123456789012 ",
    ] {
        let reason = refused(200, JSON, &json(ARN, account, "A"));
        assert_eq!(reason, Reason::AccountMismatch, "{account}");
    }
    let other = json(ARN, "210987654321", "A");
    let text = read_answer(200, JSON, other.as_bytes()).unwrap_err().detail;
    assert!(
        text.contains("\"210987654321\"") && text.contains(ARN),
        "{text}"
    );
    let longest = "A".repeat(512);
    for user_id in [
        "",
        " ",
        "A B",
        "AIDA ADMIN",
        "AIDA\\u0000",
        "\u{e4}",
        &format!("{longest}A"),
    ] {
        let reason = refused(200, JSON, &json(ARN, ACCOUNT, user_id));
        assert_eq!(reason, Reason::UserIdMissing, "{user_id}");
    }
    // User ids are not compared with anything.
    for user_id in [ACCOUNT, "AROAEXAMPLE:another-session", "AIDA", &longest] {
        let body = json(ARN, ACCOUNT, user_id);
        assert!(read_answer(200, JSON, body.as_bytes()).is_ok(), "{user_id}");
    }
    let empty = xml(ARN, ACCOUNT, "");
    assert_eq!(refused(200, XML, &empty), Reason::UserIdMissing);
    let hostile = json("__system", ACCOUNT, "A");
    assert_eq!(refused(200, JSON, &hostile), Reason::ArnMalformed);
}

#[test]
fn d1_what_is_no_arn_account_or_user_id_is_cut_as_it_may_repeat_a_secret() {
    let secret = "FQoGZXIvYXdzEXAMPLEtoken0123456789";
    for body in [
        json(secret, ACCOUNT, "A"),
        json(ARN, secret, "A"),
        json(ARN, ACCOUNT, &format!("{secret} {secret}")),
    ] {
        let text = read_answer(200, JSON, body.as_bytes()).unwrap_err().detail;
        assert!(text.contains("FQoGZXIvYXdz..."), "{text}");
        assert!(!text.contains("EXAMPLE"), "{text}");
    }
}
