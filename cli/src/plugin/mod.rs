//! The installed plugin: is the file one that a server loads, and does a login work through it?
//! All of the tool's unsafe code stands in `ffi` and `raw`.

#[allow(unsafe_code)]
mod ffi;
mod login;
#[allow(unsafe_code)]
mod raw;
mod trust;

pub use ffi::Library;
pub use login::{Session, open};
pub use raw::OptionRow;
pub use trust::distrusted;

/// Where the packages put it, on every distribution.
pub const PACKAGED: &str = "/usr/lib/mongodb-aws-auth/libmongodb_aws_auth.so.1";
