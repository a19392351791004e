use mongodb_aws_auth::options::Options;

use super::*;
use crate::check::Status;

fn rules() -> IdentityRules {
    IdentityRules::default()
}

#[test]
fn a_name_that_works_is_left_in_peace() {
    for user in [
        "arn:aws:iam::123456789012:user/team/jane",
        "arn:aws:iam::123456789012:role/shop-app",
        "arn:aws-cn:iam::123456789012:role/shop-app",
    ] {
        assert_eq!(look(user, &rules()), Look::Fine, "{user}");
    }
    for user in [
        "CN=alice,O=example",
        "alice@EXAMPLE.COM",
        "uid=alice/backup",
        "CN=Backup/Service+Accounts/Production=EU",
        "spiffe://example/iam/sts",
        "AKIA",
        "12345678901",
    ] {
        assert_eq!(look(user, &rules()), Look::Foreign, "{user}");
    }
}

#[test]
fn a_name_that_never_matches_comes_with_the_one_that_does() {
    for (user, wanted) in [
        (
            "arn:aws:iam::123456789012:role/team/shop-app",
            "create arn:aws:iam::123456789012:role/shop-app.",
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/shop-app/i-0abc",
            "create arn:aws:iam::123456789012:role/shop-app.",
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/shop-app/*",
            "create arn:aws:iam::123456789012:role/shop-app.",
        ),
        ("ARN:aws:iam::123456789012:user/alice", "small letters"),
        (
            "arn:aws:iam::123456789012:user/alice ",
            "white space at its end",
        ),
        (
            "\u{200b}arn:aws:iam::123456789012:user/alice",
            "U+200B at its beginning",
        ),
        (
            "\u{feff}arn:aws:iam::123456789012:user/alice",
            "U+FEFF at its beginning",
        ),
        (
            "arn:aws:iam::123456789012:user/\u{430}lice",
            "U+0430 behind 31 characters",
        ),
        (
            "\u{430}rn:aws:iam::123456789012:user/alice",
            "U+0430 at its beginning",
        ),
        ("arn:aws:iam::123456789012:role/shop\u{ad}app", "U+00AD"),
        ("\u{2068}ARN:aws:iam::123456789012:user/alice", "U+2068"),
        (
            "arn:aws:iam::123456789012:group/dbas",
            "A group is no identity",
        ),
        ("arn:aws:iam::12:role/shop-app", "has 2 characters"),
        (
            "arn:aws:sts::123456789012:assumed-role/team/shop-app/i-0abc",
            "assumed-role/shop-app/i-0abc.",
        ),
        (
            "\"arn:aws:iam::123456789012:user/alice\"",
            "without them it is arn:aws:iam::123456789012:user/alice.",
        ),
        (
            "'arn:aws:iam::123456789012:role/shop-app',",
            "There are quotes or punctuation around it",
        ),
        (
            "`ARN:aws:iam::123456789012:user/alice`",
            "There are quotes or punctuation around it",
        ),
        (
            "\u{201c}arn:aws:iam::123456789012:user/alice\u{201d}",
            "U+201C at its beginning",
        ),
        ("AKIAIOSFODNN7EXAMPLE", "An access key id is no ARN"),
        ("ASIAIOSFODNN7EXAMPLE", "An access key id is no ARN"),
        ("\"AKIAIOSFODNN7EXAMPLE\"", "quotes or punctuation"),
        (" AKIAIOSFODNN7EXAMPLE", "white space at its beginning"),
        ("123456789012", "An account's number is no ARN"),
        (
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "A secret key is no ARN",
        ),
        ("urn:aws:iam::123456789012:user/alice", "begins with"),
    ] {
        match look(user, &rules()) {
            Look::Never(why) => assert!(why.contains(wanted), "{user}: {why}"),
            other => panic!("{user}: {other:?}"),
        }
    }
}

#[test]
fn a_name_that_changed_its_meaning_since_the_built_in_mechanism_says_how() {
    for (user, wanted) in [
        (
            "arn:aws-cn:sts::123456789012:assumed-role/shop-app/i-0abc",
            "create arn:aws-cn:iam::123456789012:role/shop-app.",
        ),
        ("arn:aws:iam::123456789012:root", "awsAllowRoot"),
        (
            "arn:aws:sts::123456789012:federated-user/carol",
            "awsAllowFederated",
        ),
        (
            "arn:aws:iam::123456789012:role/aws:ec2-instance",
            "instance",
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/aws:ec2-instance/i-0abc",
            "instance",
        ),
    ] {
        match look(user, &rules()) {
            Look::Changed(why) => assert!(why.contains(wanted), "{user}: {why}"),
            other => panic!("{user}: {other:?}"),
        }
    }
}

#[test]
fn the_servers_format_and_rules_decide() {
    let mut wildcard = rules();
    wildcard.format = PrincipalFormat::StsWildcard;
    let star = "arn:aws:sts::123456789012:assumed-role/shop-app/*";
    let role = "arn:aws:iam::123456789012:role/shop-app";
    assert_eq!(look(star, &wildcard), Look::Fine);
    assert!(matches!(look(role, &wildcard), Look::Never(_)));

    let mut one_account = rules();
    one_account.accounts = vec!["210987654321".to_owned()];
    assert!(matches!(look(role, &one_account), Look::Changed(_)));

    let mut root = rules();
    root.allow_root = true;
    assert_eq!(look("arn:aws:iam::123456789012:root", &root), Look::Fine);
}

#[test]
fn a_user_of_an_aws_identity_in_another_database_is_told_of() {
    let user = |name: &str, database: &str| User {
        name: name.to_owned(),
        database: Some(database.to_owned()),
    };
    let users = [
        user("arn:aws:iam::123456789012:user/alice", "admin"),
        user("\u{200b}arn:aws:iam::123456789012:user/bob", "external"),
        user("arn:aws:iam::123456789012:user/carol", "$External"),
        user("admin", "admin"),
        user("arn:aws:iam::123456789012:user/dave", "$external"),
    ];
    let mut findings = Findings::default();
    check(&users, None, None, &mut findings);
    let warned: Vec<_> = findings
        .0
        .iter()
        .filter(|step| !step.remedy.is_empty())
        .collect();
    assert_eq!(warned.len(), 3, "{findings:?}");
    for (step, words) in
        warned
            .iter()
            .zip(["database admin", "database external", "database $External"])
    {
        assert!(step.found.contains(words), "{step:?}");
    }
    assert!(
        findings
            .0
            .iter()
            .any(|step| step.found.starts_with("1 of 1")),
        "{findings:?}"
    );
}

fn of_external(name: &str) -> User {
    User {
        name: name.to_owned(),
        database: Some("$external".to_owned()),
    }
}

/// The steps of a list of these names, with these options.
fn steps(names: &[&str], options: &[(&str, &str)]) -> Vec<crate::check::Step> {
    let users: Vec<User> = names.iter().map(|name| of_external(name)).collect();
    let options = Options::new(options).unwrap();
    let mut findings = Findings::default();
    check(&users, Some(&options.settings), None, &mut findings);
    findings.0
}

#[test]
fn a_name_of_another_partition_than_the_sts_hosts_never_matches() {
    const CHINA: &str = "sts.cn-north-1.amazonaws.com.cn";
    const GOVERNMENT: &str = "sts.us-gov-west-1.amazonaws.com";
    for (host, user, wanted) in [
        (
            "sts.amazonaws.com",
            "arn:aws-cn:iam::123456789012:role/r",
            "partition aws alone",
        ),
        (
            CHINA,
            "arn:aws:iam::123456789012:user/alice",
            "partition aws-cn alone",
        ),
        (
            GOVERNMENT,
            "arn:aws:iam::123456789012:role/r",
            "partition aws-us-gov alone",
        ),
        (
            "sts.eu-west-1.amazonaws.com",
            "arn:aws-us-gov:iam::123456789012:user/a",
            "partition aws alone",
        ),
        (
            "sts.amazonaws.com",
            "arn:aws-chn:iam::123456789012:role/r",
            "partition aws alone",
        ),
        (
            "sts.amazonaws.com",
            "arn:aws-cn:iam::123456789012:root",
            "partition aws alone",
        ),
    ] {
        let steps = steps(&[user], &[("awsStsHost", host)]);
        let found = steps
            .iter()
            .find(|step| step.found.contains("never matches"))
            .unwrap();
        assert!(found.remedy.contains(wanted), "{user}: {found:?}");
    }
    for (host, user) in [
        (CHINA, "arn:aws-cn:iam::123456789012:role/r"),
        (GOVERNMENT, "arn:aws-us-gov:iam::123456789012:user/a"),
        ("sts.amazonaws.com", "arn:aws:iam::123456789012:role/r"),
    ] {
        let steps = steps(&[user], &[("awsStsHost", host)]);
        assert_eq!(steps[0].status, Status::Pass, "{user}: {steps:?}");
    }
    // An STS-compatible service of one's own.
    let custom = [
        ("awsStsHost", "sts.example.com"),
        ("awsStsAllowCustomHost", "true"),
    ];
    let own = steps(&["arn:aws-cn:iam::123456789012:role/r"], &custom);
    assert_eq!(own[0].status, Status::Pass, "{own:?}");
}

#[test]
fn a_list_of_which_nobody_can_log_in_fails() {
    for names in [
        &[][..],
        &["CN=alice,O=example"],
        &["AKIAIOSFODNN7EXAMPLE"],
        &["arn:aws:iam::123456789012:root", "alice@EXAMPLE.COM"],
    ] {
        let steps = steps(names, &[]);
        let last = steps.last().unwrap();
        assert_eq!(last.status, Status::Fail, "{names:?}: {steps:?}");
        let wanted = format!("0 of {} can match", names.len());
        assert!(last.found.contains(&wanted), "{names:?}: {last:?}");
    }
}

#[test]
fn a_name_that_is_in_the_list_several_times_is_told_of_once() {
    const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
    for (names, words) in [
        (&[ALICE, ALICE][..], "user/alice is in the list 2 times"),
        (
            &[ALICE, "CN=a", ALICE, "CN=b", ALICE],
            "user/alice is in the list 3 times",
        ),
        (&[ALICE, "CN=a", "CN=a"], "CN=a is in the list 2 times"),
    ] {
        let steps = steps(names, &[]);
        let found = steps
            .iter()
            .filter(|step| step.found.contains("in the list"));
        let found: Vec<_> = found.collect();
        assert_eq!(found.len(), 1, "{steps:?}");
        assert_eq!(found[0].status, Status::Warn, "{steps:?}");
        assert!(found[0].found.ends_with(words), "{steps:?}");
    }
}

#[test]
fn a_secret_key_in_a_name_s_place_is_not_shown() {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let steps = steps(&[secret, secret], &[]);
    assert!(!format!("{steps:?}").contains(secret), "{steps:?}");
}
