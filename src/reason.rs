//! The catalogue of everything the plugin can say: why a login ended, and its log messages.
//!
//! Numbers are part of the interface (`maws_info.reason`, `maws_log_event.message_id`): they are
//! never reused, and `docs/troubleshooting.md` explains each by its name.

use std::fmt;

use crate::abi::maws_code::{self, *};

macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $code:ident, $summary:literal;)*) => {
        /// What happened, by a stable number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Reason {
            $(#[doc = $summary] $name = $number,)*
        }

        impl Reason {
            /// Every reason, in the order of their numbers.
            pub const ALL: &[Reason] = &[$(Reason::$name,)*];

            /// The status that the interface gives for it.
            pub fn code(self) -> maws_code {
                match self { $(Reason::$name => $code,)* }
            }

            /// Name in the documents, for example `SignatureMismatch`.
            pub fn name(self) -> &'static str {
                match self { $(Reason::$name => stringify!($name),)* }
            }

            /// What happened, in words.
            pub fn summary(self) -> &'static str {
                match self { $(Reason::$name => $summary,)* }
            }
        }
    };
}

catalogue! {
    // 1 to 99: events that end no login.
    Created = 1, MAWS_DONE, "plugin created";
    Destroyed = 2, MAWS_DONE, "plugin destroyed";
    ProxyIgnored = 3, MAWS_DONE, "a proxy in the environment is not used";
    OptionsChanged = 4, MAWS_DONE, "options changed";
    CaCertificateSkipped = 5, MAWS_DONE, "a certificate of the system's CA bundle cannot be used";
    EndpointDown = 6, MAWS_DONE, "an STS endpoint does not answer, new logins go elsewhere";
    EndpointUp = 7, MAWS_DONE, "an STS endpoint answers again";
    ClientFirstAccepted = 10, MAWS_CONTINUE, "client-first accepted";
    VerificationQueued = 11, MAWS_PENDING, "client-second accepted, verification queued";
    Verified = 12, MAWS_DONE, "identity verified by STS";
    RetriedOnFreshConnection = 13, MAWS_PENDING, "a pooled connection to STS was dead, sent again on a fresh one";
    RetriedAfterAnswer = 14, MAWS_PENDING, "STS was throttling, failing or out of reach, tried again";

    // 200 to 299: what the client sent breaks a rule; nothing was sent to STS.
    PayloadEmpty = 200, MAWS_E_PROTOCOL, "the payload is empty";
    PayloadTooLarge = 201, MAWS_E_PROTOCOL, "the payload is too large";
    BsonMalformed = 202, MAWS_E_PROTOCOL, "the payload is not one well-formed BSON document";
    FieldMissing = 203, MAWS_E_PROTOCOL, "a field is missing";
    FieldType = 204, MAWS_E_PROTOCOL, "a field has the wrong type";
    FieldDuplicate = 205, MAWS_E_PROTOCOL, "a field stands twice";
    FieldsTooMany = 206, MAWS_E_PROTOCOL, "too many unknown fields";
    ClientNonceLength = 210, MAWS_E_PROTOCOL, "the client nonce is not 32 bytes of binary subtype 0";
    ChannelBindingFlag = 211, MAWS_E_PROTOCOL, "the GS2 channel-binding flag is not 'n'";
    AuthorizationTooLong = 219, MAWS_E_PROTOCOL, "the Authorization value is too long";
    AuthorizationMalformed = 220, MAWS_E_PROTOCOL, "the Authorization value does not follow the grammar of Signature Version 4";
    AccessKeyIdMalformed = 221, MAWS_E_PROTOCOL, "the access key id is malformed";
    ScopeMalformed = 222, MAWS_E_PROTOCOL, "the credential scope is malformed";
    ScopeDateMismatch = 223, MAWS_E_PROTOCOL, "the credential scope's date is not the day of X-Amz-Date";
    ScopeRegionMismatch = 224, MAWS_E_PROTOCOL, "the credential scope's region is not the one of the STS host";
    ScopeServiceMismatch = 225, MAWS_E_PROTOCOL, "the credential scope's service is not sts";
    SignedHeadersOrder = 230, MAWS_E_PROTOCOL, "SignedHeaders is not lower case, sorted and without duplicates";
    SignedHeaderMissing = 231, MAWS_E_PROTOCOL, "a header that must be signed is not";
    SignedHeaderUnknown = 232, MAWS_E_PROTOCOL, "a header is signed that is never sent";
    TokenNotSigned = 233, MAWS_E_PROTOCOL, "a session token was sent but is not signed";
    TokenMissing = 234, MAWS_E_PROTOCOL, "a session token is signed but was not sent";
    SignatureMalformed = 235, MAWS_E_PROTOCOL, "the signature is not 64 lower-case hexadecimal digits";
    DateMalformed = 240, MAWS_E_PROTOCOL, "X-Amz-Date is not a real time in the form YYYYMMDDTHHMMSSZ";
    TokenEmpty = 241, MAWS_E_PROTOCOL, "the session token is empty";
    TokenTooLong = 242, MAWS_E_PROTOCOL, "the session token is too long";
    TokenMalformed = 243, MAWS_E_PROTOCOL, "the session token has a character that is not printable ASCII";
    DatabaseNotExternal = 250, MAWS_E_PROTOCOL, "the login's database is not $external";
    LinkNotTls = 251, MAWS_E_PROTOCOL, "the client's connection is not TLS";

    // 300 to 399: STS or a rule of the operator refused the identity.
    StsDenied = 300, MAWS_E_DENIED, "STS refused the request";
    SignatureMismatch = 301, MAWS_E_DENIED, "STS: the signature does not match (wrong secret key or altered request)";
    AccessKeyUnknown = 302, MAWS_E_DENIED, "STS: the access key id or session token is not valid";
    TokenExpired = 303, MAWS_E_DENIED, "STS: the session token has expired";
    SignatureExpired = 304, MAWS_E_DENIED, "STS: the signature is too old (a clock is wrong)";
    SignatureNotYetCurrent = 305, MAWS_E_DENIED, "STS: the signature is from the future (a clock is wrong)";
    StsScopeRefused = 306, MAWS_E_DENIED, "STS: the credential scope is not for this region or service";
    AccessDenied = 307, MAWS_E_DENIED, "STS: access denied by a policy (VPC endpoint)";
    AccountNotAllowed = 310, MAWS_E_DENIED, "the account is not in awsAllowedAccounts";
    PartitionNotAllowed = 311, MAWS_E_DENIED, "the partition is not in awsAllowedPartitions";
    PrincipalNotAllowed = 312, MAWS_E_DENIED, "the principal is not in awsAllowedPrincipals";
    RootNotAllowed = 313, MAWS_E_DENIED, "an account's root user may not log in (awsAllowRoot)";
    FederatedNotAllowed = 314, MAWS_E_DENIED, "a federated user may not log in (awsAllowFederated)";
    InstanceIdentity = 315, MAWS_E_DENIED, "an EC2 instance identity may never log in: every instance has one";

    // 400 to 499: the surroundings.
    ConversationsTooMany = 400, MAWS_E_OVERLOADED, "awsMaxConversations conversations live already";
    QueueFull = 401, MAWS_E_OVERLOADED, "awsStsQueueLimit verifications wait already";
    ConversationExpired = 402, MAWS_E_TIMEOUT, "the conversation outlived awsConversationTimeoutMs";
    VerificationTimeout = 403, MAWS_E_TIMEOUT, "the verification outlived its time";
    Overloaded = 404, MAWS_E_OVERLOADED, "too many verifications wait for this one to be in time";
    NameResolution = 410, MAWS_E_UPSTREAM, "the name of the STS endpoint cannot be resolved";
    ConnectFailed = 411, MAWS_E_UPSTREAM, "no connection to the STS endpoint";
    TlsFailed = 412, MAWS_E_UPSTREAM, "TLS with the STS endpoint failed";
    ConnectionLost = 413, MAWS_E_UPSTREAM, "the connection to STS broke before the answer was complete";
    StsFailing = 414, MAWS_E_UPSTREAM, "STS answers with server errors";
    StsThrottling = 415, MAWS_E_UPSTREAM, "STS is throttling the client's account";
    ProxyFailed = 416, MAWS_E_UPSTREAM, "the proxy did not connect to STS";
    AnswerStatus = 420, MAWS_E_UPSTREAM, "STS's answer has an unexpected HTTP status";
    AnswerTooLarge = 421, MAWS_E_UPSTREAM, "STS's answer is too large";
    AnswerContentType = 422, MAWS_E_UPSTREAM, "STS's answer is neither JSON nor XML by its Content-Type";
    AnswerEncoded = 423, MAWS_E_UPSTREAM, "STS's answer is compressed or otherwise encoded";
    AnswerMalformed = 424, MAWS_E_UPSTREAM, "STS's answer is not a GetCallerIdentity answer";
    AnswerHttp = 425, MAWS_E_UPSTREAM, "STS's answer is not valid HTTP/1.1";
    ArnMalformed = 426, MAWS_E_UPSTREAM, "the ARN in STS's answer is malformed";
    AccountMismatch = 427, MAWS_E_UPSTREAM, "the account in STS's answer is not the ARN's";
    UserIdMissing = 428, MAWS_E_UPSTREAM, "the user id in STS's answer is empty or malformed";
    Cancelled = 440, MAWS_E_CANCELLED, "cancelled by the server";
    ShuttingDown = 441, MAWS_E_CANCELLED, "the plugin is being destroyed";
    RandomFailed = 450, MAWS_E_SYSTEM, "the system gave no random bytes";
    ThreadRefused = 451, MAWS_E_SYSTEM, "the system refused the first worker thread";

    // 500 to 599: the plugin.
    Panicked = 500, MAWS_E_PANIC, "a fault inside the plugin was caught";
    Internal = 501, MAWS_E_INTERNAL, "a rule inside the plugin did not hold";
}

