//! The host's memory: read member by member as far as struct_size says, never as a reference.

use std::ffi::c_char;
use std::mem::offset_of;

use crate::abi::maws_code::{self, *};
use crate::abi::{maws_bytes, maws_error, maws_status, maws_str};

/// A struct of the interface whose first member is its size.
pub trait Sized32: Copy {}

impl Sized32 for crate::abi::maws_host {}
impl Sized32 for crate::abi::maws_begin {}
impl Sized32 for crate::abi::maws_step {}
impl Sized32 for crate::abi::maws_info {}
impl Sized32 for crate::abi::maws_stats {}

/// Copies a struct that the host filled. It must have at least the members of version 1.0.
pub fn read_struct<T: Sized32>(from: *const T) -> Result<T, maws_code> {
    check_size(from)?;
    // SAFETY: not null; the host says that at least size_of::<T>() bytes are there. Every member is
    // a number, a pointer or an optional function, for which any bits that a C host writes are
    // legal.
    Ok(unsafe { from.read_unaligned() })
}

/// Checks, before any work is done, that a result can be stored.
pub fn check_out<T: Sized32>(to: *mut T) -> Result<(), maws_code> {
    check_size(to)
}

/// Stores a result; the host's struct_size stays as it is.
pub fn write_struct<T: Sized32>(to: *mut T, value: T) -> Result<(), maws_code> {
    let host_size = check_size(to).map(|()| size_of_host_struct(to))?;
    // SAFETY: not null; the host says that at least size_of::<T>() bytes are there, and the struct
    // starts with its size.
    unsafe {
        to.write_unaligned(value);
        to.cast::<u32>().write_unaligned(host_size);
    }
    Ok(())
}

fn check_size<T: Sized32>(pointer: *const T) -> Result<(), maws_code> {
    if pointer.is_null() || (size_of_host_struct(pointer) as usize) < size_of::<T>() {
        return Err(MAWS_E_ARGUMENT);
    }
    Ok(())
}

fn size_of_host_struct<T: Sized32>(pointer: *const T) -> u32 {
    // SAFETY: not null, as every caller checked; each such struct starts with its size.
    unsafe { pointer.cast::<u32>().read_unaligned() }
}

/// Stores a value through a pointer that may not be NULL.
pub fn write<T>(to: *mut T, value: T) -> Result<(), maws_code> {
    if to.is_null() {
        return Err(MAWS_E_ARGUMENT);
    }
    // SAFETY: not null; the host says that it points to a T.
    unsafe { to.write_unaligned(value) };
    Ok(())
}

/// The host's bytes, for the length of the call.
pub fn bytes<'a>(ptr: *const u8, len: usize) -> Result<&'a [u8], maws_code> {
    match (ptr.is_null(), len) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(MAWS_E_ARGUMENT),
        (false, len) if isize::try_from(len).is_err() => Err(MAWS_E_ARGUMENT),
        // SAFETY: not null, a legal length; the host says that the bytes are there and stay
        // unchanged during the call, which is as long as the result is used.
        (false, len) => Ok(unsafe { std::slice::from_raw_parts(ptr, len) }),
    }
}

/// The host's text.
pub fn str_bytes<'a>(text: maws_str) -> Result<&'a [u8], maws_code> {
    bytes(text.ptr.cast(), text.len)
}

/// The host's array of structs, copied.
pub fn array<T: Copy>(ptr: *const T, count: usize) -> Result<Vec<T>, maws_code> {
    if count == 0 {
        return Ok(Vec::new());
    }
    // Far above any legal count, far below what an address space could not hold.
    if ptr.is_null() || count > 4096 {
        return Err(MAWS_E_ARGUMENT);
    }
    // SAFETY: not null; the host says that there are this many.
    Ok((0..count)
        .map(|i| unsafe { ptr.add(i).read_unaligned() })
        .collect())
}

/// A view of text.
pub fn text(text: &str) -> maws_str {
    match text {
        "" => maws_str {
            ptr: std::ptr::null(),
            len: 0,
        },
        text => maws_str {
            ptr: text.as_ptr().cast(),
            len: text.len(),
        },
    }
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
        return Err(MAWS_E_ARGUMENT);
    }
    // SAFETY: the host says that the buffer has cap bytes, and cap is enough.
    unsafe { put_text(buffer, text) };
    Ok(MAWS_DONE)
}

/// Fills the host's error struct, if there is one, with as much of the text as fits.
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
        let room = (size - MESSAGE - 1).min(message.len());
        let fits = (0..=room)
            .rev()
            .find(|at| message.is_char_boundary(*at))
            .unwrap_or(0);
        put_text(
            error.byte_add(MESSAGE).cast(),
            message.get(..fits).unwrap_or_default(),
        );
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
