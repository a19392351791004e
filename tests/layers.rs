//! The order of the layers: a module uses only what stands below it. Read from every path in `src/`,
//! every `#include` in `cpp_shim/` and every use of the plugin's crate in `cli/`.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

#[path = "layers/paths.rs"]
mod paths;

use paths::Named;

/// Highest first. A module may use those of every lower layer, and none of its own.
const ORDER: &[&[&str]] = &[
    &["ffi"],
    &["plugin", "sts"],
    &["conversation"],
    &["verification"],
    &["pool", "services"],
    &["options", "endpoints", "throttle"],
    &["identity"],
    &["ports"],
    &["sasl"],
    &["stats"],
    &["outcome"],
    &["aws"],
    &["retries"],
    &["panics"],
    &["reason", "secret"],
    &["abi"],
    // Helpers: of use to every module above.
    &["failpoint"],
    &["sys", "random"],
    &["sync"],
];
/// What the root itself has, for every module.
const CONSTANTS: [&str; 1] = ["VERSION"];
/// What the operator's tool takes from the plugin's crate: modules, or single items of one.
const FOR_THE_TOOL: [&str; 8] = [
    "VERSION",
    "abi",
    "aws",
    "identity",
    "options",
    "reason",
    "sts::load_roots",
    "sts::tls_error",
];
const CRATE: &str = "mongodb_aws_auth";
const C_HEADER: &str = "mongodb_aws_auth.h";

/// The number of a module's layer, counted from 1.
fn layer(module: &str) -> Option<usize> {
    let at = ORDER.iter().position(|layer| layer.contains(&module));
    at.map(|at| at + 1)
}

/// Breaches of the order in one file of the core.
fn breaches_in_core(file: &str, named: &[Named]) -> Vec<String> {
    let breach = |named: &Named| {
        let (by, line) = (named.by.as_str(), named.line);
        let Some(used) = named.path.first() else {
            return Some(format!("{file}:{line}: {by} may not name the whole crate"));
        };
        if used == by || by.is_empty() || CONSTANTS.contains(&used.as_str()) {
            return None;
        }
        match (layer(by), layer(used)) {
            (Some(from), Some(to)) if from < to => None,
            (Some(from), Some(to)) => Some(format!(
                "{file}:{line}: {by} (layer {from}) may not use {used} (layer {to})"
            )),
            (_, None) => Some(format!("{file}:{line}: {used} has no layer")),
            (None, _) => Some(format!("{file}:{line}: {by} has no layer")),
        }
    };
    let mut breaches: Vec<String> = named.iter().filter_map(breach).collect();
    breaches.dedup();
    breaches
}

fn breaches_in_tool(file: &str, named: &[Named]) -> Vec<String> {
    let breach = |named: &Named| {
        let (path, line) = (named.path.join("::"), named.line);
        let mut open = FOR_THE_TOOL.iter();
        let may = open.any(|open| path == *open || path.starts_with(&format!("{open}::")));
        (!may).then(|| format!("{file}:{line}: the tool may not use {CRATE}::{path}"))
    };
    // Other paths begin in the tool itself.
    let of_the_plugin = named.iter().filter(|named| named.start == CRATE);
    of_the_plugin.filter_map(breach).collect()
}

/// Whether a macro that is included stands for headers of the server alone.
fn is_server_header(name: &str, text: &str) -> bool {
    let definition = format!("#define {name} ");
    let mut headers = text
        .lines()
        .filter_map(|line| line.strip_prefix(&definition))
        .peekable();
    headers.peek().is_some() && headers.all(|header| header.starts_with("\"mongo/"))
}

/// Breaches in one file of `cpp_shim/FOLDER`.
fn breaches_in_shim(file: &str, folder: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let directive = line.trim_start().strip_prefix('#').map(str::trim_start);
        let Some(named) = directive.and_then(|words| words.strip_prefix("include")) else {
            continue;
        };
        let named = named.trim();
        let is_system = named.starts_with('<');
        let name = named.trim_matches(['"', '<']).split(['"', '>']);
        let name = name.into_iter().next().unwrap_or_default();
        let may = match folder {
            "maws" if is_system => !name.contains('/') || name.starts_with("sys/"),
            "maws" => name == C_HEADER || name.starts_with("maws/"),
            // The server's build follows its own headers by their whole path only.
            "mongod" => {
                is_system
                    || ["maws/", "mongo/"]
                        .iter()
                        .any(|root| name.starts_with(root))
                    || is_server_header(name, text)
            }
            "tests" => true,
            _ => false,
        };
        if !may || name.contains("..") {
            breaches.push(format!("{file}:{number}: {folder}/ may not include {name}"));
        }
    }
    breaches
}

