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
mod check;
mod driver;
mod explain;
mod files;
mod generated;
mod help;
mod input;
mod output;
mod plugin;
mod reference;
mod server_parameters;
mod whoami;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use args::{Cli, Command};
use output::{Paint, Report, UNUSABLE, Unusable, complain, print};

fn main() -> ExitCode {
    let command = Cli::command().term_width(output::width());
    let parsed = command.try_get_matches();
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && std::env::args_os().any(|word| word == "--json") => {
            let text = error.render().to_string();
            return unusable(text.trim_end().trim_start_matches("error: "), true);
        }
        Err(error) if error.use_stderr() => {
            complain(&rendered(&error, Paint::on(&std::io::stderr())));
            return ExitCode::from(UNUSABLE);
        }
        Err(help) => {
            let text = rendered(&help, Paint::detect());
            return print(&text).err().unwrap_or(ExitCode::SUCCESS);
        }
    };
    match run(&cli.command) {
        Ok(report) => report.print(cli.json),
        Err(Unusable(why)) => unusable(&why, cli.json),
    }
}

fn rendered(error: &clap::Error, paint: Paint) -> String {
    let text = error.render();
    match paint.is_on() {
        true => text.ansi().to_string(),
        false => text.to_string(),
    }
}

fn unusable(why: &str, json: bool) -> ExitCode {
    if json {
        let document = serde_json::json!({ "ok": false, "error": why });
        if let Err(failed) = print(&format!("{document:#}\n")) {
            return failed;
        }
    } else {
        complain(&format!("mongodb-aws-auth: {why}"));
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
        Command::Explain(args) => explain::explain(args, paint),
        Command::Completions(args) => Ok(generated::completions(args)),
        Command::Man(args) => generated::man(args),
    }
}
