use super::*;

const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// One of the secrets that have neither of the telling characters.
const PLAIN_SECRET: &str = "wJalrXUtnFEMIaK7MDENGabPxRfiCYEXAMPLEKEY";

#[track_caller]
fn assert_fault(key_id: &str, secret: &str, token: Option<&str>, words: &[&str]) {
    let fault = fault(&Places::environment(), key_id, secret, token).unwrap();
    for word in words {
        assert!(fault.contains(word), "{word}: {fault}");
    }
    for value in [key_id, secret, token.unwrap_or_default()] {
        let value = value.trim();
        assert!(value.is_empty() || !fault.contains(value), "{fault}");
    }
}

#[test]
fn credentials_of_every_kind_are_in_order() {
    for (key_id, secret, token) in [
        (KEY_ID, SECRET, None),
        (
            "ASIAIOSFODNN7EXAMPLE",
            PLAIN_SECRET,
            Some("FwoGZXIvYXdzEBY="),
        ),
        ("test", "test", None),
        (
            "minio_admin",
            "a secret of another service's".replace(' ', "-").as_str(),
            None,
        ),
    ] {
        let fault = fault(&Places::environment(), key_id, secret, token);
        assert_eq!(fault, None, "{key_id}");
    }
}

#[test]
fn key_id_and_secret_that_are_exchanged_are_told_of_without_either() {
    for (key_id, secret) in [
        (SECRET, KEY_ID),
        (PLAIN_SECRET, KEY_ID),
        (PLAIN_SECRET, "QQQ"),
        ("QQQ", "ASIAIOSFODNN7EXAMPLE"),
        (&format!("{SECRET}\n"), KEY_ID),
        ("abcdefghij+klmnopqrstuv", "QQQ"),
    ] {
        assert_fault(key_id, secret, None, &["exchanged", "AWS_ACCESS_KEY_ID"]);
    }
}

#[test]
fn what_a_secret_store_or_a_shell_adds_is_named_with_its_place() {
    let id = |text: &str| text.replace("ID", KEY_ID);
    for (key_id, words) in [
        (id("ID\n"), "ends with a line end"),
        (id("ID\r\n"), "ends with a line end"),
        (id(" ID"), "begins with a space"),
        (id("ID\t"), "ends with a tab"),
        (id("\u{feff}ID"), "begins with the character U+FEFF"),
        (id("ID\u{a0}"), "ends with the character U+00A0"),
        (id("\"ID\""), "holds \"\"\""),
        (id("ID:x"), "holds \":\""),
        (
            "AKIA IOSFODNN7EXAMPLE".to_owned(),
            "holds, behind 4 characters, a space",
        ),
        (String::new(), "is empty"),
        ("A".repeat(129), "longer than 128"),
    ] {
        assert_fault(&key_id, SECRET, None, &["AWS_ACCESS_KEY_ID", words]);
    }
    let secret = format!("{SECRET}\n");
    assert_fault(
        KEY_ID,
        &secret,
        None,
        &["AWS_SECRET_ACCESS_KEY ends with a line end"],
    );
    assert_fault(
        KEY_ID,
        SECRET,
        Some("to ken"),
        &["AWS_SESSION_TOKEN holds", "a space"],
    );
    let token = "t".repeat(TOKEN_LIMIT + 1);
    assert_fault(
        KEY_ID,
        SECRET,
        Some(&token),
        &["AWS_SESSION_TOKEN is longer"],
    );
    let places = Places::entries("profile jane");
    let said = fault(&places, KEY_ID, "a\u{1}b", None).unwrap();
    assert!(
        said.contains("aws_secret_access_key of profile jane"),
        "{said}"
    );
}

#[test]
fn a_key_id_is_shown_by_the_plugin_s_rule() {
    assert_eq!(shown_key_id(KEY_ID), KEY_ID);
    for text in [
        "ACCAIOSFODNN7EXAMPLE",
        "minioadmin",
        "TESTKEYIDOFANOTHERKIND",
        PLAIN_SECRET,
    ] {
        assert_eq!(
            shown_key_id(text),
            mongodb_aws_auth::aws::shown_key_id(text)
        );
    }
    for text in [SECRET, PLAIN_SECRET, "test", "a", "", "\u{1b}[2Jxxxxxxxx"] {
        let shown = shown_key_id(text);
        assert!(text.len() < 2 || !shown.contains(text), "{shown}");
        assert!(shown.bytes().all(|b| (b' '..=b'~').contains(&b)), "{shown}");
    }
}

#[test]
fn an_address_is_named_by_its_own_option_or_variable() {
    for (url, words) in [
        (
            "127.0.0.1:4566",
            "has no scheme: an address looks like https://HOST or https://HOST:PORT. Did you mean https://127.0.0.1:4566?",
        ),
        (
            "sts.eu-west-1.amazonaws.com",
            "Did you mean https://sts.eu-west-1.amazonaws.com?",
        ),
        ("htps://sts.example", "Did you mean https://?"),
        ("ftp://sts.example", "another scheme"),
        ("https://", "no valid host"),
        ("https://a b", "white space"),
        ("https://a/b", "a path, a query or a fragment"),
        ("https://a?b=c", "a path, a query or a fragment"),
        ("https://a#b", "a path, a query or a fragment"),
        ("https://a//", "a path, a query or a fragment"),
        ("https://a/?x=u:hunter2@b", "a user in it"),
        ("https://a/ b", "white space"),
        ("https://a:0", "no valid port"),
        ("https://a:x", "no valid port"),
        ("https://[::1", "no valid IPv6"),
        ("https://user:hunter2@a", "a user in it"),
    ] {
        let fault = address_fault("--sts-endpoint", url).unwrap();
        assert!(fault.starts_with("--sts-endpoint: "), "{fault}");
        assert!(fault.contains(words), "{url}: {fault}");
        assert!(!fault.contains("hunter2"), "{fault}");
    }
    let empty = address_fault("AWS_ENDPOINT_URL", "").unwrap();
    assert!(
        empty.contains("AWS_ENDPOINT_URL is empty: an address looks like"),
        "{empty}"
    );
    for url in [
        "https://sts.eu-west-1.amazonaws.com",
        "http://127.0.0.1:4566/",
        "https://[::1]:8443",
        "https://vpce-0a.sts.eu-west-1.vpce.amazonaws.com",
    ] {
        assert_eq!(address_fault("--sts-endpoint", url), None, "{url}");
    }
}
