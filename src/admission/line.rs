//! Those who wait for one endpoint.

use std::collections::VecDeque;
use std::time::Duration;

/// One endpoint.
#[derive(Debug, Default)]
pub struct Line {
    /// Those who wait.
    pub queue: VecDeque<u64>,
    /// Requests under way.
    pub under_way: usize,
    /// Of a request, smoothed; zero before the first.
    pub time: Duration,
}

impl Line {
    /// A request took so long.
    pub fn took(&mut self, took: Duration) {
        self.time = match self.time {
            Duration::ZERO => took,
            // Down sooner than up: the first requests of a storm are slow.
            known if took < known => (known + took) / 2,
            known => (known * 7 + took) / 8,
        };
    }
}
