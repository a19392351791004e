//! The operators' pages: each is in the index, none is long, and what they set exists.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;

use mongodb_aws_auth::aws::Partition;
use mongodb_aws_auth::options::table::OPTIONS;

/// Pages that readers look something up in.
const REFERENCES: [&str; 5] = [
    "configuration",
    "dependencies",
    "security-catalogue",
    "tool",
    "troubleshooting",
];

/// The most words of any other page, as `wc -w` counts them, without what is generated.
const LIMIT: usize = 1300;

/// Pages that are shorter still.
const SHORT: [(&str, usize); 3] = [("faq", 700), ("glossary", 500), ("quick-start", 800)];

/// The operators' pages that name options of the plugin.
const OPERATORS: [&str; 13] = [
    "capacity",
    "clients",
    "compatibility",
    "drivers",
    "faq",
    "glossary",
    "install",
    "migration",
    "monitoring",
    "operations",
    "quick-start",
    "tls",
    "tryout",
];

fn folder() -> String {
    format!("{}/docs", env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<(String, String)> {
    let entries = fs::read_dir(folder()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let pages = paths.filter(|path| path.extension().is_some_and(|kind| kind == "md"));
    let named = pages.map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    named.collect()
}

fn page(name: &str) -> String {
    fs::read_to_string(format!("{}/{name}.md", folder())).unwrap()
}

#[test]
fn the_index_has_every_page() {
    let index = page("README");
    for (name, _) in pages() {
        let link = format!("[{name}.md]({name}.md)");
        assert!(name == "README" || index.contains(&link), "{name}");
    }
}

/// Without what stands between `<!-- NAME: generated` or `written by` and its end.
fn written_by_hand(text: &str) -> String {
    let (mut kept, mut inside) = (String::new(), false);
    for line in text.lines() {
        let mark = line.starts_with("<!-- ");
        if mark {
            inside = line.contains(": generated") || line.contains(": written by");
        } else if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[test]
fn a_page_that_is_no_reference_is_short() {
    let index = format!("{}/../CONTRIBUTING.md", folder());
    let contributing = (
        "CONTRIBUTING".to_owned(),
        fs::read_to_string(index).unwrap(),
    );
    for (name, text) in pages().into_iter().chain([contributing]) {
        if REFERENCES.contains(&name.as_str()) {
            continue;
        }
        let short = SHORT.iter().find(|(short, _)| *short == name);
        let limit = short.map_or(LIMIT, |(_, limit)| *limit);
        let words = written_by_hand(&text).split_whitespace().count();
        assert!(words <= limit, "{name}: {words} words, at most {limit}");
    }
}

#[test]
fn what_a_page_sets_at_run_time_changes_at_run_time() {
    let mut seen = 0;
    for (name, text) in pages() {
        for command in text.split("setParameter: 1, ").skip(1) {
            let option = command.split_once(':').unwrap().0;
            if !option.starts_with("aws") {
                continue;
            }
            let spec = OPTIONS.iter().find(|spec| spec.key() == option);
            assert!(spec.is_some_and(|spec| spec.runtime), "{name}: {option}");
            seen += 1;
        }
    }
    assert!(seen >= 2);
}

/// Words in code marks that look like a parameter.
fn parameters(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split('`').skip(1).step_by(2);
    code.filter_map(|code| {
        let name = code.split([':', '=', ' ']).next()?;
        let own = ["awsSts", "awsAllow", "awsMax", "awsRequire", "awsPrincipal"];
        let field_of_the_log = name == "awsStsRequestId";
        let parameter = own.iter().any(|p| name.starts_with(p)) && !field_of_the_log;
        parameter.then_some(name)
    })
}

#[test]
fn every_parameter_that_a_page_names_is_in_the_reference() {
    let reference = page("configuration");
    let mut seen = 0;
    for name in OPERATORS {
        for parameter in parameters(&page(name)) {
            let heading = format!("\n#### {parameter}\n");
            assert!(reference.contains(&heading), "{name}: {parameter}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn every_partition_that_the_plugin_knows_is_in_the_compatibility_table() {
    let page = page("compatibility");
    for partition in Partition::all() {
        assert!(
            page.contains(&format!("`{}`", partition.name)),
            "{}",
            partition.name
        );
    }
}

#[test]
fn every_installed_example_that_a_page_names_is_in_the_repository() {
    let mut seen = 0;
    for (name, text) in pages() {
        for rest in text.split("/usr/share/mongodb-aws-auth/examples/").skip(1) {
            let end = rest.find(['`', ' ', ')', '\n']).unwrap_or(rest.len());
            let path = format!("{}/../examples/{}", folder(), &rest[..end]);
            assert!(fs::exists(&path).unwrap(), "{name}: {path}");
            seen += 1;
        }
    }
    assert!(seen >= 2, "{seen}");
}
