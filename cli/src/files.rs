//! Files that an operator names.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::output::Unusable;

/// Larger than any configuration, list of users or environment, in bytes.
const LIMIT: u64 = 64 * 1024 * 1024;

/// The whole file, as text; one without end, such as a device, is an error.
pub fn read_text(path: &Path) -> Result<String, Unusable> {
    let bytes = read(path)?;
    let text = String::from_utf8(bytes);
    text.map_err(|_| Unusable::file(path, "it is not text in UTF-8"))
}

/// The whole file.
pub fn read(path: &Path) -> Result<Vec<u8>, Unusable> {
    let failed = |error: &dyn std::fmt::Display| Unusable::file(path, error);
    let mut file = File::open(path).map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    let read = file.by_ref().take(LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|error| failed(&error))?;
    match bytes.len() as u64 > LIMIT {
        true => Err(failed(&format!(
            "it is larger than {} MiB",
            LIMIT / 1024 / 1024
        ))),
        false => Ok(bytes),
    }
}
