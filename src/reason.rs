//! The catalogue of all reasons and log messages: number, name, status, summary and remedy.
//!
//! The numbers are part of the interface (`maws_info.reason`, `maws_log_event.message_id`): never
//! change or reuse one. Remedies are Markdown for one cell of a table: the tables in
//! `docs/troubleshooting.md` are generated from here, and `mongodb-aws-auth explain` prints the same.

use std::fmt;

use crate::abi::maws_code::{self, *};

/// A group of reasons: one section of the documents.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// What holds for the whole group; the remedy of each reason that has none of its own.
    pub advice: &'static str,
    /// Its reasons, in the order of their numbers.
    pub reasons: &'static [Reason],
}

macro_rules! catalogue {
    ($($title:literal, $advice:literal {
        $($name:ident = $number:literal, $code:ident, $summary:literal, $remedy:expr;)*
    })*) => {
        /// What happened, by a stable number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Reason {
            $($(#[doc = $summary] $name = $number,)*)*
        }

        impl Reason {
            /// Every reason, in the order of their numbers.
            pub const ALL: &[Reason] = &[$($(Reason::$name,)*)*];
            /// Every group.
            pub const SECTIONS: &[Section] = &[$(
                Section { title: $title, advice: $advice, reasons: &[$(Reason::$name,)*] },
            )*];

            /// The status that the interface returns for it.
            pub fn code(self) -> maws_code {
                match self { $($(Reason::$name => $code,)*)* }
            }

            /// Name in the documents, for example `SignatureMismatch`.
            pub fn name(self) -> &'static str {
                match self { $($(Reason::$name => stringify!($name),)*)* }
            }

            /// What happened, in words.
            pub fn summary(self) -> &'static str {
                match self { $($(Reason::$name => $summary,)*)* }
            }

            /// What to do, in Markdown; empty where the advice of its group says all.
            pub fn own_remedy(self) -> &'static str {
                match self { $($(Reason::$name => $remedy,)*)* }
            }
        }
    };
}

/// Nothing to do, for messages at level debug.
const DEBUG: &str = "Nothing; level debug.";
const NOT_STS: &str =
    "Something other than STS responds: check for a captive portal, a proxy or a redirect.";
const NOT_AWS: &str = "Something other than STS responds, or an STS-compatible service that names identities \
    differently.";
const CLIENT_CLOCK: &str = "Set the client's clock; STS accepts a difference of 15 minutes.";
const REPORT: &str = "Report it with the whole log line, which names the place in the source. The login failed; \
    the plugin continues.";

