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
            "role's path",
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
            "awsPrincipalFormat=iamRole",
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

#[test]
fn rules_that_exclude_each_other_are_refused() {
    let user = ("awsAllowedPrincipals", "arn:aws:iam::123456789012:user/a");
    let root = ("awsAllowedPrincipals", "arn:aws:iam::123456789012:root");
    let federated = (
        "awsAllowedPrincipals",
        "arn:aws:sts::123456789012:federated-user/*",
    );
    let china = ("awsStsHost", "sts.cn-north-1.amazonaws.com.cn");
    for (given, key, why) in [
        (&[root][..], root.0, "awsAllowRoot=true"),
        (&[federated], root.0, "awsAllowFederated=true"),
        (
            &[root, ("awsPrincipalFormat", "stsWildcard")],
            root.0,
            "awsAllowRoot=true",
        ),
        (
            &[user, ("awsAllowedAccounts", "210987654321 111111111111")],
            user.0,
            "not in awsAllowedAccounts",
        ),
        (&[user, ("awsAllowedPartitions", "aws-us-gov aws")], "", ""),
        (
            &[
                ("awsAllowedPrincipals", "arn:aws-cn:*"),
                ("awsAllowedPartitions", "aws"),
            ],
            user.0,
            "not in awsAllowedPartitions",
        ),
        (&[user, china], user.0, "sts.cn-north-1.amazonaws.com.cn"),
        (
            &[(
                "awsAllowedPrincipals",
                "arn:aws-us-gov:iam::123456789012:role/*",
            )],
            user.0,
            "partition aws alone",
        ),
        (
            &[("awsAllowedPartitions", "aws"), china],
            "awsAllowedPartitions",
            "partition aws-cn alone",
        ),
        (
            &[("awsAllowedPartitions", "aws-us-gov aws-iso")],
            "awsAllowedPartitions",
            "partition aws alone",
        ),
        (
            &[
                ("awsAllowedAccounts", "123456789012"),
                ("awsAllowedPrincipals", "arn:aws:iam::2*"),
            ],
            user.0,
            "not in awsAllowedAccounts",
        ),
        (
            &[
                ("awsAllowedAccounts", "123456789012"),
                ("awsAllowedPrincipals", "arn:aws:iam::12*"),
            ],
            "",
            "",
        ),
    ] {
        match (set(given), key) {
            (Ok(_), "") => {}
            (Err(text), key) if !key.is_empty() => {
                let start = format!("{key}: \"");
                assert!(text.starts_with(&start) && text.contains(why), "{text}");
            }
            (result, _) => panic!("{given:?}: {result:?}"),
        }
    }
}

#[test]
fn of_several_entries_one_that_lets_nobody_in_is_a_warning() {
    for (given, warning) in [
        (
            &[
                (
                    "awsAllowedPrincipals",
                    "arn:aws:iam::123456789012:root arn:aws:iam::123456789012:user/*",
                ),
                ("awsAllowRoot", "false"),
            ][..],
            Some(
                "awsAllowedPrincipals: \"arn:aws:iam::123456789012:root\": it lets nobody in without awsAllowRoot",
            ),
        ),
        (
            &[
                (
                    "awsAllowedPrincipals",
                    "arn:aws:iam::123456789012:user/a arn:aws:iam::210987654321:user/b",
                ),
                ("awsAllowedAccounts", "123456789012"),
            ],
            Some("\"arn:aws:iam::210987654321:user/b\": its account is not in"),
        ),
        (
            &[("awsAllowedPartitions", "aws aws-us-gov")],
            Some("awsAllowedPartitions: \"aws-us-gov\": the STS host sts.amazonaws.com has"),
        ),
        (
            &[("awsAllowedPrincipals", "arn:aws:iam::123456789012:user/a")],
            None,
        ),
        (&[("awsAllowedAccounts", "123456789012 210987654321")], None),
        (&[("awsAllowedPartitions", "aws")], None),
    ] {
        let warnings = set(given).unwrap();
        assert_eq!(
            warnings.len(),
            usize::from(warning.is_some()),
            "{warnings:?}"
        );
        for text in warnings {
            assert!(text.contains(warning.unwrap()), "{text}");
        }
    }
}

