//! Safe wrappers of the few system calls that std lacks.
#![allow(unsafe_code)]

use std::io;
use std::net::TcpStream;
use std::os::fd::AsRawFd as _;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::time::Duration;

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

/// Tells a forked child from the process that made this.
///
/// The kernel wipes the page in a child (MADV_WIPEONFORK, Linux 4.14), so that asking costs no
/// system call; where it cannot, the process id is compared.
#[derive(Debug)]
pub struct ForkMark {
    /// A page of this mark's own, never unmapped; null where the kernel cannot wipe.
    page: AtomicPtr<u8>,
    process: AtomicU32,
}

impl ForkMark {
    const SIZE: usize = 1;

    /// A mark that is not set: no process is a child of it.
    pub const fn new() -> ForkMark {
        ForkMark {
            page: AtomicPtr::new(ptr::null_mut()),
            process: AtomicU32::new(0),
        }
    }

    /// Marks the calling process, unless one is marked already.
    pub fn set(&self) {
        self.set_with(|| wiped_page(Self::SIZE));
    }

    fn set_with(&self, make_page: impl FnOnce() -> Option<*mut u8>) {
        let process = std::process::id();
        let first = self
            .process
            .compare_exchange(0, process, Ordering::AcqRel, Ordering::Acquire);
        // The page is never unmapped, so no other may be made.
        if first.is_ok()
            && let Some(page) = make_page()
        {
            self.page.store(page, Ordering::Release);
        }
    }

    /// The calling process is a child of the marked one.
    pub fn is_child(&self) -> bool {
        let page = self.page.load(Ordering::Acquire);
        if page.is_null() {
            let process = self.process.load(Ordering::Acquire);
            return process != 0 && process != std::process::id();
        }
        // SAFETY: the page is mapped for good and written only before it was published here.
        unsafe { page.read_volatile() == 0 }
    }
}

/// A page whose first byte is 1, and 0 in every child.
fn wiped_page(size: usize) -> Option<*mut u8> {
    // SAFETY: a fresh private mapping, touched by nobody else; each result is checked.
    unsafe {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let page = libc::mmap(ptr::null_mut(), size, protection, kind, -1, 0);
        if page == libc::MAP_FAILED {
            return None;
        }
        if libc::madvise(page, size, libc::MADV_WIPEONFORK) != 0 {
            libc::munmap(page, size);
            return None;
        }
        let page = page.cast::<u8>();
        page.write(1);
        Some(page)
    }
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

/// Has the system give a connection up when what was sent over it stays unacknowledged for so long
/// (TCP_USER_TIMEOUT, tcp(7)).
pub fn give_up_unacknowledged(socket: &TcpStream, after: Duration) -> io::Result<()> {
    let millis = libc::c_uint::try_from(after.as_millis()).unwrap_or(libc::c_uint::MAX);
    // SAFETY: pointer and size are those of a live integer; the descriptor stays open as long as the
    // reference.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_USER_TIMEOUT,
            (&raw const millis).cast(),
            size_of_val(&millis) as libc::socklen_t,
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Something can be read from the socket at once: bytes, its end, or an error.
pub fn readable_now(socket: &TcpStream) -> bool {
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

    #[test]
    fn a_fork_mark_takes_one_page_however_often_it_is_set() {
        let mark = ForkMark::new();
        let pages = std::cell::Cell::new(0);
        for _ in 0..3 {
            mark.set_with(|| {
                pages.set(pages.get() + 1);
                wiped_page(ForkMark::SIZE)
            });
        }
        assert_eq!(pages.get(), 1);
        assert!(!mark.is_child());
    }
}
