//! The host's memory: read member by member as far as struct_size says, never as a reference.

use std::ffi::{CStr, CString, c_char};
use std::mem::{MaybeUninit, offset_of};

use super::guard::wrong;
use crate::abi::maws_code::{self, *};
use crate::abi::{maws_bytes, maws_error, maws_status, maws_str};

/// A struct of the interface whose first member is its size.
pub trait Sized32: Copy {
    /// Bytes that it had when it first stood in the interface: every host has these.
    const FIRST_SIZE: usize;
    /// The parameter that it is passed as, for `wrong_argument`.
    const NAME: &'static str;
}

impl Sized32 for crate::abi::maws_host {
    const FIRST_SIZE: usize = 40;
    const NAME: &'static str = "host";
}
impl Sized32 for crate::abi::maws_begin {
    const FIRST_SIZE: usize = 64;
    const NAME: &'static str = "begin";
}
impl Sized32 for crate::abi::maws_step {
    const FIRST_SIZE: usize = 24;
    const NAME: &'static str = "step";
}
impl Sized32 for crate::abi::maws_info {
    const FIRST_SIZE: usize = 208;
    const NAME: &'static str = "info";
}
impl Sized32 for crate::abi::maws_stats {
    const FIRST_SIZE: usize = 144;
    const NAME: &'static str = "stats";
}

/// Copies a struct that the host filled. Members that its version does not have yet are 0.
pub fn read_struct<T: Sized32>(from: *const T) -> Result<T, maws_code> {
    let size = common_size(from)?;
    let mut copy = MaybeUninit::<T>::zeroed();
    // SAFETY: the host says that this many bytes are there, and the copy has room for them. Every
    // member is a number, a pointer or an optional function, for which zeros and any bits that a C
    // host writes are valid.
    unsafe {
        let bytes = copy.as_mut_ptr().cast::<u8>();
        bytes.copy_from_nonoverlapping(from.cast(), size);
        Ok(copy.assume_init())
    }
}

/// Checks, before any work is done, that a result can be stored.
pub fn check_out<T: Sized32>(to: *mut T) -> Result<(), maws_code> {
    common_size(to).map(|_| ())
}

/// Stores as much of a result as the host's version has; its struct_size stays as it is.
pub fn write_struct<T: Sized32>(to: *mut T, value: T) -> Result<(), maws_code> {
    const AFTER_SIZE: usize = size_of::<u32>();
    let size = common_size(to)?;
    let from = std::ptr::from_ref(&value).cast::<u8>();
    // SAFETY: the host says that this many bytes are there, and the value has as many; the structs
    // have no padding (asserted in tests/c/layout.c), so every byte is initialised.
    unsafe {
        let (from, to) = (from.add(AFTER_SIZE), to.cast::<u8>().add(AFTER_SIZE));
        to.copy_from_nonoverlapping(from, size - AFTER_SIZE);
    }
    Ok(())
}

/// Bytes that host and plugin both know of a struct.
fn common_size<T: Sized32>(pointer: *const T) -> Result<usize, maws_code> {
    if pointer.is_null() {
        return Err(wrong(T::NAME));
    }
    // SAFETY: not null; each such struct starts with its size.
    let size = unsafe { pointer.cast::<u32>().read_unaligned() } as usize;
    match size >= T::FIRST_SIZE {
        true => Ok(size.min(size_of::<T>())),
        false => Err(wrong(format!("{}.struct_size", T::NAME))),
    }
}

/// Stores a value through a pointer that may not be NULL.
pub fn write<T>(to: *mut T, value: T) -> Result<(), maws_code> {
    if to.is_null() {
        return Err(wrong("out"));
    }
    // SAFETY: not null; the host says that it points to a T.
    unsafe { to.write_unaligned(value) };
    Ok(())
}

/// The host's bytes, for the length of the call.
pub fn bytes<'a>(name: &str, ptr: *const u8, len: usize) -> Result<&'a [u8], maws_code> {
    match (ptr.is_null(), len) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(wrong(name)),
        (false, len) if isize::try_from(len).is_err() => Err(wrong(format!("{name}.len"))),
        // SAFETY: not null, a valid length; the host says that the bytes are there and stay
        // unchanged during the call, which is as long as the result is used.
        (false, len) => Ok(unsafe { std::slice::from_raw_parts(ptr, len) }),
    }
}

/// The host's text.
pub fn str_bytes<'a>(name: &str, text: maws_str) -> Result<&'a [u8], maws_code> {
    bytes(name, text.ptr.cast(), text.len)
}

/// The host's array of structs, copied.
pub fn array<T: Copy>(name: &str, ptr: *const T, count: usize) -> Result<Vec<T>, maws_code> {
    if count == 0 {
        return Ok(Vec::new());
    }
    // Far above any valid count, far below what an address space could not hold.
    if ptr.is_null() {
        return Err(wrong(name));
    }
    if count > 4096 {
        return Err(wrong("count"));
    }
    // SAFETY: not null; the host says that there are this many.
    Ok((0..count)
        .map(|i| unsafe { ptr.add(i).read_unaligned() })
        .collect())
}

