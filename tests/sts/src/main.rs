//! Runs the STS emulator for scripts and for tests in other languages.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;

use crate::arguments::{Arguments, Request, USAGE};

mod arguments;
mod login;

fn main() -> ExitCode {
    match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Request::Help) => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        Ok(Request::Run(arguments)) => exit(run(*arguments)),
        Ok(Request::Client(credentials)) => exit(login::run(
            &credentials,
            &mut io::stdin().lock(),
            &mut io::stdout().lock(),
        )),
        Err(error) => fail(&format!("{error}\nTry --help."), 2),
    }
}

fn exit(result: Result<(), Box<dyn std::error::Error + Send + Sync>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string(), 1),
    }
}

fn fail(message: &str, code: u8) -> ExitCode {
    eprintln!("sts-emulator: {message}");
    ExitCode::from(code)
}

fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let emulator = arguments.builder()?.start()?;
    let control = emulator
        .control_address()
        .ok_or("the control interface is not open")?;
    let mut stdout = io::stdout().lock();
    write!(
        stdout,
        "listening on {} control {control}",
        emulator.address()
    )?;
    if let Some(metadata) = emulator.metadata_address() {
        write!(stdout, " metadata {metadata}")?;
    }
    writeln!(stdout)?;
    stdout.flush()?;
    drop(stdout);
    if arguments.exit_with_stdin {
        io::copy(&mut io::stdin().lock(), &mut io::sink())?;
        return Ok(());
    }
    loop {
        // A signal ends the process; parking may return without cause.
        thread::park();
    }
}
