//! Every option, declared once.

use std::ffi::CStr;

use super::Limits;
use super::values::{boolean, count, entries, list, milliseconds, path_into, proxy, text_into};
use crate::abi::maws_option_kind::{self, *};
use crate::aws::{Proxy, check_region, is_account, is_partition, without_password};
use crate::identity::{IdentityRules, PrincipalFormat};

/// One option as the operator sees it.
#[derive(Debug)]
pub struct Spec {
    /// Name of the server parameter.
    pub name: &'static CStr,
    /// How the value is written.
    pub kind: maws_option_kind,
    /// Value when it is not given.
    pub default: &'static CStr,
    /// Least valid value of a number or duration.
    pub min: u32,
    /// Greatest valid value of a number or duration.
    pub max: u32,
    /// Valid values of a choice.
    pub choices: &'static [&'static CStr],
    /// May change after create.
    pub runtime: bool,
    /// Holds a secret, which is not shown.
    pub secret: bool,
    /// One sentence for the operator.
    pub help: &'static CStr,
    /// Lines of a configuration that use it, for the documents.
    pub example: &'static str,
    /// First version of the plugin that has it, for the documents.
    pub since: &'static str,
    pub(super) set: fn(&Spec, &mut Draft, &str) -> Result<(), String>,
}

/// Values as they are set one by one, before they are checked against each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub hosts: String,
    pub endpoint_urls: String,
    pub region: String,
    pub allow_custom_host: bool,
    pub proxy: Option<Proxy>,
    pub no_proxy: String,
    pub ca_file: String,
    pub limits: Limits,
    pub require_tls: bool,
    pub identity: IdentityRules,
}

/// What most options have in common: set at startup only, no range, no choices.
const STARTUP: Spec = Spec {
    name: c"",
    kind: MAWS_OPTION_TEXT,
    default: c"",
    min: 0,
    max: 0,
    choices: &[],
    runtime: false,
    secret: false,
    help: c"",
    example: "",
    since: "",
    set: |_, _, _| Ok(()),
};
const RUNTIME: Spec = Spec {
    runtime: true,
    ..STARTUP
};

