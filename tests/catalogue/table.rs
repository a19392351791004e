//! docs/security-catalogue.md answers every row of the catalogue, with tests that exist.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// How many rows each letter has.
const ROWS: [(&str, u32); 9] = [
    ("R", 6),
    ("S", 11),
    ("B", 5),
    ("F", 5),
    ("N", 10),
    ("X", 6),
    ("I", 12),
    ("L", 11),
    ("D", 4),
];
/// Those that a line of reasoning answers, and no test.
const REASONED: [&str; 1] = ["D3"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What stands in the last column, by id.
fn rows() -> BTreeMap<String, (String, Vec<String>)> {
    let text = fs::read_to_string(root().join("docs/security-catalogue.md")).unwrap();
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line
            .split(" |")
            .map(|cell| cell.trim_start_matches('|').trim())
            .collect();
        let id = cells[0];
        let digits = id.trim_start_matches(|c: char| c.is_ascii_uppercase());
        if id.len() != digits.len() + 1 || digits.parse::<u32>().is_err() {
            continue;
        }
        let tests = cells[2].split('`').skip(1).step_by(2).map(str::to_owned);
        let row = (cells[1].to_owned(), tests.collect());
        assert!(
            rows.insert(id.to_owned(), row).is_none(),
            "{id} is a duplicate"
        );
    }
    rows
}

fn files_below(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found
}

/// Is there such a test? A name that ends in `_` is the beginning of one.
fn exists(test: &str) -> bool {
    let (kind, name) = test.split_once(' ').unwrap_or((test, ""));
    let (files, keyword) = match kind {
        "lib" => (files_below("src", ".rs"), "fn "),
        "catalogue" => (files_below("tests/catalogue", ".rs"), "fn "),
        "memory" => (files_below("tests/catalogue_memory", ".rs"), "fn "),
        "environment" => (vec![root().join("tests/catalogue_environment.rs")], "fn "),
        "cancel" | "failover" | "failpoints" | "isolation" | "logins" | "network" | "proxy"
        | "random" | "refusals" | "tls" => (vec![root().join(format!("tests/{kind}.rs"))], "fn "),
        "shuttle" => (files_below("src/ffi/races", ".rs"), "fn "),
        "drivers" => return root().join("tests/drivers/run.py").exists(),
        "c.symbols" => return root().join("tests/c/symbols.py").exists(),
        "e2e" => {
            let (file, name) = name.split_once("::").unwrap();
            return declares(
                &root().join("tests/e2e").join(file),
                &format!("def {name}("),
            );
        }
        program => {
            let program = program
                .strip_prefix("c.")
                .unwrap_or_else(|| panic!("{test}"));
            (
                vec![root().join(format!("tests/c/{program}.c"))],
                "static void ",
            )
        }
    };
    let end = if name.ends_with('_') { "" } else { "(" };
    files
        .iter()
        .any(|file| declares(file, &format!("{keyword}{name}{end}")))
}

fn declares(file: &Path, declaration: &str) -> bool {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    text.contains(declaration)
}

#[test]
fn every_row_is_answered() {
    let rows = rows();
    for (letter, count) in ROWS {
        for number in 1..=count {
            let id = format!("{letter}{number}");
            let (holds, tests) = rows.get(&id).unwrap_or_else(|| panic!("{id} is missing"));
            assert!(!holds.is_empty(), "{id}");
            let reasoned = REASONED.contains(&&*id);
            assert_eq!(tests.is_empty(), reasoned, "{id}: a test, or a reason");
        }
    }
    assert_eq!(ROWS.map(|(_, count)| count).iter().sum::<u32>(), 70);
    assert!(rows.keys().filter(|id| id.starts_with('A')).count() >= 7);
}

#[test]
fn every_test_that_is_named_exists() {
    let mut missing = Vec::new();
    for (id, (_, tests)) in rows() {
        missing.extend(
            tests
                .into_iter()
                .filter(|test| !exists(test))
                .map(|test| (id.clone(), test)),
        );
    }
    assert!(missing.is_empty(), "{missing:?}");
}

/// The names of the tests in a file.
fn tests_in(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let after = text.split("#[test]\n").skip(1);
    let names = after.filter_map(|after| after.split_once("fn ")?.1.split('(').next());
    names.map(str::to_owned).collect()
}

/// Does the name begin with the id of a row, as in `s1_`?
fn begins_with_an_id(name: &str) -> bool {
    let (id, _) = name.split_once('_').unwrap_or_default();
    let digits = id.trim_start_matches(|c: char| c.is_ascii_lowercase());
    digits.len() + 1 == id.len() && digits.parse::<u32>().is_ok()
}

#[test]
fn every_test_of_the_catalogue_is_of_a_row() {
    let named: Vec<String> = rows().into_values().flat_map(|(_, tests)| tests).collect();
    let is_named = |kind: &str, name: &str| {
        named.iter().any(|test| match test.split_once(' ') {
            Some((of, prefix)) if prefix.ends_with('_') => of == kind && name.starts_with(prefix),
            Some((of, known)) => of == kind && known == name,
            None => false,
        })
    };
    for (kind, folder) in [("catalogue", "tests/catalogue"), ("lib", "src")] {
        let mut found = 0;
        for file in files_below(folder, ".rs") {
            let mut tests = tests_in(&file);
            match kind {
                "lib" => tests.retain(|name| begins_with_an_id(name)),
                _ if file.ends_with("table.rs") => continue,
                _ => {}
            }
            found += tests.len();
            for name in tests {
                assert!(is_named(kind, &name), "{name} of {}", file.display());
            }
        }
        assert!(found > 40, "{kind}");
    }
}
