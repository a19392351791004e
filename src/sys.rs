//! Safe wrappers of the few system calls that std lacks.
#![allow(unsafe_code)]

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};

const RANDOM_DEVICE: &str = "/dev/urandom";

/// Fills the buffer with random bytes of the kernel: nothing is kept between calls that a fork or a
/// snapshot of the machine could repeat. Kernels before 3.17 lack getrandom, and have the device alone.
pub fn fill_random(buffer: &mut [u8]) -> io::Result<()> {
    match getrandom(buffer) {
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => {
            read_device(RANDOM_DEVICE, buffer)
        }
        result => result,
    }
}

/// Any other file of that name would give bytes that somebody knows.
fn read_device(path: &str, buffer: &mut [u8]) -> io::Result<()> {
    let failed = |what: &str| io::Error::other(format!("{path}: {what}"));
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => failed("it ends too early"),
        _ => failed(&error.to_string()),
    };
    let mut device = OpenOptions::new()
        .read(true)
        // Opening a pipe would wait for whoever writes to it.
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)
        .map_err(unreadable)?;
    let kind = device.metadata().map_err(unreadable)?.file_type();
    match kind.is_char_device() {
        true => device.read_exact(buffer).map_err(unreadable),
        false => Err(failed("not a character device")),
    }
}

fn getrandom(buffer: &mut [u8]) -> io::Result<()> {
    let mut rest = buffer;
    while !rest.is_empty() {
        // The call itself: its function came to glibc in 2.25 only.
        // SAFETY: pointer and length are those of a live, writable slice.
        let count = unsafe {
            libc::syscall(
                libc::SYS_getrandom,
                rest.as_mut_ptr(),
                rest.len(),
                0 as libc::c_uint,
            )
        };
        match usize::try_from(count) {
            Ok(count) => rest = rest.get_mut(count..).unwrap_or_default(),
            Err(_) => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => {}
                error => return Err(error),
            },
        }
    }
    Ok(())
}

/// Blocks all signals in the calling thread, so that they go to the host's threads.
///
/// The threads that it starts inherit the mask, so this runs before a worker is spawned and the
/// previous mask is put back when the guard drops.
#[derive(Debug)]
pub struct SignalsBlocked(libc::sigset_t);

impl SignalsBlocked {
    /// Blocks all signals until the guard drops.
    pub fn new() -> io::Result<SignalsBlocked> {
        // SAFETY: sigset_t is plain data; the all-zero value is only overwritten below.
        let [mut all, mut previous] = unsafe { std::mem::zeroed::<[libc::sigset_t; 2]>() };
        // SAFETY: both pointers are to live, writable sets.
        let error = unsafe {
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut previous)
        };
        match error {
            0 => Ok(SignalsBlocked(previous)),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }
}

impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        // SAFETY: the set was filled by pthread_sigmask; the third pointer may be null.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, std::ptr::null_mut()) };
    }
}

/// Something can be read from the socket at once: bytes, its end, or an error.
pub fn is_readable(socket: &impl AsRawFd) -> bool {
    let mut entry = libc::pollfd {
        fd: socket.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one live pollfd; the descriptor stays open as long as the reference.
    let ready = unsafe { libc::poll(&mut entry, 1, 0) };
    ready != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_random_device_gives_bytes() {
        let (mut a, mut b) = ([0; 32], [0; 32]);
        read_device(RANDOM_DEVICE, &mut a).unwrap();
        read_device(RANDOM_DEVICE, &mut b).unwrap();
        assert_ne!(a, b);
    }

    #[test]
    fn what_is_no_random_device_gives_an_error_that_names_it() {
        for (path, what) in [
            ("/etc/passwd", "not a character device"),
            ("/", "not a character device"),
            ("/nonexistent/urandom", "No such file"),
            // A character device that ends too early.
            ("/dev/null", "it ends too early"),
        ] {
            let error = read_device(path, &mut [0; 32]).unwrap_err().to_string();
            assert!(error.contains(path) && error.contains(what), "{error}");
        }
    }

    #[test]
    fn random_bytes_differ_from_call_to_call() {
        let (mut a, mut b) = ([0; 32], [0; 32]);
        fill_random(&mut a).unwrap();
        fill_random(&mut b).unwrap();
        assert_ne!(a, b);
    }
}
