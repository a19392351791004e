use super::*;

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
fn a_session_becomes_its_role_in_every_partition_and_whatever_its_session_name() {
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
        for session in ["x", "admin@corp", "*", "a:b", "root"] {
            let text = format!("arn:{partition}:sts::123456789012:assumed-role/R/{session}");
            let arn = Arn::parse(&text).unwrap();
            assert_eq!(
                arn.iam_role_form(),
                format!("arn:{partition}:iam::123456789012:role/R")
            );
            assert_eq!(
                arn.sts_wildcard_form(),
                format!("arn:{partition}:sts::123456789012:assumed-role/R/*")
            );
        }
    }
}

#[test]
fn other_identities_keep_their_arn() {
    for text in [
        "arn:aws:iam::123456789012:user/alice",
        "arn:aws:iam::123456789012:user/div/alice",
        "arn:aws:iam::123456789012:root",
        "arn:aws:sts::123456789012:federated-user/carol",
    ] {
        let arn = Arn::parse(text).unwrap();
        assert_eq!(
            (
                arn.iam_role_form().as_str(),
                arn.sts_wildcard_form().as_str()
            ),
            (text, text)
        );
    }
}

#[test]
fn anything_else_is_malformed() {
    for text in [
        "",
        "__system",
        "arn",
        "arn:aws:iam::123456789012",
        "ARN:aws:iam::123456789012:user/alice",
        "arn::iam::123456789012:user/alice",
        "arn:aws-x1:iam::123456789012:user/alice",
        "arn:aws-:iam::123456789012:user/alice",
        "arn:awsx:iam::123456789012:user/alice",
        "arn:aws-a-b-c:iam::123456789012:user/alice",
        "arn:aws-toolongword:iam::123456789012:user/alice",
        "arn:aws:iam:us-east-1:123456789012:user/alice",
        "arn:aws:iam::12345678901:user/alice",
        "arn:aws:iam::1234567890123:user/alice",
        "arn:aws:iam::12345678901a:user/alice",
        "arn:aws:iam::\u{0661}23456789012:user/alice",
        "arn:aws:iam::123456789012:user/",
        "arn:aws:iam::123456789012:user",
        "arn:aws:iam::123456789012:user//alice",
        "arn:aws:iam::123456789012:user/div/",
        "arn:aws:iam::123456789012:user/al ice",
        "arn:aws:iam::123456789012:user/al\0ice",
        "arn:aws:iam::123456789012:user/\u{0430}lice",
        "arn:aws:iam::123456789012:role/R",
        "arn:aws:iam::123456789012:group/G",
        "arn:aws:iam::123456789012:rooty",
        "arn:aws:s3::123456789012:user/alice",
        "arn:aws:sts::123456789012:assumed-role/R",
        "arn:aws:sts::123456789012:assumed-role/R/",
        "arn:aws:sts::123456789012:assumed-role//s",
        "arn:aws:sts::123456789012:assumed-role/a/b/s",
        "arn:aws:sts::123456789012:assumed-role/R*/s",
        "arn:aws:sts::123456789012:assumed-role/R/s s",
        "arn:aws:sts::123456789012:federated-user/",
        "arn:aws:sts::123456789012:federated-user/a/b",
    ] {
        assert_eq!(
            Arn::parse(text).map_err(|f| f.reason),
            Err(Reason::ArnMalformed),
            "{text:?}"
        );
    }
}

#[test]
fn names_have_limits() {
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

#[test]
fn case_and_path_are_part_of_the_name() {
    let name = |text| Arn::parse(text).unwrap().iam_role_form();
    let plain = name("arn:aws:iam::123456789012:user/Jane");
    assert_ne!(plain, name("arn:aws:iam::123456789012:user/jane"));
    assert_ne!(plain, name("arn:aws:iam::123456789012:user/div/Jane"));
}
