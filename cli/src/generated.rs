//! `completions` and `man`: made from the definitions of the command line.

use std::fs;

use clap::CommandFactory as _;
use clap::builder::PossibleValue;
use serde_json::json;

use crate::args::{Cli, Completions, Man};
use crate::output::{Exit, Report, Unusable};

const NAME: &str = "mongodb-aws-auth";

/// Runs `completions`.
pub fn completions(args: &Completions) -> Report {
    // clap_complete's script for bash finds no subcommand of a program with a hyphen in its name: it is
    // made for one without, and then tied to the name.
    let bash = args.shell == clap_complete::Shell::Bash;
    let name = if bash { "mongodb_aws_auth" } else { NAME };
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), name, &mut script);
    let script = String::from_utf8_lossy(&script);
    let script = match args.shell {
        clap_complete::Shell::Bash => script.replace(&format!(" {name}\n"), &format!(" {NAME}\n")),
        clap_complete::Shell::Fish => format!("{script}{}", fish_values()),
        _ => script.into_owned(),
    };
    text("script", script.into_bytes())
}

/// The values of arguments without a name, which clap_complete's script for fish leaves out.
fn fish_values() -> String {
    let command = Cli::command();
    let lines = command.get_subcommands().flat_map(|command| {
        command.get_positionals().filter_map(|argument| {
            let values = argument.get_possible_values();
            let values: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
            let of = format!(
                "__fish_mongodb_aws_auth_using_subcommand {}",
                command.get_name()
            );
            let values = (!values.is_empty()).then(|| values.join(" "))?;
            Some(format!(
                "complete -c {NAME} -n \"{of}\" -f -a \"{values}\"\n"
            ))
        })
    });
    lines.collect()
}

/// The command line without `help`, which has no page.
fn manual() -> clap::Command {
    Cli::command().disable_help_subcommand(true)
}

/// Runs `man`.
pub fn man(args: &Man) -> Result<Report, Unusable> {
    let failed = |error: std::io::Error| Unusable(format!("the manual page: {error}"));
    let Some(folder) = &args.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(manual())
            .render(&mut page)
            .map_err(failed)?;
        return Ok(text("page", page));
    };
    fs::create_dir_all(folder).map_err(|error| Unusable::file(folder, error))?;
    clap_mangen::generate_to(manual(), folder).map_err(|error| Unusable::file(folder, error))?;
    Ok(Report {
        json: json!({ "folder": folder }),
        text: String::new(),
        exit: Exit::Fine,
    })
}

fn text(member: &str, bytes: Vec<u8>) -> Report {
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Report {
        json: json!({ member: text }),
        text,
        exit: Exit::Fine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_every_command_and_option() {
        let document = include_str!("../../docs/tool.md");
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(
                document.contains(&format!("## {name}")),
                "docs/tool.md: {name}"
            );
            for option in command.get_arguments().filter_map(clap::Arg::get_long) {
                let text = format!("`--{option}");
                assert!(document.contains(&text), "docs/tool.md: {name} --{option}");
            }
        }
    }
}
