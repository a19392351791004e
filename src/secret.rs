//! Texts that are wiped after use: session tokens, Authorization values, nonces.

use std::fmt;

use zeroize::Zeroizing;

/// Text that is wiped when dropped and that `{:?}` does not show.
///
/// Copies that the HTTP and TLS libraries make cannot be wiped; docs/security-catalogue.md names them.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Copies the text.
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
