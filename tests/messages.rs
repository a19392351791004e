//! What the server's side says beside the plugin: the C++ shim, mongod's adapter and the reference
//! server keep their texts in tables, and a document explains each.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The document, the heading over the explanations, and the table of the texts.
const TABLES: [(&str, &str, &str); 3] = [
    (OPERATORS, "## When the plugin ", "cpp_shim/maws/messages.h"),
    (
        OPERATORS,
        "## Messages of mongod",
        "cpp_shim/mongod/messages.h",
    ),
    (
        "tests/host/messages.md",
        "# Messages of the reference server",
        "tests/host/messages.h",
    ),
];
const OPERATORS: &str = "docs/troubleshooting.md";
/// The words that the log macros of mongod take as literals.
const MONGOD_LOG: &str = "cpp_shim/mongod/server_log.cpp";

fn path(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(of)
}

fn read(of: &str) -> String {
    fs::read_to_string(path(of)).unwrap()
}

/// The first cells of the rows below headings that begin so; of a text in code marks, none.
fn explained(document: &str, heading: &str) -> Vec<String> {
    let text = format!("\n{}", read(document));
    let sections = text.split("\n#").map(|part| format!("#{part}"));
    let sections: String = sections.filter(|part| part.starts_with(heading)).collect();
    let rows = sections.lines().filter_map(|line| {
        let cell = line.strip_prefix("| ")?.split(" | ").next()?;
        let is_head = ["message", "text"].contains(&cell);
        (!is_head && !cell.starts_with('`')).then(|| cell.to_owned())
    });
    rows.collect()
}

fn told(table: &str) -> Vec<String> {
    let text = read(table);
    let lines = text.lines().filter(|line| line.contains("Message k"));
    let words = lines.map(|line| {
        let quoted = line.split_once("{\"").unwrap().1;
        quoted.split_once("\"};").unwrap().0.to_owned()
    });
    words.collect()
}

/// Ids and words of mongod's log lines: `3911601 MONGODB-AWS login verified`.
fn told_to_the_log() -> Vec<String> {
    let text = read(MONGOD_LOG);
    let calls = text.split("LOGV2").skip(1).filter_map(|call| {
        let (arguments, _) = call.split_once("_attr")?;
        let (before, after) = arguments.split_once('"')?;
        let mut numbers = before.split(|c: char| !c.is_ascii_digit());
        let id = numbers.find(|number| number.len() == 7)?;
        Some(format!("{id} {}", after.split_once('"')?.0))
    });
    calls.collect()
}

#[test]
fn every_text_of_the_server_s_side_is_explained_and_nothing_else_is() {
    for (document, heading, table) in TABLES {
        let explained = explained(document, heading);
        let unique: BTreeSet<&String> = explained.iter().collect();
        assert_eq!(unique.len(), explained.len(), "{heading}: one row for each");
        let mut texts = told(table);
        assert!(texts.len() > 10, "{table}");
        if heading.contains("mongod") {
            let lines = told_to_the_log();
            assert_eq!(lines.len(), 8, "{lines:?}");
            texts.extend(lines);
        }
        let texts: BTreeSet<&String> = texts.iter().collect();
        let missing: Vec<_> = texts.difference(&unique).collect();
        assert!(
            missing.is_empty(),
            "{document} lacks, of {table}: {missing:#?}"
        );
        let idle: Vec<_> = unique.difference(&texts).collect();
        assert!(
            idle.is_empty(),
            "{document} explains what {table} never says: {idle:#?}"
        );
    }
}

#[test]
fn every_text_is_used() {
    for (_, _, table) in TABLES {
        let folder = path(table).parent().unwrap().to_owned();
        let sources: String = sources(&folder)
            .iter()
            .map(|(_, text)| text.as_str())
            .collect();
        for line in read(table)
            .lines()
            .filter(|line| line.contains("Message k"))
        {
            let name = line
                .split_once("Message ")
                .unwrap()
                .1
                .split_once('{')
                .unwrap()
                .0;
            let used = [">", ","]
                .iter()
                .any(|end| sources.contains(&format!("messages::{name}{end}")));
            assert!(used, "{table}: {name}");
        }
    }
}

fn sources(folder: &Path) -> Vec<(String, String)> {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let sources = files.filter(|file| {
        let name = file.file_name().unwrap().to_str().unwrap();
        name.ends_with(".cpp") || (name.ends_with(".h") && name != "messages.h")
    });
    let read = sources.map(|file| {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(&file).unwrap())
    });
    read.collect()
}

/// Texts that are not for the operator: what clients are answered, the rules of the protocol that
/// `closing the connection` names, the texts of the options, the words in mongod's log macros.
const NOT_FOR_THE_LOG: [&str; 5] = [
    "commands",
    "errors.cpp",
    "wire.cpp",
    "option_list.h",
    "server_log.cpp",
];

#[test]
fn no_sentence_for_the_operator_stands_outside_of_the_tables() {
    for (_, _, table) in TABLES {
        let folder = path(table).parent().unwrap().to_owned();
        for (name, text) in sources(&folder) {
            if NOT_FOR_THE_LOG.iter().any(|other| name.starts_with(other)) {
                continue;
            }
            for line in text.lines() {
                let line = line
                    .replace(r"\\", "")
                    .replace(r#"\""#, "")
                    .replace("'\"'", "");
                let line = line.split("// ").next().unwrap();
                if line.contains("static_assert") {
                    continue;
                }
                let mut literals = line.split('"').skip(1).step_by(2);
                // A text for the log is one line; the help is not.
                let sentence = |s: &&str| s.matches(' ').count() >= 2 && !s.contains(r"\n");
                if let Some(literal) = literals.find(sentence) {
                    let folder = folder.display();
                    panic!("{folder}/{name}: {literal:?} belongs into {table}");
                }
            }
        }
    }
}
