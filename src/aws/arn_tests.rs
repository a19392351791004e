use super::*;

const ACCOUNT: &str = "123456789012";

#[track_caller]
fn assert_malformed(text: &str) {
    let refused = Arn::parse(text).map_err(|f| f.reason);
    assert_eq!(refused, Err(Reason::ArnMalformed), "{text:?}");
}

#[test]
fn the_kinds_of_identity_are_distinguished() {
    for (text, kind) in [
        ("arn:aws:iam::123456789012:user/alice", Kind::User),
        (
            "arn:aws:iam::123456789012:user/a/b:c/d e/alice"
                .replace(' ', "~")
                .as_str(),
            Kind::User,
        ),
        ("arn:aws:iam::123456789012:root", Kind::Root),
        (
            "arn:aws-cn:sts::123456789012:federated-user/carol",
            Kind::Federated,
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/R/jane.doe@example.com",
            Kind::Role {
                role: "R".into(),
                session: "jane.doe@example.com".into(),
            },
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/R/a:b*c",
            Kind::Role {
                role: "R".into(),
                session: "a:b*c".into(),
            },
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/aws:ec2-instance/i-0",
            Kind::Instance,
        ),
    ] {
        let arn = Arn::parse(text).unwrap_or_else(|f| panic!("{text}: {f}"));
        assert_eq!((arn.kind, &*arn.account), (kind, "123456789012"), "{text}");
        assert_eq!(arn.text, text);
    }
}

#[test]
fn i1_a_partition_is_aws_and_up_to_two_words_and_stays_part_of_the_name() {
    let session = |partition| format!("arn:{partition}:sts::{ACCOUNT}:assumed-role/R/s");
    for partition in [
        "aws",
        "aws-cn",
        "aws-us-gov",
        "aws-iso",
        "aws-iso-b",
        "aws-iso-e",
        "aws-iso-f",
        "aws-eusc",
    ] {
        let arn = Arn::parse(&session(partition)).unwrap();
        assert_eq!(arn.partition, partition);
        let role = format!("arn:{partition}:iam::{ACCOUNT}:role/R");
        assert_eq!(arn.iam_role_form(), role);
        let wildcard = format!("arn:{partition}:sts::{ACCOUNT}:assumed-role/R/*");
        assert_eq!(arn.sts_wildcard_form(), wildcard);
    }
    for partition in [
        "",
        "AWS",
        "awsx",
        "aws-",
        "aws-X",
        "aws-x1",
        "aws-a-b-c",
        "aws-toolong",
        "aws-toolongword",
        "gcp",
        "aws cn",
    ] {
        assert_malformed(&session(partition));
    }
}

#[test]
fn i2_a_session_is_exactly_role_and_session_name() {
    for resource in [
        "assumed-role",
        "assumed-role/",
        "assumed-role//",
        "assumed-role//s",
        "assumed-role/R",
        "assumed-role/R/",
        "assumed-role/R/s s",
        "assumed-role/R*/s",
        "assumed-role/R?/s",
        "assumed-role/R%2F/s",
        "assumed-role/R:x/s",
        "assumed-role/\u{0420}/s",
        "assumed-role/a/b/s",
        "assumed-roles/R/s",
    ] {
        assert_malformed(&format!("arn:aws:sts::{ACCOUNT}:{resource}"));
    }
}

#[test]
fn i3_the_session_name_is_never_part_of_the_principal() {
    let longest = "s".repeat(128);
    for session in [
        "x",
        "admin@corp",
        "*",
        "a:b",
        "root",
        "user:alice",
        "a=b,c=d",
        &longest,
    ] {
        let text = format!("arn:aws:sts::{ACCOUNT}:assumed-role/R/{session}");
        let arn = Arn::parse(&text).unwrap();
        let role = format!("arn:aws:iam::{ACCOUNT}:role/R");
        assert_eq!(arn.iam_role_form(), role);
        let wildcard = format!("arn:aws:sts::{ACCOUNT}:assumed-role/R/*");
        assert_eq!(arn.sts_wildcard_form(), wildcard);
        let (role, session) = ("R".to_owned(), session.to_owned());
        assert_eq!(arn.kind, Kind::Role { role, session });
    }
}

#[test]
fn i5_other_identities_keep_their_arn_with_path_and_case() {
    for text in [
        "arn:aws:iam::123456789012:user/alice",
        "arn:aws:iam::123456789012:user/Jane",
        "arn:aws:iam::123456789012:user/jane",
        "arn:aws:iam::123456789012:user/div/alice",
        "arn:aws:iam::123456789012:user/div/Jane",
        "arn:aws:iam::123456789012:user/div/div/Jane",
        "arn:aws:iam::123456789012:root",
        "arn:aws:sts::123456789012:federated-user/carol",
    ] {
        let arn = Arn::parse(text).unwrap();
        let forms = (arn.iam_role_form(), arn.sts_wildcard_form());
        assert_eq!(forms, (text.to_owned(), text.to_owned()));
    }
}

