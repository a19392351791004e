//! The command line: what the fleet looks like.

use std::time::Duration;

pub const USAGE: &str = "\
Usage: fleet [OPTION VALUE]...
Simulates the failover of a fleet with the plugin's throttle, and prints how it went.

  --servers N         servers (100)
  --connections N     client connections of the whole fleet (1000000)
  --pool N            connections of one client to one server (100)
  --connecting N      connections that one client opens at once; drivers: 2 (2)
  --accounts N        AWS accounts that the clients are spread over (5)
  --quota N           requests per second that STS answers each account (600)
  --burst N           requests that it answers at once after a quiet time (600)
  --round-trip-ms N   to STS and back (20)
  --workers N         awsStsWorkers (64)
  --deadline-ms N     awsStsTimeoutMs (8000)
  --queue N           awsStsQueueLimit (10000)
  --throttle on|off   off: every login is sent at once, and what STS throttles is refused (on)
  --seconds N         gives up after so long (7200)
  --seed N            of the random numbers (1)
  --timeline N        prints CSV instead: every N seconds the connections and the complete pools

Exit status: 0 every connection is back, 1 some are not, 2 invalid command line.
";

/// A fleet, its clients and its STS.
#[derive(Clone, Debug)]
pub struct Arguments {
    pub servers: usize,
    pub connections: usize,
    pub pool: usize,
    pub connecting: usize,
    pub accounts: usize,
    pub quota: f64,
    pub burst: f64,
    pub round_trip: Duration,
    pub workers: usize,
    pub deadline: Duration,
    pub queue: usize,
    pub throttle: bool,
    pub longest: Duration,
    pub seed: u64,
    pub timeline: Option<Duration>,
}

impl Default for Arguments {
    fn default() -> Arguments {
        Arguments {
            servers: 100,
            connections: 1_000_000,
            pool: 100,
            connecting: 2,
            accounts: 5,
            quota: 600.0,
            burst: 600.0,
            round_trip: Duration::from_millis(20),
            workers: 64,
            deadline: Duration::from_secs(8),
            queue: 10_000,
            throttle: true,
            longest: Duration::from_secs(7200),
            seed: 1,
            timeline: None,
        }
    }
}

impl Arguments {
    /// None where help is asked for.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
        let mut fleet = Arguments::default();
        while let Some(name) = words.next() {
            if name == "--help" {
                return Ok(None);
            }
            let value = words
                .next()
                .ok_or_else(|| format!("{name} needs a value"))?;
            let number = || count(&name, &value);
            let milliseconds = || number().map(|n| Duration::from_millis(n as u64));
            match name.as_str() {
                "--servers" => fleet.servers = number()?,
                "--connections" => fleet.connections = number()?,
                "--pool" => fleet.pool = number()?,
                "--connecting" => fleet.connecting = number()?,
                "--accounts" => fleet.accounts = number()?,
                "--quota" => fleet.quota = number()? as f64,
                "--burst" => fleet.burst = number()? as f64,
                "--round-trip-ms" => fleet.round_trip = milliseconds()?,
                "--workers" => fleet.workers = number()?,
                "--deadline-ms" => fleet.deadline = milliseconds()?,
                "--queue" => fleet.queue = number()?,
                "--throttle" => fleet.throttle = on_or_off(&value)?,
                "--seconds" => fleet.longest = Duration::from_secs(number()? as u64),
                "--timeline" => fleet.timeline = Some(Duration::from_secs(number()? as u64)),
                "--seed" => fleet.seed = number()? as u64,
                _ => return Err(format!("unknown option {name}")),
            }
        }
        Ok(Some(fleet))
    }
}

fn count(name: &str, value: &str) -> Result<usize, String> {
    let number = value.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("{name} needs a number above 0, not '{value}'"))
}

fn on_or_off(value: &str) -> Result<bool, String> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("--throttle is on or off, not '{value}'")),
    }
}
