//! I: which callers may log in, and as which principal.

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::{CannedAnswer, Fault, Reply, StsEmulator};

use crate::host::{Host, Login};
use crate::support::{ALICE, SHOP_APP};

const ACCOUNT: &str = "123456789012";

/// A host, and an emulator whose next answer a test chooses.
pub struct Says {
    sts: StsEmulator,
    host: Host,
}

impl Says {
    pub fn with(options: &[(&str, &str)]) -> Says {
        let sts = StsEmulator::builder().start().unwrap();
        let host = Host::with_emulator(&sts, options);
        Says { sts, host }
    }

    pub fn new() -> Says {
        Says::with(&[])
    }

    /// A login for which STS returns this ARN.
    pub fn is(&self, arn: &str) -> Login {
        self.answers(CannedAnswer::identity(arn, "AIDAEXAMPLE", ACCOUNT))
    }

    pub fn answers(&self, answer: CannedAnswer) -> Login {
        self.sts.push_fault(Fault::from(Reply::Canned(answer)));
        self.host.login(ALICE)
    }
}

/// The grammar itself is tested beside the code.
#[test]
fn i_refused_arns_name_nobody() {
    let says = Says::new();
    for arn in [
        // I1
        "arn:aws-a-b-c:sts::123456789012:assumed-role/R/session",
        // I2
        "arn:aws:sts::123456789012:assumed-role/a/b/s",
        // I7
        "arn:aws:iam::123456789012:user/alice/",
        "arn:aws:iam::123456789012:user/a\u{0}b",
        // I12
        "__system",
    ] {
        says.is(arn).assert_refused(Reason::ArnMalformed);
    }
}

#[test]
fn i1_the_partition_stays_part_of_the_name() {
    let session = "arn:aws-us-gov:sts::123456789012:assumed-role/R/session";
    let role = "arn:aws-us-gov:iam::123456789012:role/R";
    Says::new().is(session).assert_done(role);
    let china = [
        ("awsStsHost", "sts.cn-north-1.amazonaws.com.cn"),
        ("awsAllowedPartitions", "aws-cn"),
    ];
    let narrow = Says::with(&china);
    narrow.is(ALICE).assert_refused(Reason::PartitionNotAllowed);
}

#[test]
fn i3_the_session_name_is_told_to_the_host_and_is_no_part_of_the_user_name() {
    let says = Says::new();
    for session in ["admin@corp", &"s".repeat(128)] {
        let login = says.is(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/R/{session}"));
        login.assert_done(&format!("arn:aws:iam::{ACCOUNT}:role/R"));
        assert_eq!(login.session_name, session);
    }
}

#[test]
fn i4_a_role_has_one_user_name_by_configuration() {
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/R/session");
    let by_default = Says::new().is(&arn);
    by_default.assert_done(&format!("arn:aws:iam::{ACCOUNT}:role/R"));
    let wildcard = Says::with(&[("awsPrincipalFormat", "stsWildcard")]);
    wildcard
        .is(&arn)
        .assert_done(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/R/*"));
}

#[test]
fn i5_a_user_s_path_and_case_are_part_of_the_name() {
    let says = Says::new();
    for name in ["user/jane", "user/div/Jane"] {
        let arn = format!("arn:aws:iam::{ACCOUNT}:{name}");
        says.is(&arn).assert_done(&arn);
    }
}

#[test]
fn i6_root_and_federated_users_need_an_option_and_instances_never_log_in() {
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    let federated = format!("arn:aws:sts::{ACCOUNT}:federated-user/carol");
    let instance =
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/aws:ec2-instance/i-0123456789abcdef0");
    let says = Says::new();
    says.is(&root).assert_refused(Reason::RootNotAllowed);
    says.is(&federated)
        .assert_refused(Reason::FederatedNotAllowed);
    says.is(&instance).assert_refused(Reason::InstanceIdentity);
    let open = Says::with(&[("awsAllowRoot", "true"), ("awsAllowFederated", "true")]);
    open.is(&root).assert_done(&root);
    open.is(&federated).assert_done(&federated);
    open.is(&instance).assert_refused(Reason::InstanceIdentity);
}

#[test]
fn i8_the_unique_id_is_given_to_the_host() {
    let says = Says::new();
    let login = says.answers(CannedAnswer::identity(ALICE, "AIDARECREATED", ACCOUNT));
    login.assert_done(ALICE);
    assert_eq!(login.user_id, "AIDARECREATED");
}

#[test]
fn i9_the_same_role_in_two_accounts_is_two_users() {
    let says = Says::new();
    for round in 0..10 {
        let account = if round % 2 == 0 {
            "111111111111"
        } else {
            "222222222222"
        };
        let arn = format!("arn:aws:sts::{account}:assumed-role/R/session");
        let login = says.answers(CannedAnswer::identity(&arn, "AROAR:session", account));
        login.assert_done(&format!("arn:aws:iam::{account}:role/R"));
    }
}

#[test]
fn i10_an_identity_comes_from_sts_s_answer_alone() {
    let says = Says::new();
    let canned = CannedAnswer::identity(ALICE, "AIDAALICE", ACCOUNT);
    says.sts.push_fault(Fault::from(Reply::Canned(canned)));
    let login = says
        .host
        .login_sending(|second| sts_emulator::client::ClientSecond {
            a: second
                .a
                .replacen("AKIAALICEEXAMPLE0001", "ADMIN_arn_aws_iam_root", 1),
            ..second
        });
    login.assert_done(ALICE);
    assert_eq!(login.access_key_id, "ADMI... (22 characters)");
}

#[test]
fn i11_a_name_with_comma_and_equals_sign_is_passed_on_as_it_is() {
    let says = Says::new();
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/a,ou=x+y@z.w_v-u");
    says.is(&arn).assert_done(&arn);
}

#[test]
fn i12_other_databases_are_refused() {
    let says = Says::new();
    for database in [
        "",
        "admin",
        "local",
        "$external2",
        "$External",
        "$external\0",
        "external",
    ] {
        let refused = says.host.try_begin(database, true).err();
        assert_eq!(refused, Some(MAWS_E_PROTOCOL as i32), "{database:?}");
    }
    assert_eq!(says.sts.counters().requests, 0);
}

#[test]
fn i2_i9_operators_narrow_who_may_log_in() {
    let narrow = Says::with(&[
        ("awsAllowedAccounts", ACCOUNT),
        (
            "awsAllowedPrincipals",
            "arn:aws:iam::123456789012:role/shop-*",
        ),
    ]);
    narrow
        .is(SHOP_APP)
        .assert_done("arn:aws:iam::123456789012:role/shop-app");
    narrow.is(ALICE).assert_refused(Reason::PrincipalNotAllowed);
    let other = "arn:aws:sts::210987654321:assumed-role/shop-app/s";
    let other = CannedAnswer::identity(other, "AROA:s", "210987654321");
    narrow
        .answers(other)
        .assert_refused(Reason::AccountNotAllowed);
}
