use super::super::Options;

const ROLE: &str = "arn:aws:iam::123456789012:role/shop-app";

fn set(given: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let options = Options::new(given).map_err(|error| error.to_string())?;
    Ok(options.warnings)
}

fn principals(entries: &str, format: &str) -> Result<Vec<String>, String> {
    set(&[
        ("awsAllowedPrincipals", entries),
        ("awsPrincipalFormat", format),
    ])
}

#[test]
fn an_entry_that_some_user_name_matches_is_accepted() {
    for entry in [
        "arn:aws:iam::123456789012:user/alice",
        "arn:aws:iam::123456789012:user/division/team/jane",
        // A comma is legal in names, and a path may have nearly everything.
        "arn:aws:iam::123456789012:user/smith,john",
        "arn:aws:iam::123456789012:user/a,b/c,d,",
        "arn:aws:iam::123456789012:user/a:role/b/jane",
        "arn:aws:iam::123456789012:user/a\"'|;[]/jane",
        "arn:aws:iam::123456789012:user/*",
        "arn:aws:iam::123456789012:user/division/*",
        "arn:aws:iam::123456789012:user/a:b*",
        "arn:aws-us-gov:iam::123456789012:user/alice arn:aws:iam::1*",
        "arn:*",
        "arn:aws*",
        "arn:aws:*",
        "arn:aws:i*",
        "arn:aws:iam:*",
        "arn:aws:iam::*",
        "arn:aws:iam::1234*",
        "arn:aws:iam::123456789012*",
        "arn:aws:iam::123456789012:*",
        "arn:aws:iam::123456789012:u*",
    ] {
        for format in ["iamRole", "stsWildcard"] {
            let set = principals(entry, format);
            assert!(set.is_ok(), "{entry} {format}: {set:?}");
        }
    }
    let longest_path = format!("arn:aws:iam::123456789012:user/{}*", "p".repeat(512));
    let longest_name = format!("arn:aws:iam::123456789012:role/{}", "r".repeat(64));
    for (entry, format) in [
        (ROLE, "iamRole"),
        ("arn:aws:iam::123456789012:role/shop-*", "iamRole"),
        ("arn:aws:iam::123456789012:role/shop,app", "iamRole"),
        ("arn:aws:iam::123456789012:r*", "iamRole"),
        (
            "arn:aws:sts::123456789012:assumed-role/shop-app/*",
            "stsWildcard",
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/shop-*",
            "stsWildcard",
        ),
        ("arn:aws:sts::123456789012:*", "stsWildcard"),
        (&longest_path, "iamRole"),
        (&longest_name, "iamRole"),
    ] {
        assert_eq!(principals(entry, format), Ok(vec![]), "{entry} {format}");
    }
}

#[test]
fn every_beginning_of_a_user_name_is_accepted_as_a_pattern() {
    for (name, format) in [
        ("arn:aws:iam::123456789012:user/a/b:c/jane", "iamRole"),
        ("arn:aws-us-gov:iam::123456789012:user/jane", "stsWildcard"),
        ("arn:aws-iso-b:iam::123456789012:role/shop-app", "iamRole"),
        (
            "arn:aws-cn:sts::123456789012:federated-user/carol",
            "iamRole",
        ),
        ("arn:aws:iam::123456789012:root", "iamRole"),
        (
            "arn:aws:sts::123456789012:assumed-role/shop-app/*",
            "stsWildcard",
        ),
    ] {
        let open = match format {
            "iamRole" => "true",
            _ => "false",
        };
        for end in "arn:".len()..=name.trim_end_matches('*').len() {
            let entry = format!("{}*", &name[..end]);
            let set = set(&[
                ("awsAllowedPrincipals", &entry),
                ("awsPrincipalFormat", format),
                ("awsAllowRoot", open),
                ("awsAllowFederated", open),
                ("awsStsAllowCustomHost", "true"),
                ("awsStsHost", "sts.minio.example"),
            ]);
            assert!(set.is_ok(), "{entry}: {set:?}");
        }
    }
}

