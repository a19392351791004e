//! What the plugin knows of AWS, as pure functions: signatures, STS, identities.

mod answer;
mod arn;
mod auth_header;
pub mod date;
mod endpoint;
mod object;
mod signed_request;
pub mod xml;

pub use answer::{Answer, CallerIdentity, StsError, read_answer};
pub use arn::{Arn, Kind, is_account, is_partition};
pub use auth_header::{Authorization, AuthorizationRules};
pub use endpoint::{Endpoint, EndpointError, HostForm, check_region, sts_host_form};
pub use signed_request::SignedRequest;
