//! `options`, `explain`, `completions` and `man`: what can be looked up.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;

use mongodb_aws_auth::options::table::OPTIONS;
use mongodb_aws_auth::reason::Reason;
use support::{Machine, install_plugin};

#[test]
fn options_are_the_plugins_own_table() {
    let machine = Machine::new();
    let plugin = install_plugin(machine.home.path());
    let built_in = machine.run(&["options", "--json"]).json();
    let installed = machine.run(&["options", "--plugin", &plugin, "--json"]);
    assert_eq!(installed.json()["options"], built_in["options"]);
    let names = built_in["options"].as_array().unwrap().iter();
    let names: Vec<&str> = names.map(|row| row["name"].as_str().unwrap()).collect();
    let wanted: Vec<&str> = OPTIONS.iter().map(|spec| spec.key()).collect();
    assert_eq!(names, wanted);
}

#[test]
fn options_can_be_looked_up_by_a_part_of_their_name() {
    let run = Machine::new().run(&["options", "principalformat"]);
    run.assert_says(
        0,
        &["awsPrincipalFormat", "iamRole, stsWildcard", "restart"],
    );
    assert!(!run.stdout.contains("awsStsHost"), "{run:?}");
    Machine::new()
        .run(&["options", "nothing"])
        .assert_says(1, &["No option"]);
}

#[test]
fn the_server_s_own_parameters_stand_beside_the_plugin_s_options() {
    let run = Machine::new().run(&["options", "maxsession"]);
    run.assert_says(0, &["mongod and mongos", "awsMaxSessionSecs", "run time"]);
    let json = Machine::new()
        .run(&["options", "pluginpath", "--json"])
        .json();
    assert_eq!(json["options"].as_array().map(Vec::len), Some(0));
    assert_eq!(json["server"][0]["name"], "awsAuthPluginPath");
    assert_eq!(json["server"][0]["runtime"], false);
}

#[test]
fn options_of_a_file_that_is_no_plugin_are_refused() {
    let machine = Machine::new();
    let file = machine.file("plugin.so", "text");
    let run = machine.run(&["options", "--plugin", &file]);
    assert_eq!(run.status, 2, "{run:?}");
    assert!(run.complaint().contains("plugin.so"), "{run:?}");
}

#[test]
fn every_reason_is_explained_by_its_number() {
    for reason in Reason::ALL {
        let number = reason.number().to_string();
        let run = Machine::new().run(&["explain", &number]);
        run.assert_says(0, &[reason.name(), reason.summary()]);
    }
}

#[test]
fn a_line_of_a_log_is_explained() {
    for (line, words) in [
        (
            r#"{"t":"2026-01-02T03:04:05Z","msg":"login refused","attr":{"reason":304}}"#,
            ["SignatureExpired", "Set the client's clock"],
        ),
        (
            "STS: the signature does not match (wrong secret key or altered request)",
            ["301 SignatureMismatch", "secret key does not belong"],
        ),
        ("InvalidClientTokenId", ["302", "deactivated"]),
        ("18", ["all that a client is told", "server's log"]),
        (
            "MongoServerError: Authentication failed.",
            ["all that a client is told", "server's log"],
        ),
        ("UserNotFound", ["servers 4.2 to 6.0", "create that user"]),
        // The number of a reason, too.
        ("11", ["VerificationQueued", "create that user"]),
        ("-42", ["NameResolution", "StsThrottling"]),
        (
            "mongod: MONGODB-AWS cannot be offered: plugin file '/opt/p.so' refused: '/opt/p.so' \
             belongs to user id 1000, neither root nor the server's own user (999)",
            ["Another user could exchange the file", "chown root:root"],
        ),
        (
            "users file '/tmp/u.json': cannot be read",
            ["It is missing", "Correct the path"],
        ),
    ] {
        Machine::new()
            .run(&["explain", line])
            .assert_says(0, &words);
    }
    let words: Vec<&str> = "STS is throttling the client's account"
        .split(' ')
        .collect();
    let run = Machine::new().run(&[&["explain", "--json"], &words[..]].concat());
    assert_eq!(run.json()["entries"][0]["number"], 415);
    assert_eq!(run.json()["entries"][0]["status"], "MAWS_E_UPSTREAM");
}

