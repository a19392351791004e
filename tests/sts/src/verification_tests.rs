use super::*;
use crate::client::{Credentials, Signer};
use crate::identities::{Identities, index};

const HOST: &str = "sts.eu-west-1.amazonaws.com";

fn now() -> SystemTime {
    amz_date::parse("20260131T120000Z").unwrap()
}

fn credentials(arn: &str) -> Credentials {
    Credentials::of(&Identities::shipped().unwrap(), arn).unwrap()
}

fn alice() -> Credentials {
    credentials("arn:aws:iam::123456789012:user/alice")
}

fn shop_app() -> Credentials {
    credentials("arn:aws:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0")
}

fn expired() -> Credentials {
    credentials("arn:aws:sts::123456789012:assumed-role/shop-app/yesterday")
}

fn signer(credentials: &Credentials) -> Signer {
    Signer::new(credentials, HOST, &[7; 64], now())
}

fn judge_in(region: Option<&str>, request: &Request) -> Result<Caller, StsError> {
    let keys = index(Identities::shipped().unwrap(), now()).unwrap();
    verify(request, &keys, region, now())
}

fn judge(signer: &Signer) -> Result<Caller, StsError> {
    judge_in(None, &signer.request())
}

fn assert_refused(signer: &Signer, status: u16, code: &str, message: &str) {
    let error = judge(signer).unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (status, code));
    assert!(error.message.contains(message), "{}", error.message);
}

fn assert_mismatch(signer: &Signer, message: &str) {
    assert_refused(signer, 403, "SignatureDoesNotMatch", message);
}

#[test]
fn an_honest_request_of_a_user_names_the_user() {
    let caller = judge(&signer(&alice())).unwrap();
    assert_eq!(caller.arn, "arn:aws:iam::123456789012:user/alice");
    assert_eq!(caller.account, "123456789012");
}

#[test]
fn an_honest_request_of_a_session_names_the_session() {
    let caller = judge(&signer(&shop_app())).unwrap();
    assert_eq!(
        caller.arn,
        "arn:aws:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0"
    );
}

#[test]
fn every_shipped_identity_but_the_expired_one_is_accepted() {
    let identities = Identities::shipped().unwrap();
    let users = identities.users.iter().map(Credentials::from);
    let sessions = identities.sessions.iter().map(Credentials::from);
    for credentials in users.chain(sessions) {
        let expired = credentials.access_key_id.contains("EXPIRED");
        assert_eq!(
            judge(&signer(&credentials)).is_err(),
            expired,
            "{credentials:?}"
        );
    }
}

#[test]
fn a_signature_that_leaves_the_nonce_out_is_accepted() {
    assert!(judge(&signer(&alice()).without("x-mongodb-server-nonce")).is_ok());
    assert!(judge(&signer(&alice()).signed_headers(["host", "x-amz-date"])).is_ok());
}

#[test]
fn extra_headers_are_accepted_signed_or_not() {
    assert!(judge(&signer(&alice()).header("Accept", "application/json")).is_ok());
    assert!(judge(&signer(&alice()).also("x-extra", "1")).is_ok());
}

#[test]
fn an_unsigned_token_is_accepted_if_it_is_the_right_one() {
    assert!(judge(&signer(&shop_app()).without("x-amz-security-token")).is_ok());
}

#[test]
fn the_host_must_be_signed() {
    assert_mismatch(
        &signer(&alice()).without("host"),
        "'Host' or ':authority' must be a 'SignedHeader'",
    );
}

#[test]
fn a_changed_header_or_secret_breaks_the_signature() {
    let mut request = signer(&alice()).request();
    for (name, value) in &mut request.headers {
        if name == "X-MongoDB-Server-Nonce" {
            value.replace_range(..1, "x");
        }
    }
    assert_eq!(
        judge_in(None, &request).unwrap_err().code,
        "SignatureDoesNotMatch"
    );
    let mut credentials = alice();
    credentials.secret_access_key.push('x');
    assert_mismatch(
        &signer(&credentials),
        "The request signature we calculated does not match the signature you provided.",
    );
}

#[test]
fn a_listed_header_that_is_absent_breaks_the_signature() {
    let names = ["host", "x-absent", "x-amz-date"];
    assert_mismatch(
        &signer(&alice()).signed_headers(names),
        "The request signature we calculated",
    );
}