catalogue! {
    "Events", "These messages end no login." {
        Created = 1, MAWS_DONE, "plugin created",
            "Nothing. The detail has the version, the host that clients sign for, and the address that the plugin \
             connects to.";
        Destroyed = 2, MAWS_DONE, "plugin destroyed", "Nothing.";
        ProxyIgnored = 3, MAWS_DONE, "a proxy in the environment is not used",
            "The server's environment has a proxy variable, and the plugin connects to STS directly. If the host has \
             no direct route, set `awsStsProxy`, or use a VPC endpoint (`awsStsEndpoint`).";
        OptionsChanged = 4, MAWS_DONE, "options changed",
            "Nothing. The detail has the options; they apply to new logins.";
        CaCertificateSkipped = 5, MAWS_DONE, "a certificate of the system's CA bundle cannot be used",
            "Servers with certificates of that authority are refused; others are not affected. The text says how many, \
             and the position of the first ones: remove or replace them, and rebuild the bundle \
             (`update-ca-certificates`, `update-ca-trust`).";
        EndpointDown = 6, MAWS_DONE, "an STS endpoint is unhealthy, new logins use another one",
            "Check the health of AWS in that region and the route to it. The plugin probes the endpoint again \
             automatically, at most once a minute.";
        EndpointUp = 7, MAWS_DONE, "an STS endpoint is healthy again", "Nothing.";
        RuleWithoutEffect = 8, MAWS_DONE, "a rule lets nobody in",
            "The text has the option and the entry: a partition that AWS is not known to have, or a user name that \
             another option excludes. Correct or remove the entry; other entries are not affected.";
        ClientFirstAccepted = 10, MAWS_CONTINUE, "client-first accepted", DEBUG;
        VerificationQueued = 11, MAWS_PENDING, "client-second accepted, verification queued", DEBUG;
        Verified = 12, MAWS_DONE, "identity verified by STS", DEBUG;
        RetriedOnFreshConnection = 13, MAWS_PENDING, "an idle connection to STS was dead, the request was sent on a new one",
            "Nothing; level debug. If it is frequent, a device between the server and STS drops idle connections \
             early.";
        RetriedAfterAnswer = 14, MAWS_PENDING, "STS throttled, failed or was unreachable, the request is retried",
            "Nothing; level debug. If it is frequent, see 410, 411, 414 and 415.";
    }

    "Client errors",
    "The client's message is invalid; nothing was sent to STS. Drivers do not send such messages: check for a modified \
     driver, a proxy that rewrites payloads, or someone probing the server." {
        PayloadEmpty = 200, MAWS_E_PROTOCOL, "the payload is empty", "";
        PayloadTooLarge = 201, MAWS_E_PROTOCOL, "the payload is too large",
            "The limit is 32 KiB, more than any driver sends: check the client.";
        BsonMalformed = 202, MAWS_E_PROTOCOL, "the payload is not one well-formed BSON document", "";
        FieldMissing = 203, MAWS_E_PROTOCOL, "a field is missing", "";
        FieldType = 204, MAWS_E_PROTOCOL, "a field has the wrong type", "";
        FieldDuplicate = 205, MAWS_E_PROTOCOL, "a field is duplicated", "";
        FieldsTooMany = 206, MAWS_E_PROTOCOL, "too many unknown fields",
            "Up to 16 are ignored. No driver sends more: check the client.";
        ClientNonceLength = 210, MAWS_E_PROTOCOL, "the client nonce is not 32 bytes of binary subtype 0", "";
        ChannelBindingFlag = 211, MAWS_E_PROTOCOL, "the GS2 channel-binding flag is not 'n'", "";
        AuthorizationTooLong = 219, MAWS_E_PROTOCOL, "the Authorization value is too long",
            "The limit is 2 KiB, more than any driver sends: check the client.";
        AuthorizationMalformed = 220, MAWS_E_PROTOCOL, "the Authorization value is not valid Signature Version 4", "";
        AccessKeyIdMalformed = 221, MAWS_E_PROTOCOL, "the access key id is malformed",
            "Check the client's `AWS_ACCESS_KEY_ID` for white space, quotes, or the secret key in its place: \
             with a `+` or `=` in it, key id and secret key are exchanged.";
        ScopeMalformed = 222, MAWS_E_PROTOCOL, "the credential scope is malformed",
            "Check the client's `AWS_ACCESS_KEY_ID`: with a `/` in it, key id and secret key are exchanged.";
        ScopeDateMismatch = 223, MAWS_E_PROTOCOL, "the credential scope's date is not the day of X-Amz-Date", "";
        ScopeRegionMismatch = 224, MAWS_E_PROTOCOL, "the credential scope's region is not that of the STS host",
            "The client derives another region from `awsStsHost` than the plugin. For a custom host set \
             `awsStsRegion`.";
        ScopeServiceMismatch = 225, MAWS_E_PROTOCOL, "the credential scope's service is not sts", "";
        SignedHeadersOrder = 230, MAWS_E_PROTOCOL, "SignedHeaders is not lower case, sorted and free of duplicates", "";
        SignedHeaderMissing = 231, MAWS_E_PROTOCOL, "a required header is not signed",
            "Check the client. The nonce has to be signed, so that a signature made for another service is \
             worthless here.";
        SignedHeaderUnknown = 232, MAWS_E_PROTOCOL, "an unknown header is signed", "";
        TokenNotSigned = 233, MAWS_E_PROTOCOL, "a session token was sent but is not signed", "";
        TokenMissing = 234, MAWS_E_PROTOCOL, "a session token is signed but was not sent", "";
        SignatureMalformed = 235, MAWS_E_PROTOCOL, "the signature is not 64 lower-case hexadecimal digits", "";
        DateMalformed = 240, MAWS_E_PROTOCOL, "X-Amz-Date does not have the form YYYYMMDDTHHMMSSZ", "";
        TokenEmpty = 241, MAWS_E_PROTOCOL, "the session token is empty",
            "The client has an empty `AWS_SESSION_TOKEN`: unset it.";
        TokenTooLong = 242, MAWS_E_PROTOCOL, "the session token is too long",
            "The limit is 16 KiB, more than STS issues: check the client's `AWS_SESSION_TOKEN`.";
        TokenMalformed = 243, MAWS_E_PROTOCOL, "the session token has a character that is not printable ASCII",
            "Check the client's `AWS_SESSION_TOKEN` for a line break at its end or quotes.";
        DatabaseNotExternal = 250, MAWS_E_PROTOCOL, "the login's database is not $external",
            "Set `authSource=$external` in the connection string.";
        LinkNotTls = 251, MAWS_E_PROTOCOL, "the client's connection is not TLS",
            "`awsRequireTLS` is set: connect with TLS.";
    }

    "Refused identities", "STS or a rule of the operator refused the identity." {
        StsDenied = 300, MAWS_E_DENIED, "STS refused the request", "Look up the STS error code in the log line.";
        SignatureMismatch = 301, MAWS_E_DENIED, "STS: the signature does not match (wrong secret key or altered request)",
            "The client's secret key does not belong to its access key id: correct the client's credentials.";
        AccessKeyUnknown = 302, MAWS_E_DENIED, "STS: the access key id or session token is invalid",
            "The key is deleted, deactivated, mistyped or of another partition, or temporary credentials lack their \
             token. If the log line has the first characters of the access key id only, it is no key id of AWS: key \
             id and secret key are exchanged. A token from the global STS endpoint is invalid in an opt-in region unless the account allows it \
             (account settings, STS).";
        TokenExpired = 303, MAWS_E_DENIED, "STS: the session token has expired",
            "The client has to get new temporary credentials.";
        SignatureExpired = 304, MAWS_E_DENIED, "STS: the signature is too old (a clock is wrong)", CLIENT_CLOCK;
        SignatureNotYetCurrent = 305, MAWS_E_DENIED, "STS: the signature is from the future (a clock is wrong)", CLIENT_CLOCK;
        StsScopeRefused = 306, MAWS_E_DENIED, "STS: the credential scope is not for this region, service or date",
            "`awsStsHost` and the address that the plugin connects to are in different regions: check \
             `awsStsEndpoint`. If the detail names the date, a device between the plugin and STS rewrites X-Amz-Date, \
             or an STS-compatible service reads it differently: no clock is wrong.";
        AccessDenied = 307, MAWS_E_DENIED, "STS: access denied by a policy (VPC endpoint)",
            "Allow `sts:GetCallerIdentity` for the client's account in the policy of the VPC endpoint.";
        AccountNotAllowed = 310, MAWS_E_DENIED, "the account is not in awsAllowedAccounts",
            "If it is to log in, add it to the option.";
        PartitionNotAllowed = 311, MAWS_E_DENIED, "the partition is not in awsAllowedPartitions",
            "If it is to log in, add it to the option.";
        PrincipalNotAllowed = 312, MAWS_E_DENIED, "the principal is not in awsAllowedPrincipals",
            "If it is to log in, add it to the option. Entries are compared with the user name, not with the ARN of \
             the session.";
        RootNotAllowed = 313, MAWS_E_DENIED, "an account's root user may not log in (awsAllowRoot)",
            "Use an IAM user or a role.";
        FederatedNotAllowed = 314, MAWS_E_DENIED, "a federated user may not log in (awsAllowFederated)",
            "Use an IAM user or a role, or set the option.";
        InstanceIdentity = 315, MAWS_E_DENIED, "an EC2 instance identity may never log in: every instance has one",
            "Give the instance a role (instance profile).";
    }

    "Environment errors", "A later login may succeed." {
        ConversationsTooMany = 400, MAWS_E_OVERLOADED, "the limit awsMaxConversations is reached",
            "Check for a storm of connections, or clients that never finish. Raise the option if memory allows: 1 KiB \
             each.";
        QueueFull = 401, MAWS_E_OVERLOADED, "the limit awsStsQueueLimit is reached",
            "The queue of this STS host, or of this account that STS throttles, is full. STS is slow, or there are \
             too few workers: logins per second are workers divided by the round trip.";
        ConversationExpired = 402, MAWS_E_TIMEOUT, "the conversation timed out (awsConversationTimeoutMs)",
            "The client took too long between its messages, usually because a metadata service was slow to return \
             credentials.";
        VerificationTimeout = 403, MAWS_E_TIMEOUT, "the verification timed out",
            "STS was silent or the queue long: check the times in the log line.";
        Overloaded = 404, MAWS_E_OVERLOADED, "overload: too many verifications are queued for this one to be in time",
            "STS is slow, or throttles the client's account; see 401.";
        NameResolution = 410, MAWS_E_UPSTREAM, "the name of the STS endpoint cannot be resolved",
            "Run `getent hosts NAME` on the database host.";
        ConnectFailed = 411, MAWS_E_UPSTREAM, "cannot connect to the STS endpoint",
            "Check firewall, route and security group for a way out to port 443. If the detail says that TLS is not \
             answered, a device on the way filters by the server's name: have it allow the name, or set \
             `awsStsProxy` or `awsStsEndpoint`.";
        TlsFailed = 412, MAWS_E_UPSTREAM, "TLS with the STS endpoint failed",
            "The detail says what was presented and what to do: an unknown issuer (`awsStsCAFile`, the system's \
             bundle), a name that the certificate lacks (`awsStsEndpoint`), a certificate or a clock out of date, or a \
             device on the way that inspects TLS. `mongodb-aws-auth check` also names the issuer.";
        ConnectionLost = 413, MAWS_E_UPSTREAM, "the connection to STS was lost before the response was complete",
            "If it repeats, check the devices between the server and STS.";
        StsFailing = 414, MAWS_E_UPSTREAM, "STS responds with server errors",
            "Check the health of AWS; set the host of another region (`awsStsHost`) if that one works.";
        StsThrottling = 415, MAWS_E_UPSTREAM, "STS is throttling the client's account",
            "One AWS account makes too many logins per second: its connection pools are too small or too \
             short-lived.";
        ProxyFailed = 416, MAWS_E_UPSTREAM, "the proxy did not connect to STS",
            "The detail has the proxy's response: 407 asks for credentials (`awsStsProxy`), 403 forbids the host.";
        AnswerStatus = 420, MAWS_E_UPSTREAM, "STS's response has an unexpected HTTP status", NOT_STS;
        AnswerTooLarge = 421, MAWS_E_UPSTREAM, "STS's response is too large", NOT_STS;
        AnswerContentType = 422, MAWS_E_UPSTREAM, "STS's response is neither JSON nor XML by its Content-Type", NOT_STS;
        AnswerEncoded = 423, MAWS_E_UPSTREAM, "STS's response is compressed or otherwise encoded", NOT_STS;
        AnswerMalformed = 424, MAWS_E_UPSTREAM, "STS's response is not a GetCallerIdentity response", NOT_STS;
        AnswerHttp = 425, MAWS_E_UPSTREAM, "STS's response is not valid HTTP/1.1", NOT_STS;
        ArnMalformed = 426, MAWS_E_UPSTREAM, "the ARN in STS's response is malformed", NOT_AWS;
        AccountMismatch = 427, MAWS_E_UPSTREAM, "the account in STS's response is not the ARN's", NOT_AWS;
        UserIdMissing = 428, MAWS_E_UPSTREAM, "the user id in STS's response is empty or malformed", NOT_AWS;
        Cancelled = 440, MAWS_E_CANCELLED, "cancelled by the server",
            "The client disconnected, or the operation was killed.";
        ShuttingDown = 441, MAWS_E_CANCELLED, "the plugin is being destroyed", "The server is stopping.";
        RandomFailed = 450, MAWS_E_SYSTEM, "the system returned no random bytes",
            "The detail has the system's error. Check what blocks the system call getrandom, for example a seccomp \
             profile. On a kernel without that call, /dev/urandom has to be the character device of that name.";
        ThreadRefused = 451, MAWS_E_SYSTEM, "the system refused the first worker thread",
            "Raise the limits on threads and memory.";
    }

    "Internal errors", "A bug in the plugin." {
        Panicked = 500, MAWS_E_PANIC, "internal error: a panic was caught", REPORT;
        Internal = 501, MAWS_E_INTERNAL, "internal error", REPORT;
    }
}

