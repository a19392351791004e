//! One or two lines of text as ARNs: what is accepted is the sum of its parts, and its principal is
//! a fixed point of the mapping that no other identity's ARN maps to, and can be a rule.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::aws::{Arn, Kind};
use mongodb_aws_auth::options::Options;

fuzz_target!(|text: &str| {
    let arns: Vec<Arn> = text.split('\n').take(2).flat_map(Arn::parse).collect();
    arns.iter().for_each(check);
    if let [a, b] = &arns[..] {
        check_pair(a, b);
    }
});

/// A user name, and whatever begins it, can be a rule.
fn check_rules(arn: &Arn) {
    let name = arn.iam_role_form();
    let is_joined = [",arn:", ";arn:", "|arn:"].iter().any(|j| name.contains(j));
    if arn.kind == Kind::Instance || name.contains('*') || is_joined {
        return;
    }
    let sum: usize = name.bytes().map(usize::from).sum();
    let end = "arn:".len() + sum % (name.len() - "arn:".len() + 1);
    for entry in [format!("{}*", &name[..end]), name] {
        let given = [
            ("awsAllowedPrincipals", entry.as_str()),
            ("awsAllowRoot", "true"),
            ("awsAllowFederated", "true"),
            ("awsStsAllowCustomHost", "true"),
            ("awsStsHost", "sts.example.org"),
        ];
        let set = Options::new(&given).map(|_| ());
        assert_eq!(set, Ok(()), "{entry}");
    }
}

fn check(arn: &Arn) {
    check_rules(arn);
    let Arn {
        text,
        partition,
        account,
        kind,
    } = arn;
    let text = text.as_str();
    let (iam, sts) = (
        format!("arn:{partition}:iam::{account}:"),
        format!("arn:{partition}:sts::{account}:"),
    );
    assert!((20..=2048).contains(&text.len()));
    assert!(text.bytes().all(|b| b.is_ascii_graphic()));
    match kind {
        Kind::Root => assert_eq!(text, format!("{iam}root")),
        Kind::User => assert!(text.starts_with(&(iam.clone() + "user/"))),
        Kind::Federated => assert!(text.starts_with(&(sts.clone() + "federated-user/"))),
        Kind::Instance => {
            assert!(text.starts_with(&(sts.clone() + "assumed-role/aws:ec2-instance/")));
        }
        Kind::Role { role, session } => {
            assert_eq!(text, format!("{sts}assumed-role/{role}/{session}"));
        }
    }

    let (name, starred) = (arn.iam_role_form(), arn.sts_wildcard_form());
    match kind {
        Kind::Role { role, session } => {
            assert_eq!(name, format!("{iam}role/{role}"));
            assert_eq!(starred, format!("{sts}assumed-role/{role}/*"));
            // No caller has such an ARN, so that no other caller has this principal.
            assert!(Arn::parse(&name).is_err());
            let again = Arn::parse(&starred).expect("a session named *");
            assert_eq!(again.sts_wildcard_form(), starred);
            // A role's sessions have one principal; other roles, accounts and partitions have others.
            let sessions = [
                format!("{sts}assumed-role/{role}/x"),
                format!("{sts}assumed-role/{role}/{session}"),
            ];
            for session in sessions {
                assert_eq!(names(&session), Some((name.clone(), starred.clone())));
            }
            let other_account: String = account.chars().rev().collect();
            let others = [
                (format!("{sts}assumed-role/{role}{role}/{session}"), true),
                (
                    format!("arn:{partition}:sts::{other_account}:assumed-role/{role}/{session}"),
                    other_account != *account,
                ),
                (
                    format!("arn:{partition}-x:sts::{account}:assumed-role/{role}/{session}"),
                    true,
                ),
            ];
            for (other, differs) in others {
                if let Some((other_name, other_starred)) = names(&other).filter(|_| differs) {
                    assert!(other_name != name && other_starred != starred);
                }
            }
        }
        _ => {
            assert_eq!((&*name, &*starred), (text, text));
            assert_eq!(names(&name), Some((name, starred)));
        }
    }
}

/// Two ARNs have one principal only if they are the same, or sessions of the same role.
fn check_pair(a: &Arn, b: &Arn) {
    let same = match (&a.kind, &b.kind) {
        (Kind::Role { role: one, .. }, Kind::Role { role: other, .. }) => {
            one == other && a.partition == b.partition && a.account == b.account
        }
        _ => a.text == b.text,
    };
    assert_eq!(a.iam_role_form() == b.iam_role_form(), same);
    assert_eq!(a.sts_wildcard_form() == b.sts_wildcard_form(), same);
}

fn names(text: &str) -> Option<(String, String)> {
    let arn = Arn::parse(text).ok()?;
    Some((arn.iam_role_form(), arn.sts_wildcard_form()))
}
