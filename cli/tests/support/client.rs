//! A client's machine, and what is expected of every failure on it.

use sts_emulator::StsEmulator;

use super::{Machine, Run, ca_file, credentials};

pub const BOB: &str = "arn:aws:iam::123456789012:user/bob";

/// A client's machine that reaches this STS, with bob's keys as the profile `bob` and a profile without
/// any.
pub fn client(sts: &StsEmulator) -> Machine {
    let machine = Machine::new();
    let bob = credentials(BOB);
    let profiles = format!(
        "[bob]\naws_access_key_id = {}\naws_secret_access_key = {}\n[half]\naws_access_key_id = AKIAHALF\n\
         [spaced]\naws_access_key_id = AKIA SPACED\naws_secret_access_key = x\n",
        bob.access_key_id, bob.secret_access_key
    );
    let profiles = machine.file("credentials", &profiles);
    let config = "[profile bare]\nregion = us-east-1\n[profile lost]\nregion = Frankfurt\n";
    let config = machine.file("config", config);
    machine
        .set("AWS_SHARED_CREDENTIALS_FILE", &profiles)
        .set("AWS_CONFIG_FILE", &config)
        .set("AWS_ENDPOINT_URL_STS", &sts.endpoint())
        .set("AWS_CA_BUNDLE", &ca_file(sts))
}

/// It fails in words: without a panic, a name of a Rust type, or a secret.
#[track_caller]
pub fn assert_words(run: &Run, status: i32, words: &[&str]) {
    assert_eq!(run.status, status, "{run:?}");
    let all = format!("{}{}", run.stdout, run.stderr);
    let text = all.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(text.contains(word), "{word:?} is missing: {run:?}");
    }
    for not in [
        "panicked",
        "RUST_BACKTRACE",
        "Some(",
        "Error {",
        "Error(",
        "Kind",
        "DispatchFailure",
    ] {
        assert!(!text.contains(not), "{not:?} is there: {run:?}");
    }
}
