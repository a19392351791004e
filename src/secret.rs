//! Text that must not outlive its use: session tokens, Authorization values.

use std::fmt;

use zeroize::Zeroizing;

/// Text that is wiped when dropped and that `{:?}` does not show.
///
/// Copies made inside the HTTP and TLS libraries are out of reach; docs/security.md says which.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a copy of the text.
    pub fn new(text: &str) -> Secret {
        Secret(Zeroizing::new(text.to_owned()))
    }

    /// The text itself, for the request to STS and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
