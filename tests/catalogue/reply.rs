//! X: answers that are not STS's. None of them verifies an identity.

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::CannedAnswer;

use crate::identity::Says;
use crate::support::ALICE;

const ADMIN: &str = "arn:aws:iam::123456789012:user/admin";

fn xml(body: &str) -> CannedAnswer {
    CannedAnswer {
        content_type: Some("text/xml".to_owned()),
        body: body.to_owned(),
        ..CannedAnswer::default()
    }
}

fn json(body: &str) -> CannedAnswer {
    CannedAnswer {
        body: body.to_owned(),
        ..CannedAnswer::default()
    }
}

fn result(members: &str) -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult>{members}</GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>\
         </ResponseMetadata></GetCallerIdentityResponse>"
    )
}

fn members(arn: &str) -> String {
    format!("<Arn>{arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account>")
}

fn in_xml(arn: &str) -> String {
    result(&members(arn))
}

fn in_json(arn: &str) -> String {
    CannedAnswer::identity(arn, "AIDAEXAMPLE", "123456789012").body
}

/// Each of these answers is refused, and the next login gets its own identity.
#[track_caller]
fn assert_all_refused(answers: impl IntoIterator<Item = CannedAnswer>) {
    let says = Says::new();
    for answer in answers {
        let shown = format!("{answer:?}");
        let login = says.answers(answer);
        let expected = [MAWS_E_UPSTREAM, MAWS_E_DENIED].map(|code| code as i32);
        assert!(expected.contains(&login.status), "{shown}: {login:?}");
        assert_eq!(login.principal, "", "{shown}");
        says.is(ALICE).assert_done(ALICE);
    }
}

#[test]
fn x1_only_status_200_with_a_known_media_type_and_shape_counts() {
    let genuine = CannedAnswer::identity(ADMIN, "AIDAADMIN", "123456789012");
    let status = |status| CannedAnswer {
        status,
        ..genuine.clone()
    };
    let media = |media: &str| CannedAnswer {
        content_type: Some(media.to_owned()),
        ..genuine.clone()
    };
    assert_all_refused([201, 202, 203, 206, 226, 400, 401, 403, 404].map(status));
    assert_all_refused([
        media("text/html"),
        media("application/octet-stream"),
        media("text/plain"),
        media("application/jsonp"),
        media("text/xml"),
        media(""),
        CannedAnswer {
            content_type: None,
            ..genuine.clone()
        },
        json("<html><body>Please accept the terms of this network</body></html>"),
        json("Bad Signature"),
        json(""),
        json("null"),
        json("[]"),
        json("{}"),
        json(&format!("[{}]", in_json(ADMIN))),
        xml("<ErrorResponse><Error><Code>X</Code></Error></ErrorResponse>"),
        xml(""),
    ]);
    let says = Says::new();
    let mut no_content = status(204);
    no_content.body.clear();
    says.answers(no_content).assert_failed(&[MAWS_E_UPSTREAM]);
}

#[test]
fn x2_an_answer_is_one_whole_document_of_one_action() {
    let xml_of = in_xml(ADMIN);
    let json_of = in_json(ADMIN);
    let quoted = json_of.replace('"', "\\\"");
    assert_all_refused([
        // XML inside JSON, as another action may echo it.
        json(&format!(
            "{{\"AssumeRoleResponse\":{{\"Audience\":\"{}\"}}}}",
            xml_of.replace('"', "\\\"")
        )),
        json(&xml_of),
        xml(&json_of),
        xml(&format!("x{xml_of}")),
        xml(&format!("{xml_of}x")),
        xml(&format!("{{\"a\":\"{xml_of}\"}}")),
        xml(&format!("{xml_of}{xml_of}")),
        xml(&format!("<a>{xml_of}</a>")),
        xml(&xml_of.replace("GetCallerIdentity", "AssumeRole")),
        json(&format!("{json_of}x")),
        json(&format!("x{json_of}")),
        json(&format!("{json_of}{json_of}")),
        json(&format!("{{\"a\":{json_of}}}")),
        json(&format!("\"{quoted}\"")),
        json(&json_of.replace("GetCallerIdentityResponse", "AssumeRoleResponse")),
        json(&json_of.replace("GetCallerIdentityResult", "GetFederationTokenResult")),
    ]);
}

