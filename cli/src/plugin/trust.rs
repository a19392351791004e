//! The rule by which servers load the plugin's file: nobody but root and the server's own user may
//! be able to exchange it.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::raw::effective_user;

const SHARED: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// Why a server that runs as this tool's user would refuse the file; `None` where it would not.
pub fn distrusted(path: &Path) -> Option<String> {
    if !path.is_absolute() {
        return Some("the path must be absolute".to_owned());
    }
    let real = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) => return Some(format!("it cannot be opened: {error}")),
    };
    let asked = path.ancestors().map(|part| (part, path));
    let found = real.ancestors().map(|part| (part, &*real));
    asked
        .chain(found)
        .find_map(|(part, whole)| unsafe_part(part, whole))
}

fn unsafe_part(part: &Path, whole: &Path) -> Option<String> {
    let shown = part.display();
    let status = match fs::symlink_metadata(part) {
        Ok(status) => status,
        Err(error) => return Some(format!("{shown}: {error}")),
    };
    let own = effective_user();
    if status.uid() != 0 && status.uid() != own {
        let owner = status.uid();
        return Some(format!(
            "{shown} belongs to user id {owner}, neither root nor the user that runs this ({own})"
        ));
    }
    let kind = status.file_type();
    if kind.is_symlink() {
        return None;
    }
    let mode = status.permissions().mode();
    let sticky = kind.is_dir() && mode & STICKY != 0;
    if mode & SHARED != 0 && !sticky {
        return Some(format!(
            "{shown} is writable by group or others (chmod go-w)"
        ));
    }
    if sticky && mode & SHARED != 0 && whole.parent() == Some(part) {
        return Some(format!("{shown} is a directory that others can write to"));
    }
    match part == whole {
        true if kind.is_dir() => Some(format!("{shown} is a directory")),
        // Opening a FIFO or a device may never come back.
        true if !kind.is_file() => Some(format!("{shown} is not a regular file")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn file(mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plugin.so");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_that_only_its_owner_can_write_is_trusted_also_by_a_link() {
        let (folder, path) = file(0o644);
        assert_eq!(distrusted(&path), None);
        let link = folder.path().join("link.so");
        symlink(&path, &link).unwrap();
        assert_eq!(distrusted(&link), None);
    }

    #[test]
    fn what_is_no_regular_file_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o644)).unwrap();
        let link = folder.path().join("link.so");
        symlink(&socket, &link).unwrap();
        for path in [&*socket, &*link] {
            assert!(distrusted(path).unwrap().contains("not a regular file"));
        }
        assert!(distrusted(folder.path()).unwrap().contains("a directory"));
    }

    #[test]
    fn what_others_can_exchange_is_not() {
        let (_folder, path) = file(0o664);
        assert!(distrusted(&path).unwrap().contains("writable"));
        assert!(
            distrusted(Path::new("plugin.so"))
                .unwrap()
                .contains("absolute")
        );
        assert!(distrusted(Path::new("/none/plugin.so")).is_some());
        let shared = tempfile::tempdir().unwrap();
        let path = shared.path().join("plugin.so");
        fs::write(&path, "").unwrap();
        fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(distrusted(&path).unwrap().contains("writable"));
    }
}