impl Reason {
    /// The stable number.
    pub fn number(self) -> u32 {
        self as u32
    }

    /// The group that it belongs to.
    pub fn section(self) -> Option<&'static Section> {
        let mut sections = Reason::SECTIONS.iter();
        sections.find(|section| section.reasons.contains(&self))
    }

    /// What to do, in Markdown.
    pub fn remedy(self) -> &'static str {
        match (self.own_remedy(), self.section()) {
            ("", Some(section)) => section.advice,
            (own, _) => own,
        }
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
            detail: printable_within(DETAIL_LIMIT, &detail.into()),
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

/// Longest detail of a log line, in characters.
const DETAIL_LIMIT: usize = 512;
/// Most that is shown of a text that may repeat a secret, in characters.
const START_LIMIT: usize = 12;
/// Longest text taken over from outside into a log line, in characters.
const QUOTE_LIMIT: usize = 256;

/// The text with everything but printable ASCII replaced by `?`, cut to a length fit for a log
/// line: what came from outside can neither forge lines nor send terminal codes.
pub fn printable(text: &str) -> String {
    printable_within(QUOTE_LIMIT, text)
}

/// As [`printable`], of a text that is not what it should be and may repeat a part of the request, a secret
/// too: only its start.
pub fn printable_start(text: &str) -> String {
    printable_within(START_LIMIT, text)
}

