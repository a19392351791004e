//! The installed plugin: is the file one that a server loads, and does a login work through it?

mod ffi;
mod login;
mod trust;

pub use ffi::{Library, OptionRow};
pub use login::{Login, Session, open};
pub use trust::distrusted;

/// Where the packages put it, on every distribution.
pub const PACKAGED: &str = "/usr/lib/mongodb-aws-auth/libmongodb_aws_auth.so.1";