#[test]
fn a_partition_that_is_not_known_is_a_warning_with_the_nearest() {
    for (key, value, nearest) in [
        ("awsAllowedPartitions", "aws-usgov", "aws-us-gov"),
        ("awsAllowedPartitions", "aws aws-china", "aws-cn"),
        ("awsAllowedPartitions", "aws-iso-x", "aws-iso"),
        (
            "awsAllowedPrincipals",
            "arn:aws-gov:iam::123456789012:user/a",
            "aws-us-gov",
        ),
        ("awsAllowedPrincipals", "arn:aws-isob:*", "aws-iso-b"),
    ] {
        let warnings = set(&[(key, value)]).unwrap();
        let [text] = &warnings[..] else {
            panic!("{warnings:?}");
        };
        assert!(text.starts_with(key) && text.contains(nearest), "{text}");
    }
    for value in ["aws-", "aws-us-gov-x", "AWS", "aws-12", "azure", "aws_cn"] {
        assert!(set(&[("awsAllowedPartitions", value)]).is_err(), "{value}");
    }
}

#[test]
fn at_run_time_rules_are_checked_with_those_that_stand() {
    let options = Options::new(&[("awsAllowedAccounts", "123456789012")]).unwrap();
    let other = ("awsAllowedPrincipals", "arn:aws:iam::210987654321:user/b");
    let refused = options
        .change(&[other])
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(refused.contains("not in awsAllowedAccounts"), "{refused}");
    let both = ("awsAllowedAccounts", "123456789012 210987654321");
    assert!(options.change(&[both, other]).is_ok());
    let empty = ("awsAllowedAccounts", "");
    assert!(options.change(&[empty, other]).is_ok());
}

#[test]
fn every_list_is_told_that_commas_do_not_separate() {
    let hosts = "sts.us-east-1.amazonaws.com sts.us-west-2.amazonaws.com";
    for (key, value) in [
        ("awsAllowedAccounts", "123456789012,210987654321"),
        ("awsAllowedAccounts", "123456789012, 210987654321"),
        ("awsAllowedAccounts", "123456789012;210987654321"),
        ("awsAllowedAccounts", "[\"123456789012\" \"210987654321\"]"),
        ("awsAllowedPartitions", "aws,aws-cn"),
        ("awsAllowedPartitions", "aws, aws-cn"),
        ("awsAllowedPartitions", "'aws' 'aws-cn'"),
        (
            "awsStsHost",
            "sts.us-east-1.amazonaws.com,sts.us-west-2.amazonaws.com",
        ),
        (
            "awsStsHost",
            "sts.us-east-1.amazonaws.com, sts.us-west-2.amazonaws.com",
        ),
        ("awsStsHost", "\"sts.us-east-1.amazonaws.com\""),
        ("awsStsEndpoint", "https://a.example,https://b.example"),
        ("awsStsEndpoint", "https://a.example, https://b.example"),
        ("awsStsEndpoint", "https://a.example;https://b.example"),
        (
            "awsAllowedPrincipals",
            "arn:aws:iam::123456789012:user/a,arn:aws:iam::123456789012:user/b",
        ),
    ] {
        let given = match key {
            "awsStsEndpoint" => vec![("awsStsHost", hosts), (key, value)],
            _ => vec![(key, value)],
        };
        let text = set(&given).unwrap_err();
        assert!(text.starts_with(key), "{text}");
        assert!(text.contains("separated by white space"), "{text}");
    }
    let one = set(&[("awsStsEndpoint", "https://a.example,https://b.example")]).unwrap_err();
    assert!(one.contains("separated by white space"), "{one}");
    let plain = set(&[("awsAllowedAccounts", "123")]).unwrap_err();
    assert!(!plain.contains("separated"), "{plain}");
}
