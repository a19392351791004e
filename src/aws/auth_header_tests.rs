use super::*;

const RULES: AuthorizationRules<'_> = AuthorizationRules {
    day: "20261123",
    region: "us-east-1",
    token: false,
};
const HEADERS: &str =
    "content-length;content-type;host;x-amz-date;x-mongodb-gs2-cb-flag;x-mongodb-server-nonce";
const HEADERS_WITH_TOKEN: &str = "content-length;content-type;host;x-amz-date;x-amz-security-token;x-mongodb-gs2-cb-flag;x-mongodb-server-nonce";
const SCOPE: &str = "AKIDEXAMPLE/20261123/us-east-1/sts/aws4_request";

fn signature() -> String {
    "0123456789abcdef".repeat(4)
}

fn value(credential: &str, headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={headers}, Signature={signature}"
    )
}

#[track_caller]
fn assert_refused(value: &str, rules: &AuthorizationRules<'_>, reason: Reason) {
    let refused = check_authorization(value, rules).map_err(|f| f.reason);
    assert_eq!(refused, Err(reason), "{value}");
}

#[test]
fn s1_what_drivers_send_is_accepted() {
    let with_token = AuthorizationRules {
        token: true,
        ..RULES
    };
    for (headers, rules) in [(HEADERS, RULES), (HEADERS_WITH_TOKEN, with_token)] {
        let value = value(SCOPE, headers, &signature());
        assert_eq!(check_authorization(&value, &rules), Ok("AKIDEXAMPLE"));
    }
}

#[test]
fn s1_each_field_is_there_once_in_its_place() {
    let fields = [
        format!("Credential={SCOPE}"),
        format!("SignedHeaders={HEADERS}"),
        format!("Signature={}", signature()),
    ];
    let orders: [&[usize]; 11] = [
        &[0, 0, 1, 2],
        &[0, 1, 1, 2],
        &[0, 1, 2, 2],
        &[0, 1, 2, 0],
        &[0, 1, 2, 1],
        &[2, 0, 1],
        &[1, 0, 2],
        &[0, 2, 1],
        &[0, 1],
        &[0, 2],
        &[0],
    ];
    let ordered = orders.map(|order| {
        let fields: Vec<&str> = order.iter().map(|i| &*fields[*i]).collect();
        format!("AWS4-HMAC-SHA256 {}", fields.join(", "))
    });
    let good = value(SCOPE, HEADERS, &signature());
    let replaced = [
        ("AWS4-HMAC-SHA256 ", ""),
        ("AWS4-HMAC-SHA256 ", " AWS4-HMAC-SHA256 "),
        ("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256  "),
        ("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256\t"),
        ("AWS4-HMAC-SHA256 ", "AWS4-ECDSA-P256-SHA256 "),
        ("AWS4-HMAC-SHA256 ", "aws4-hmac-sha256 "),
        ("SignedHeaders=", "XSignedHeaders="),
        ("SignedHeaders=", "signedheaders="),
        (", SignedHeaders", ",SignedHeaders"),
        (", SignedHeaders", ",\tSignedHeaders"),
        (", SignedHeaders", ",  SignedHeaders"),
        (", SignedHeaders", " SignedHeaders"),
        (", ", ","),
        (", ", ",\t"),
        (", ", " "),
    ]
    .map(|(from, to)| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    });
    for value in ordered.iter().chain(&replaced).chain([&String::new()]) {
        assert_refused(value, &RULES, Reason::AuthorizationMalformed);
    }
}

#[test]
fn s1_a2_an_access_key_id_is_1_to_128_word_characters() {
    for good in ["A", "k_9", "abc_DEF_09", &"A".repeat(128)] {
        let scope = SCOPE.replace("AKIDEXAMPLE", good);
        assert!(check_authorization(&value(&scope, HEADERS, &signature()), &RULES).is_ok());
    }
    for bad in [
        String::new(),
        "A".repeat(129),
        "A-B".into(),
        "A\r\nB".into(),
        "Ä".into(),
        "A B".into(),
    ] {
        let scope = SCOPE.replace("AKIDEXAMPLE", &bad);
        assert_refused(
            &value(&scope, HEADERS, &signature()),
            &RULES,
            Reason::AccessKeyIdMalformed,
        );
    }
}

#[test]
fn s7_the_credential_scope_is_today_here_for_sts() {
    for (scope, reason) in [
        (
            "AKID/20261122/us-east-1/sts/aws4_request",
            Reason::ScopeDateMismatch,
        ),
        (
            "AKID/20200101/us-east-1/sts/aws4_request",
            Reason::ScopeDateMismatch,
        ),
        (
            "AKID/2026112/us-east-1/sts/aws4_request",
            Reason::ScopeDateMismatch,
        ),
        (
            "AKID/20261123/us-west-2/sts/aws4_request",
            Reason::ScopeRegionMismatch,
        ),
        (
            "AKID/20261123//sts/aws4_request",
            Reason::ScopeRegionMismatch,
        ),
        (
            "AKID/20261123/us-east-1/iam/aws4_request",
            Reason::ScopeServiceMismatch,
        ),
        (
            "AKID/20261123/us-east-1/STS/aws4_request",
            Reason::ScopeServiceMismatch,
        ),
        (
            "AKID/20261123/us-east-1//aws4_request",
            Reason::ScopeServiceMismatch,
        ),
        ("AKID/20261123/us-east-1/sts/aws4", Reason::ScopeMalformed),
        ("AKID/20261123/us-east-1/sts", Reason::ScopeMalformed),
        (
            "AKID/20261123/us-east-1/sts/aws4_request/x",
            Reason::ScopeMalformed,
        ),
        ("AKID", Reason::ScopeMalformed),
    ] {
        assert_refused(&value(scope, HEADERS, &signature()), &RULES, reason);
    }
}

