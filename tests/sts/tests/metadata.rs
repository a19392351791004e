//! How programs on AWS find credentials, and that STS knows what they have found.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sts_emulator::StsEmulator;
use sts_emulator::client::{Credentials, Signer};
use support::{Connection, HOST};

const IMPORTER: &str = "arn:aws:iam::123456789012:role/service/batch/importer";
const TTL: &str = "X-aws-ec2-metadata-token-ttl-seconds";
const TOKEN: &str = "X-aws-ec2-metadata-token";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

fn start() -> StsEmulator {
    StsEmulator::builder()
        .metadata_port(0)
        .control_port(0)
        .instance_role(IMPORTER)
        .start()
        .unwrap()
}

/// Status, head and body of an answer over plain HTTP.
fn call(to: SocketAddr, line: &str, headers: &[(&str, &str)], body: &str) -> (u16, String, String) {
    let mut socket = TcpStream::connect(to).unwrap();
    let mut request = format!("{line} HTTP/1.1\r\nHost: metadata\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (
        head[9..12].parse().unwrap(),
        head.to_owned(),
        body.to_owned(),
    )
}

fn ask(emulator: &StsEmulator, line: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
    call(emulator.metadata_address().unwrap(), line, headers, "")
}

fn metadata_token(emulator: &StsEmulator) -> String {
    ask(emulator, "PUT /latest/api/token", &[(TTL, "60")]).2
}

fn identity(credentials: &str, emulator: &StsEmulator) -> String {
    let json: Value = serde_json::from_str(credentials).unwrap();
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    let credentials = Credentials {
        access_key_id: text("AccessKeyId"),
        secret_access_key: text("SecretAccessKey"),
        session_token: Some(text("Token")),
    };
    let request = Signer::new(&credentials, HOST, &[7; 64], SystemTime::now()).request();
    Connection::open(emulator).ask(&request).body
}

