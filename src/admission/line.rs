//! Those who wait for one endpoint.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::share::Share;

/// One that waits.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    pub id: u64,
    pub client: u64,
}

/// One endpoint.
#[derive(Debug)]
pub struct Line {
    /// Those who wait.
    pub queue: VecDeque<Ticket>,
    /// Who is let in.
    pub share: Share,
    /// Requests under way.
    pub under_way: usize,
    /// Of a request, smoothed; zero before the first.
    pub time: Duration,
}

impl Line {
    /// Nobody waits.
    pub fn new(now: Instant) -> Line {
        Line {
            queue: VecDeque::new(),
            share: Share::new(now),
            under_way: 0,
            time: Duration::ZERO,
        }
    }

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
