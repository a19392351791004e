//! `whoami` and `principal`: who somebody is to the server.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use support::{ALICE, Machine, SHOP_APP, SHOP_ROLE, SSO_JANE, ca_file, credentials, sts};

#[test]
fn whoami_prints_the_user_name_and_how_to_create_it() {
    let sts = sts();
    let (endpoint, ca) = (sts.endpoint(), ca_file(&sts));
    let arguments = ["whoami", "--sts-endpoint", &endpoint, "--ca-file", &ca];
    let sso_role = "arn:aws:iam::123456789012:role/AWSReservedSSO_Reader_0123456789abcdef";
    for (arn, name, kind) in [
        (ALICE, ALICE, "IAM user"),
        (SHOP_APP, SHOP_ROLE, "session of a role"),
        (SSO_JANE, sso_role, "always has a path in IAM"),
    ] {
        let machine = Machine::new().with_keys_of(arn);
        let command = format!("user: \"{name}\",");
        let account = "account 123456789012";
        machine
            .run(&arguments)
            .assert_says(0, &[arn, kind, account, &command]);

        let json = machine.run(&[&arguments[..], &["--json"]].concat()).json();
        assert_eq!(json["ok"], true);
        assert_eq!(json["userName"], name);
        assert_eq!(json["principal"]["account"], "123456789012");
        assert_eq!(json["accessKeyId"], credentials(arn).access_key_id);
        assert!(json["userId"].is_string(), "{json}");
    }
}

#[test]
fn whoami_names_a_role_in_the_servers_format_and_grants_what_it_is_told() {
    let sts = sts();
    let machine = Machine::new()
        .with_keys_of(SHOP_APP)
        .set("AWS_ENDPOINT_URL_STS", &sts.endpoint())
        .set("AWS_CA_BUNDLE", &ca_file(&sts));
    let run = machine.run(&[
        "whoami",
        "--format",
        "stsWildcard",
        "--grant",
        "readWrite@shop",
    ]);
    let wanted = [
        "user: \"arn:aws:sts::123456789012:assumed-role/shop-app/*\",",
        "roles: [{ role: \"readWrite\", db: \"shop\" }]",
    ];
    run.assert_says(0, &wanted);
}

#[test]
fn whoami_takes_the_credentials_of_a_profile() {
    let sts = sts();
    let machine = Machine::new().set("AWS_ENDPOINT_URL_STS", &sts.endpoint());
    let keys = credentials(ALICE);
    let profile = format!(
        "[profile dba]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        keys.access_key_id, keys.secret_access_key
    );
    let config = machine.file("config", &profile);
    let machine = machine
        .set("AWS_CONFIG_FILE", &config)
        .set("AWS_CA_BUNDLE", &ca_file(&sts));
    machine
        .run(&["whoami", "--profile", "dba"])
        .assert_says(0, &[ALICE]);
}

#[test]
fn whoami_says_what_to_do_where_sts_refuses() {
    let sts = sts();
    let machine = |machine: Machine| {
        machine
            .set("AWS_ENDPOINT_URL_STS", &sts.endpoint())
            .set("AWS_CA_BUNDLE", &ca_file(&sts))
    };
    let expired = "arn:aws:sts::123456789012:assumed-role/shop-app/yesterday";
    let run = machine(Machine::new().with_keys_of(expired)).run(&["whoami"]);
    run.assert_says(1, &["ExpiredToken", "get new temporary credentials"]);

    let wrong_secret = Machine::new()
        .with_keys_of(ALICE)
        .set("AWS_SECRET_ACCESS_KEY", "wrong");
    let run = machine(wrong_secret).run(&["whoami", "--json"]);
    assert_eq!(run.status, 1);
    assert_eq!(run.json()["reason"], 301);
    assert!(!run.stdout.contains("wrong"), "{run:?}");

    let nobody = machine(Machine::new());
    nobody
        .run(&["whoami"])
        .assert_says(1, &["no AWS credentials were found", "aws sso login"]);
}

#[test]
fn whoami_without_a_way_to_sts_says_where_to_look() {
    let endpoint = {
        let sts = sts();
        sts.endpoint()
    };
    let machine = Machine::new().with_keys_of(ALICE);
    machine
        .run(&["whoami", "--sts-endpoint", &endpoint])
        .assert_says(1, &["no answer from STS", "firewall"]);
}

#[test]
fn a_ca_file_that_cannot_be_used_is_named() {
    let machine = Machine::new().with_keys_of(ALICE);
    let empty = machine.file("ca.pem", "nothing");
    let run = machine.run(&["whoami", "--ca-file", &empty]);
    assert_eq!(run.status, 2);
    assert!(run.complaint().contains("ca.pem"), "{run:?}");
}

#[test]
fn whoami_explains_the_role_path_trap_without_credentials() {
    let arn = "arn:aws:iam::123456789012:role/team/shop-app";
    let run = Machine::new().run(&["whoami", "--arn", arn]);
    let user = format!("user: \"{SHOP_ROLE}\",");
    run.assert_says(0, &["has the path /team/ in IAM", "never matches", &user]);
}

#[test]
fn principal_prints_both_forms_of_each_arn() {
    let run = Machine::new().run(&["principal", ALICE, SHOP_APP]);
    let wildcard = "arn:aws:sts::123456789012:assumed-role/shop-app/*";
    run.assert_says(0, &[ALICE, SHOP_ROLE, wildcard]);

    let json = Machine::new()
        .run(&["principal", SHOP_APP, "--json"])
        .json();
    assert_eq!(json["principals"][0]["principal"]["iamRole"], SHOP_ROLE);
    assert_eq!(json["principals"][0]["principal"]["stsWildcard"], wildcard);
}

#[test]
fn principal_says_who_cannot_log_in() {
    for (arn, why) in [
        ("arn:aws:iam::123456789012:root", "awsAllowRoot=true"),
        (
            "arn:aws:sts::123456789012:federated-user/carol",
            "awsAllowFederated=true",
        ),
    ] {
        let run = Machine::new().run(&["principal", arn]);
        run.assert_says(0, &[arn, why, "refused in this format"]);
    }
    for (arn, why) in [
        (
            "arn:aws:sts::123456789012:assumed-role/aws:ec2-instance/i-0abc",
            "every instance has one",
        ),
        (
            "arn:aws:iam::123456789012:group/dbas",
            "a group is no identity",
        ),
        ("alice", "no ARN"),
    ] {
        Machine::new()
            .run(&["principal", arn])
            .assert_says(1, &[why]);
    }
}
