//! What the documents for operators show is what the tool and the plugin make of it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use mongodb_aws_auth::options::Options;
use mongodb_aws_auth::options::table::OPTIONS;
use support::host::Host;
use support::{Machine, SHOP_ROLE, ca_file};

const QUICK_START: &str = include_str!("../../docs/quick-start.md");
const CONFIGURATION: &str = include_str!("../../docs/configuration.md");
const CLIENTS: &str = include_str!("../../docs/clients.md");
const TLS: &str = include_str!("../../docs/tls.md");
const SAMPLE: &str = include_str!("../../examples/operations/mongod.conf");
const DOCUMENTS: [&str; 15] = [
    QUICK_START,
    CONFIGURATION,
    CLIENTS,
    TLS,
    include_str!("../../docs/capacity.md"),
    include_str!("../../docs/compatibility.md"),
    include_str!("../../docs/drivers.md"),
    include_str!("../../docs/faq.md"),
    include_str!("../../docs/install.md"),
    include_str!("../../docs/migration.md"),
    include_str!("../../docs/monitoring.md"),
    include_str!("../../docs/operations.md"),
    include_str!("../../docs/mongod.md"),
    include_str!("../../docs/tool.md"),
    include_str!("../../README.md"),
];

/// The fenced blocks in this language, without the indent of a list that they stand in.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for line in document.lines() {
        let indent = line.len() - line.trim_start().len();
        let fence = line.trim_start().strip_prefix("```");
        open = match (open, fence) {
            (None, Some(name)) if name == language => Some((indent, String::new())),
            (Some((_, block)), Some(_)) => {
                blocks.push(block);
                None
            }
            (Some((indent, mut block)), None) => {
                block.push_str(line.get(indent..).unwrap_or_default());
                block.push('\n');
                Some((indent, block))
            }
            (None, _) => None,
        };
    }
    blocks
}

/// The cells of the rows below this head.
fn rows(document: &str, head: &str) -> Vec<Vec<String>> {
    let below = document.split_once(head).unwrap().1;
    let rows = below
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| {
        let cells = row.trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().to_owned()).collect()
    });
    cells.collect()
}

/// The words in code marks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// What a database host has before MONGODB-AWS is set up: authorization, and TLS as in the last step of its roll-out.
fn with_authorization_and_tls(parameters: &str) -> String {
    let tls = blocks(TLS, "yaml")[0].replace("allowTLS", "requireTLS");
    format!("security:\n  authorization: enabled\n{tls}{parameters}")
}