#[test]
fn an_entry_that_no_user_name_matches_is_refused_with_its_reason() {
    let too_long = format!("arn:aws:iam::123456789012:role/{}*", "r".repeat(65));
    for (entry, format, why) in [
        // Two entries in one.
        (
            "arn:aws:iam::123456789012:user/a,arn:aws:iam::123456789012:user/b",
            "iamRole",
            "separated by white space",
        ),
        (
            "arn:aws:iam::123456789012:role/a;arn:aws:iam::123456789012:role/b",
            "iamRole",
            "separated by white space",
        ),
        (
            "arn:aws:iam::123456789012:user/a, arn:aws:iam::123456789012:user/b",
            "iamRole",
            "separated by white space",
        ),
        // What STS does not say of a role.
        (
            "arn:aws:iam::123456789012:role/team/shop-app",
            "iamRole",
            ROLE,
        ),
        (
            "arn:aws:iam::123456789012:role/team/*",
            "iamRole",
            "STS does not return a role's path, so that the user name is arn:aws:iam::123456789012:role/NAME",
        ),
        (
            "arn:aws:iam::123456789012:role/team/shop-*",
            "iamRole",
            "the user name is arn:aws:iam::123456789012:role/shop-*",
        ),
        (
            "arn:aws:iam::123456789012:role/a/b/*",
            "stsWildcard",
            "a role is arn:aws:sts::123456789012:assumed-role/NAME/*",
        ),
        (
            "arn:aws:iam::123456789012:role/a/shop-*",
            "stsWildcard",
            "a role is arn:aws:sts::123456789012:assumed-role/shop-*",
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/team/shop-app/*",
            "iamRole",
            ROLE,
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/a/b/shop-app/i-0123",
            "stsWildcard",
            "assumed-role/shop-app/*",
        ),
        (
            "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x_0",
            "iamRole",
            "arn:aws:iam::123456789012:role/AWSReservedSSO_x_0",
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/shop-app/i-0123",
            "iamRole",
            ROLE,
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/shop-app/*",
            "iamRole",
            ROLE,
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/*",
            "iamRole",
            "arn:aws:iam::123456789012:role/NAME",
        ),
        (
            ROLE,
            "stsWildcard",
            "arn:aws:sts::123456789012:assumed-role/shop-app/*",
        ),
        (
            "arn:aws:iam::123456789012:role/*",
            "stsWildcard",
            "awsPrincipalFormat=stsWildcard",
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/shop-app/s*",
            "stsWildcard",
            "assumed-role/shop-app/*",
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/shop-app",
            "stsWildcard",
            "assumed-role/shop-app/*",
        ),
        // The parts of an ARN.
        ("alice", "iamRole", "start with arn:"),
        (
            "ARN:aws:iam::123456789012:user/alice",
            "iamRole",
            "start with arn:",
        ),
        ("*", "iamRole", "start with arn:"),
        (
            "arn:*:iam::123456789012:user/alice",
            "iamRole",
            "may end in one *",
        ),
        (
            "arn:aws:iam::123456789012:user/a**",
            "iamRole",
            "may end in one *",
        ),
        (
            "arn:aws:iam:123456789012:user/alice",
            "iamRole",
            "two colons before the account",
        ),
        (
            "arn:aws:iam:eu-west-1:123456789012:user/a",
            "iamRole",
            "two colons before the account",
        ),
        (
            "arn:aws:iam::123456789012",
            "iamRole",
            "arn:PARTITION:SERVICE::ACCOUNT:NAME",
        ),
        ("arn:aws", "iamRole", "arn:PARTITION:SERVICE::ACCOUNT:NAME"),
        (
            "arn:amazon:iam::123456789012:user/alice",
            "iamRole",
            "the partition is malformed",
        ),
        ("arn:awsx*", "iamRole", "user name is arn:"),
        (
            "arn:aws:ec2::123456789012:instance/i-0",
            "iamRole",
            "the service is iam or sts",
        ),
        (
            "arn:aws:iam::12345678901:user/alice",
            "iamRole",
            "12 digits",
        ),
        (
            "arn:aws:iam::1234567890123*",
            "iamRole",
            "user name is arn:",
        ),
        (
            "arn:aws:iam::1234-5678-9012:user/alice",
            "iamRole",
            "12 digits",
        ),
        (
            "arn:aws:iam::123456789012:group/admins",
            "iamRole",
            "no identity has this name",
        ),
        (
            "arn:aws:iam::123456789012:User/alice",
            "iamRole",
            "no identity has this name",
        ),
        (
            "arn:aws:iam::123456789012:user/",
            "iamRole",
            "no identity has this name",
        ),
        (
            "arn:aws:sts::123456789012:user/alice",
            "iamRole",
            "no identity has this name",
        ),
        (
            "arn:aws:iam::123456789012:role/aws:ec2-instance",
            "iamRole",
            "no identity has this name",
        ),
        (&too_long, "iamRole", "no identity has this name"),
        // Characters that are not seen.
        (
            "arn:aws:iam::123456789012:user/al\u{200b}ice",
            "iamRole",
            "U+200B",
        ),
        (
            "\u{feff}arn:aws:iam::123456789012:user/alice",
            "iamRole",
            "U+FEFF",
        ),
        (
            "arn:aws:iam::123456789012:user/\u{430}lice",
            "iamRole",
            "U+0430",
        ),
        (
            "arn:aws:iam::123456789012:user/a\u{a0}",
            "iamRole",
            "U+00A0",
        ),
        (
            "arn:aws:iam::123456789012:user/a\u{7f}",
            "iamRole",
            "U+007F",
        ),
    ] {
        let Err(text) = principals(entry, format) else {
            panic!("{entry} {format} is accepted");
        };
        assert!(text.starts_with("awsAllowedPrincipals: \""), "{text}");
        assert!(text.contains(why), "{why}: {text}");
        assert!(text.len() < 500, "{text}");
    }
}
