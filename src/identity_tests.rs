use super::*;

fn admit(rules: &IdentityRules, arn: &str) -> Result<String, Reason> {
    rules.admit(&Arn::parse(arn).unwrap()).map_err(|f| f.reason)
}

const USER: &str = "arn:aws:iam::123456789012:user/alice";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/app/s";

#[test]
fn a_pattern_is_compared_with_the_principal_and_not_with_the_session() {
    let with = |pattern: &str| IdentityRules {
        principals: vec![pattern.to_owned()],
        ..IdentityRules::default()
    };
    let role = "arn:aws:iam::123456789012:role/app";
    assert_eq!(admit(&with(role), SESSION), Ok(role.to_owned()));
    assert_eq!(
        admit(&with("arn:aws:iam::123456789012:role/*"), SESSION),
        Ok(role.to_owned())
    );
    assert_eq!(
        admit(&with(SESSION), SESSION),
        Err(Reason::PrincipalNotAllowed)
    );
    assert_eq!(
        admit(&with("arn:aws:iam::123456789012:role/ap"), SESSION),
        Err(Reason::PrincipalNotAllowed)
    );
    assert_eq!(
        admit(&with("arn:aws:iam::123456789012:role/App"), SESSION),
        Err(Reason::PrincipalNotAllowed)
    );
}

#[test]
fn an_account_and_a_partition_are_compared_whole() {
    let rules = IdentityRules {
        accounts: vec!["123456789012".into()],
        ..IdentityRules::default()
    };
    assert!(admit(&rules, USER).is_ok());
    let rules = IdentityRules {
        accounts: vec!["123456789013".into()],
        ..IdentityRules::default()
    };
    assert_eq!(admit(&rules, USER), Err(Reason::AccountNotAllowed));
    let rules = IdentityRules {
        partitions: vec!["aws-cn".into()],
        ..IdentityRules::default()
    };
    assert_eq!(admit(&rules, USER), Err(Reason::PartitionNotAllowed));
}

#[test]
fn in_mongodb_s_form_the_wildcard_of_a_pattern_matches_that_of_the_principal() {
    let rules = IdentityRules {
        format: PrincipalFormat::StsWildcard,
        principals: vec!["arn:aws:sts::123456789012:assumed-role/app/*".into()],
        ..IdentityRules::default()
    };
    assert_eq!(
        admit(&rules, SESSION),
        Ok("arn:aws:sts::123456789012:assumed-role/app/*".into())
    );
    let other = "arn:aws:sts::123456789012:assumed-role/apps/s";
    assert_eq!(admit(&rules, other), Err(Reason::PrincipalNotAllowed));
}
