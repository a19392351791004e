//! `whoami`: what it says where STS refuses, where something else answers, and where nothing does.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use sts_emulator::{CannedAnswer, Reply};
use support::client::{assert_words, client};
use support::{ALICE, SHOP_APP, ca_file, sts};

fn canned(status: u16, content_type: &str, body: &str) -> Reply {
    Reply::Canned(CannedAnswer {
        status,
        content_type: Some(content_type.to_owned()),
        headers: Vec::new(),
        body: body.to_owned(),
    })
}

fn refusal(code: &str, message: &str) -> Reply {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    );
    canned(403, "text/xml", &body)
}

#[test]
fn a_refusal_by_sts_has_the_plugin_s_reason_by_its_message() {
    let sts = sts();
    let expired = "Signature expired: 20261129T080000Z is now earlier than 20261129T094500Z (20261129T100000Z - 15 min.)";
    let future = "Signature not yet current: 25691129T100000Z is still later than 20261129T101500Z (20261129T100000Z + 15 min.)";
    for (code, message, reason, words) in [
        (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match.",
            301,
            "secret key does not belong",
        ),
        (
            "SignatureDoesNotMatch",
            expired,
            304,
            "2 h 0 min behind STS's. That is a time zone",
        ),
        (
            "InvalidSignatureException",
            expired,
            304,
            "Set the client's clock",
        ),
        (
            "RequestExpired",
            "Request has expired.",
            304,
            "Set the client's clock",
        ),
        (
            "SignatureDoesNotMatch",
            future,
            305,
            "the Buddhist calendar",
        ),
        (
            "SignatureDoesNotMatch",
            "Credential should be scoped to a valid region.",
            306,
            "another region than that of the STS that answered",
        ),
        (
            "SignatureDoesNotMatch",
            "Credential should be scoped to correct service: 'sts'.",
            306,
            "--sts-endpoint",
        ),
        (
            "SignatureDoesNotMatch",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP",
            306,
            "neither clock nor secret key is wrong",
        ),
        (
            "InvalidSignatureException",
            "Credential must be scoped to a valid Region, not us-east-9",
            306,
            "another region than that of the STS that answered",
        ),
        (
            "SignatureDoesNotMatch",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
            306,
            "--sts-endpoint",
        ),
        (
            "InvalidClientTokenId",
            "The security token included in the request is invalid",
            302,
            "deleted, deactivated",
        ),
        (
            "RegionDisabledException",
            "STS is not activated",
            300,
            "STS is switched off in this region",
        ),
        (
            "IncompleteSignature",
            "Credential must have exactly 5 slash-delimited elements",
            300,
            "Exchange AWS_ACCESS_KEY_ID",
        ),
        ("OptInRequired", "", 300, "Enable the region"),
        (
            "MoonException",
            "is full",
            300,
            "Look up the STS error code",
        ),
    ] {
        for arguments in [&["whoami"][..], &["whoami", "--json"]] {
            sts.push_fault(refusal(code, message));
            let run = client(&sts).with_keys_of(ALICE).run(arguments);
            match arguments.len() {
                1 => {
                    let source = "credentials environment (AWS_ACCESS_KEY_ID)";
                    assert_words(&run, 1, &[source, code, words]);
                }
                _ => assert_eq!(run.json()["reason"], reason, "{code}: {message}: {run:?}"),
            }
        }
    }
    let lacking = client(&sts)
        .with_keys_of(SHOP_APP)
        .set("AWS_SESSION_TOKEN", "");
    assert_words(&lacking.run(&["whoami"]), 1, &["AWS_SESSION_TOKEN"]);
}

#[test]
fn an_answer_of_no_sts_is_told_in_words_whatever_it_is() {
    let sts = sts();
    let answer = |arn: &str| {
        format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn><UserId>U</UserId>\
             <Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        )
    };
    for (reply, words) in [
        (
            canned(200, "text/html", "<html>log in here</html>"),
            "something else than STS answered",
        ),
        (
            canned(200, "text/xml", ""),
            "something else than STS answered",
        ),
        (
            canned(200, "text/xml", "<a><b>"),
            "something else than STS answered",
        ),
        (
            canned(
                200,
                "text/xml",
                "<GetCallerIdentityResponse></GetCallerIdentityResponse>",
            ),
            "something else than STS answered",
        ),
        (canned(404, "text/plain", "no such page"), "status 404"),
        (
            canned(403, "application/json", "{\"Error\":[]}"),
            "something else than STS answered",
        ),
        (canned(302, "text/html", ""), "status 302"),
        (
            canned(200, "text/xml", &answer("arn:minio:iam:::user/alice")),
            "is no partition",
        ),
        (canned(200, "text/xml", &answer("")), "it is empty"),
        (
            canned(
                200,
                "text/xml",
                &answer("arn:aws:iam::210987654321:user/alice"),
            ),
            "and the ARN arn:aws:iam::210987654321:user/alice of another",
        ),
        (
            canned(200, "text/xml", &answer(&"x".repeat(5000))),
            "an ARN at most 2048",
        ),
    ] {
        sts.push_fault(reply);
        let run = client(&sts).with_keys_of(ALICE).run(&["whoami"]);
        assert_words(&run, 1, &[words]);
    }
}

#[test]
fn tls_that_is_refused_is_told_in_words() {
    let (sts, other) = (sts(), sts());
    let wrong_ca = client(&sts)
        .with_keys_of(ALICE)
        .set("AWS_CA_BUNDLE", &ca_file(&other));
    assert_words(
        &wrong_ca.run(&["whoami"]),
        1,
        &["no answer from STS", "issuer"],
    );
    let by_name = sts.endpoint().replace("127.0.0.1", "localhost");
    let wrong_name = client(&sts)
        .with_keys_of(ALICE)
        .set("AWS_ENDPOINT_URL_STS", &by_name);
    let run = wrong_name.run(&["whoami"]);
    assert!([0, 1].contains(&run.status), "{run:?}");
    assert_words(&run, run.status, &[]);
}
