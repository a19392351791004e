//! The server's program: one that does not know the plugin's parameters does not start with them.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use memchr::memmem;

use super::{Findings, Name};
use crate::args::Check;
use crate::files;
use crate::input::server_config::ServerConfig;

const STEP: Name = Name::Program;
/// A parameter of the adapter, which stands in every program that is built with it.
const MARK: &str = "awsAuthPluginPath";
const UNIT_FOLDERS: [&str; 4] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
const CHUNK: usize = 1024 * 1024;

/// What a program is.
#[derive(Debug, PartialEq, Eq)]
enum Program {
    /// It is built with the adapter.
    Patched,
    /// It knows nothing of the plugin.
    Stock,
    /// It starts another program.
    Script,
    /// It cannot be looked at; the cause.
    Unreadable(String),
    /// It is no program; why.
    Unusable(String),
}

/// Looks for the program and into it; `known`: the configuration is there, so a server is to run here.
pub fn check(args: &Check, config: &ServerConfig, pid: Option<u32>, findings: &mut Findings) {
    let names = match config.get("sharding.configDB") {
        Some(_) => ["mongos", "mongod"],
        None => ["mongod", "mongos"],
    };
    let found = match &args.mongod {
        Some(path) => Some((path.clone(), "--mongod".to_owned())),
        None => of_process(pid)
            .or_else(|| of_service(names))
            .or_else(|| of_path(names)),
    };
    let known = args.config.is_some() || args.mongod.is_some();
    let Some((path, whence)) = found else {
        let found = "no mongod and no mongos: neither a service nor the path (PATH) has one";
        match known {
            true => findings.fail(
                STEP,
                found,
                "Install a server that is built with this project's adapter (docs/mongod.md), or name it: \
                --mongod FILE.",
            ),
            false => findings.skip(STEP, found),
        }
        return;
    };
    let shown = format!("{} (by {whence})", path.display());
    match look(&path) {
        Program::Patched => findings.pass(STEP, format!("{shown} knows the plugin's parameters")),
        Program::Stock if known => findings.fail(
            STEP,
            format!("{shown} does not know {MARK}: a stock build, which cannot load the plugin"),
            "It does not start with the plugin's parameters (Unknown --setParameter). Install a server that is \
             built with the adapter (docs/mongod.md), or name it: --mongod FILE.",
        ),
        Program::Stock => findings.warn(
            STEP,
            format!("{shown} does not know {MARK}: a stock build, which cannot load the plugin"),
            "Name the server that is built with the adapter: --mongod FILE.",
        ),
        Program::Script => findings.warn(
            STEP,
            format!("{shown} is a script"),
            "Name the program that it starts: --mongod FILE.",
        ),
        Program::Unreadable(why) => findings.warn(
            STEP,
            format!("{shown} cannot be looked into: {why}"),
            "Run this as a user who can read it, or name a readable copy: --mongod FILE.",
        ),
        Program::Unusable(why) => findings.fail(
            STEP,
            format!("{shown}: {why}"),
            "Install a server that is built with this project's adapter (docs/mongod.md), or name it: --mongod FILE.",
        ),
    }
}

fn of_process(pid: Option<u32>) -> Option<(PathBuf, String)> {
    let pid = pid?;
    let link = PathBuf::from(format!("/proc/{pid}/exe"));
    let path = fs::read_link(&link).ok()?;
    let is_server = path.file_name()?.to_string_lossy().starts_with("mongo");
    is_server.then(|| (path, format!("process {pid}")))
}

fn of_service(names: [&str; 2]) -> Option<(PathBuf, String)> {
    let units = names.into_iter().chain(["mongodb"]);
    let mut files =
        units.flat_map(|name| UNIT_FOLDERS.map(|folder| format!("{folder}/{name}.service")));
    files.find_map(|file| {
        let program =
            program_of_unit(&files::read_text(Path::new(&file), files::SETTINGS_LIMIT).ok()?)?;
        Some((program, file))
    })
}

