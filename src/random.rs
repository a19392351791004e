//! Random pauses, so that logins are not retried all at once. Not for secrets.

use std::time::Duration;

/// A generator of the xorshift family (Marsaglia, 2003).
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// From a seed of any kind.
    pub fn new(seed: u64) -> Random {
        // Zero would stay zero.
        Random(seed | 1)
    }

    /// A time between a half and the whole of this one.
    pub fn jitter(&mut self, pause: Duration) -> Duration {
        self.between(pause / 2, pause)
    }

    /// A time between these two.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let share = (self.0 >> 40) as f64 / (1 << 24) as f64;
        least + most.saturating_sub(least).mul_f64(share)
    }
}
