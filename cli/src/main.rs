//! `mongodb-aws-auth`: the operator's tool for MONGODB-AWS logins.
//!
//! [`args`] is the command line; each command gives a [`output::Report`]. What the plugin knows
//! (options, reasons and remedies, the mapping of ARNs) comes from the plugin's own crate, the texts of
//! servers from `docs/troubleshooting.md`; the installed plugin is loaded through its C interface.

#![deny(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

mod args;
mod aws;
mod catalogue;
mod check;
mod driver;
mod generated;
mod output;
mod plugin;
mod principal;
mod reference;
mod server_config;
mod server_parameters;
mod texts;
mod whoami;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};
use output::{Paint, Report, Unusable};

/// Status for a command line or a file that cannot be used; clap's own, too.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && std::env::args_os().any(|word| word == "--json") => {
            let text = error.render().to_string();
            return unusable(text.trim_end().trim_start_matches("error: "), true);
        }
        Err(help_or_error) => help_or_error.exit(),
    };
    match run(&cli.command) {
        Ok(report) => report.print(cli.json),
        Err(Unusable(why)) => unusable(&why, cli.json),
    }
}

fn unusable(why: &str, json: bool) -> ExitCode {
    if json {
        println!("{:#}", serde_json::json!({ "ok": false, "error": why }));
    } else {
        eprintln!("mongodb-aws-auth: {why}");
    }
    ExitCode::from(UNUSABLE)
}

fn run(command: &Command) -> Result<Report, Unusable> {
    let paint = Paint::detect();
    match command {
        Command::Whoami(args) => whoami::whoami(args, paint),
        Command::Check(args) => check::check(args, paint),
        Command::Principal(args) => Ok(whoami::principal(args, paint)),
        Command::Options(args) => reference::options(args, paint),
        Command::Explain(args) => Ok(reference::explain(args, paint)),
        Command::Completions(args) => Ok(generated::completions(args)),
        Command::Man(args) => generated::man(args),
    }
}