#[test]
fn x3_each_required_member_is_there_once_in_its_place_as_plain_text() {
    let arn = format!("<Arn>{ADMIN}</Arn>");
    let rest = "<UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account>";
    let json_of = in_json(ADMIN);
    assert_all_refused(
        [
            result(&format!("{arn}{arn}{rest}")),
            result(&format!("<Arn>{ALICE}</Arn>{rest}{arn}")),
            result(rest),
            result(&format!("<X>{arn}</X>{rest}")),
            result(&format!("<Arn a=\"b\">{ADMIN}</Arn>{rest}")),
            result(&format!("<Arn><![CDATA[{ADMIN}]]></Arn>{rest}")),
            result(&format!(
                "<Arn>arn:aws:iam::123456789012:<!-- x -->user/admin</Arn>{rest}"
            )),
            result(&format!(
                "<Arn>arn:aws:iam::123456789012:<?pi?>user/admin</Arn>{rest}"
            )),
            result(&format!(
                "<Arn>arn:aws:iam::123456789012:<b>user</b>/admin</Arn>{rest}"
            )),
            result(&format!("<arn>{ADMIN}</arn>{rest}")),
            result(&format!(
                "{arn}<UserId></UserId><Account>123456789012</Account>"
            )),
            result(&format!(
                "{arn}{rest}</GetCallerIdentityResult><GetCallerIdentityResult>{arn}{rest}"
            )),
            result(&format!("{arn}{rest}<X>x</X><Arn>{ADMIN}</Arn>")),
            result(&format!("{arn}{rest}<X a=\"b\"/>")),
            result(&format!("{arn}{rest}<X><![CDATA[x]]></X>")),
            result(&format!("{arn}{rest}<X>{}</X>", "<X/>".repeat(64))),
            result(&format!(
                "{arn}{rest}{}{}",
                "<X>".repeat(7),
                "</X>".repeat(7)
            )),
        ]
        .map(|body| xml(&body)),
    );
    let arn = format!("\"Arn\":\"{ADMIN}\"");
    assert!(json_of.contains(&arn), "{json_of}");
    assert_all_refused(
        [
            json_of.replace(&arn, &format!("{arn},{arn}")),
            json_of.replace(&arn, &format!("\"Arn\":[\"{ADMIN}\"]")),
            json_of.replace(&arn, "\"Arn\":null"),
            json_of.replace(&arn, "\"Arn\":7"),
            json_of.replace(&arn, &format!("\"arn\":\"{ADMIN}\"")),
            json_of.replace(&arn, &format!("\"X\":{{{arn}}}")),
            json_of.replace(&arn, &format!("{arn},\"X\":1,{arn}")),
            json_of.replace(&arn, &format!("{arn},\"X\":[{}0]", "0,".repeat(64))),
            json_of.replace(
                &arn,
                &format!("{arn},\"X\":{}{}", "[".repeat(6), "]".repeat(6)),
            ),
        ]
        .map(|body| json(&body)),
    );
}

#[test]
fn x3_unknown_members_are_ignored() {
    let says = Says::new();
    let unknown = format!("<X><Arn>{ADMIN}</Arn><Y/><Y/></X><X>x</X>");
    says.answers(xml(&result(&format!("{unknown}{}", members(ALICE)))))
        .assert_done(ALICE);
    let json_of = in_json(ALICE);
    let unknown = format!("\"X\":{{\"Arn\":\"{ADMIN}\"}},\"X\":[1,null],\"Arn\"");
    says.answers(json(&json_of.replace("\"Arn\"", &unknown)))
        .assert_done(ALICE);
}

#[test]
fn x4_no_document_type_no_entity_no_expansion() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let external = "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    let mut bodies = vec![
        format!("{bomb}{}", in_xml("&b;")),
        format!("{external}{}", in_xml("&a;")),
        format!("<!DOCTYPE x>{}", in_xml(ADMIN)),
    ];
    for entity in [
        "&a;",
        "&#65;",
        "&#x41;",
        "&",
        "&;",
        "&amp",
        "&AMP;",
        "&nbsp;",
        "&amp;amp;",
        "&lt;",
    ] {
        bodies.push(in_xml(&format!("{ADMIN}{entity}")));
    }
    assert_all_refused(bodies.iter().map(|body| xml(body)));
}

#[test]
fn x5_an_encoded_answer_or_one_beyond_its_limits_is_refused() {
    let genuine = CannedAnswer::identity(ADMIN, "AIDAADMIN", "123456789012");
    let with = |name: &str, value: &str| CannedAnswer {
        headers: vec![(name.to_owned(), value.to_owned())],
        ..genuine.clone()
    };
    assert_all_refused(
        ["gzip", "deflate", "br", "identity", ""].map(|e| with("Content-Encoding", e)),
    );
    assert_all_refused([with("X-Long", &"x".repeat(17 * 1024))]);
    let says = Says::new();
    let padded = |to: usize| {
        let body = in_json(ALICE);
        json(&format!("{body}{}", " ".repeat(to - body.len())))
    };
    says.answers(padded(64 * 1024)).assert_done(ALICE);
    let beyond = says.answers(padded(64 * 1024 + 1));
    beyond.assert_refused(Reason::AnswerTooLarge);
}

#[test]
fn x6_account_arn_and_user_id_are_whole_and_agree() {
    let says = Says::new();
    for account in [
        "210987654321",
        "",
        " 123456789012",
        "123456789012 ",
        "12345678901",
        "1234567890123",
        "12345678901a",
        "\u{0661}23456789012",
    ] {
        let login = says.answers(CannedAnswer::identity(ADMIN, "AIDAADMIN", account));
        login.assert_refused(Reason::AccountMismatch);
    }
    for user_id in ["", " ", "AIDA ADMIN", "AIDA\u{0}", &"A".repeat(513)] {
        let login = says.answers(CannedAnswer::identity(ADMIN, user_id, "123456789012"));
        login.assert_refused(Reason::UserIdMissing);
    }
}
