//! Failures that are explained in the host's error struct.

use super::texts::status_words;
use super::{guard, memory};
use crate::abi::maws_code::{self, *};
use crate::abi::{maws_error, maws_status};
use crate::options::OptionError;
use crate::reason::Failure;

/// Runs a function that explains its failures. `clear` makes the result empty, before anything can
/// go wrong.
pub fn reported(
    error: *mut maws_error,
    clear: impl FnOnce() -> Result<(), maws_code>,
    body: impl FnOnce() -> Result<maws_code, Refusal>,
) -> maws_status {
    let mut refusal = None;
    let cleared = clear();
    let status = guard::call(|| {
        cleared?;
        body().map_err(|found| {
            let code = found.code;
            refusal = Some(found);
            code
        })
    });
    if status < 0 {
        let (reason, text) = match &refusal {
            Some(refusal) => (refusal.reason, &*refusal.text),
            None => (0, ""),
        };
        let wrong = guard::wrong_argument_text();
        let text = match (text, &*wrong) {
            ("", "") => status_words(status).to_owned(),
            ("", wrong) => format!("{wrong}: {}", status_words(status)),
            (text, _) => text.to_owned(),
        };
        memory::write_error(error, status, reason, &text);
    }
    status
}

/// Why a function with an error struct fails.
pub struct Refusal {
    code: maws_code,
    reason: u32,
    text: String,
}

impl Refusal {
    /// The status for the host.
    pub fn code(&self) -> maws_code {
        self.code
    }

    /// What is wrong, for the operator; empty where the code says it all.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl From<maws_code> for Refusal {
    fn from(code: maws_code) -> Refusal {
        Refusal {
            code,
            reason: 0,
            text: String::new(),
        }
    }
}

impl From<OptionError> for Refusal {
    fn from(error: OptionError) -> Refusal {
        Refusal {
            text: error.to_string(),
            ..MAWS_E_OPTION.into()
        }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Refusal {
        let Failure { reason, .. } = failure;
        Refusal {
            code: reason.code(),
            reason: reason.number(),
            text: failure.to_string(),
        }
    }
}
