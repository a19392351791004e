//! What an error of STS means for a login, by its code and message.

use crate::reason::Reason;

/// The codes that mean more than a refusal. STS's two protocols spell some of them differently.
const CODES: [(&str, Reason); 15] = [
    ("SignatureDoesNotMatch", Reason::SignatureMismatch),
    ("InvalidSignatureException", Reason::SignatureMismatch),
    ("InvalidSignature", Reason::SignatureMismatch),
    ("RequestExpired", Reason::SignatureExpired),
    ("RequestExpiredException", Reason::SignatureExpired),
    ("InvalidClientTokenId", Reason::AccessKeyUnknown),
    ("UnrecognizedClientException", Reason::AccessKeyUnknown),
    ("ExpiredToken", Reason::TokenExpired),
    ("ExpiredTokenException", Reason::TokenExpired),
    ("AccessDenied", Reason::AccessDenied),
    ("AccessDeniedException", Reason::AccessDenied),
    ("Throttling", Reason::StsThrottling),
    ("ThrottlingException", Reason::StsThrottling),
    ("RequestLimitExceeded", Reason::StsThrottling),
    ("TooManyRequests", Reason::StsThrottling),
];

/// What the messages about the time and the scope of a signature say, in small letters, and what the log
/// says of it. Their code is that of a wrong secret key (IAM, "Troubleshoot signed requests").
const MESSAGES: [(&str, Reason, &str); 7] = [
    ("signature expired", Reason::SignatureExpired, ""),
    ("request has expired", Reason::SignatureExpired, ""),
    ("not yet current", Reason::SignatureNotYetCurrent, ""),
    (
        "date in credential scope",
        Reason::StsScopeRefused,
        "the scope's date is not that of X-Amz-Date",
    ),
    (
        "valid region",
        Reason::StsScopeRefused,
        "the scope's region",
    ),
    (
        "correct service",
        Reason::StsScopeRefused,
        "the scope's service",
    ),
    ("scoped ", Reason::StsScopeRefused, ""),
];

/// From here on a message repeats the request, session token included: it is neither searched nor copied.
const REQUEST: &str = "The Canonical String";

/// What an error of STS means, and what the log may say of it beside that.
pub(super) fn explain(code: &str, message: &str) -> (Reason, &'static str) {
    let mut codes = CODES.iter();
    let known = codes.find(|(known, _)| known.eq_ignore_ascii_case(code));
    let reason = known.map_or(Reason::StsDenied, |(_, reason)| *reason);
    if reason != Reason::SignatureMismatch {
        return (reason, "");
    }
    let said = message.split(REQUEST).next().unwrap_or_default();
    let said = said.to_ascii_lowercase();
    let mut messages = MESSAGES.iter();
    let told = messages.find(|(words, ..)| said.contains(words));
    told.map_or((reason, ""), |(_, reason, detail)| (*reason, detail))
}

/// What an error of STS means for a login; [`Reason::StsDenied`] for all that have no reason of their own.
pub fn error_reason(code: &str, message: &str) -> Reason {
    explain(code, message).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_s_time_and_scope_are_told_by_the_message_in_every_spelling() {
        let mismatch = [
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "signaturedoesnotmatch",
        ];
        for (message, reason) in [
            (
                "The request signature we calculated does not match the signature you provided.",
                Reason::SignatureMismatch,
            ),
            ("", Reason::SignatureMismatch),
            (
                "Signature expired: 20261129T080000Z is now earlier than 20261129T094500Z",
                Reason::SignatureExpired,
            ),
            ("SIGNATURE EXPIRED", Reason::SignatureExpired),
            ("Request has expired.", Reason::SignatureExpired),
            (
                "Signature not yet current: 20261129T140000Z is still later than 20261129T121500Z",
                Reason::SignatureNotYetCurrent,
            ),
            (
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP",
                Reason::StsScopeRefused,
            ),
            (
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                 '20261128' != '20261129', from '20261129T000003Z'.",
                Reason::StsScopeRefused,
            ),
            (
                "Credential should be scoped to a valid region, not 'eu-west-9'.",
                Reason::StsScopeRefused,
            ),
            (
                "Credential should be scoped to correct service: 'sts'.",
                Reason::StsScopeRefused,
            ),
            (
                "Credential must be scoped to correct service: 'sts'.",
                Reason::StsScopeRefused,
            ),
            (
                "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
                Reason::StsScopeRefused,
            ),
            (
                "credential should be scoped to a valid Region, not us-east-9. Credential should be scoped \
                 to correct service: 'sts'. ",
                Reason::StsScopeRefused,
            ),
            // The request is repeated behind the fault.
            (
                "The request signature we calculated does not match. The Canonical String for this request \
                 should have been 'signature expired, scoped to, not yet current'",
                Reason::SignatureMismatch,
            ),
        ] {
            for code in mismatch {
                assert_eq!(error_reason(code, message), reason, "{code}: {message}");
            }
        }
    }

    #[test]
    fn other_codes_mean_the_same_whatever_the_message() {
        for (code, reason) in [
            ("RequestExpired", Reason::SignatureExpired),
            ("InvalidClientTokenId", Reason::AccessKeyUnknown),
            ("UnrecognizedClientException", Reason::AccessKeyUnknown),
            ("ExpiredTokenException", Reason::TokenExpired),
            ("AccessDenied", Reason::AccessDenied),
            ("throttlingexception", Reason::StsThrottling),
            ("IncompleteSignature", Reason::StsDenied),
            ("MoonException", Reason::StsDenied),
            ("", Reason::StsDenied),
        ] {
            for message in ["", "Credential should be scoped to a valid region."] {
                assert_eq!(error_reason(code, message), reason, "{code}");
            }
        }
    }

    #[test]
    fn the_log_says_which_part_of_the_scope_was_refused() {
        for (message, detail) in [
            ("Date in Credential scope does not match", "date"),
            ("Credential should be scoped to a valid region.", "region"),
            ("Credential must be scoped to correct service", "service"),
        ] {
            let (_, said) = explain("SignatureDoesNotMatch", message);
            assert!(said.contains(detail), "{message}: {said}");
        }
    }
}
