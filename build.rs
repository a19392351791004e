//! Sets the library's SONAME and generates the C header from `src/abi.rs`.
//!
//! The header in `include/` is committed. A build writes a fresh one to `OUT_DIR` and warns when
//! the two differ; `tests/header.rs` fails then, and `MAWS_HEADER_WRITE=1 cargo build` writes it.

use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

const HEADER: &str = "include/mongodb_aws_auth.h";
const SOURCES: [&str; 2] = ["src/abi.rs", "src/ffi/entry.rs"];
const PREAMBLE: &str = "include/preamble.h.in";
const INITIALISERS: &str = "include/initialisers.h.in";
const ENUMS: [&str; 4] = [
    "maws_code",
    "maws_log_level",
    "maws_option_kind",
    "maws_principal_kind",
];

fn main() -> Result<(), Box<dyn Error>> {
    let abi_major = 1;
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libmongodb_aws_auth.so.{abi_major}");
    // Never unmapped: a worker may still run when a host calls dlclose.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,relro,-z,now");
    println!("cargo:rustc-cdylib-link-arg=-Wl,--build-id=sha1");

    for file in SOURCES.into_iter().chain([PREAMBLE, INITIALISERS, HEADER]) {
        println!("cargo:rerun-if-changed={file}");
    }
    println!("cargo:rerun-if-env-changed=MAWS_HEADER_WRITE");

    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let header = generate(&root)?;
    fs::write(
        Path::new(&env::var("OUT_DIR")?).join("mongodb_aws_auth.h"),
        &header,
    )?;
    let committed = root.join(HEADER);
    if env::var_os("MAWS_HEADER_WRITE").is_some() {
        fs::write(committed, header)?;
    } else if fs::read(&committed).unwrap_or_default() != header {
        println!(
            "cargo:warning={HEADER} is not what src/abi.rs says: MAWS_HEADER_WRITE=1 cargo build"
        );
    }
    Ok(())
}

fn generate(root: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut config = cbindgen::Config {
        language: cbindgen::Language::C,
        cpp_compat: true,
        documentation_style: cbindgen::DocumentationStyle::Doxy,
        style: cbindgen::Style::Both,
        no_includes: true,
        sort_by: cbindgen::SortKey::None,
        header: Some(fs::read_to_string(root.join(PREAMBLE))?),
        trailer: Some(fs::read_to_string(root.join(INITIALISERS))?),
        ..cbindgen::Config::default()
    };
    config.enumeration.prefix_with_name = false;
    config.export.item_types = vec![
        cbindgen::ItemType::Constants,
        cbindgen::ItemType::Enums,
        cbindgen::ItemType::Structs,
        cbindgen::ItemType::Typedefs,
        cbindgen::ItemType::Functions,
    ];
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(root.join(source));
    }
    for name in ENUMS.into_iter().chain(["maws_entry_fn"]) {
        builder = builder.include_item(name);
    }
    let mut header = Vec::new();
    builder.generate()?.write(&mut header);
    without_c_tags(String::from_utf8(header)?)
}

/// C before C23 cannot give an enum its type, so there the typedef has that type and the enum only
/// names numbers. One name for both would be invalid in C++, which `-Wc++-compat` tells.
fn without_c_tags(mut header: String) -> Result<Vec<u8>, Box<dyn Error>> {
    const TYPED: &str = "#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L";
    const END: &str = "\n#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L\n {";
    for name in ENUMS {
        let other = || format!("cbindgen writes the enum {name} in another way");
        let start = format!("enum {name}\n{TYPED}\n  : ");
        let (before, rest) = header.split_once(&start).ok_or_else(other)?;
        let (int, after) = rest.split_once(END).ok_or_else(other)?;
        let split = format!("{TYPED}\nenum {name} : {int} {{\n#else\nenum {{\n#endif");
        header = format!("{before}{split}{after}");
    }
    Ok(header.into_bytes())
}
