//! The failover of a fleet on a simulated clock: every client connection is lost and comes back, all
//! at once, through the throttle that the plugin runs, to an STS that counts a quota for each account.
//! `docs/capacity.md` has the results.

mod arguments;
mod client;
mod report;
mod server;
mod simulation;
mod sts;

use std::process::ExitCode;

use arguments::{Arguments, USAGE};

fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)) {
        Ok(Some(fleet)) => {
            let outcome = simulation::run(&fleet);
            let report = match fleet.timeline {
                Some(_) => report::timeline(&outcome),
                None => report::text(&fleet, &outcome),
            };
            print!("{report}");
            match outcome.all_are_up() {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            }
        }
        Ok(None) => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            eprintln!("fleet: {wrong}; --help shows all");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests;
