//! What a naive reading of the catalogue would refuse, and real drivers and AWS set-ups need.

use std::time::SystemTime;

use mongodb_aws_auth::abi::maws_code::*;
use sts_emulator::client::{ClientSecond, Signer};
use sts_emulator::{CannedAnswer, StsEmulator};

use crate::host::{Host, honest};
use crate::identity::Says;
use crate::support::{ALICE, SHOP_APP, client_first, credentials, document, string_element};

const ACCOUNT: &str = "123456789012";

#[test]
fn s_accepted_bson_fields_come_in_any_order() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    // p before r.
    let whole = client_first();
    let (nonce, flag) = whole[4..whole.len() - 1].split_at(40);
    let conv = host.begin();
    let swapped = document(&[flag, nonce].concat());
    assert_eq!(conv.step(&swapped).0, MAWS_CONTINUE as i32);
    // t, then d, then a.
    let login = host.login_with(|h, n| {
        let signer = Signer::new(&credentials(SHOP_APP), h, n, SystemTime::now());
        let ClientSecond { a, d, t } = signer.client_second();
        let elements = [("t", &t.unwrap()), ("d", &d), ("a", &a)];
        document(
            &elements
                .map(|(key, value)| string_element(key, value))
                .concat(),
        )
    });
    login.assert_done("arn:aws:iam::123456789012:role/shop-app");
}

#[test]
fn s_accepted_reserved_fields_of_the_specification_are_stepped_over() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    let login = host.login_with(|h, n| {
        let second = honest(h, n);
        let mut elements = string_element("a", &second.a);
        elements.extend(string_element("d", &second.d));
        elements.extend(b"\x03o\0\x05\0\0\0\0");
        elements.extend(b"\x05c\0\x01\0\0\0\0x");
        document(&elements)
    });
    login.assert_done(ALICE);
}

#[test]
fn i_accepted_user_names_and_paths_are_those_that_iam_allows() {
    let says = Says::new();
    for name in [
        "a".to_owned(),
        "u".repeat(128),
        "All+chars=of,names.@_-0".to_owned(),
        "path:with:colons/user".to_owned(),
        "a path!\"#$%&'()*;<>?[]^`{|}~".replace(' ', "/") + "/user",
        "a//b/user".to_owned(),
        format!("{}/user", "p".repeat(510)),
    ] {
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/{name}");
        says.is(&arn).assert_done(&arn);
    }
}

#[test]
fn i_accepted_role_names_have_64_characters_and_sessions_128_of_any_kind() {
    let says = Says::new();
    let role = "AWSReservedSSO_Administrator_0123456789abcdef".to_owned() + &"x".repeat(19);
    assert_eq!(role.len(), 64);
    let session = "jane.doe+tag@example.com:!#$%&'()*;<=>?[]^`{|}~\"\\".to_owned();
    let session = format!("{session:x<128}");
    let login = says.is(&format!(
        "arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"
    ));
    login.assert_done(&format!("arn:aws:iam::{ACCOUNT}:role/{role}"));
    assert_eq!(login.session_name, session);
}

#[test]
fn s_accepted_access_key_ids_have_1_to_128_word_characters() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    for key in ["A".to_owned(), "k_9".to_owned(), "K".repeat(128)] {
        let login = host.login_by(|h, n| {
            let mut credentials = credentials(ALICE);
            credentials.access_key_id.clone_from(&key);
            Signer::new(&credentials, h, n, SystemTime::now())
        });
        // STS does not know them, but it is asked.
        login.assert_refused(mongodb_aws_auth::reason::Reason::AccessKeyUnknown);
    }
}

#[test]
fn x_accepted_media_types_are_three_and_their_parameters_do_not_count() {
    let says = Says::new();
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n\
         <GetCallerIdentityResult>\n<Arn>{ALICE}</Arn>\n<UserId>AIDAALICE</UserId>\n\
         <Account>{ACCOUNT}</Account>\n</GetCallerIdentityResult>\n</GetCallerIdentityResponse>\n"
    );
    let json = CannedAnswer::identity(ALICE, "AIDAALICE", ACCOUNT).body;
    for (media_type, body) in [
        ("application/json", &json),
        ("application/json; charset=utf-8", &json),
        ("Application/JSON", &json),
        ("text/xml", &xml),
        ("text/xml;charset=\"UTF-8\"", &xml),
        ("application/xml", &xml),
        ("application/xml; charset=utf-8", &xml),
    ] {
        let login = says.answers(CannedAnswer {
            content_type: Some(media_type.to_owned()),
            body: body.clone(),
            ..CannedAnswer::default()
        });
        login.assert_done(ALICE);
    }
}

#[test]
fn x_accepted_entities_of_xml_are_decoded_once() {
    let says = Says::new();
    let body = format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{ACCOUNT}:user/a&amp;b&lt;c&gt;d&quot;e&apos;f/jane</Arn>\
         <UserId>AIDA&amp;JANE</UserId><Account>{ACCOUNT}</Account>\
         </GetCallerIdentityResult></GetCallerIdentityResponse>"
    );
    let login = says.answers(CannedAnswer {
        content_type: Some("text/xml".to_owned()),
        body,
        ..CannedAnswer::default()
    });
    login.assert_done(&format!("arn:aws:iam::{ACCOUNT}:user/a&b<c>d\"e'f/jane"));
    assert_eq!(login.user_id, "AIDA&JANE");
}

#[test]
fn n_accepted_hosts_are_those_of_every_partition() {
    let ca_file = StsEmulator::builder().start().unwrap();
    let ca_file = ca_file.ca_path().to_str().unwrap();
    for host in [
        "sts.amazonaws.com",
        "sts.us-east-1.amazonaws.com",
        "sts-fips.us-west-2.amazonaws.com",
        "sts.us-gov-west-1.amazonaws.com",
        "sts.cn-north-1.amazonaws.com.cn",
        "sts.us-iso-east-1.c2s.ic.gov",
        "sts.us-isob-east-1.sc2s.sgov.gov",
        "sts.eu-isoe-west-1.cloud.adc-e.uk",
        "sts.us-isof-south-1.csp.hci.ic.gov",
        "sts.eusc-de-east-1.amazonaws.eu",
        "sts.us-east-1.api.aws",
        "sts.cn-north-1.api.amazonwebservices.com.cn",
    ] {
        let created = Host::create(&[("awsStsHost", host), ("awsStsCAFile", ca_file)]);
        assert!(created.is_ok(), "{host}: {:?}", created.err());
    }
}

#[test]
fn x_accepted_user_ids_are_not_compared_with_anything() {
    let says = Says::new();
    for user_id in ["123456789012", "AROAEXAMPLE:another-session", "AIDA"] {
        let login = says.answers(CannedAnswer::identity(ALICE, user_id, ACCOUNT));
        login.assert_done(ALICE);
    }
}