// --- The real tree. -------------------------------------------------------------------------------

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap().display().to_string()
}

/// The files below a folder with one of these endings, sorted.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() && !path.ends_with("target") {
            found.extend(files(&path, endings));
        } else if ending.is_some_and(|ending| endings.contains(&ending)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The file of the module `["pool", "worker"]`.
fn file_of(module: &[String]) -> PathBuf {
    let path = root().join("src").join(module.join("/"));
    let (file, folder) = (path.with_extension("rs"), path.join("mod.rs"));
    if file.exists() { file } else { folder }
}

/// Every file of the core that is compiled without tests, with its module: those that `lib.rs`
/// declares, and those that these declare.
fn core() -> Vec<(PathBuf, Vec<String>)> {
    let mut found = vec![(root().join("src/lib.rs"), Vec::new())];
    let mut next = 0;
    while let Some((file, module)) = found.get(next).cloned() {
        next += 1;
        for child in read(&file, &module).declared {
            let beside = |named: String| file.with_file_name(named);
            let path = child.file.map(beside);
            let path = path.unwrap_or_else(|| file_of(&child.module));
            found.push((path, child.module));
        }
    }
    found
}

fn read(file: &Path, module: &[String]) -> paths::Source {
    let text = fs::read_to_string(file);
    let text = text.unwrap_or_else(|error| panic!("{}: {error}", shown(file)));
    read_text(file, module, &text)
}

fn read_text(file: &Path, module: &[String], text: &str) -> paths::Source {
    let module: Vec<&str> = module.iter().map(String::as_str).collect();
    paths::read(text, &module, CRATE).unwrap_or_else(|error| panic!("{}: {error}", shown(file)))
}

fn assert_none(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn no_module_uses_a_higher_layer_or_its_own() {
    let files = core();
    let found = |(file, module): &(PathBuf, Vec<String>)| {
        breaches_in_core(&shown(file), &read(file, module).named)
    };
    assert_none(&files.iter().flat_map(found).collect::<Vec<_>>());
}

#[test]
fn every_module_has_a_layer() {
    let lib = root().join("src/lib.rs");
    let declared = read(&lib, &[]).declared;
    let modules = declared.iter().map(|child| child.module.concat());
    let without: Vec<_> = modules.filter(|name| layer(name).is_none()).collect();
    assert!(
        without.is_empty(),
        "src/lib.rs: {without:?} have no layer in tests/layers.rs"
    );
}

#[test]
fn the_shim_is_independent_of_the_server_s_sources() {
    let mut breaches = Vec::new();
    for file in files(&root().join("cpp_shim"), &["cpp", "h"]) {
        let folder = file.parent().unwrap();
        let inner = folder.strip_prefix(root().join("cpp_shim")).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let inner = inner.to_str().unwrap();
        breaches.extend(breaches_in_shim(&shown(&file), inner, &text));
    }
    assert_none(&breaches);
}

#[test]
fn the_tool_uses_what_is_open_to_it() {
    let mut breaches = Vec::new();
    for file in files(&root().join("cli"), &["rs"]) {
        let named = read(&file, &[]).named;
        breaches.extend(breaches_in_tool(&shown(&file), &named));
    }
    assert_none(&breaches);
}

// --- That it bites. -------------------------------------------------------------------------------

fn core_breaches(module: &[&str], text: &str) -> Vec<String> {
    let source = paths::read(text, module, CRATE).unwrap();
    breaches_in_core("src/x.rs", &source.named)
}

#[test]
fn a_breach_is_named_with_its_file_and_line() {
    let upwards = "use std::fmt;\n\nfn f() {\n    crate::conversation::Phase::start()\n}\n";
    let wanted = "src/x.rs:4: pool (layer 5) may not use conversation (layer 3)";
    assert_eq!(core_breaches(&["pool"], upwards), [wanted]);
    assert!(core_breaches(&["plugin"], upwards).is_empty());
    for (module, text, wanted) in [
        (
            "sts",
            "use crate::plugin::Plugin;",
            "sts (layer 2) may not use plugin (layer 2)",
        ),
        (
            "sys",
            "use super::abi;",
            "sys (layer 18) may not use abi (layer 16)",
        ),
        ("pool", "use crate::extra::X;", "extra has no layer"),
        ("extra", "use crate::abi::X;", "extra has no layer"),
        (
            "pool",
            "use crate as all;",
            "pool may not name the whole crate",
        ),
        ("pool", "use super::*;", "* has no layer"),
    ] {
        assert_eq!(
            core_breaches(&[module], text),
            [format!("src/x.rs:1: {wanted}")]
        );
    }
    for fine in [
        "use crate::{VERSION, abi::X, sync::Arc};",
        "use super::pool::Pool;",
    ] {
        assert_eq!(core_breaches(&["pool"], fine), [""; 0], "{fine}");
    }
}

#[test]
fn a_breach_is_noticed_in_every_file_of_the_core() {
    let files = core();
    assert!(files.len() > 30, "{}", files.len());
    for (file, module) in &files {
        if module.first().is_none_or(|own| own == "ffi") {
            continue;
        }
        let mut text = fs::read_to_string(file).unwrap();
        let line = text.lines().count() + 1;
        text.push_str("fn added() { crate::ffi::added(); }\n");
        let breaches = breaches_in_core(&shown(file), &read_text(file, module, &text).named);
        let wanted = format!("{}:{line}: ", shown(file));
        let last = breaches.last();
        assert!(
            last.is_some_and(|last| last.starts_with(&wanted)),
            "{wanted}{last:?}"
        );
    }
}

#[test]
fn an_include_against_the_order_is_named() {
    let breaches = |folder, include: &str| {
        let text = format!("// #include \"any.h\"\n{include}\n");
        breaches_in_shim("f.cpp", folder, &text)
    };
    for (folder, fine) in [
        ("maws", "#include <vector>"),
        ("maws", "#include <sys/stat.h>"),
        ("maws", "#include \"maws/abi.h\""),
        (
            "maws",
            "#include \"mongodb_aws_auth.h\"  // IWYU pragma: export",
        ),
        ("mongod", "#include \"maws/wait.h\""),
        ("mongod", "#include \"mongo/db/client.h\""),
        (
            "mongod",
            "  #  include \"mongo/db/auth/aws_auth/mechanism.h\"",
        ),
        ("mongod", "#define LOG \"mongo/util/log.h\"\n#include LOG"),
        ("tests", "#include \"mechanism.h\""),
    ] {
        assert_eq!(breaches(folder, fine), [""; 0], "{folder}: {fine}");
    }
    for (folder, include, name) in [
        (
            "maws",
            "#include \"mongo/db/client.h\"",
            "mongo/db/client.h",
        ),
        ("maws", "#include <mongo/db/client.h>", "mongo/db/client.h"),
        ("maws", "# include \"mechanism.h\"", "mechanism.h"),
        (
            "maws",
            "#include \"maws/../mongod/messages.h\"",
            "maws/../mongod/messages.h",
        ),
        (
            "mongod",
            "#include \"mongodb_aws_auth.h\"",
            "mongodb_aws_auth.h",
        ),
        ("mongod", "#include \"mechanism.h\"", "mechanism.h"),
        ("mongod", "#include LOG", "LOG"),
        ("mongod", "#include LOG\n#define LOG \"maws/log.h\"", "LOG"),
        ("other", "#include <vector>", "vector"),
    ] {
        let wanted = format!("f.cpp:2: {folder}/ may not include {name}");
        assert_eq!(breaches(folder, include), [wanted]);
    }
}

#[test]
fn a_use_of_the_plugin_s_inside_by_the_tool_is_named() {
    let text = "use crate::plugin::Library;\n\
                use mongodb_aws_auth::{VERSION, sts::{self, load_roots}, aws::Arn,\n\
                pool::Pool};\n\
                fn f(conversation: mongodb_aws_auth::conversation::Begin) {}\n";
    let source = paths::read(text, &["check"], CRATE).unwrap();
    assert_eq!(
        breaches_in_tool("cli/src/x.rs", &source.named),
        [
            "cli/src/x.rs:2: the tool may not use mongodb_aws_auth::sts",
            "cli/src/x.rs:3: the tool may not use mongodb_aws_auth::pool::Pool",
            "cli/src/x.rs:4: the tool may not use mongodb_aws_auth::conversation::Begin",
        ]
    );
}
