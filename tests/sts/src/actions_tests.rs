use std::time::{Duration, SystemTime};

use serde_json::json;

use super::*;
use crate::amz_date;
use crate::client::{Credentials, Signer};
use crate::identities::{Identities, index};
use crate::web_identity::tests::token;

const HOST: &str = "sts.eu-west-1.amazonaws.com";
const SHOP_APP: &str = "arn:aws:iam::123456789012:role/shop-app";
const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
const POD: &str = "system:serviceaccount:shop:app";

fn now() -> SystemTime {
    amz_date::parse("20260131T120000Z").unwrap()
}

fn judge(request: &Request) -> Result<Answer, StsError> {
    let identities = Identities::shipped().unwrap();
    let roles = identities.roles.clone();
    perform(
        request,
        Known {
            keys: &index(identities, now()).unwrap(),
            roles: &roles,
            region: None,
            now: now(),
        },
    )
}

fn signed_by(arn: &str, body: &str) -> Request {
    let credentials = Credentials::of(&Identities::shipped().unwrap(), arn).unwrap();
    Signer::new(&credentials, HOST, &[7; 64], now())
        .body(body.as_bytes())
        .request()
}

fn unsigned(body: &str) -> Request {
    Request {
        method: "POST".into(),
        target: "/".into(),
        headers: vec![("Host".into(), HOST.into())],
        body: body.as_bytes().to_vec(),
    }
}

fn assume(role: &str) -> String {
    format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=night%2Bjob")
}

fn with_token(role: &str, subject: &str) -> String {
    let exp = now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + Duration::from_secs(60);
    let token = token(&json!({"sub": subject, "aud": STS, "exp": exp.as_secs()}));
    format!(
        "Action=AssumeRoleWithWebIdentity&RoleArn={role}&RoleSessionName=pod&WebIdentityToken={token}"
    )
}

fn session(answer: Result<Answer, StsError>) -> IssuedSession {
    match answer.unwrap() {
        Answer::Session { session, .. } => *session,
        Answer::Identity(_) => panic!("no session"),
    }
}

fn code(body: &str, signer: Option<&str>) -> String {
    let request = signer.map_or_else(|| unsigned(body), |arn| signed_by(arn, body));
    judge(&request).unwrap_err().code
}

#[test]
fn who_is_trusted_gets_a_session_of_the_role() {
    let session = session(judge(&signed_by(ALICE, &assume(SHOP_APP))));
    assert_eq!(
        session.caller.arn,
        "arn:aws:sts::123456789012:assumed-role/shop-app/night+job"
    );
    assert_eq!(session.expires, now() + Duration::from_secs(3600));
}

#[test]
fn whom_the_role_does_not_trust_is_denied() {
    let bob = "arn:aws:iam::123456789012:user/bob";
    assert_eq!(code(&assume(SHOP_APP), Some(bob)), "AccessDenied");
    let nobody = "arn:aws:iam::123456789012:role/nobody";
    assert_eq!(code(&assume(nobody), Some(ALICE)), "AccessDenied");
}

#[test]
fn assuming_a_role_must_be_signed() {
    assert_eq!(code(&assume(SHOP_APP), None), "MissingAuthenticationToken");
    let mut altered = signed_by(ALICE, &assume(SHOP_APP));
    altered.body.extend_from_slice(b"&DurationSeconds=900");
    assert_eq!(judge(&altered).unwrap_err().code, "SignatureDoesNotMatch");
}

#[test]
fn odd_values_are_refused() {
    let long = format!("{}&DurationSeconds=43201", assume(SHOP_APP));
    assert_eq!(code(&long, Some(ALICE)), "ValidationError");
    let nameless = format!("Action=AssumeRole&RoleArn={SHOP_APP}");
    assert_eq!(code(&nameless, Some(ALICE)), "ValidationError");
}

#[test]
fn a_web_identity_needs_no_signature() {
    let answer = judge(&unsigned(&with_token(SHOP_APP, POD)));
    assert_eq!(
        session(answer).caller.arn,
        "arn:aws:sts::123456789012:assumed-role/shop-app/pod"
    );
}

#[test]
fn a_web_identity_of_another_subject_is_denied() {
    let other = "system:serviceaccount:other:app";
    assert_eq!(code(&with_token(SHOP_APP, other), None), "AccessDenied");
}

#[test]
fn a_web_identity_without_a_token_is_invalid() {
    let body = format!("Action=AssumeRoleWithWebIdentity&RoleArn={SHOP_APP}&RoleSessionName=pod");
    assert_eq!(code(&body, None), "ValidationError");
    let odd = format!("{body}&WebIdentityToken=odd");
    assert_eq!(code(&odd, None), "InvalidIdentityToken");
}
