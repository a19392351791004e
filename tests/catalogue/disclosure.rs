//! D: what clients and logs are told.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::client::{ClientSecond, Credentials, Signer};
use sts_emulator::{CannedAnswer, Delivery, Fault, Reply, StsEmulator};

use crate::host::{Host, Login, alice, call};
use crate::support::{ALICE, SHOP_APP, client_second, credentials, secrets};

/// A token that is nobody else's, so that a piece of it can come from nowhere else.
fn canary_token() -> String {
    (0..400_u32)
        .map(|i| char::from(b'A' + (i * i % 26) as u8))
        .collect()
}

/// Logs in as the faults say, and looks through all that the plugin lets out.
#[track_caller]
fn lets_nothing_out(fault: Option<Fault>, spoil: impl FnOnce(&mut ClientSecond)) -> Login {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[("awsStsTimeoutMs", "500")]);
    sts.set_standing_fault(fault);
    secrets::note_text(&canary_token());
    let login = host.login_with(|h, n| {
        let mut who = credentials(SHOP_APP);
        who.session_token = Some(canary_token());
        let mut second = Signer::new(&who, h, n, SystemTime::now()).client_second();
        spoil(&mut second);
        client_second(&second)
    });
    let mut json = vec![0; 8192];
    let needed = std::ptr::null_mut();
    let status = call!(stats_json(
        host.plugin,
        json.as_mut_ptr().cast(),
        json.len(),
        needed
    ));
    assert_eq!(status, 0);
    secrets::assert_absent(&String::from_utf8_lossy(&json));
    let lines = host.stop();
    assert!(lines.len() >= 3, "{lines:?}");
    login
}

/// Every host of these tests looks through what it was told; here, that it would find something.
#[test]
fn d1_the_tests_know_each_secret_of_a_login_in_every_form() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    let mut told = Vec::new();
    let mut header = String::new();
    host.login_with(|h, n| {
        let second = Signer::new(&credentials(SHOP_APP), h, n, SystemTime::now()).client_second();
        let bytes = format!("{:?}", &n[32..]);
        told = vec![
            n.iter().map(|byte| format!("{byte:02x}")).collect(),
            bytes[1..bytes.len() - 1].to_owned(),
            STANDARD.encode(n),
            STANDARD.encode(&n[32..]),
            second.t.clone().unwrap(),
            second.a[second.a.len() - 64..].to_owned(),
        ];
        header.clone_from(&second.a);
        client_second(&second)
    });
    for secret in told {
        // A part of 19 bytes gives it away, wherever it begins.
        for part in secret.as_bytes().windows(19) {
            let text = format!("it was {}.", String::from_utf8_lossy(part));
            assert!(secrets::found_in(&text).is_some(), "{text}");
        }
    }
    let [credential, signed, _] = header.split(", ").collect::<Vec<_>>()[..] else {
        panic!("{header}");
    };
    assert!(secrets::found_in(credential).is_some() && secrets::found_in(signed).is_some());
    let key = credentials(SHOP_APP).access_key_id;
    assert_eq!(secrets::found_in(&key), None);
}

#[test]
fn d1_no_secret_stands_in_logs_errors_or_statistics_however_a_login_ends() {
    lets_nothing_out(None, |_| {}).assert_refused(Reason::AccessKeyUnknown);
    let identity = CannedAnswer::identity(ALICE, "AIDA", "123456789012");
    lets_nothing_out(Some(Reply::Canned(identity).into()), |_| {}).assert_done(ALICE);
    for fault in [
        Fault::from(Reply::Throttling),
        Reply::InternalFailure.into(),
        Delivery::Close.into(),
        Delivery::Reset.into(),
        Delivery::Silence.into(),
    ] {
        lets_nothing_out(Some(fault), |_| {});
    }
    let spoils: [fn(&mut ClientSecond); 8] = [
        |second| second.a.push('x'),
        |second| second.a = second.a.replace(", Signature=", ",Signature="),
        |second| second.a = second.a.replace("Signature=", "signature="),
        |second| second.a = second.a.replace("/sts/", "/iam/"),
        |second| second.a = second.a.replace(";x-amz-security-token", ""),
        |second| second.d.push('x'),
        |second| second.t.as_mut().unwrap().push('\n'),
        |second| second.t = None,
    ];
    for spoil in spoils {
        lets_nothing_out(None, spoil).assert_failed(&[MAWS_E_PROTOCOL]);
    }
}

/// STS's errors repeat what was sent: the canonical request with the token, the whole header.
#[test]
fn d1_what_sts_repeats_of_the_request_is_not_taken_over() {
    let token = canary_token();
    let signature = "5ec2e70f9a1b4d83".repeat(4);
    secrets::note_text(&signature);
    let messages = [
        format!(
            "The Canonical String for this request should have been 'POST\n/\n\nx-amz-security-token:{token}\n'"
        ),
        format!(
            "'{token}' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Signature={signature}'."
        ),
        format!("Signature expired: {token} is now earlier than 20261123T120000Z"),
        format!("Signature expired: {}", &token[..20]),
        format!("Credential should be scoped to {token}"),
    ];
    for code in ["SignatureDoesNotMatch", "IncompleteSignature", &token] {
        for message in &messages {
            let body = serde_json::json!({
                "Error": {"Type": "Sender", "Code": code, "Message": message},
                "RequestId": token,
            });
            let answer = CannedAnswer {
                status: 403,
                body: body.to_string(),
                ..CannedAnswer::default()
            };
            let login = lets_nothing_out(Some(Reply::Canned(answer).into()), |_| {});
            login.assert_failed(&[MAWS_E_DENIED]);
        }
    }
}

