//! Files that an operator names.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::output::Unusable;

const MIB: u64 = 1024 * 1024;
/// Larger than any configuration or environment, in bytes.
pub const SETTINGS_LIMIT: u64 = MIB;
/// Larger than any list of users, in bytes.
pub const LIST_LIMIT: u64 = 64 * MIB;

/// The whole file, as text.
pub fn read_text(path: &Path, limit: u64) -> Result<String, Unusable> {
    let bytes = read(path, limit)?;
    let text = String::from_utf8(bytes);
    text.map_err(|_| Unusable::file(path, "it is not text in UTF-8"))
}

/// The whole file. One that is not regular or larger than the limit is an error before it is read.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Unusable> {
    bounded(path, limit).map_err(|error| Unusable::file(path, error))
}

/// The same, with an error that does not name the file.
fn bounded(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| error.to_string();
    let status = std::fs::metadata(path).map_err(failed)?;
    if status.is_dir() {
        return Err("it is a directory".to_owned());
    }
    if !status.is_file() {
        return Err(
            "it is not a regular file but a pipe, socket or device: name a file that has its content"
                .to_owned(),
        );
    }
    let too_large = || format!("it is larger than {} MiB", limit / MIB);
    if status.len() > limit {
        return Err(too_large());
    }
    let file = OpenOptions::new()
        .read(true)
        // Opening a pipe, which may have come in its place, would wait for whoever writes to it.
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)
        .map_err(failed)?;
    let mut bytes = Vec::new();
    // Files of /proc tell no length.
    let read = file.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(failed)?;
    match bytes.len() as u64 > limit {
        true => Err(too_large()),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    #[test]
    fn a_regular_file_is_read_whole_also_by_a_link_and_from_proc() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "text").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        for path in [&path, &link] {
            assert_eq!(read_text(path, 4).unwrap(), "text");
        }
        assert!(
            !read(Path::new("/proc/self/environ"), LIST_LIMIT)
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn what_has_no_end_or_is_no_file_is_refused_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        let sparse = folder.path().join("sparse");
        File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for (path, words) in [
            (fifo.as_path(), "not a regular file"),
            (&socket, "not a regular file"),
            (&link, "not a regular file"),
            (Path::new("/dev/null"), "not a regular file"),
            (Path::new("/dev/tty"), "not a regular file"),
            (folder.path(), "is a directory"),
            (&sparse, "larger than 64 MiB"),
        ] {
            let Unusable(error) = read(path, LIST_LIMIT).unwrap_err();
            assert!(error.starts_with(&path.display().to_string()), "{error}");
            assert!(error.contains(words), "{error}");
        }
    }
}