/// A view of text, with the NUL that is behind it.
pub fn text(text: &CStr) -> maws_str {
    maws_str {
        ptr: text.as_ptr(),
        len: text.count_bytes(),
    }
}

/// The text with a NUL behind it. The plugin's texts have none within.
pub fn with_nul(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}

/// A view of bytes.
pub fn view(bytes: &[u8]) -> maws_bytes {
    match bytes {
        [] => maws_bytes {
            ptr: std::ptr::null(),
            len: 0,
        },
        bytes => maws_bytes {
            ptr: bytes.as_ptr(),
            len: bytes.len(),
        },
    }
}

/// Stores text and a NUL in the host's buffer.
pub fn copy_text(
    text: &str,
    buffer: *mut c_char,
    cap: usize,
    needed: *mut usize,
) -> Result<maws_code, maws_code> {
    let size = text.len() + 1;
    if !needed.is_null() {
        write(needed, size)?;
    }
    if cap < size {
        return Err(MAWS_E_BUFFER);
    }
    if buffer.is_null() {
        return Err(wrong("buffer"));
    }
    // SAFETY: the host says that the buffer has cap bytes, and cap is enough.
    unsafe { put_text(buffer, text) };
    Ok(MAWS_DONE)
}

/// What stands at the end of a text that does not fit.
const CUT: &str = " ...";

/// Fills the host's error struct, if there is one. A text that does not fit is cut, and says so.
pub fn write_error(error: *mut maws_error, status: maws_status, reason: u32, message: &str) {
    const MESSAGE: usize = offset_of!(maws_error, message);
    if error.is_null() {
        return;
    }
    // SAFETY: not null; the struct starts with its size, and only bytes below it are touched.
    unsafe {
        let size = error.cast::<u32>().read_unaligned() as usize;
        if size <= MESSAGE {
            return;
        }
        error
            .byte_add(offset_of!(maws_error, status))
            .cast::<i32>()
            .write_unaligned(status);
        error
            .byte_add(offset_of!(maws_error, reason))
            .cast::<u32>()
            .write_unaligned(reason);
        let room = size - MESSAGE - 1;
        let mark = match message.len() > room && room >= CUT.len() {
            true => CUT,
            false => "",
        };
        let end = (room - mark.len()).min(message.len());
        let fits = (0..=end).rev().find(|at| message.is_char_boundary(*at));
        let text = message.get(..fits.unwrap_or(0)).unwrap_or_default();
        put_text(error.byte_add(MESSAGE).cast(), &[text, mark].concat());
    }
}

/// # Safety
/// The buffer has room for the text and a NUL.
unsafe fn put_text(buffer: *mut c_char, text: &str) {
    // SAFETY: as the caller says; text and buffer are different memory.
    unsafe {
        buffer
            .cast::<u8>()
            .copy_from_nonoverlapping(text.as_ptr(), text.len());
        buffer.add(text.len()).write(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::maws_stats;

    fn stats(byte: u8, struct_size: usize) -> maws_stats {
        // SAFETY: numbers alone, for which any bits are valid.
        let mut stats: maws_stats = unsafe { std::mem::transmute([byte; size_of::<maws_stats>()]) };
        stats.struct_size = struct_size as u32;
        stats
    }

    #[test]
    fn a_host_of_an_older_version_gets_the_members_that_it_knows_and_no_more() {
        let mut host = stats(0xAA, maws_stats::FIRST_SIZE);
        write_struct(&mut host, stats(0x55, 0)).unwrap();
        assert_eq!(host.struct_size as usize, maws_stats::FIRST_SIZE);
        assert_eq!(host.begun, u64::from_ne_bytes([0x55; 8]));
        assert_eq!(host.throttled_accounts, u64::from_ne_bytes([0xAA; 8]));
    }

    #[test]
    fn what_an_older_host_does_not_say_is_0() {
        let read = read_struct(&stats(0xAA, maws_stats::FIRST_SIZE)).unwrap();
        assert_eq!(read.begun, u64::from_ne_bytes([0xAA; 8]));
        assert_eq!(read.throttled_accounts, 0);
    }

    #[test]
    fn a_newer_host_is_served_and_a_smaller_struct_than_the_first_is_refused() {
        let mut newer = stats(0xAA, size_of::<maws_stats>() + 64);
        assert_eq!(write_struct(&mut newer, stats(0x55, 0)), Ok(()));
        let mut small = stats(0xAA, maws_stats::FIRST_SIZE - 1);
        assert_eq!(
            write_struct(&mut small, stats(0x55, 0)),
            Err(MAWS_E_ARGUMENT)
        );
        assert_eq!(
            read_struct::<maws_stats>(std::ptr::null()).err(),
            Some(MAWS_E_ARGUMENT)
        );
    }
}
