//! `options`: what the plugin itself documents.

use mongodb_aws_auth::abi::maws_option_kind::{self, *};
use mongodb_aws_auth::options::table::OPTIONS;
use serde_json::{Value, json};

use crate::args::Options;
use crate::output::{Exit, Paint, Report, Unusable, facts, wrapped};
use crate::plugin::{self, OptionRow};
use crate::server_parameters;

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
    let mut text = String::new();
    if !rows.is_empty() {
        text.push_str(&format!("Options of the plugin, {version}\n"));
    }
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
        let heading = match rows.is_empty() {
            true => "Parameters of mongod and mongos\n",
            false => "\nBeside them, parameters of mongod and mongos\n",
        };
        text.push_str(heading);
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
        text.push_str("No option has such a name.\n");
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