#[test]
fn each_part_of_the_scope_is_checked_in_its_own_words() {
    let alice = alice();
    assert_mismatch(
        &signer(&alice).region("us-west-2"),
        "Credential should be scoped to a valid region.",
    );
    assert_mismatch(
        &signer(&alice).service("iam"),
        "Credential should be scoped to correct service: 'sts'.",
    );
    assert_mismatch(
        &signer(&alice).terminator("aws4"),
        "valid terminator: 'aws4_request', not 'aws4'",
    );
    assert_mismatch(
        &signer(&alice).scope_date("20260130"),
        "Date in Credential scope does not match",
    );
}

#[test]
fn the_region_is_that_of_the_host() {
    let global = Signer::new(&alice(), "sts.amazonaws.com", &[7; 64], now());
    assert!(judge(&global).is_ok());
    assert_mismatch(&global.region("eu-west-1"), "valid region");
    let derived = Signer::new(&alice(), "sts.local", &[7; 64], now());
    assert!(judge(&derived).is_ok());
}

#[test]
fn a_given_region_holds_for_other_hosts_only() {
    let other = Signer::new(&alice(), "localhost", &[7; 64], now());
    let refused = judge_in(Some("eu-west-1"), &other.request());
    assert!(refused.is_err());
    let other = other.region("eu-west-1").request();
    assert!(judge_in(Some("eu-west-1"), &other).is_ok());
    let official = signer(&alice()).request();
    assert!(judge_in(Some("ap-south-1"), &official).is_ok());
}

#[test]
fn a_signature_holds_for_fifteen_minutes_either_way() {
    let at = |text| {
        let at = amz_date::parse(text).unwrap();
        Signer::new(&alice(), HOST, &[7; 64], at)
    };
    assert!(judge(&at("20260131T114500Z")).is_ok());
    assert!(judge(&at("20260131T121500Z")).is_ok());
    assert_mismatch(
        &at("20260131T114459Z"),
        "Signature expired: 20260131T114459Z is now earlier than 20260131T114500Z (20260131T120000Z - 15 min.)",
    );
    assert_mismatch(
        &at("20260131T121501Z"),
        "Signature not yet current: 20260131T121501Z is still later than 20260131T121500Z (20260131T120000Z + 15 min.)",
    );
}

#[test]
fn unknown_keys_and_wrong_tokens_are_one_error() {
    let invalid = |credentials: &Credentials| {
        assert_refused(
            &signer(credentials),
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        );
    };
    let mut unknown = alice();
    unknown.access_key_id = "AKIANOBODYEXAMPLE000".into();
    invalid(&unknown);
    let mut without_token = shop_app();
    without_token.session_token = None;
    invalid(&without_token);
    let mut wrong_token = shop_app();
    wrong_token.session_token = Some("other".into());
    invalid(&wrong_token);
    let mut needless_token = alice();
    needless_token.session_token = Some("other".into());
    invalid(&needless_token);
}

#[test]
fn a_session_that_is_over_is_refused() {
    assert_refused(
        &signer(&expired()),
        403,
        "ExpiredToken",
        "The security token included in the request is expired",
    );
}

#[test]
fn a_request_without_authorization_is_refused() {
    let mut request = signer(&alice()).request();
    request.headers.retain(|(name, _)| name != "Authorization");
    let error = judge_in(None, &request).unwrap_err();
    assert_eq!(
        (error.status, error.code.as_str()),
        (403, "MissingAuthenticationToken")
    );
}

#[test]
fn an_unreadable_authorization_or_date_is_an_incomplete_signature() {
    for (name, value) in [
        ("Authorization", "Bearer x"),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=x"),
        ("X-Amz-Date", "yesterday"),
    ] {
        let mut request = signer(&alice()).request();
        request.headers.retain(|(header, _)| header != name);
        request.headers.push((name.into(), value.into()));
        let error = judge_in(None, &request).unwrap_err();
        assert_eq!(
            (error.status, error.code.as_str()),
            (400, "IncompleteSignature")
        );
    }
}

#[test]
fn only_get_caller_identity_by_post_is_understood() {
    let honest = signer(&alice()).request();
    let refused = |change: fn(&mut Request)| {
        let mut request = honest.clone();
        change(&mut request);
        judge_in(None, &request).unwrap_err().status
    };
    assert_eq!(refused(|request| request.method = "GET".into()), 405);
    assert_eq!(refused(|request| request.target = "/x".into()), 404);
    assert_eq!(refused(|request| request.body.push(b'&')), 400);
}

#[test]
fn any_list_of_signed_headers_that_verifies_is_accepted() {
    let alice = alice();
    assert!(judge(&signer(&alice).signed_headers(["x-amz-date", "host"])).is_ok());
    assert!(judge(&signer(&alice).signed_headers(["host", "host", "x-amz-date"])).is_ok());
}
