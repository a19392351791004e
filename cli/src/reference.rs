//! `options` and `explain`: what the plugin itself documents.

use mongodb_aws_auth::abi::maws_option_kind::{self, *};
use mongodb_aws_auth::options::table::OPTIONS;
use mongodb_aws_auth::reason::Reason;
use serde_json::{Value, json};

use crate::args::{Explain, Options};
use crate::catalogue::{self, code_name};
use crate::output::{Exit, Paint, Report, Unusable, facts, wrapped};
use crate::plugin::{self, OptionRow};
use crate::server_parameters;
use crate::texts::{self, Text};

/// Runs `options`.
pub fn options(args: &Options, paint: Paint) -> Result<Report, Unusable> {
    let (rows, version) = match &args.plugin {
        Some(path) => {
            let library = plugin::open(path).map_err(|error| Unusable::file(path, error))?;
            (library.options(), library.description())
        }
        None => {
            let version = format!("version {}", mongodb_aws_auth::VERSION);
            (built_in(), version)
        }
    };
    let wanted = |name: &str| {
        let name = name.to_lowercase();
        args.name.is_empty()
            || args
                .name
                .iter()
                .any(|part| name.contains(&part.to_lowercase()))
    };
    let rows: Vec<&OptionRow> = rows.iter().filter(|row| wanted(&row.name)).collect();
    let mut servers = server_parameters::all();
    servers.retain(|parameter| wanted(parameter.name));
    let mut text = format!("Options of the plugin, {version}\n");
    for row in &rows {
        text.push_str(&format!(
            "\n{}\n{}",
            paint.bold(&row.name),
            wrapped("  ", &row.help)
        ));
        let default = match row.default.as_str() {
            "" => "empty",
            text => text,
        };
        let table = [
            ("  value", legal(row)),
            ("  default", default.to_owned()),
            ("  changes", change(row.runtime).to_owned()),
        ];
        let table: Vec<(&str, &str)> = table.iter().map(|(k, v)| (*k, v.as_str())).collect();
        text.push_str(&facts(&table));
    }
    if !servers.is_empty() {
        text.push_str("\nBeside them, parameters of mongod and mongos\n");
    }
    for parameter in &servers {
        text.push_str(&format!(
            "\n{}\n{}{}",
            paint.bold(parameter.name),
            wrapped("  ", parameter.help),
            facts(&[("  changes", change(parameter.runtime))])
        ));
    }
    let found = !rows.is_empty() || !servers.is_empty();
    if !found {
        text.push_str("\nNo option has such a name.\n");
    }
    let document: Vec<Value> = rows.iter().map(|row| option_json(row)).collect();
    Ok(Report {
        json: json!({ "plugin": version, "options": document, "server": servers }),
        text,
        exit: if found { Exit::Fine } else { Exit::Wrong },
    })
}

fn change(runtime: bool) -> &'static str {
    match runtime {
        true => "at run time (setParameter)",
        false => "with a restart",
    }
}

fn built_in() -> Vec<OptionRow> {
    let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let row = |spec: &mongodb_aws_auth::options::table::Spec| OptionRow {
        kind: spec.kind as i32,
        min: spec.min.into(),
        max: spec.max.into(),
        runtime: spec.runtime,
        name: text(spec.name),
        default: text(spec.default),
        help: text(spec.help),
        choices: spec.choices.iter().map(|choice| text(choice)).collect(),
    };
    OPTIONS.iter().map(row).collect()
}

fn kind_name(kind: i32) -> &'static str {
    let is = |wanted: maws_option_kind| kind == wanted as i32;
    match kind {
        _ if is(MAWS_OPTION_INTEGER) => "integer",
        _ if is(MAWS_OPTION_BOOLEAN) => "boolean",
        _ if is(MAWS_OPTION_DURATION_MS) => "milliseconds",
        _ if is(MAWS_OPTION_LIST) => "list",
        _ if is(MAWS_OPTION_CHOICE) => "choice",
        _ => "text",
    }
}

fn legal(row: &OptionRow) -> String {
    match kind_name(row.kind) {
        "integer" => format!("{} to {}", row.min, row.max),
        "milliseconds" => format!("{} to {} ms", row.min, row.max),
        "boolean" => "true, false".to_owned(),
        "choice" => row.choices.join(", "),
        "list" => "entries separated by white space".to_owned(),
        other => other.to_owned(),
    }
}

