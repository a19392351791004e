//! The binary and its control interface, as scripts use them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use sts_emulator::payloads;
use tempfile::TempDir;

struct Emulator {
    child: Child,
    sts: String,
    control: String,
    folder: TempDir,
}

impl Emulator {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_sts-emulator"))
            .args(["--port", "0", "--control-port", "0", "--exit-with-stdin"])
            .args([
                "--identities",
                concat!(env!("CARGO_MANIFEST_DIR"), "/identities.json"),
            ])
            .arg("--ca-out")
            .arg(folder.path().join("ca.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(
            (words[0], words[1], words[3]),
            ("listening", "on", "control")
        );
        Self {
            sts: words[2].to_owned(),
            control: words[4].to_owned(),
            child,
            folder,
        }
    }

    fn call(&self, method: &str, target: &str, body: &str) -> (u16, Value) {
        let mut socket = TcpStream::connect(&self.control).unwrap();
        write!(
            socket,
            "{method} {target} HTTP/1.1\r\nHost: control\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (
            head[9..12].parse().unwrap(),
            serde_json::from_str(body).unwrap(),
        )
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
fn the_ready_line_comes_when_the_ca_is_written_and_both_ports_listen() {
    let emulator = Emulator::start();
    let ca = std::fs::read_to_string(emulator.folder.path().join("ca.pem")).unwrap();
    assert!(ca.starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(TcpStream::connect(&emulator.sts).is_ok());
    assert_eq!(emulator.call("GET", "/counters", "").0, 200);
}

#[test]
fn the_ready_line_names_the_metadata_port_where_it_is_asked_for() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sts-emulator"))
        .args(["--metadata-port", "0", "--exit-with-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!((words.len(), words[5]), (7, "metadata"));
    assert!(TcpStream::connect(words[6]).is_ok());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_instance_role_that_is_not_known_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_sts-emulator"))
        .args(["--instance-role", "arn:none"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no such role: arn:none"));
}

#[test]
fn it_exits_when_standard_input_closes() {
    let mut emulator = Emulator::start();
    drop(emulator.child.stdin.take());
    assert!(emulator.child.wait().unwrap().success());
}

#[test]
fn a_wrong_command_line_is_refused_by_name() {
    let output = Command::new(env!("CARGO_BIN_EXE_sts-emulator"))
        .arg("--odd")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("unknown option --odd"));
    assert!(output.stdout.is_empty());
}

#[test]
fn an_identities_file_that_cannot_be_used_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_sts-emulator"))
        .args(["--identities", "/nonexistent.json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nonexistent.json: "));
}

#[test]
fn wait_returns_when_the_figure_is_reached_and_says_when_it_is_not() {
    let emulator = Emulator::start();
    let _connection = TcpStream::connect(&emulator.sts).unwrap();
    let (status, counters) = emulator.call("GET", "/wait?connections=1", "");
    assert_eq!((status, &counters["connections"]), (200, &json!(1)));
    let (status, _) = emulator.call("GET", "/wait?in_flight=1&timeout_ms=1", "");
    assert_eq!(status, 408);
    let (status, _) = emulator.call("GET", "/wait?in_flight=many", "");
    assert_eq!(status, 400);
}

#[test]
fn faults_holds_and_resets_are_taken_and_mistakes_are_explained() {
    let emulator = Emulator::start();
    let fault = r#"{"next": [{"reply": "throttling", "times": 3}], "standing": {"latency_ms": 1}}"#;
    for (target, body) in [
        ("/faults", fault),
        ("/hold", ""),
        ("/hold", r#"{"count": 64}"#),
        ("/release", ""),
        ("/reset", ""),
    ] {
        assert_eq!(emulator.call("POST", target, body).0, 200, "{target}");
    }
    let (status, why) = emulator.call("POST", "/faults", r#"{"next": [{"reply": "odd"}]}"#);
    assert_eq!(status, 400);
    assert!(why["error"].as_str().unwrap().contains("odd"));
    assert_eq!(emulator.call("POST", "/hold", "x").0, 400);
    assert_eq!(emulator.call("GET", "/odd", "").0, 404);
}

fn client(words: &[&str], server: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sts-emulator"))
        .arg("client")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    write!(child.stdin.take().unwrap(), "{server}").unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn the_client_writes_its_two_payloads_in_hexadecimal() {
    let elements = [&b"\x05s\0\x40\0\0\0\0"[..], &[7; 64]].concat();
    let host = payloads::string_element("h", "sts.amazonaws.com");
    let server_first: String = payloads::document(&[&elements[..], &host].concat())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let output = client(&["AKIAX", "secret", "token"], &format!("{server_first}\n"));
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let [first, second] = text.lines().collect::<Vec<_>>()[..] else {
        panic!("{text}");
    };
    // {r: 32 bytes, p: 110}
    assert!(first.starts_with("340000000572002000000000"), "{first}");
    assert!(first.ends_with("1070006e00000000"), "{first}");
    // {a: "AWS4-HMAC-SHA256 Credential=AKIAX/...", d, t: "token"}
    assert!(second[8..].starts_with("026100"), "{second}");
    assert!(second.ends_with("02740006000000746f6b656e0000"), "{second}");
}

#[test]
fn the_client_names_what_is_not_server_first() {
    let output = client(&["AKIAX", "secret"], "refused\n");
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("not server-first in hexadecimal: \"refused\\n\""),
        "{error}"
    );
}
