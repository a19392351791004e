//! The outcome for a person.

use std::fmt::Write as _;
use std::time::Duration;

use crate::arguments::Arguments;
use crate::simulation::Outcome;

/// A few lines.
pub fn text(fleet: &Arguments, outcome: &Outcome) -> String {
    let mut text = String::new();
    let connections = fleet.connections as f64;
    let mut line = |name: &str, value: String| {
        // Writing into a string does not fail.
        let _infallible = writeln!(text, "{name:<28}{value}");
    };
    let times = |time: Option<Duration>| match time {
        None => "never".to_owned(),
        Some(time) if outcome.ideal.is_zero() => format!("{:.1} s", time.as_secs_f64()),
        Some(time) => {
            let share = time.as_secs_f64() / outcome.ideal.as_secs_f64();
            format!("{:.1} s ({share:.2} of the ideal)", time.as_secs_f64())
        }
    };
    line(
        "fleet",
        format!(
            "{} servers, {} connections in pools of {}, {} opened at once, {} accounts",
            fleet.servers, fleet.connections, fleet.pool, fleet.connecting, fleet.accounts
        ),
    );
    line(
        "STS",
        format!(
            "{} requests per second and account, {} ms",
            fleet.quota,
            fleet.round_trip.as_millis()
        ),
    );
    line("ideal", format!("{:.1} s", outcome.ideal.as_secs_f64()));
    line("half of the pools are up", times(outcome.half));
    line("99 % are up", times(outcome.most));
    line("all are up", times(outcome.all));
    line("connections up at the end", outcome.up.to_string());
    let per_login = outcome.requests as f64 / connections;
    line("requests per connection", format!("{per_login:.3}"));
    line("throttled", outcome.throttled.to_string());
    for (reason, count) in &outcome.refused {
        line(&format!("refused, {reason}"), count.to_string());
    }
    line("connections lost again", outcome.lost.to_string());
    line("verified in vain", outcome.in_vain.to_string());
    text
}

/// A line of CSV for each moment, below their head.
pub fn timeline(outcome: &Outcome) -> String {
    let mut text = "seconds,connections,pools\n".to_owned();
    for moment in &outcome.timeline {
        let (seconds, up, complete) = (moment.since.as_secs_f64(), moment.up, moment.complete);
        // Writing into a string does not fail.
        let _infallible = writeln!(text, "{seconds:.0},{up},{complete}");
    }
    text
}