fn option_json(row: &OptionRow) -> Value {
    let kind = kind_name(row.kind);
    let mut document = json!({
        "name": row.name,
        "kind": kind,
        "default": row.default,
        "runtime": row.runtime,
        "help": row.help,
    });
    let members = match kind {
        "integer" | "milliseconds" => vec![("min", json!(row.min)), ("max", json!(row.max))],
        "choice" => vec![("choices", json!(row.choices))],
        _ => Vec::new(),
    };
    if let Some(document) = document.as_object_mut() {
        document.extend(members.into_iter().map(|(k, v)| (k.to_owned(), v)));
    }
    document
}

/// What clients are told: the error's number, its name and its words, and what there is to say.
const CLIENT_HEARS: [([&str; 3], &str); 2] = [
    (
        ["18", "AuthenticationFailed", "Authentication failed"],
        "18 (AuthenticationFailed) is all that a client is told. The reason stands in the server's \
         log, with its number: look for the line of this login there.",
    ),
    (
        ["11", "UserNotFound", "Could not find user"],
        "As a client's error, 11 (UserNotFound) is what servers of 4.2 and 6.0 may say, and others 18: \
         STS has verified the login, and its name is no user of $external. The server's log has \
         the name (principal): create that user, letter for letter.",
    ),
];

/// What a client's error says.
fn client_error(text: &str) -> Option<&'static str> {
    let mut all = CLIENT_HEARS.iter();
    let meant = all.find(|([number, name, words], _)| {
        text.trim() == *number || text.contains(name) || text.contains(words)
    });
    meant.map(|(_, note)| *note)
}

/// Runs `explain`.
pub fn explain(args: &Explain, paint: Paint) -> Report {
    let text = args.message.join(" ");
    let mut found = catalogue::find(&text);
    let is_number = text.trim().parse::<u32>().is_ok();
    let note = client_error(&text).filter(|_| is_number || found.is_empty());
    let mut said = None;
    if found.is_empty() && note.is_none() {
        said = texts::find(&text);
        if said.is_none() {
            found = catalogue::about(&text);
        }
    }
    if found.is_empty() && said.is_none() && note.is_none() {
        let what = "Nothing that plugin or server say matches. Give the number behind `reason`, a \
                    name such as SignatureMismatch, an error code of STS, or the whole line.";
        return Report {
            json: json!({ "entries": [] }),
            text: wrapped("", what),
            exit: Exit::Wrong,
        };
    }
    let (mut texts, mut entries) = (Vec::new(), Vec::new());
    for reason in found {
        let (text, entry) = of_reason(reason, paint);
        texts.push(text);
        entries.push(entry);
    }
    if let Some(said) = said {
        texts.push(of_text(&said, paint));
        entries.push(json!(said));
    }
    texts.extend(note.map(|note| wrapped("", note)));
    Report {
        json: json!({ "entries": entries, "note": note }),
        text: texts.join("\n"),
        exit: Exit::Fine,
    }
}

fn of_reason(reason: Reason, paint: Paint) -> (String, Value) {
    let remedy = catalogue::remedy(reason);
    let title = format!("{} {}", reason.number(), reason.name());
    let text = format!(
        "{}: {} ({})\n{}",
        paint.bold(&title),
        reason.summary(),
        code_name(reason.code()),
        wrapped("  ", &remedy)
    );
    let document = json!({
        "number": reason.number(),
        "name": reason.name(),
        "message": reason.summary(),
        "status": code_name(reason.code()),
        "section": reason.section().map(|section| section.title),
        "remedy": remedy,
    });
    (text, document)
}

fn of_text(text: &Text, paint: Paint) -> String {
    let mut out = format!(
        "{}\n{}",
        paint.bold(&text.message),
        wrapped("  ", &text.cause)
    );
    if !text.check.is_empty() {
        out.push_str(&wrapped("  ", &format!("Look at: {}", text.check)));
    }
    out.push_str(&wrapped("  ", &format!("-> {}", text.remedy)));
    out
}
