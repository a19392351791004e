use super::super::Options;

fn set(given: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let options = Options::new(given).map_err(|error| error.to_string())?;
    Ok(options.warnings)
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

#[test]
fn of_many_warnings_the_first_are_given_and_the_others_counted() {
    let many: Vec<String> = (0..1000)
        .map(|n| format!("arn:aws:iam::{n:012}:user/a"))
        .collect();
    let given = [
        ("awsAllowedPrincipals", &*many.join(" ")),
        ("awsAllowedAccounts", "000000000999"),
    ];
    let warnings = set(&given).unwrap();
    assert_eq!(warnings.len(), 9);
    assert_eq!(warnings[8], "991 more entries let nobody in");
}