/// As [`printable`], cut to this number of characters. A text that is cut says how much is missing.
pub fn printable_within(limit: usize, text: &str) -> String {
    let mut characters = text.chars();
    let clean = |c| if (' '..='~').contains(&c) { c } else { '?' };
    let mut shown: String = characters.by_ref().take(limit).map(clean).collect();
    match characters.count() {
        0 => {}
        missing => shown.push_str(&format!("... ({missing} more characters)")),
    }
    shown
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
    fn every_reason_has_a_remedy_for_one_cell_of_a_table() {
        for reason in Reason::ALL {
            let (summary, remedy) = (reason.summary(), reason.remedy());
            assert!(remedy.len() > 5 && remedy.ends_with('.'), "{reason:?}");
            assert!(
                !remedy.contains("  ") && !summary.contains("  "),
                "{reason:?}"
            );
            assert!(
                ![summary, remedy].concat().contains(['|', '\n']),
                "{reason:?}"
            );
            assert!(remedy.matches('`').count() % 2 == 0, "{reason:?}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_says_how_much_of_it_is_missing() {
        for (length, missing) in [
            (255, 0),
            (256, 0),
            (257, 1),
            (300, 44),
            (1 << 20, 1_048_320),
        ] {
            let shown = printable(&"\u{e4}".repeat(length));
            let end = format!("... ({missing} more characters)");
            assert_eq!(shown.ends_with(&end), missing > 0, "{shown}");
            assert!(shown.starts_with("???") && shown.len() < 300, "{shown}");
        }
        let quoted = Failure::new(Reason::Internal, printable(&"a".repeat(300)));
        assert!(
            quoted.detail.ends_with("a... (44 more characters)"),
            "{quoted}"
        );
    }

    #[test]
    fn control_characters_never_reach_a_log_line() {
        assert_eq!(printable("a\r\nb\u{1b}[31mc\"d\u{202e}"), "a??b?[31mc\"d?");
    }
}
