//! Safe wrappers of the few system calls that std lacks.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::AsRawFd;

/// Fills the buffer with random bytes of the kernel: nothing is kept between calls that a fork or a
/// snapshot of the machine could repeat.
pub fn fill_random(buffer: &mut [u8]) -> io::Result<()> {
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
    fn random_bytes_differ_from_call_to_call() {
        let (mut a, mut b) = ([0; 32], [0; 32]);
        fill_random(&mut a).unwrap();
        fill_random(&mut b).unwrap();
        assert_ne!(a, b);
    }
}
