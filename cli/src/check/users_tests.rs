use super::*;

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
    for user in ["CN=alice,O=example", "alice@EXAMPLE.COM"] {
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
        ("arn:aws:iam::123456789012:group/dbas", "not the ARN"),
        ("arn:aws:iam::12:role/shop-app", "malformed"),
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
