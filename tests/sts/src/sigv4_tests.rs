use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

use super::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const HEADER: &str = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260131/eu-west-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff";

/// What `aws-sigv4` itself signs: it lists every header given, and `host` and `x-amz-date`.
fn reference(headers: &[(String, String)], body: &[u8], at: SystemTime) -> Authorization {
    let identity = Credentials::new("AKIAEXAMPLE", SECRET, None, None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-west-1")
        .name("sts")
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let request = SignableRequest::new(
        "POST",
        "https://sts.eu-west-1.amazonaws.com/",
        headers.iter().map(|(n, v)| (n.as_str(), v.as_str())),
        SignableBody::Bytes(body),
    )
    .unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let header = instructions
        .headers()
        .find(|(name, _)| *name == "authorization")
        .map(|(_, value)| value.to_owned())
        .unwrap();
    Authorization::parse(&header).unwrap()
}

fn assert_agrees_with_the_reference(extra: &[(&str, &str)], body: &[u8]) {
    let at = amz_date::parse("20260131T120000Z").unwrap();
    let mut headers: Vec<(String, String)> = extra
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    let expected = reference(&headers, body, at);
    headers.push(("Host".into(), "sts.eu-west-1.amazonaws.com".into()));
    headers.push(("X-Amz-Date".into(), "20260131T120000Z".into()));
    let ours = Signed {
        method: "POST",
        path: "/",
        headers: &headers,
        signed_headers: &expected.signed_headers,
        body,
        amz_date: "20260131T120000Z",
    };
    assert_eq!(
        ours.signature(SECRET, &expected.scope).unwrap(),
        expected.signature
    );
}

#[test]
fn the_signature_is_the_one_that_aws_sigv4_makes() {
    assert_agrees_with_the_reference(
        &[
            ("content-length", "43"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-mongodb-gs2-cb-flag", "n"),
            ("x-mongodb-server-nonce", "AAECAw=="),
        ],
        b"Action=GetCallerIdentity&Version=2011-06-15",
    );
}

#[test]
fn blanks_in_values_are_folded_as_aws_sigv4_does() {
    assert_agrees_with_the_reference(&[("x-padded", "  a   b  ")], b"");
}

#[test]
fn repeated_headers_are_joined_as_aws_sigv4_does() {
    assert_agrees_with_the_reference(&[("x-twice", "one"), ("x-twice", "two")], b"");
}

#[test]
fn a_listed_header_that_is_absent_cannot_be_signed() {
    let scope = Authorization::parse(HEADER).unwrap().scope;
    let signed = Signed {
        method: "POST",
        path: "/",
        headers: &[],
        signed_headers: &["host".to_owned()],
        body: b"",
        amz_date: "20260131T120000Z",
    };
    assert_eq!(signed.signature(SECRET, &scope), None);
}

#[test]
fn the_header_survives_parsing_and_writing() {
    let authorization = Authorization::parse(HEADER).unwrap();
    assert_eq!(authorization.access_key_id, "AKIAEXAMPLE");
    assert_eq!(authorization.signed_headers, ["host", "x-amz-date"]);
    assert_eq!(authorization.to_header(), HEADER);
}

#[test]
fn fields_may_come_in_any_order_without_commas_and_the_last_of_two_counts() {
    let authorization = Authorization::parse(
        "AWS4-HMAC-SHA256 Signature=1 Signature=2 Extra=x SignedHeaders=host Credential=K/d/r/s/t",
    )
    .unwrap();
    assert_eq!(authorization.signature, "2");
    assert_eq!(authorization.scope.text(), "d/r/s/t");
}

#[test]
fn headers_that_cannot_be_read_say_why() {
    let cases = [
        ("Basic abc", "Unsupported AWS 'algorithm': 'Basic'."),
        (
            "AWS4-HMAC-SHA256 junk",
            "'junk' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 junk'.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=K/d/r/s/t, SignedHeaders=host",
            "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=K/d/r/s/t, SignedHeaders=host",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=K/d/r/s, SignedHeaders=host, Signature=0",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'K/d/r/s'",
        ),
    ];
    for (header, message) in cases {
        assert_eq!(
            Authorization::parse(header),
            Err(Incomplete(message.to_owned()))
        );
    }
}
