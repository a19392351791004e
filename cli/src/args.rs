//! The command line, from which help, man page and completions come.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use mongodb_aws_auth::identity::PrincipalFormat;

use crate::help;
use crate::input::principal::Grant;

/// Sets up and fixes MONGODB-AWS logins: who am I to the server, and why does it not work?
#[derive(Debug, Parser)]
#[command(name = "mongodb-aws-auth", version = mongodb_aws_auth::VERSION, after_help = help::TOOL)]
pub struct Cli {
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show who AWS says you are, your user name in $external, and how to create it
    #[command(after_help = help::WHOAMI)]
    Whoami(Whoami),
    /// Go through everything that a login needs on the database host, step by step
    #[command(after_help = help::CHECK)]
    Check(Check),
    /// Show the user name in $external that an ARN stands for
    #[command(after_help = help::PRINCIPAL)]
    Principal(Principal),
    /// Show the options: the plugin's, and those of mongod and mongos beside them
    #[command(after_help = help::OPTIONS)]
    Options(Options),
    /// Explain a reason number, a name, an error code of STS or a whole log line
    #[command(after_help = help::EXPLAIN)]
    Explain(Explain),
    /// Print the completions for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions(Completions),
    /// Print the manual page, or write all of them into a folder
    #[command(after_help = help::MAN)]
    Man(Man),
}

/// How to reach AWS as a client.
#[derive(Args, Debug)]
pub struct Aws {
    /// Profile of ~/.aws/config or ~/.aws/credentials, which takes precedence over keys in the environment
    #[arg(long)]
    pub profile: Option<String>,
    /// Region whose STS is asked; otherwise AWS_REGION, the profile's, or us-east-1
    #[arg(long)]
    pub region: Option<String>,
}

/// How a role's user is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// arn:aws:iam::ACCOUNT:role/ROLE
    #[default]
    #[value(name = "iamRole")]
    IamRole,
    /// arn:aws:sts::ACCOUNT:assumed-role/ROLE/*
    #[value(name = "stsWildcard")]
    StsWildcard,
}

impl From<Format> for PrincipalFormat {
    fn from(format: Format) -> PrincipalFormat {
        match format {
            Format::IamRole => PrincipalFormat::IamRole,
            Format::StsWildcard => PrincipalFormat::StsWildcard,
        }
    }
}

/// Arguments of `whoami`.
#[derive(Args, Debug)]
pub struct Whoami {
    /// Look at this ARN instead of asking AWS; may be a role's, as IAM shows it
    #[arg(long)]
    pub arn: Option<String>,
    /// The server's awsPrincipalFormat
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Role to grant in the createUser command, as ROLE@DATABASE; may be repeated, or separated by commas
    #[arg(long, value_name = "ROLE@DATABASE", value_delimiter = ',', value_parser = grant)]
    pub grant: Vec<Grant>,
    /// Connect to this address of STS, https://HOST or https://HOST:PORT, instead of AWS's own
    #[arg(long, value_name = "URL")]
    pub sts_endpoint: Option<String>,
    /// PEM file of further certificate authorities; otherwise AWS_CA_BUNDLE, or the profile's ca_bundle
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    #[command(flatten)]
    pub aws: Aws,
}

fn grant(text: &str) -> Result<Grant, String> {
    let text = text.trim();
    let form = "a grant looks like readWrite@shop";
    let Some((role, database)) = text.split_once('@') else {
        return Err(format!("the database is missing: {form}"));
    };
    if role.is_empty() || database.is_empty() {
        return Err(form.to_owned());
    }
    // MongoDB's rule for the names of databases.
    let illegal = |c: char| c.is_whitespace() || c.is_control() || "/\\.\"$*<>:|?@;,".contains(c);
    if let Some(c) = database.chars().find(|c| illegal(*c)) {
        return Err(format!(
            "the database's name holds \"{}\": {form}; several are separated by commas",
            c.escape_default()
        ));
    }
    if database.len() > 63 {
        return Err("a database's name has at most 63 bytes".to_owned());
    }
    Ok(Grant {
        role: role.to_owned(),
        database: database.to_owned(),
    })
}