/// Every option, in the order of the documents.
pub static OPTIONS: &[Spec] = &[
    Spec {
        name: c"awsStsHost",
        kind: MAWS_OPTION_LIST,
        default: c"sts.amazonaws.com",
        help: c"STS host that clients sign for: sts.amazonaws.com, or a regional one such as sts.eu-central-1.amazonaws.com. Several hosts are separated by white space, in order of preference, all of one partition: new logins go to the first healthy one.",
        example: "awsStsHost: sts.eu-central-1.amazonaws.com sts.eu-west-1.amazonaws.com",
        since: "0.1.0",
        set: |_, draft, text| text_into(&mut draft.hosts, text),
        ..STARTUP
    },
    Spec {
        name: c"awsStsEndpoint",
        kind: MAWS_OPTION_LIST,
        help: c"URL to connect to, https://HOST[:PORT], for example of a VPC endpoint: one for each host of awsStsHost, in the same order. Empty: the host itself.",
        example: "awsStsHost: sts.eu-central-1.amazonaws.com\nawsStsEndpoint: https://vpce-0123-abcd.sts.eu-central-1.vpce.amazonaws.com",
        since: "0.1.0",
        set: |_, draft, text| text_into(&mut draft.endpoint_urls, text),
        ..STARTUP
    },
    Spec {
        name: c"awsStsAllowCustomHost",
        kind: MAWS_OPTION_BOOLEAN,
        default: c"false",
        help: c"Allows the host of an STS-compatible service in awsStsHost.",
        example: "awsStsHost: sts.eu-central-1.example.net\nawsStsAllowCustomHost: true",
        since: "0.1.0",
        set: |_, draft, text| boolean(&mut draft.allow_custom_host, text),
        ..STARTUP
    },
    Spec {
        name: c"awsStsRegion",
        help: c"Signing region of a custom awsStsHost, if its name does not contain the region.",
        example: "awsStsHost: iam.example.net\nawsStsAllowCustomHost: true\nawsStsRegion: eu-central-1",
        since: "0.1.0",
        set: |_, draft, text| {
            if !text.is_empty() {
                check_region(text).map_err(|valid| valid.to_string())?;
            }
            text_into(&mut draft.region, text)
        },
        ..STARTUP
    },
    Spec {
        name: c"awsStsProxy",
        secret: true,
        help: c"HTTP proxy to reach STS: http://[USER:PASSWORD@]HOST:PORT, or https:// if the proxy itself speaks TLS. env: the proxy of https_proxy and no_proxy in the environment, in lower or upper case; all_proxy is not used. Empty: no proxy. SOCKS is not supported.",
        example: "awsStsProxy: http://proxy.example:3128",
        since: "0.1.0",
        set: |_, draft, text| proxy(draft, text),
        ..STARTUP
    },
    Spec {
        name: c"awsStsCAFile",
        help: c"Absolute path of a PEM file with the certificate authorities that verify STS, a regular file of at most 16 MiB. Empty: the system's bundle. Read at startup only: a new file takes effect with a restart.",
        example: "awsStsCAFile: /etc/pki/tls/certs/sts-ca.pem",
        since: "0.1.0",
        set: |_, draft, text| path_into(&mut draft.ca_file, text),
        ..STARTUP
    },
    Spec {
        name: c"awsStsTimeoutMs",
        kind: MAWS_OPTION_DURATION_MS,
        default: c"8000",
        min: 500,
        max: 60_000,
        help: c"Longest time of one verification, queueing included. Keep it below the drivers' connect timeout of 10 s.",
        example: "awsStsTimeoutMs: 5000",
        since: "0.1.0",
        set: |spec, draft, text| milliseconds(&mut draft.limits.sts_timeout, spec, text),
        ..RUNTIME
    },
    Spec {
        name: c"awsStsConnectTimeoutMs",
        kind: MAWS_OPTION_DURATION_MS,
        default: c"3000",
        min: 100,
        max: 30_000,
        help: c"Longest part of a verification for opening a connection to STS.",
        example: "awsStsConnectTimeoutMs: 2000",
        since: "0.1.0",
        set: |spec, draft, text| milliseconds(&mut draft.limits.connect_timeout, spec, text),
        ..RUNTIME
    },
    Spec {
        name: c"awsConversationTimeoutMs",
        kind: MAWS_OPTION_DURATION_MS,
        default: c"60000",
        min: 1_000,
        max: 600_000,
        help: c"Longest time from the first message of a login to its end; clients may fetch their credentials meanwhile.",
        example: "awsConversationTimeoutMs: 30000",
        since: "0.1.0",
        set: |spec, draft, text| milliseconds(&mut draft.limits.conversation_timeout, spec, text),
        ..RUNTIME
    },
    Spec {
        name: c"awsStsWorkers",
        kind: MAWS_OPTION_INTEGER,
        default: c"64",
        min: 1,
        max: 1024,
        help: c"Most requests in flight to one STS host; each takes a worker thread, started on demand. Logins per second are at most this divided by the round trip to STS.",
        example: "awsStsWorkers: 128",
        since: "0.1.0",
        set: |spec, draft, text| count(&mut draft.limits.workers, spec, text),
        ..RUNTIME
    },
    Spec {
        name: c"awsStsQueueLimit",
        kind: MAWS_OPTION_INTEGER,
        default: c"10000",
        min: 1,
        max: 1_000_000,
        help: c"Most verifications queued for one STS host, and for one account that STS throttles; others are refused as overload, after a pause.",
        example: "awsStsQueueLimit: 20000",
        since: "0.1.0",
        set: |spec, draft, text| count(&mut draft.limits.queue, spec, text),
        ..RUNTIME
    },
    Spec {
        name: c"awsMaxConversations",
        kind: MAWS_OPTION_INTEGER,
        default: c"20000",
        min: 1,
        max: 10_000_000,
        help: c"Most logins in progress; each takes at most 1 KiB until its second message.",
        example: "awsMaxConversations: 50000",
        since: "0.1.0",
        set: |spec, draft, text| count(&mut draft.limits.conversations, spec, text),
        ..RUNTIME
    },
    Spec {
        name: c"awsRequireTLS",
        kind: MAWS_OPTION_BOOLEAN,
        default: c"false",
        help: c"Refuses logins over client connections without TLS, which can be relayed or hijacked.",
        example: "awsRequireTLS: true",
        since: "0.1.0",
        set: |_, draft, text| boolean(&mut draft.require_tls, text),
        ..RUNTIME
    },
    Spec {
        name: c"awsPrincipalFormat",
        kind: MAWS_OPTION_CHOICE,
        default: c"iamRole",
        choices: &[c"iamRole", c"stsWildcard"],
        help: c"User name of a role's session: iamRole gives arn:aws:iam::ACCOUNT:role/ROLE, stsWildcard gives arn:aws:sts::ACCOUNT:assumed-role/ROLE/*.",
        example: "awsPrincipalFormat: stsWildcard",
        since: "0.1.0",
        set: |_, draft, text| {
            draft.identity.format = match text {
                "iamRole" => PrincipalFormat::IamRole,
                "stsWildcard" => PrincipalFormat::StsWildcard,
                _ => return Err("iamRole or stsWildcard".to_owned()),
            };
            Ok(())
        },
        ..STARTUP
    },
    Spec {
        name: c"awsAllowedPrincipals",
        kind: MAWS_OPTION_LIST,
        help: c"User names that may log in, separated by white space; an entry may end in the wildcard *. Empty: all.",
        example: "awsAllowedPrincipals: arn:aws:iam::123456789012:user/alice arn:aws:iam::123456789012:role/shop-*",
        since: "0.1.0",
        set: |_, draft, text| {
            draft.identity.principals = entries(text);
            Ok(())
        },
        ..RUNTIME
    },
    Spec {
        name: c"awsAllowedAccounts",
        kind: MAWS_OPTION_LIST,
        help: c"AWS accounts whose identities may log in, separated by white space. Empty: all.",
        example: "awsAllowedAccounts: \"123456789012 210987654321\"",
        since: "0.1.0",
        set: |_, draft, text| {
            let rule = "accounts are numbers of 12 digits, without hyphens";
            list(&mut draft.identity.accounts, text, is_account, rule)
        },
        ..RUNTIME
    },
    Spec {
        name: c"awsAllowedPartitions",
        kind: MAWS_OPTION_LIST,
        help: c"AWS partitions whose identities may log in, such as aws, aws-cn, aws-us-gov, separated by white space. Empty: all.",
        example: "awsAllowedPartitions: aws",
        since: "0.1.0",
        set: |_, draft, text| {
            let rule = "partitions are aws, aws-cn, aws-us-gov and the like";
            list(&mut draft.identity.partitions, text, is_partition, rule)
        },
        ..RUNTIME
    },
    Spec {
        name: c"awsAllowRoot",
        kind: MAWS_OPTION_BOOLEAN,
        default: c"false",
        help: c"Lets the root user of an AWS account log in.",
        example: "awsAllowRoot: true",
        since: "0.1.0",
        set: |_, draft, text| boolean(&mut draft.identity.allow_root, text),
        ..RUNTIME
    },
    Spec {
        name: c"awsAllowFederated",
        kind: MAWS_OPTION_BOOLEAN,
        default: c"false",
        help: c"Lets federated users (GetFederationToken) log in.",
        example: "awsAllowFederated: true",
        since: "0.1.0",
        set: |_, draft, text| boolean(&mut draft.identity.allow_federated, text),
        ..RUNTIME
    },
];

impl Spec {
    /// A value as it may be shown.
    pub fn shown(&self, text: &str) -> String {
        match self.secret {
            true => without_password(text),
            false => text.to_owned(),
        }
    }

    /// The name as text.
    pub fn key(&self) -> &'static str {
        self.name.to_str().unwrap_or_default()
    }
}
