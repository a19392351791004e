use super::*;

const HOST: &str = "sts.eu-west-1.amazonaws.com";

fn at() -> SystemTime {
    amz_date::parse("20260131T120000Z").unwrap()
}

fn shipped(arn: &str) -> Credentials {
    Credentials::of(&Identities::shipped().unwrap(), arn).unwrap()
}

fn alice() -> Credentials {
    shipped("arn:aws:iam::123456789012:user/alice")
}

fn alice_signs() -> Signer {
    Signer::new(&alice(), HOST, &[7; 64], at())
}

#[test]
fn a_driver_with_long_term_credentials_signs_six_headers_and_sends_no_token() {
    let second = client_second(&alice(), HOST, &[7; 64], at());
    assert!(second.a.starts_with(
        "AWS4-HMAC-SHA256 Credential=AKIAALICEEXAMPLE0001/20260131/eu-west-1/sts/aws4_request, \
         SignedHeaders=content-length;content-type;host;x-amz-date;x-mongodb-gs2-cb-flag;x-mongodb-server-nonce, \
         Signature="
    ));
    assert_eq!(second.d, "20260131T120000Z");
    assert_eq!(second.t, None);
}

#[test]
fn a_driver_with_temporary_credentials_signs_and_sends_the_token_too() {
    let shop_app = shipped("arn:aws:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0");
    let second = client_second(&shop_app, HOST, &[7; 64], at());
    assert!(second.a.contains(
        "SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-security-token;x-mongodb-gs2-cb-flag;x-mongodb-server-nonce,"
    ));
    assert_eq!(second.t, shop_app.session_token);
}

#[test]
fn the_request_has_the_headers_that_a_server_sends_to_sts() {
    let names: Vec<String> = alice_signs()
        .request()
        .headers
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        [
            "Host",
            "Content-Type",
            "Content-Length",
            "X-Amz-Date",
            "X-MongoDB-Server-Nonce",
            "X-MongoDB-GS2-CB-Flag",
            "Authorization"
        ]
    );
}

#[test]
fn the_signature_depends_on_the_nonce() {
    let other = client_second(&alice(), HOST, &[8; 64], at());
    assert_ne!(alice_signs().client_second().a, other.a);
}

#[test]
fn deviations_show_in_the_header() {
    let signer = alice_signs()
        .signed_headers(["host", "Host"])
        .scope_date("20260101")
        .region("r")
        .service("s")
        .terminator("t");
    assert!(
        signer
            .client_second()
            .a
            .contains("Credential=AKIAALICEEXAMPLE0001/20260101/r/s/t, SignedHeaders=host;Host, ")
    );
    let other_date = alice_signs().amz_date("20260202T000000Z").client_second();
    assert_eq!(other_date.d, "20260202T000000Z");
    assert!(other_date.a.contains("/20260131/"));
}

#[test]
fn one_header_more_or_less_keeps_the_list_in_order() {
    let more = alice_signs().also("accept", "*/*").authorization();
    assert_eq!(more.signed_headers[0], "accept");
    let less = alice_signs().without("host").authorization();
    assert!(!less.signed_headers.contains(&"host".to_owned()));
    assert_eq!(less.signed_headers.len(), 5);
}

#[test]
fn debug_output_shows_no_secret() {
    let text = format!("{:?} {:?}", alice(), alice_signs());
    assert!(!text.contains(&alice().secret_access_key));
}