impl Reason {
    /// The stable number.
    pub fn number(self) -> u32 {
        self as u32
    }
}

/// Why a login ended without an identity. The detail is for the server's log: it names the rule
/// and what was found as far as that is no secret, in printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The rule.
    pub reason: Reason,
    /// What was found; empty where the reason says it all.
    pub detail: String,
}

impl Failure {
    /// A failure with what was found.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Failure {
        Failure {
            reason,
            detail: printable(&detail.into()),
        }
    }
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Failure {
        Failure {
            reason,
            detail: String::new(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.summary())?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// Longest text taken over from outside into a log line, in characters.
const QUOTE_LIMIT: usize = 256;

/// The text with everything but printable ASCII replaced by `?`, cut to a length fit for a log
/// line: what came from outside can neither forge lines nor send terminal codes.
pub fn printable(text: &str) -> String {
    text.chars()
        .take(QUOTE_LIMIT)
        .map(|c| if (' '..='~').contains(&c) { c } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_are_unique() {
        let numbers: Vec<u32> = Reason::ALL.iter().map(|r| r.number()).collect();
        assert!(numbers.windows(2).all(|w| w[0] < w[1]), "{numbers:?}");
    }

    #[test]
    fn control_characters_never_reach_a_log_line() {
        assert_eq!(printable("a\r\nb\u{1b}[31mc\"d\u{202e}"), "a??b?[31mc\"d?");
    }
}