/// Arguments of `check`.
#[derive(Args, Debug)]
pub struct Check {
    /// The server's configuration file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A server parameter, which overrides the file's; may be repeated
    #[arg(long = "setParameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub set_parameter: Vec<Parameter>,
    /// The installed plugin; otherwise the configuration's awsAuthPluginPath, or the package's
    #[arg(long, value_name = "FILE")]
    pub plugin: Option<PathBuf>,
    /// The server's program; otherwise that of --pid, of the service or of the path
    #[arg(long, value_name = "FILE")]
    pub mongod: Option<PathBuf>,
    /// Users of $external, as JSON (getUsers, mongoexport) or one name per line
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,
    /// Process id of the running server, whose environment is looked at
    #[arg(long)]
    pub pid: Option<u32>,
    /// File with the service's environment, such as /etc/default/mongod
    #[arg(long, value_name = "FILE")]
    pub environment: Option<PathBuf>,
    /// Leave out everything that uses the network
    #[arg(long)]
    pub offline: bool,
    /// Do not look for AWS credentials, and leave out the login
    #[arg(long)]
    pub no_login: bool,
    #[command(flatten)]
    pub aws: Aws,
}

/// A server parameter of the command line.
#[derive(Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value, which may be a password.
    pub value: String,
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn parameter(text: &str) -> Result<Parameter, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok(Parameter {
            name: name.to_owned(),
            value: value.to_owned(),
        }),
        _ => Err("a parameter looks like awsStsHost=sts.eu-central-1.amazonaws.com".to_owned()),
    }
}

/// Arguments of `principal`.
#[derive(Args, Debug)]
pub struct Principal {
    /// ARN of a user, role or session
    #[arg(required = true)]
    pub arn: Vec<String>,
}

/// Arguments of `options`.
#[derive(Args, Debug)]
pub struct Options {
    /// Ask this plugin, instead of the version that the tool was built with
    #[arg(long, value_name = "FILE")]
    pub plugin: Option<PathBuf>,
    /// Only options whose name contains one of these
    pub name: Vec<String>,
}

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// Numbers, names, error codes of STS, or text of a log line; - or nothing: lines of standard input
    #[arg(allow_negative_numbers = true)]
    pub message: Vec<String>,
}

/// Arguments of `completions`.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Args, Debug)]
pub struct Man {
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_value_of_a_parameter_is_not_in_the_debug_form() {
        let line = ["mongodb-aws-auth", "check", "--setParameter"];
        let proxy = ["awsStsProxy=http://user:hunter2@proxy"];
        let cli = Cli::parse_from(line.iter().chain(&proxy));
        let shown = format!("{cli:?}");
        assert!(shown.contains("awsStsProxy"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    fn grants(text: &str) -> Option<Vec<(String, String)>> {
        let line = ["mongodb-aws-auth", "whoami", "--grant", text];
        match Cli::try_parse_from(line).ok()?.command {
            Command::Whoami(args) => {
                let all = args.grant.into_iter();
                Some(all.map(|grant| (grant.role, grant.database)).collect())
            }
            _ => None,
        }
    }

    #[test]
    fn a_grant_names_role_and_database() {
        let pair = |role: &str, database: &str| (role.to_owned(), database.to_owned());
        for (text, wanted) in [
            ("readWrite@shop", vec![pair("readWrite", "shop")]),
            ("a@x,b@y", vec![pair("a", "x"), pair("b", "y")]),
            (
                "a@x, b@y,c@z",
                vec![pair("a", "x"), pair("b", "y"), pair("c", "z")],
            ),
            ("my role@shop-1", vec![pair("my role", "shop-1")]),
        ] {
            assert_eq!(grants(text), Some(wanted), "{text}");
        }
        for wrong in [
            "readWrite",
            "@shop",
            "readWrite@",
            "",
            "a@x,b",
            "a@x,,b@y",
            "a@x b@y",
            "a@x;b@y",
            "a@b@c",
            "a@$external.x",
            "a@x/y",
        ] {
            assert_eq!(grants(wrong), None, "{wrong}");
        }
    }
}
