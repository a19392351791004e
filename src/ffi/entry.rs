//! The library's only exported symbol.

use crate::abi::{maws_api, maws_error};

/// The only exported symbol: gives the table of functions. [any] No side effects: may be called at
/// any time, also before a fork. NULL with error filled (error may be NULL) where the plugin needs
/// a host of a newer minor version than host_abi_minor.
#[unsafe(no_mangle)]
pub extern "C" fn maws_plugin_entry_v1(
    host_abi_minor: u32,
    error: *mut maws_error,
) -> *const maws_api {
    super::table::entry(host_abi_minor, error)
}
