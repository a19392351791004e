//! Lines of `KEY=VALUE` as options: what is accepted can be given again with the same meaning, and
//! what is refused is explained in one line of printable ASCII.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::aws::{Endpoint, without_password};
use mongodb_aws_auth::options::table::OPTIONS;
use mongodb_aws_auth::options::{OptionError, Options};

fuzz_target!(|text: &str| {
    let given: Vec<(&str, &str)> = text
        .lines()
        .map(|line| line.split_once('=').unwrap_or((line, "")))
        .collect();
    let defaults = Options::new(&[]).expect("the defaults");
    match defaults.change(&given) {
        Ok(changed) => check(&changed, &given),
        Err(error) => check_error(&error),
    }
    match Options::new(&given) {
        Ok(options) => check(&options, &given),
        Err(error) => {
            check_error(&error);
            assert!(
                defaults.change(&given).is_err(),
                "change is no way around the rules"
            );
        }
    }
});

fn check(options: &Options, given: &[(&str, &str)]) {
    for (key, value) in given {
        let shown = match *key {
            "awsStsProxy" => without_password(value),
            _ => (*value).to_owned(),
        };
        assert_eq!(options.text(key), Some(shown));
    }
    let all: Vec<(&str, String)> = OPTIONS
        .iter()
        .map(|spec| (spec.key(), options.text(spec.key()).expect("a value")))
        .collect();
    let all: Vec<(&str, &str)> = all.iter().map(|(key, text)| (*key, &**text)).collect();
    // Of a proxy's password there is nothing to be read, nor of what may be one.
    if !all.iter().any(|(_, text)| text.contains("***")) {
        let again = Options::new(&all).expect("the same options");
        assert_eq!(format!("{again:?}"), format!("{options:?}"));
    }

    options.settings.endpoints.iter().for_each(check_endpoint);
}

fn check_endpoint(endpoint: &Arc<Endpoint>) {
    let (name, port) = (endpoint.server_name(), endpoint.port());
    let url = match name.contains(':') {
        true => format!("https://[{name}]:{port}/"),
        false => format!("https://{name}:{port}"),
    };
    let again = Endpoint::new(endpoint.host(), Some(endpoint.region()), Some(&url));
    assert_eq!(again.as_ref(), Ok(&**endpoint), "{url}");
}

fn check_error(error: &OptionError) {
    let text = error.to_string();
    assert!(text.bytes().all(|b| (b' '..=b'~').contains(&b)), "{text:?}");
}