#[test]
fn what_nobody_says_is_not_explained() {
    for message in ["999", "the moon is full"] {
        Machine::new()
            .run(&["explain", message])
            .assert_says(1, &["No known message matches"]);
    }
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = Machine::new().run(&["completions", shell]);
        run.assert_says(0, &["mongodb-aws-auth", "whoami", "sts-endpoint"]);
    }
}

#[test]
fn the_tool_and_its_manual_page_have_the_plugins_version() {
    let version = mongodb_aws_auth::VERSION;
    Machine::new()
        .run(&["--version"])
        .assert_says(0, &[&format!("mongodb-aws-auth {version}")]);
    let title = format!("\"mongodb-aws-auth {version}\"");
    Machine::new().run(&["man"]).assert_says(0, &[&title]);
    let machine = Machine::new();
    let plugin = install_plugin(machine.home.path());
    let run = machine.run(&["options", "--plugin", &plugin]);
    run.assert_says(0, &[&format!("version {version}")]);
}

#[test]
fn manual_pages_are_made_for_every_command() {
    let machine = Machine::new();
    machine
        .run(&["man"])
        .assert_says(0, &[".TH mongodb-aws-auth 1", "Exit status", "whoami"]);
    let folder = machine.home.path().join("man");
    let run = machine.run(&["man", "--out", folder.to_str().unwrap()]);
    assert_eq!(run.status, 0, "{run:?}");
    for command in [
        "",
        "-whoami",
        "-check",
        "-principal",
        "-options",
        "-explain",
    ] {
        let page = folder.join(format!("mongodb-aws-auth{command}.1"));
        let page = fs::read_to_string(page).unwrap();
        assert!(page.contains("\\-\\-json"), "{command}: {page}");
    }
}

#[test]
fn a_command_line_that_is_wrong_ends_with_2() {
    for arguments in [
        &["explain"][..],
        &["whoami", "--grant", "x"],
        &["nothing"],
        &[],
    ] {
        assert_eq!(Machine::new().run(arguments).status, 2, "{arguments:?}");
    }
}

#[test]
fn every_command_prints_one_json_document_when_asked() {
    for arguments in [
        &["whoami", "--arn", "arn:aws:iam::123456789012:user/alice"][..],
        &["check", "--offline"],
        &["whoami", "--arn", "nobody"],
        &["whoami"],
        &["check", "--offline", "--plugin", "/none/plugin.so"],
        &["principal", "arn:aws:iam::123456789012:user/alice"],
        &["principal", "nobody"],
        &["options"],
        &["options", "nothing"],
        &["explain", "301"],
        &["explain", "the moon is full"],
        &["completions", "bash"],
        &["man"],
    ] {
        let machine = Machine::new();
        let run = machine.run(&[arguments, &["--json"]].concat());
        assert!(
            run.json()
                .as_object()
                .is_some_and(|members| members.len() > 1),
            "{run:?}"
        );
        assert_eq!(run.json()["ok"], run.status == 0, "{run:?}");
    }
    for arguments in [
        &["check", "--config", "/none"][..],
        &["whoami", "--grant", "x"],
        &["nothing"],
    ] {
        let run = Machine::new().run(&[arguments, &["--json"]].concat());
        assert_eq!((run.status, run.json()["ok"].as_bool()), (2, Some(false)));
        assert!(run.json()["error"].is_string(), "{run:?}");
    }
}

#[test]
fn the_exit_status_is_documented_with_the_words_of_the_help() {
    let wide = Machine::new().set("COLUMNS", "200");
    let help = wide.run(&["--help"]).stdout;
    let (_, statuses) = help.split_once("Exit status:").unwrap();
    let document = include_str!("../../docs/tool.md");
    for line in statuses.lines().filter(|line| !line.trim().is_empty()) {
        let (number, meaning) = line.trim().split_once("  ").unwrap();
        let row = format!("| {number} | {meaning} |");
        assert!(document.contains(&row), "docs/tool.md: {row}");
    }
}

#[test]
fn without_a_terminal_there_are_no_colours() {
    for arguments in [&["options"][..], &["--help"], &["explain", "301"]] {
        let run = Machine::new().run(arguments);
        assert!(!run.stdout.contains('\u{1b}'), "{run:?}");
    }
}
