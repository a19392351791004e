//! TLS errors in words.

/// What went wrong.
pub fn describe(error: &rustls::Error, host: &str) -> String {
    format!("{host}: {error}")
}
