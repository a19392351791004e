//! Times, counted by how long they were.

use std::time::Duration;

use serde::Serialize;

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bucket `n` counts times below 2^n times this; the last one all others.
const FIRST_BOUND_US: u64 = 64;
const BUCKETS: usize = 22;

/// How often a time fell into each of a fixed number of buckets, each twice as wide as the one
/// before: from 64 microseconds to two minutes.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    sum_us: AtomicU64,
}

/// A histogram at one moment. Bounds are in microseconds; what fell between two of them is in the
/// bucket of the upper one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Times {
    pub count: u64,
    pub sum_us: u64,
    pub p50_us: u64,
    pub p95_us: u64,
    pub p99_us: u64,
    /// Those that are not empty.
    pub buckets: Vec<Bucket>,
}

/// One bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Bucket {
    pub below_us: u64,
    pub count: u64,
}

impl Histogram {
    /// Counts a time.
    pub fn note(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let at = (micros / FIRST_BOUND_US + 1).next_power_of_two().ilog2() as usize;
        // 0 to 63 is below the first bound, 64 to 127 below the second, and so on.
        let at = if micros < FIRST_BOUND_US { 0 } else { at };
        if let Some(bucket) = self.buckets.get(at.min(BUCKETS - 1)) {
            bucket.fetch_add(1, Relaxed);
            self.sum_us.fetch_add(micros, Relaxed);
        }
    }

    /// The times so far.
    pub fn times(&self) -> Times {
        let counts = self.buckets.iter().map(|bucket| bucket.load(Relaxed));
        let buckets: Vec<_> = counts
            .zip(0..)
            .filter(|(count, _)| *count > 0)
            .map(|(count, at)| Bucket {
                below_us: FIRST_BOUND_US << at,
                count,
            })
            .collect();
        let count = buckets.iter().map(|bucket| bucket.count).sum();
        Times {
            count,
            sum_us: self.sum_us.load(Relaxed),
            p50_us: percentile(&buckets, count, 50),
            p95_us: percentile(&buckets, count, 95),
            p99_us: percentile(&buckets, count, 99),
            buckets,
        }
    }
}

/// The bound below which so many of a hundred lie; 0 where there is none at all.
fn percentile(buckets: &[Bucket], count: u64, percent: u64) -> u64 {
    let wanted = (count * percent).div_ceil(100);
    let mut seen = 0;
    let bucket = buckets.iter().find(|bucket| {
        seen += bucket.count;
        seen >= wanted
    });
    bucket.map_or(0, |bucket| bucket.below_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_counts_below_the_next_bound() {
        for (micros, below) in [
            (0, 64),
            (63, 64),
            (64, 128),
            (127, 128),
            (128, 256),
            (20_000, 32_768),
            (u64::MAX, 64 << 21),
        ] {
            let histogram = Histogram::default();
            histogram.note(Duration::from_micros(micros));
            let found = histogram.times().buckets;
            assert_eq!((found.len(), found[0].below_us), (1, below), "{micros}");
        }
    }

    #[test]
    fn percentiles_are_the_bounds_that_so_many_lie_below() {
        let histogram = Histogram::default();
        (0..95).for_each(|_| histogram.note(Duration::from_micros(100)));
        (0..5).for_each(|_| histogram.note(Duration::from_millis(20)));
        let times = histogram.times();
        assert_eq!((times.count, times.sum_us), (100, 95 * 100 + 5 * 20_000));
        assert_eq!(
            (times.p50_us, times.p95_us, times.p99_us),
            (128, 128, 32_768)
        );
        assert_eq!(Histogram::default().times(), Times::default());
    }
}