#[test]
fn every_configuration_is_accepted_by_check() {
    let mut seen = 0;
    for document in DOCUMENTS {
        for block in blocks(document, "yaml") {
            let host = Host::new();
            // What is to be added to other sections is checked with the parameters of the quick start.
            let whole = match block.contains("setParameter:") {
                true => block,
                false => block + &blocks(QUICK_START, "yaml")[0],
            };
            let config = host.machine.file("mongod.conf", &whole);
            let steps = host.check(&config, &["--offline", "--plugin", &host.plugin]);
            steps.assert("mechanisms", "pass", &["SCRAM-SHA-256, MONGODB-AWS"]);
            steps.assert("start of the plugin", "pass", &[]);
            assert_eq!(steps.status, 0, "{whole}{steps:#?}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen}");
}

#[test]
fn the_quick_start_s_configuration_warns_of_nothing_but_tls_and_authorization() {
    let host = Host::new();
    let parameters = &blocks(QUICK_START, "yaml")[0];
    let arguments = ["--offline", "--plugin", &host.plugin];
    let config = host.machine.file("mongod.conf", parameters);
    let steps = host.check(&config, &arguments);
    assert_eq!((steps.status, steps.count("warn")), (0, 2), "{steps:#?}");
    steps.assert("authorization", "warn", &[]);
    steps.assert("TLS for clients", "warn", &[]);
    let whole = with_authorization_and_tls(parameters);
    let config = host.machine.file("mongod.conf", &whole);
    let steps = host.check(&config, &arguments);
    assert_eq!((steps.status, steps.count("warn")), (0, 0), "{steps:#?}");
}

#[test]
fn each_step_to_tls_is_judged_as_the_page_says() {
    let host = Host::new();
    let block = &blocks(TLS, "yaml")[0];
    assert!(block.contains("mode: allowTLS"));
    for (mode, required, status) in [
        ("allowTLS", "", "warn"),
        ("preferTLS", "", "warn"),
        ("preferTLS", "  awsRequireTLS: true\n", "pass"),
        ("requireTLS", "", "pass"),
    ] {
        assert!(TLS.contains(mode));
        let block = block.replace("allowTLS", mode);
        let parameters = &blocks(QUICK_START, "yaml")[0];
        let text = format!("{block}{parameters}{required}");
        let config = host.machine.file("mongod.conf", &text);
        let steps = host.check(&config, &["--offline", "--plugin", &host.plugin]);
        steps.assert("TLS for clients", status, &[]);
    }
}

#[test]
fn every_example_of_the_reference_is_a_configuration_that_check_accepts() {
    let host = Host::new();
    for spec in OPTIONS {
        let example = spec.example.replace('\n', "\n  ");
        // The file that it names has to be there.
        let example = match spec.key() {
            "awsStsCAFile" => format!("{}: {}", spec.key(), ca_file(&host.sts)),
            _ => example,
        };
        let text = with_authorization_and_tls(&format!(
            "setParameter:\n  authenticationMechanisms: SCRAM-SHA-256,MONGODB-AWS\n  {example}\n"
        ));
        let config = host.machine.file("mongod.conf", &text);
        let steps = host.check(&config, &["--offline", "--plugin", &host.plugin]);
        steps.assert("options", "pass", &[]);
        steps.assert("configuration", "pass", &[]);
        assert_eq!(steps.status, 0, "{text}{steps:#?}");
    }
}

#[test]
fn the_sample_configuration_has_nothing_to_warn_of() {
    let host = Host::new();
    let config = host.machine.file("mongod.conf", SAMPLE);
    let steps = host.check(&config, &["--offline", "--plugin", &host.plugin]);
    assert_eq!((steps.status, steps.count("warn")), (0, 0), "{steps:#?}");
}

#[test]
fn every_create_user_command_is_the_one_that_whoami_prints() {
    let mut seen = 0;
    for document in DOCUMENTS {
        let fenced = blocks(document, "js");
        let indented = document
            .split("\n\n")
            .filter(|part| part.starts_with("    ") && part.trim_start().starts_with("db."));
        for block in fenced.into_iter().chain(indented.map(str::to_owned)) {
            // Users with a password are not the tool's.
            let Some((_, rest)) = block.split_once("user: \"arn:") else {
                continue;
            };
            let arn = &format!("arn:{}", rest.split_once('"').unwrap().0);
            let inside = |key: &str| {
                let (_, rest) = block.split_once(&format!("{key}: \"")).unwrap();
                rest.split_once('"').unwrap().0.to_owned()
            };
            let grant = format!("{}@{}", inside("role"), inside("db"));
            let arguments = ["whoami", "--json", "--arn", arn, "--grant", &grant];
            let printed = Machine::new().run(&arguments).json();
            let words = |text: &str| text.split_whitespace().collect::<String>();
            let command = words(printed["createUser"].as_str().unwrap());
            assert_eq!(words(&block), command, "{arn}");
            seen += 1;
        }
    }
    assert_eq!(seen, 4);
}

#[test]
fn every_arn_has_the_user_name_that_the_table_says() {
    let rows = rows(CLIENTS, "| `Arn` in the answer | user name |");
    assert!(rows.len() >= 5);
    for row in rows {
        let (arn, name) = (code(&row[0])[0], code(&row[1])[0]);
        let run = Machine::new().run(&["whoami", "--json", "--arn", arn]);
        assert_eq!(run.json()["userName"], name, "{arn}");
        assert_eq!(run.status, 0, "{arn}");
    }
}

#[test]
fn every_user_name_is_one_that_a_login_can_have() {
    let flat = CLIENTS.split_whitespace().collect::<Vec<_>>().join(" ");
    let names: Vec<&str> = flat
        .split("ser name")
        .skip(1)
        .filter_map(|after| {
            let named = after.strip_prefix(": `arn:");
            named.or_else(|| after.strip_prefix(" in the sections below is `arn:"))
        })
        .map(|rest| rest.split_once('`').unwrap().0)
        .collect();
    assert_eq!(
        names.len(),
        4,
        "all, IAM user, CI, Identity Center: {names:?}"
    );
    for name in names {
        let name = format!("arn:{name}");
        let run = Machine::new().run(&["whoami", "--json", "--arn", &name]);
        assert_eq!(run.json()["userName"], name);
    }
    let lambda = "arn:aws:iam::123456789012:role/service-role/shop-role-x1y2";
    let name = "arn:aws:iam::123456789012:role/shop-role-x1y2";
    assert!(flat.contains(&format!("for `{lambda}` it is `{name}`")));
    let run = Machine::new().run(&["whoami", "--json", "--arn", lambda]);
    assert_eq!(run.json()["userName"], name);
}

#[test]
fn every_host_of_the_table_is_one_that_a_server_takes() {
    let rows = rows(
        CONFIGURATION,
        "| your set-up | `awsStsHost` | `awsStsEndpoint` |",
    );
    assert!(rows.len() >= 9);
    for row in rows {
        let endpoint = code(&row[2]).first().copied().unwrap_or_default();
        let Some(host) = code(&row[1]).into_iter().find(|word| word.contains('.')) else {
            assert!(row[0].starts_with("STS-compatible"), "{row:?}");
            continue;
        };
        let options = Options::new(&[("awsStsHost", host), ("awsStsEndpoint", endpoint)]);
        let options = options.unwrap_or_else(|error| panic!("{row:?}: {error}"));
        let taken = options.settings.endpoints.at(0);
        let connected = endpoint.strip_prefix("https://").unwrap_or(host);
        assert_eq!((taken.host(), taken.server_name()), (host, connected));
    }
}

/// The words of a command as a shell takes them: quotes of both kinds hold words together.
fn shell_words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, ' ') => words.push(std::mem::take(&mut word)),
            _ => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// The tool's command in a line, as root, as the server's user or behind a prompt.
fn command_of(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("$ ").unwrap_or(line);
    let as_server = line.strip_prefix("sudo ");
    let as_server = as_server.and_then(|rest| Some(rest.split_once("-u mongod ")?.1));
    as_server.unwrap_or(line).strip_prefix("mongodb-aws-auth ")
}

#[test]
fn every_command_line_of_the_tool_is_understood() {
    let host = Host::new();
    let config = host
        .machine
        .file("mongod.conf", &blocks(QUICK_START, "yaml")[0]);
    let logged = r#"{"msg":"MONGODB-AWS login refused","attr":{"reason":304,"detail":"the signature is too old"}}"#;
    let users = host
        .machine
        .file("users.json", &format!(r#"[{{"user":"{SHOP_ROLE}"}}]"#));
    let mut seen = 0;
    for line in DOCUMENTS.iter().flat_map(|document| document.lines()) {
        let Some(rest) = command_of(line) else {
            continue;
        };
        let words = shell_words(rest);
        let words = words.iter().map(|word| match word.as_str() {
            "/etc/mongod.conf" => config.as_str(),
            "users.json" => users.as_str(),
            "LINE" => logged,
            "/opt/mongodb-aws-auth/libmongodb_aws_auth.so.1" => host.plugin.as_str(),
            word => word,
        });
        let mut arguments: Vec<&str> = words.collect();
        match arguments[0] {
            "check" if !arguments.contains(&"--offline") => arguments.push("--offline"),
            _ => {}
        }
        if arguments[0] == "check" {
            if !arguments.contains(&"--plugin") {
                arguments.extend(["--plugin", &host.plugin]);
            }
            arguments.extend(["--mongod", &host.server]);
        }
        let run = host.machine.run(&arguments);
        // Without credentials it says so, which is status 1.
        let expected = i32::from(arguments[0] == "whoami");
        assert!(run.status == 0 || run.status == expected, "{line}: {run:?}");
        seen += 1;
    }
    assert!(seen >= 10, "{seen}");
}
