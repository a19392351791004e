//! The option table as C descriptors.

use std::ffi::{CStr, c_char};
use std::ptr;
use std::sync::LazyLock;

use crate::abi::{MAWS_OPTION_RUNTIME, MAWS_OPTION_SECRET, maws_option_desc};
use crate::options::table::{OPTIONS, Spec};

// SAFETY: every pointer in a descriptor is to static, immutable data.
unsafe impl Sync for maws_option_desc {}
// SAFETY: as above.
unsafe impl Send for maws_option_desc {}

/// Made at the first look; never freed, as the interface promises static data.
static DESCRIPTORS: LazyLock<Vec<maws_option_desc>> =
    LazyLock::new(|| OPTIONS.iter().map(descriptor).collect());

/// The descriptor of this number.
pub fn at(index: u32) -> *const maws_option_desc {
    DESCRIPTORS
        .get(index as usize)
        .map_or(ptr::null(), ptr::from_ref)
}

fn descriptor(spec: &'static Spec) -> maws_option_desc {
    maws_option_desc {
        struct_size: size_of::<maws_option_desc>() as u32,
        flags: flag(spec.runtime, MAWS_OPTION_RUNTIME) | flag(spec.secret, MAWS_OPTION_SECRET),
        kind: spec.kind as i32,
        reserved: 0,
        min: spec.min.into(),
        max: spec.max.into(),
        name: spec.name.as_ptr(),
        default_value: spec.default.as_ptr(),
        help: spec.help.as_ptr(),
        choices: choices(spec.choices),
    }
}

fn flag(on: bool, flag: u32) -> u32 {
    if on { flag } else { 0 }
}

fn choices(choices: &'static [&'static CStr]) -> *const *const c_char {
    if choices.is_empty() {
        return ptr::null();
    }
    let pointers: Vec<*const c_char> = choices
        .iter()
        .map(|choice| choice.as_ptr())
        .chain([ptr::null()])
        .collect();
    pointers.leak().as_ptr()
}
