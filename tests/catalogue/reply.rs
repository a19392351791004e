//! X: answers that are not STS's. None of them verifies an identity.

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::CannedAnswer;

use crate::identity::Says;
use crate::support::ALICE;

const ADMIN: &str = "arn:aws:iam::123456789012:user/admin";
const ACCOUNT: &str = "123456789012";

fn json(body: &str) -> CannedAnswer {
    CannedAnswer {
        body: body.to_owned(),
        ..CannedAnswer::default()
    }
}

/// Each of these answers is refused, and the next login gets its own identity.
#[track_caller]
fn assert_all_refused(answers: impl IntoIterator<Item = (CannedAnswer, Reason)>) {
    let says = Says::new();
    for (answer, reason) in answers {
        let shown = format!("{answer:?}");
        let login = says.answers(answer);
        assert_eq!(login.reason, Some(reason), "{shown}");
        login.assert_failed(&[MAWS_E_UPSTREAM, MAWS_E_DENIED]);
        says.is(ALICE).assert_done(ALICE);
    }
}

/// The rules themselves are tested beside the code.
#[test]
fn x_refused_answers_name_nobody_and_leave_the_next_login_alone() {
    let genuine = CannedAnswer::identity(ADMIN, "AIDAADMIN", ACCOUNT);
    let status = |status| CannedAnswer {
        status,
        ..genuine.clone()
    };
    let media = |media: Option<&str>| CannedAnswer {
        content_type: media.map(str::to_owned),
        ..genuine.clone()
    };
    let xml = |arn: &str| CannedAnswer {
        content_type: Some("text/xml".to_owned()),
        body: format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn>\
             <UserId>AIDAADMIN</UserId><Account>{ACCOUNT}</Account>\
             </GetCallerIdentityResult></GetCallerIdentityResponse>"
        ),
        ..CannedAnswer::default()
    };
    let second_type = CannedAnswer {
        headers: vec![("Content-Type".to_owned(), "text/xml".to_owned())],
        ..genuine.clone()
    };
    let twice = genuine.body.replace("\"Arn\"", "\"Arn\":\"x\",\"Arn\"");
    let identity = |arn, account, user| CannedAnswer::identity(arn, user, account);
    assert_all_refused([
        // X1
        (status(201), Reason::AnswerStatus),
        (status(403), Reason::AnswerMalformed),
        (media(None), Reason::AnswerContentType),
        (media(Some("text/xml")), Reason::AnswerMalformed),
        (second_type, Reason::AnswerContentType),
        (json(""), Reason::AnswerMalformed),
        // X2
        (json(&genuine.body.repeat(2)), Reason::AnswerMalformed),
        // X3
        (json(&twice), Reason::AnswerMalformed),
        // X4
        (xml(&format!("<!-- x -->{ADMIN}")), Reason::AnswerMalformed),
        (xml(&format!("{ADMIN}&#65;")), Reason::AnswerMalformed),
        // X6
        (identity("__system", ACCOUNT, "A"), Reason::ArnMalformed),
        (
            identity(ADMIN, "210987654321", "A"),
            Reason::AccountMismatch,
        ),
        (identity(ADMIN, ACCOUNT, ""), Reason::UserIdMissing),
    ]);
    let says = Says::new();
    let mut no_content = status(204);
    no_content.body.clear();
    says.answers(no_content).assert_failed(&[MAWS_E_UPSTREAM]);
    // What is genuine is accepted in both formats.
    says.answers(genuine).assert_done(ADMIN);
    says.answers(xml(ADMIN)).assert_done(ADMIN);
}

#[test]
fn x5_an_encoded_answer_or_one_beyond_its_limits_is_refused() {
    let genuine = CannedAnswer::identity(ADMIN, "AIDAADMIN", ACCOUNT);
    let with = |name: &str, value: &str| CannedAnswer {
        headers: vec![(name.to_owned(), value.to_owned())],
        ..genuine.clone()
    };
    assert_all_refused(
        ["gzip", "deflate", "br", "identity", ""]
            .map(|coding| (with("Content-Encoding", coding), Reason::AnswerEncoded)),
    );
    let long = with("X-Long", &"x".repeat(17 * 1024));
    assert_all_refused([(long, Reason::AnswerTooLarge)]);
    let says = Says::new();
    let padded = |to: usize| {
        let body = CannedAnswer::identity(ALICE, "AIDAEXAMPLE", ACCOUNT).body;
        json(&format!("{body}{}", " ".repeat(to - body.len())))
    };
    says.answers(padded(64 * 1024)).assert_done(ALICE);
    let beyond = says.answers(padded(64 * 1024 + 1));
    beyond.assert_refused(Reason::AnswerTooLarge);
}
