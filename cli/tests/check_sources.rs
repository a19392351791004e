//! `whoami` and `check` with credentials from the places where programs on AWS find them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sts_emulator::StsEmulator;
use sts_emulator::proxy::ConnectProxy;
use support::host::Host;
use support::{ALICE, Machine, SHOP_ROLE, ca_file};

/// STS, and the metadata endpoints of AWS.
fn aws() -> StsEmulator {
    let builder = StsEmulator::builder().region("us-east-1").metadata_port(0);
    builder.instance_role(SHOP_ROLE).start().unwrap()
}

/// The database host, in the place of the client whose settings these are.
fn host(aws: StsEmulator, machine: Machine) -> Host {
    let machine = machine
        .set("AWS_ENDPOINT_URL_STS", &aws.endpoint())
        .set("AWS_CA_BUNDLE", &ca_file(&aws));
    Host::at(machine, aws)
}

fn metadata(aws: &StsEmulator) -> String {
    format!("http://{}", aws.metadata_address().unwrap())
}

/// A service account's token, as Kubernetes puts it into a pod.
fn token_file(machine: &Machine, audience: &str) -> String {
    let expires = SystemTime::now() + Duration::from_secs(3600);
    let expires = expires.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims =
        json!({ "sub": "system:serviceaccount:shop:app", "aud": [audience], "exp": expires });
    let parts = [json!({ "alg": "RS256" }).to_string(), claims.to_string()];
    let parts = parts.map(|part| URL_SAFE_NO_PAD.encode(part));
    machine.file("token", &format!("{}.{}.c2ln", parts[0], parts[1]))
}

/// Both commands find the role, and STS verifies the login.
#[track_caller]
fn assert_finds_the_role(host: &Host) {
    let command = format!("user: \"{SHOP_ROLE}\",");
    host.machine.run(&["whoami"]).assert_says(0, &[&command]);
    let steps = host.check(&host.config(&[]), &[]);
    steps.assert("login", "pass", &[SHOP_ROLE]);
    assert_eq!(steps.status, 0, "{steps:#?}");
}

#[test]
fn the_role_of_an_ec2_instance_is_found() {
    let aws = aws();
    let machine = Machine::new()
        .set("AWS_EC2_METADATA_DISABLED", "false")
        .set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata(&aws));
    assert_finds_the_role(&host(aws, machine));
}

#[test]
fn the_role_of_an_ecs_task_is_found() {
    let aws = aws();
    let uri = format!("{}/v2/credentials/shop-app", metadata(&aws));
    let machine = Machine::new().set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri);
    assert_finds_the_role(&host(aws, machine));
}

#[test]
fn the_role_of_an_eks_pod_is_found_by_web_identity() {
    let aws = aws();
    let machine = Machine::new();
    let token = token_file(&machine, "sts.amazonaws.com");
    let machine = machine
        .set("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
        .set("AWS_ROLE_ARN", SHOP_ROLE)
        .set("AWS_ROLE_SESSION_NAME", "pod");
    assert_finds_the_role(&host(aws, machine));
}

#[test]
fn the_role_of_an_eks_pod_is_found_by_pod_identity() {
    let aws = aws();
    let machine = Machine::new();
    let token = token_file(&machine, "pods.eks.amazonaws.com");
    let uri = format!("{}/v1/credentials", metadata(&aws));
    let machine = machine
        .set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri)
        .set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &token);
    assert_finds_the_role(&host(aws, machine));
}

#[test]
fn a_proxy_of_the_environment_leads_to_sts_and_never_to_the_metadata_service() {
    let aws = aws();
    let proxy = ConnectProxy::start("200 OK").unwrap();
    let machine = Machine::new()
        .set("HTTPS_PROXY", &proxy.url("user:hunter2@"))
        .set("HTTP_PROXY", &proxy.url(""))
        .set("AWS_EC2_METADATA_DISABLED", "false")
        .set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata(&aws));
    let wanted = format!("CONNECT {} HTTP/1.1\r\n", aws.address());
    let host = host(aws, machine);
    let command = format!("user: \"{SHOP_ROLE}\",");
    host.machine.run(&["whoami"]).assert_says(0, &[&command]);
    let heads = proxy.heads();
    assert!(
        heads.iter().all(|head| head.starts_with(&wanted)),
        "{heads:?}"
    );
    assert!(
        heads[0]
            .to_lowercase()
            .contains("proxy-authorization: basic"),
        "{heads:?}"
    );
}

#[test]
fn a_host_that_no_proxy_names_is_reached_directly() {
    let aws = aws();
    let proxy = ConnectProxy::start("403 Forbidden").unwrap();
    let machine = Machine::new()
        .set("https_proxy", &proxy.url(""))
        .set("no_proxy", "127.0.0.1")
        .with_keys_of(ALICE);
    let host = host(aws, machine);
    host.machine.run(&["whoami"]).assert_says(0, &[ALICE]);
    assert!(proxy.heads().is_empty(), "{:?}", proxy.heads());
}

#[test]
fn a_proxy_that_is_none_ends_with_2_and_its_password_is_not_shown() {
    let machine = Machine::new().set("https_proxy", "socks5://user:hunter2@proxy:1080");
    let run = machine.with_keys_of(ALICE).run(&["whoami"]);
    assert_eq!(run.status, 2, "{run:?}");
    assert!(run.complaint().contains("https_proxy"), "{run:?}");
    assert!(!run.complaint().contains("hunter2"), "{run:?}");
}