/// A client whose access key id and secret key are exchanged.
fn exchanged(secret: &str, id: &str) -> Credentials {
    Credentials {
        access_key_id: secret.to_owned(),
        secret_access_key: id.to_owned(),
        session_token: None,
    }
}

#[test]
fn d1_a_secret_key_in_the_key_id_s_place_is_never_told_whole() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    for (secret, reason, shown) in [
        (
            "wJalrXUtnFEMIaK7MDENGbbPxRfiCYEXAMPLEKEY",
            Reason::AccessKeyUnknown,
            "wJal... (40 characters)",
        ),
        (
            "0123456789012345678901234567890123456789",
            Reason::AccessKeyUnknown,
            "0123... (40 characters)",
        ),
        (
            "AKIASECRETSECRETSECRETSECRETSECRETSECRET",
            Reason::AccessKeyUnknown,
            "AKIA... (40 characters)",
        ),
        (
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            Reason::ScopeMalformed,
            "",
        ),
        (
            "wJalrXUtnFEMI+K7MDENGabPxRfiCYEXAMPLEKEY",
            Reason::AccessKeyIdMalformed,
            "",
        ),
        (
            "wJalrXUtnFEMIaK7MDENGabPxRfiCYEXAMPLEKE=",
            Reason::AccessKeyIdMalformed,
            "",
        ),
    ] {
        secrets::note_text(secret);
        let login = host.login_by(|h, n| {
            let who = exchanged(secret, "AKIAALICEEXAMPLE0001");
            Signer::new(&who, h, n, SystemTime::now())
        });
        login.assert_refused(reason);
        assert_eq!(login.access_key_id, shown);
        assert!(reason.remedy().contains("exchanged"), "{reason:?}");
    }
    let lines = host.stop();
    let told = |shown: &str| lines.iter().filter(|line| line.contains(shown)).count();
    assert_eq!(told("access key id wJal... (40 characters)"), 1);
    for line in &lines {
        assert!(!line.contains("wJalrXUtn"), "{line}");
    }
}

#[test]
fn d2_a_client_gets_nothing_with_any_failure() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[("awsStsTimeoutMs", "500")]);
    type Second = fn(&str, &[u8]) -> Vec<u8>;
    let honest: Second = |h, n| client_second(&alice(h, n).client_second());
    let kinds: [(Second, Option<Fault>); 8] = [
        (|_, _| b"junk".to_vec(), None),
        (
            |h, n| client_second(&alice(h, n).without("host").client_second()),
            None,
        ),
        (
            |h, n| client_second(&alice(h, &[n, b"x"].concat()).client_second()),
            None,
        ),
        (honest, Some(Reply::Throttling.into())),
        (honest, Some(Reply::InternalFailure.into())),
        (honest, Some(Delivery::Close.into())),
        (honest, Some(Delivery::Silence.into())),
        (
            honest,
            Some(Reply::Canned(CannedAnswer::identity("x", "", "")).into()),
        ),
    ];
    for (second, fault) in kinds {
        sts.set_standing_fault(fault);
        let conv = host.begin();
        let (h, n) = conv.challenge();
        let (mut status, mut reply) = conv.step(&second(&h, &n));
        if status == MAWS_PENDING as i32 {
            status = conv.poll(crate::support::LONG);
            reply = Vec::new();
        }
        assert!(status < 0 && reply.is_empty(), "{status}");
    }
}

#[test]
fn d4_whatever_comes_from_outside_a_log_line_is_one_clean_line() {
    let forged = "x\r\n{\"msg\":\"admin logged in\"}\n\u{1b}[2K\u{1b}[1A\u{202e}\u{0}";
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    let spoil = |from: &'static str| {
        move |second: ClientSecond| ClientSecond {
            a: second.a.replacen(from, &format!("{from}{forged}"), 1),
            ..second
        }
    };
    for from in [
        "AKIA",
        "/us-east-1",
        "/sts",
        "host",
        "aws4_request",
        "Signature=",
    ] {
        host.login_sending(spoil(from))
            .assert_failed(&[MAWS_E_PROTOCOL]);
    }
    for arn in [
        forged,
        &format!("{ALICE}{forged}"),
        &format!("arn:{forged}:iam::1:user/a"),
    ] {
        let answer = CannedAnswer::identity(arn, forged, forged);
        sts.push_fault(Fault::from(Reply::Canned(answer)));
        host.login(ALICE).assert_failed(&[MAWS_E_UPSTREAM]);
    }
    let error = serde_json::json!({
        "Error": {"Code": forged, "Message": forged}, "RequestId": forged,
    });
    let answer = CannedAnswer {
        status: 403,
        body: error.to_string(),
        ..CannedAnswer::default()
    };
    sts.push_fault(Fault::from(Reply::Canned(answer)));
    host.login(ALICE).assert_failed(&[MAWS_E_DENIED]);
    sts.push_fault(Fault::from(Reply::Canned(CannedAnswer {
        content_type: Some("text/\u{1b}[2Jhtml".to_owned()),
        ..CannedAnswer::default()
    })));
    host.login(ALICE);
    assert!(host.try_begin(forged, true).is_err());
    let lines = host.stop();
    assert!(lines.len() > 20);
    for line in lines {
        let clean = line.bytes().all(|byte| (0x20..0x7F).contains(&byte));
        assert!(clean && line.len() < 1000, "{line:?}");
    }
}