#[test]
fn i7_any_other_text_is_malformed() {
    for text in [
        "",
        "arn",
        "arn:aws:iam::1:user/",
        "arn:aws:iam::123456789012",
        "arn:aws:iam::123456789012:",
        "arn:aws:iam:us-east-1:123456789012:user/alice",
        "arn:aws:iam:123456789012:user/alice",
        "arn:aws:iam::12345678901:user/alice",
        "arn:aws:iam::1234567890123:user/alice",
        "arn:aws:iam::12345678901a:user/alice",
        "arn:aws:iam::\u{0661}23456789012:user/alice",
        "arn:aws:iam::123456789012:user",
        "arn:aws:iam::123456789012:user/",
        "arn:aws:iam::123456789012:user//alice",
        "arn:aws:iam::123456789012:user/div/",
        "arn:aws:iam::123456789012:user/al ice",
        "arn:aws:iam::123456789012:user/alice ",
        "arn:aws:iam::123456789012:user/al\nice",
        "arn:aws:iam::123456789012:user/al\0ice",
        "arn:aws:iam::123456789012:user/al*",
        "arn:aws:iam::123456789012:user/al:ice",
        "arn:aws:iam::123456789012:user/\u{0430}lice",
        "arn:aws:iam::123456789012:user/al\u{0456}ce",
        "arn:aws:iam::123456789012:user/e\u{0301}",
        "arn:aws:iam::123456789012:role/R",
        "arn:aws:iam::123456789012:group/G",
        "arn:aws:iam::123456789012:rooty",
        "arn:aws:iam::123456789012:assumed-role/R/s",
        "arn:aws:s3::123456789012:user/alice",
        "arn:aws:sts::123456789012:user/alice",
        "arn:aws:sts::123456789012:federated-user/",
        "arn:aws:sts::123456789012:federated-user/a/b",
    ] {
        assert_malformed(text);
    }
}

#[test]
fn i7_a_malformed_arn_is_named_printable_and_bounded() {
    for (text, what) in [
        (
            "arn:aws:iam::123456789012:group/G",
            "\"arn:aws:iam::123456789012:group/G\"",
        ),
        (
            "arn:minio:iam::123456789012:user/a",
            "partition is malformed: \"arn:minio:",
        ),
        (
            "arn:aws:iam:::user/a",
            "12 digits: \"arn:aws:iam:::user/a\"",
        ),
        ("arn:\r\n\u{1b}[31m", "\"arn:???[31m\""),
        (
            "FQoGZXIvYXdzEXAMPLE",
            "\"FQoGZXIvYXdz... (7 more characters)\"",
        ),
        ("", ": \"\""),
    ] {
        let detail = Arn::parse(text).unwrap_err().detail;
        assert!(detail.contains(what), "{detail}");
    }
    for length in [300, 2048, 2049, 64 << 10] {
        let text = format!("arn:{}", "a".repeat(length - 4));
        let detail = Arn::parse(&text).unwrap_err().detail;
        let cut = format!("... ({} more characters)\"", length - 256);
        assert!(detail.ends_with(&cut) && detail.len() < 400, "{detail}");
    }
}

#[test]
fn i12_every_name_begins_with_arn() {
    for text in [
        "__system",
        "__system@local",
        "root",
        "alice",
        "ARN:aws:iam::123456789012:user/alice",
        " arn:aws:iam::123456789012:user/alice",
    ] {
        assert_malformed(text);
    }
}

#[test]
fn a3_user_names_and_paths_are_those_that_iam_allows() {
    let longest = ["u".repeat(128), "p".repeat(510) + "/user"];
    let names = [
        "a",
        "All+chars=of,names.@_-0",
        "path:with:colons/user",
        "a/path!\"#$%&'()*;<>?[]^`{|}~/user",
        "a//b/user",
    ];
    for name in names.into_iter().chain(longest.iter().map(String::as_str)) {
        let text = format!("arn:aws:iam::{ACCOUNT}:user/{name}");
        let arn = Arn::parse(&text).unwrap_or_else(|f| panic!("{text}: {f}"));
        assert_eq!(arn.kind, Kind::User, "{text}");
        assert_eq!(arn.iam_role_form(), text);
    }
}

#[test]
fn a4_role_names_have_64_characters_and_session_names_128_of_any_kind() {
    let role = format!("{:x<64}", "AWSReservedSSO_Administrator_0123456789abcdef");
    let session = "jane.doe+tag@example.com:!#$%&'()*;<=>?[]^`{|}~\"\\";
    let session = format!("{session:x<128}");
    let text = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}");
    let arn = Arn::parse(&text).unwrap();
    let principal = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
    assert_eq!(arn.iam_role_form(), principal);
    assert_eq!(arn.kind, Kind::Role { role, session });
}

#[test]
fn a3_a4_names_have_limits() {
    let user = |n: usize| format!("arn:aws:iam::123456789012:user/{}", "u".repeat(n));
    let role = |n: usize| format!("arn:aws:sts::123456789012:assumed-role/{}/s", "r".repeat(n));
    let session = |n: usize| format!("arn:aws:sts::123456789012:assumed-role/r/{}", "s".repeat(n));
    let path = |n: usize| format!("arn:aws:iam::123456789012:user/{}/u", "p".repeat(n));
    for (make, limit) in [
        (&user as &dyn Fn(usize) -> String, 128),
        (&role, 64),
        (&session, 128),
        (&path, 512),
    ] {
        assert!(Arn::parse(&make(limit)).is_ok(), "{}", make(limit));
        assert!(Arn::parse(&make(limit + 1)).is_err(), "{}", make(limit + 1));
    }
}
