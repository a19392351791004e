//! What AWS defines, as pure functions: the signed request, STS's endpoints and answers, ARNs.

mod account_hint;
mod answer;
mod arn;
mod auth_header;
pub mod date;
mod endpoint;
mod error_reason;
mod json;
mod key_id;
mod partition;
mod proxy;
mod signed_request;
pub mod xml;

pub use account_hint::account_hint;
pub use answer::{Answer, CallerIdentity, StsError, read_answer};
pub use arn::{Arn, Kind, is_account, is_partition};
pub use auth_header::{AuthorizationRules, check_authorization};
pub use endpoint::{
    Endpoint, EndpointError, HostForm, check_region, region_and_domain, sts_host_form,
    sts_partition, sts_region,
};
pub use error_reason::error_reason;
pub use key_id::{looks_like_key_id, shown_key_id};
pub use partition::Partition;
pub use proxy::{Proxy, is_exempt, without_password};
pub use signed_request::{SignedParts, SignedRequest};