fn pod_token(subject: &str, audience: &str) -> String {
    let exp = SystemTime::now() + Duration::from_secs(60);
    let exp = exp.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let claims = json!({"sub": subject, "aud": [audience], "exp": exp.as_secs()});
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

#[test]
fn an_instance_finds_credentials_of_its_role_and_sts_knows_them() {
    let emulator = start();
    let token = metadata_token(&emulator);
    let (status, _, name) = ask(&emulator, &format!("GET {ROLES}"), &[(TOKEN, &token)]);
    assert_eq!((status, name.as_str()), (200, "importer"));
    let (status, _, found) = ask(&emulator, &format!("GET {ROLES}{name}"), &[(TOKEN, &token)]);
    assert_eq!(status, 200);
    assert!(identity(&found, &emulator).contains(
        "<Arn>arn:aws:sts::123456789012:assumed-role/importer/i-0fedcba9876543210</Arn>"
    ));
}

#[test]
fn the_answer_with_the_token_echoes_its_lifetime() {
    let emulator = start();
    let (status, head, _) = ask(&emulator, "PUT /latest/api/token", &[(TTL, "21600")]);
    assert_eq!(status, 200);
    assert!(head.contains(&format!("{TTL}: 21600")));
    for odd in [None, Some("0"), Some("21601"), Some("an hour")] {
        let headers: Vec<_> = odd.iter().map(|ttl| (TTL, *ttl)).collect();
        let (status, _, _) = ask(&emulator, "PUT /latest/api/token", &headers);
        assert_eq!(status, 400, "{odd:?}");
    }
}

#[test]
fn instance_metadata_is_only_for_those_who_have_a_token() {
    let emulator = start();
    assert_eq!(ask(&emulator, &format!("GET {ROLES}"), &[]).0, 401);
    let odd = [(TOKEN, "odd")];
    assert_eq!(ask(&emulator, &format!("GET {ROLES}"), &odd).0, 401);
}

#[test]
fn the_instance_can_get_another_role_or_none() {
    let emulator = start();
    let control = emulator.control_address().unwrap();
    let token = metadata_token(&emulator);
    let set = |body: &str| call(control, "POST /metadata", &[], body).0;
    let role = || ask(&emulator, &format!("GET {ROLES}"), &[(TOKEN, &token)]);
    assert_eq!(
        set(r#"{"instance_role": "arn:aws:iam::123456789012:role/shop-app"}"#),
        200
    );
    assert_eq!(role().2, "shop-app");
    assert_eq!(set(r#"{"instance_role": "arn:none"}"#), 400);
    assert_eq!(set(r#"{"instance_role": null}"#), 200);
    assert_eq!(role().0, 404);
}

#[test]
fn a_container_finds_credentials_of_its_task() {
    let emulator = start();
    let (status, _, found) = ask(&emulator, "GET /v2/credentials/importer", &[]);
    assert_eq!(status, 200);
    assert!(identity(&found, &emulator).contains(":assumed-role/importer/"));
    assert_eq!(ask(&emulator, "GET /v2/credentials/nobody", &[]).0, 404);
}

#[test]
fn requests_are_taken_as_drivers_send_them() {
    let emulator = start();
    // Go's driver.
    assert_eq!(ask(&emulator, "GET //v2/credentials/importer", &[]).0, 200);
    // libmongoc.
    let mut socket = TcpStream::connect(emulator.metadata_address().unwrap()).unwrap();
    let request = b"GET /v2/credentials/importer HTTP/1.0\r\nHost: metadata\r\n\r\n";
    socket.write_all(request).unwrap();
    let mut answer = String::new();
    // The end of the answer is the end of the connection.
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn a_pod_finds_the_role_of_its_service_account_with_its_token_only() {
    let emulator = start();
    let find = |token: &str| {
        ask(
            &emulator,
            "GET /v1/credentials",
            &[("Authorization", token)],
        )
    };
    let importer = "system:serviceaccount:batch:importer";
    let (status, _, found) = find(&pod_token(importer, "pods.eks.amazonaws.com"));
    assert_eq!(status, 200);
    assert!(identity(&found, &emulator).contains(":assumed-role/importer/"));
    assert_eq!(find(&pod_token(importer, "sts.amazonaws.com")).0, 400);
    assert_eq!(find(&pod_token("odd", "pods.eks.amazonaws.com")).0, 404);
    assert_eq!(ask(&emulator, "GET /v1/credentials", &[]).0, 400);
}

#[test]
fn what_was_asked_is_told_but_no_secret() {
    let emulator = start();
    let token = metadata_token(&emulator);
    ask(&emulator, &format!("GET {ROLES}"), &[(TOKEN, &token)]);
    let control = emulator.control_address().unwrap();
    let (_, _, told) = call(control, "GET /metadata/requests", &[], "");
    assert!(told.contains("PUT /latest/api/token HTTP/1.1"));
    assert!(told.contains(ROLES));
    assert!(!told.contains(&token));
    call(control, "POST /reset", &[], "");
    assert_eq!(call(control, "GET /metadata/requests", &[], "").2, "[]");
}

#[test]
fn a_session_of_an_assumed_role_is_known_to_sts() {
    let emulator = start();
    let body = format!("Action=AssumeRole&RoleArn={IMPORTER}&RoleSessionName=night");
    let request = Signer::new(&support::alice(), HOST, &[7; 64], SystemTime::now())
        .body(body.as_bytes())
        .request();
    let answer = Connection::open(&emulator).ask(&request);
    assert!(
        answer.body.starts_with(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
        )
    );
    let field = |name: &str| {
        let (_, rest) = answer.body.split_once(&format!("<{name}>")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    let found = json!({
        "AccessKeyId": field("AccessKeyId"),
        "SecretAccessKey": field("SecretAccessKey"),
        "Token": field("SessionToken"),
    });
    assert!(identity(&found.to_string(), &emulator).contains(":assumed-role/importer/night<"));
}
