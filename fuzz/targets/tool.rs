//! What the operator's tool reads: configurations, environments, credentials, lists of users, lines of
//! logs, ARNs. Nothing makes it panic, and what it says of an input is one printable line without the
//! secrets in it.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../../cli/src/input/mod.rs"]
mod input;

use input::credentials::{Places, address_fault, fault, shown_key_id};
use input::principal::look_at;
use input::server_config::ServerConfig;
use input::{environment, meaning, regions, settings, signing_clock, user_list};

/// The end of a credential; no message has it by chance.
const MARK: &str = "q7Zx9Kp2Wm4R";

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Configuration(&'a str),
    Environment(&'a [u8]),
    Credentials(&'a str, &'a str, Option<&'a str>),
    Address(&'a str),
    Region(&'a str),
    Users(&'a str),
    Line(&'a str),
    Arn(&'a str),
}

fuzz_target!(|input: Input<'_>| {
    match input {
        Input::Configuration(text) => configuration(text),
        Input::Environment(bytes) => variables(bytes),
        Input::Credentials(key_id, secret, token) => credentials(key_id, secret, token),
        Input::Address(url) => said(address_fault("--sts-endpoint", url)),
        Input::Region(region) => said(regions::fault("AWS_REGION", region)),
        Input::Users(text) => users(text),
        Input::Line(text) => line(text),
        Input::Arn(text) => arn(text),
    }
});

/// One line of printable ASCII.
fn said(text: Option<String>) {
    let Some(text) = text else { return };
    assert!(text.bytes().all(|b| (b' '..=b'~').contains(&b)), "{text:?}");
}

fn configuration(text: &str) {
    match ServerConfig::parse(text) {
        Err(error) => said(Some(error.to_string())),
        Ok(config) => {
            for name in config.names() {
                let value = config.get(name).expect("a value");
                assert!(!config.is_list(name) || config.line(name).is_some());
                let fault = settings::fault(name, value, config.is_list(name), &["awsStsHost"]);
                said(fault.map(|(what, remedy)| format!("{what} {remedy}")));
            }
            for (name, value) in config.parameters() {
                assert_eq!(config.parameter(name), Some(value));
                settings::parameter_fault(name, &["awsStsHost", "authenticationMechanisms"]);
            }
        }
    }
}

fn variables(bytes: &[u8]) {
    for (name, _) in environment::of_process(bytes) {
        assert!(!name.contains('='));
    }
    for (name, _) in environment::of_file(&String::from_utf8_lossy(bytes)) {
        assert!(!name.contains(['=', '\n']));
    }
}

fn credentials(key_id: &str, secret: &str, token: Option<&str>) {
    let marked = |value: &str| match value {
        "" => String::new(),
        value => format!("{value}{MARK}"),
    };
    let (ends, token_end) = ([marked(key_id), marked(secret)], token.map(marked));
    let text = fault(
        &Places::environment(),
        &ends[0],
        &ends[1],
        token_end.as_deref(),
    );
    let text = text.unwrap_or_default();
    assert!(!text.contains(MARK), "{text}");
    let found = fault(&Places::environment(), key_id, secret, token);
    match &found {
        Some(_) => {}
        // What is signed with and becomes a header.
        None => {
            let texts = [key_id, secret, token.unwrap_or_default()];
            assert!(texts.concat().bytes().all(|b| b.is_ascii_graphic()));
            assert!(!key_id.is_empty() && !secret.is_empty());
        }
    }
    said(found);
    said(Some(shown_key_id(key_id)));
}

fn users(text: &str) {
    match user_list::read(text) {
        Err(error) => said(Some(error)),
        Ok(users) => drop(users),
    }
}

fn line(text: &str) {
    let meaning = meaning::meaning(text);
    if let Some(command) = &meaning.create_user {
        let lower = text.to_lowercase();
        assert!(
            lower.contains("verified") || lower.contains("user"),
            "{command}"
        );
    }
    said(meaning.clock);
    said(meaning.login);
    said(signing_clock::note(text));
}

fn arn(text: &str) {
    match look_at(text) {
        Err(why) => said(Some(why)),
        Ok(principal) => {
            let name = principal.iam_role.expect("a name");
            let again = look_at(&name).expect("a name is an ARN");
            assert_eq!(again.iam_role, Some(name));
        }
    }
}
