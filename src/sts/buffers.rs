//! Input and output of one connection, wiped once they are used: requests hold tokens and
//! signatures, and STS's errors can repeat them.

use ureq::unversioned::transport::Buffers;
use zeroize::Zeroize as _;

use super::call;

/// Holds most responses; it grows for longer ones.
const INPUT: usize = 4 * 1024;
/// Holds CONNECT and a ClientHello within a tunnel.
const LEAST_OUTPUT: usize = 1024;
/// Holds the longest head that is read, and a little more, so that one that is too long is noticed.
const LONGEST_INPUT: usize = 17 * 1024;

/// Buffers that are allocated with their first use.
#[derive(Default)]
pub struct WipedBuffers {
    input: Vec<u8>,
    /// Everything behind this is zero.
    used: usize,
    filled: usize,
    consumed: usize,
    progress: bool,
    output: Vec<u8>,
    /// Bytes of the output that wait for the next flush.
    pending: usize,
}

impl WipedBuffers {
    /// Adds to what is to be sent: a request's head and body go together.
    pub fn commit(&mut self, amount: usize) {
        self.pending += amount;
    }

    /// What is to be sent.
    pub fn pending(&self) -> &[u8] {
        self.output.get(..self.pending).unwrap_or_default()
    }

    /// It is sent.
    pub fn wipe_pending(&mut self) {
        if let Some(sent) = self.output.get_mut(..self.pending) {
            sent.zeroize();
        }
        self.pending = 0;
    }

    /// Room for the whole request of the thread's call.
    fn reserve_output(&mut self) {
        let size = call::with(|call| call.request_bytes).unwrap_or_default();
        if self.output.len() < size.max(LEAST_OUTPUT) {
            let size = size.max(LEAST_OUTPUT);
            grow(&mut self.output, size);
        }
    }

    /// Room for more input.
    fn reserve_input(&mut self) {
        if self.consumed == self.filled {
            self.wipe_input();
        }
        if self.filled < self.input.len() {
            return;
        }
        if self.consumed > 0 {
            self.input.copy_within(self.consumed..self.filled, 0);
            self.filled -= self.consumed;
            self.consumed = 0;
        } else if self.input.len() < LONGEST_INPUT {
            let size = (4 * self.input.len()).clamp(INPUT, LONGEST_INPUT);
            grow(&mut self.input, size);
        }
    }

    /// Wipes the input, which the call has read to its end.
    pub fn wipe_input(&mut self) {
        if let Some(read) = self.input.get_mut(..self.used) {
            read.zeroize();
        }
        self.used = 0;
        self.filled = 0;
        self.consumed = 0;
    }
}

impl Buffers for WipedBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.reserve_output();
        self.output.get_mut(self.pending..).unwrap_or_default()
    }

    fn input(&self) -> &[u8] {
        self.input
            .get(self.consumed..self.filled)
            .unwrap_or_default()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.reserve_input();
        self.input.get_mut(self.filled..).unwrap_or_default()
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled += amount;
        self.used = self.used.max(self.filled);
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.consumed += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.reserve_input();
        self.reserve_output();
        (
            self.input.get_mut(self.filled..).unwrap_or_default(),
            self.output.get_mut(self.pending..).unwrap_or_default(),
        )
    }

    fn can_use_input(&self) -> bool {
        self.consumed < self.filled && self.progress
    }
}

impl Drop for WipedBuffers {
    fn drop(&mut self) {
        self.output.zeroize();
        self.input.zeroize();
    }
}

/// Makes a buffer longer, and wipes the memory that it leaves.
fn grow(buffer: &mut Vec<u8>, size: usize) {
    let mut longer = Vec::with_capacity(size);
    longer.extend_from_slice(buffer);
    longer.resize(size, 0);
    buffer.zeroize();
    *buffer = longer;
}

impl std::fmt::Debug for WipedBuffers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WipedBuffers").finish_non_exhaustive()
    }
}
