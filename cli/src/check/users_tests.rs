use super::*;

fn rules() -> IdentityRules {
    IdentityRules::default()
}

#[test]
fn names_are_read_from_every_kind_of_export() {
    for text in [
        "# exported\nx\ny\n",
        r#"["x", "y"]"#,
        r#"[{"user":"x","db":"$external"},{"user":"y","db":"$external"}]"#,
        "{\"user\":\"x\",\"db\":\"$external\"}\n{\"user\":\"y\",\"db\":\"$external\"}\n",
        r#"{"users":[{"user":"x"},{"user":"y"},{"user":"z","db":"admin"}],"ok":1}"#,
    ] {
        assert_eq!(names(text).unwrap(), ["x", "y"], "{text}");
    }
    for text in ["[1]", "{\"user\":1}", "[", "{}"] {
        assert!(names(text).is_err(), "{text}");
    }
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
        ("arn:aws:iam::123456789012:user/alice ", "white space"),
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