#[test]
fn s2_signed_headers_are_sorted_unique_and_lower_case() {
    for (from, to) in [
        (
            "content-length;content-type;host;",
            "host;content-length;content-type;",
        ),
        ("content-type;host;", "host;content-type;"),
        ("host;", "host;host;"),
        ("host;", "host;;"),
        ("content-length;", "content-length;;"),
        ("server-nonce", "server-nonce;"),
        ("content-length", "Content-Length"),
        ("host", "Host"),
    ] {
        assert!(HEADERS.contains(from), "{from}");
        assert_refused(
            &value(SCOPE, &HEADERS.replace(from, to), &signature()),
            &RULES,
            Reason::SignedHeadersOrder,
        );
    }
}

#[test]
fn s3_every_header_of_the_request_is_signed() {
    for name in HEADERS.split(';') {
        let rest: Vec<_> = HEADERS.split(';').filter(|n| *n != name).collect();
        let value = value(SCOPE, &rest.join(";"), &signature());
        assert_refused(&value, &RULES, Reason::SignedHeaderMissing);
    }
    for headers in ["", &format!("{HEADERS} ")] {
        let value = value(SCOPE, headers, &signature());
        assert_refused(&value, &RULES, Reason::SignedHeaderMissing);
    }
}

#[test]
fn s5_no_other_header_is_signed() {
    for extra in [
        "",
        "accept",
        "authorization",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-target",
        "x-forwarded-for",
        "x-mongodb-channel-binding",
        "x-mongodb-optional-data",
        "x-mongodb-server-nonce ",
        "zzz",
    ] {
        let mut names: Vec<_> = HEADERS.split(';').chain([extra]).collect();
        names.sort_unstable();
        let value = value(SCOPE, &names.join(";"), &signature());
        assert_refused(&value, &RULES, Reason::SignedHeaderUnknown);
    }
}

#[test]
fn s4_a_token_is_signed_exactly_when_it_is_sent() {
    let with_token = AuthorizationRules {
        token: true,
        ..RULES
    };
    let signed = value(SCOPE, HEADERS_WITH_TOKEN, &signature());
    let unsigned = value(SCOPE, HEADERS, &signature());
    assert_refused(&signed, &RULES, Reason::TokenMissing);
    assert_refused(&unsigned, &with_token, Reason::TokenNotSigned);
}

#[test]
fn s1_a_signature_is_64_lower_case_hexadecimal_digits() {
    let good = signature();
    for bad in [
        String::new(),
        good[1..].to_owned(),
        format!("{good}0"),
        good.to_uppercase(),
        good.replace('0', "g"),
        good.replace("01", "0 "),
    ] {
        assert_refused(
            &value(SCOPE, HEADERS, &bad),
            &RULES,
            Reason::SignatureMalformed,
        );
    }
}

#[test]
fn s11_the_value_has_at_most_2048_bytes() {
    let good = value(SCOPE, HEADERS, &signature());
    let padded = |to: usize| format!("{good}{}", "0".repeat(to - good.len()));
    assert_refused(&padded(2048), &RULES, Reason::SignatureMalformed);
    assert_refused(&padded(2049), &RULES, Reason::AuthorizationTooLong);
    for length in [2048, 3000] {
        let scope = SCOPE.replace("AKIDEXAMPLE", &"A".repeat(length));
        let value = value(&scope, HEADERS, &signature());
        assert_refused(&value, &RULES, Reason::AuthorizationTooLong);
    }
}

/// Each byte, left out, doubled or replaced: what still passes is the canonical form of its parts.
#[test]
fn s1_what_is_accepted_is_the_canonical_form_of_its_parts() {
    let good = value(SCOPE, HEADERS, &signature());
    for position in 0..good.len() {
        let (before, after) = good.split_at(position);
        let replaced = ["", "0", "a", "A", " ", ";", "/", ","].map(|with| (with, &after[1..]));
        let doubled = (&after[..1], after);
        for (with, after) in replaced.into_iter().chain([doubled]) {
            let changed = format!("{before}{with}{after}");
            if let Ok(access_key_id) = check_authorization(&changed, &RULES) {
                let scope = SCOPE.replace("AKIDEXAMPLE", access_key_id);
                let signature = &changed[changed.len() - 64..];
                assert_eq!(changed, value(&scope, HEADERS, signature));
            }
        }
    }
}