/// The server among the words of a unit's `ExecStart=`: it may stand behind `numactl` and the like.
fn program_of_unit(unit: &str) -> Option<PathBuf> {
    let starts = unit
        .lines()
        .filter_map(|line| line.trim().strip_prefix("ExecStart="));
    let words = starts.flat_map(|command| command.split([' ', '\t', '"']));
    // Marks of systemd's before the first word.
    let words = words.map(|word| word.trim_start_matches(['@', '-', ':', '+', '!']));
    let mut servers = words.filter(|word| {
        let name = word.rsplit('/').next().unwrap_or_default();
        word.starts_with('/')
            && ["mongod", "mongos"]
                .iter()
                .any(|server| name.starts_with(server))
            && !name.contains(".conf")
    });
    servers.next().map(PathBuf::from)
}

fn of_path(names: [&str; 2]) -> Option<(PathBuf, String)> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| USUAL_PATH.into());
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let all = names
        .into_iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let mut programs = all.filter(|file| file.is_file());
    programs.next().map(|file| (file, "PATH".to_owned()))
}

fn look(path: &Path) -> Program {
    let status = match fs::metadata(path) {
        Ok(status) => status,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return Program::Unreadable(error.to_string());
        }
        Err(error) => return Program::Unusable(error.to_string()),
    };
    if !status.is_file() {
        return Program::Unusable("it is no regular file".to_owned());
    }
    if status.permissions().mode() & 0o111 == 0 {
        return Program::Unusable("nobody may execute it (chmod a+x)".to_owned());
    }
    scan(path).unwrap_or_else(|error| Program::Unreadable(error.to_string()))
}

/// Reads the file once, piece by piece: servers have hundreds of megabytes.
fn scan(path: &Path) -> std::io::Result<Program> {
    let mut file = File::open(path)?;
    let mark = memmem::Finder::new(MARK.as_bytes());
    let mut bytes: Vec<u8> = Vec::with_capacity(CHUNK + MARK.len());
    let mut first = true;
    loop {
        let read = file.by_ref().take(CHUNK as u64).read_to_end(&mut bytes)?;
        if first && bytes.starts_with(b"#!") {
            return Ok(Program::Script);
        }
        first = false;
        if mark.find(&bytes).is_some() {
            return Ok(Program::Patched);
        }
        if read == 0 {
            return Ok(Program::Stock);
        }
        // The mark may lie across the end of this piece.
        let keep = bytes.len().saturating_sub(MARK.len());
        bytes.drain(..keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(content: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mongod");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_program_is_told_by_what_stands_in_it() {
        let across = [vec![b'x'; CHUNK - 5], MARK.as_bytes().to_vec()].concat();
        for (content, wanted) in [
            (b"\x7fELF awsAuthPluginPath\0".to_vec(), Program::Patched),
            (across, Program::Patched),
            (b"\x7fELF awsStsHost\0".to_vec(), Program::Stock),
            (Vec::new(), Program::Stock),
            (
                b"#!/bin/sh\nexec mongod.real # awsAuthPluginPath\n".to_vec(),
                Program::Script,
            ),
        ] {
            let (_folder, path) = program(&content, 0o755);
            assert_eq!(look(&path), wanted);
        }
        let (_folder, path) = program(b"\x7fELF", 0o644);
        assert!(matches!(look(&path), Program::Unusable(_)));
        assert!(matches!(
            look(Path::new("/none/mongod")),
            Program::Unusable(_)
        ));
        assert!(matches!(look(Path::new("/dev/null")), Program::Unusable(_)));
    }

    #[test]
    fn a_service_names_its_program() {
        for (unit, wanted) in [
            (
                "[Service]\nExecStart=/usr/bin/mongod --config /etc/mongod.conf\n",
                Some("/usr/bin/mongod"),
            ),
            (
                "ExecStart=-/opt/bin/mongos $OPTIONS\n",
                Some("/opt/bin/mongos"),
            ),
            (
                "ExecStart=\nExecStart=\"/usr/bin/mongod\" -f x\n",
                Some("/usr/bin/mongod"),
            ),
            (
                "ExecStart=/usr/bin/numactl --interleave=all /usr/bin/mongod --config /etc/mongod.conf\n",
                Some("/usr/bin/mongod"),
            ),
            (
                "ExecStart=/usr/bin/wrapper --config /etc/mongod.conf\n",
                None,
            ),
            ("", None),
        ] {
            assert_eq!(program_of_unit(unit), wanted.map(PathBuf::from), "{unit}");
        }
    }
}
