//! What the plugin knows of AWS, as pure functions: signatures, STS, identities.

mod account_hint;
mod answer;
mod arn;
mod auth_header;
pub mod date;
mod endpoint;
mod object;
mod proxy;
mod signed_request;
pub mod xml;

pub use account_hint::account_hint;
pub use answer::{Answer, CallerIdentity, StsError, read_answer};
pub use arn::{Arn, Kind, is_account, is_partition};
pub use auth_header::{Authorization, AuthorizationRules};
pub use endpoint::{Endpoint, EndpointError, HostForm, check_region, sts_host_form, sts_partition};
pub use proxy::{Proxy, is_exempt, without_password};
pub use signed_request::SignedRequest;
