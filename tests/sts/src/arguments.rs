//! The command line.

use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use sts_emulator::client::Credentials;
use sts_emulator::{Builder, Identities, StsEmulator};

pub(crate) const USAGE: &str = "\
Usage: sts-emulator [OPTION]...
       sts-emulator client KEY_ID SECRET [TOKEN]
Emulates AWS STS over TLS on loopback, and where programs on AWS find credentials, for tests.

  --port PORT          port of STS; 0, the default, for a free one
  --control-port PORT  port of the control interface; 0, the default, for a free one
  --metadata-port PORT opens the metadata endpoints of EC2, ECS and EKS; 0 for a free port
  --instance-role ARN  the role that the EC2 instance has; default: none
  --identities FILE    JSON file with the known identities; default: the built-in set
  --ca-out PATH        write the throw-away CA certificate here (PEM)
  --host NAME          one more name in the server's certificate; may be repeated
  --region REGION      region served under hosts that are none of STS's own names;
                       default: the one that drivers derive from the host
  --latency-ms N       delay every answer
  --quota N            answer N identities per second and account, and throttle beyond
  --force-xml          answer in XML whatever a request accepts
  --exit-with-stdin    exit when standard input closes
  --help               show this text

Once it listens it prints one line:
  listening on 127.0.0.1:PORT control 127.0.0.1:PORT
and after it, with --metadata-port: metadata 127.0.0.1:PORT

With client it is the client of one login instead, for a server that is tried without a driver: writes
both payloads to standard output and reads the server's from standard input, as hexadecimal lines.
";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Request {
    Help,
    Run(Box<Arguments>),
    Client(Credentials),
}

#[derive(Debug, Default)]
pub(crate) struct Arguments {
    port: u16,
    control_port: u16,
    metadata_port: Option<u16>,
    instance_role: Option<String>,
    identities: Option<PathBuf>,
    ca_out: Option<PathBuf>,
    hosts: Vec<String>,
    region: Option<String>,
    latency_ms: u64,
    quota: Option<u32>,
    force_xml: bool,
    pub(crate) exit_with_stdin: bool,
}

impl Arguments {
    /// The emulator that is asked for.
    pub(crate) fn builder(&self) -> Result<Builder, Box<dyn Error + Send + Sync>> {
        let mut builder = StsEmulator::builder()
            .port(self.port)
            .control_port(self.control_port)
            .latency(Duration::from_millis(self.latency_ms));
        if let Some(port) = self.metadata_port {
            builder = builder.metadata_port(port);
        }
        if let Some(arn) = &self.instance_role {
            builder = builder.instance_role(arn);
        }
        if let Some(path) = &self.identities {
            let named = |error: &dyn Error| format!("{}: {error}", path.display());
            let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
            let identities = Identities::from_json(&text).map_err(|error| named(&error))?;
            builder = builder.identities(identities);
        }
        if let Some(path) = &self.ca_out {
            builder = builder.ca_out(path);
        }
        for host in &self.hosts {
            builder = builder.host(host);
        }
        if let Some(region) = &self.region {
            builder = builder.region(region);
        }
        if let Some(quota) = self.quota {
            builder = builder.quota(quota);
        }
        if self.force_xml {
            builder = builder.force_xml();
        }
        Ok(builder)
    }
}

/// Reads the arguments after the program's name. `Err` is for the user.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, String> {
    let mut parsed = Arguments::default();
    let mut arguments = arguments.into_iter().peekable();
    if arguments.next_if(|first| first == "client").is_some() {
        return credentials(arguments.map(text).collect::<Result<_, _>>()?).map(Request::Client);
    }
    while let Some(option) = arguments.next() {
        let option = text(option)?;
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{option} needs a value"))
        };
        match option.as_str() {
            "--help" => return Ok(Request::Help),
            "--port" => parsed.port = number(&option, value()?)?,
            "--control-port" => parsed.control_port = number(&option, value()?)?,
            "--metadata-port" => parsed.metadata_port = Some(number(&option, value()?)?),
            "--instance-role" => parsed.instance_role = Some(text(value()?)?),
            "--identities" => parsed.identities = Some(value()?.into()),
            "--ca-out" => parsed.ca_out = Some(value()?.into()),
            "--host" => parsed.hosts.push(text(value()?)?),
            "--region" => parsed.region = Some(text(value()?)?),
            "--latency-ms" => parsed.latency_ms = number(&option, value()?)?,
            "--quota" => parsed.quota = Some(number(&option, value()?)?),
            "--force-xml" => parsed.force_xml = true,
            "--exit-with-stdin" => parsed.exit_with_stdin = true,
            _ => return Err(format!("unknown option {option}")),
        }
    }
    Ok(Request::Run(Box::new(parsed)))
}

fn credentials(words: Vec<String>) -> Result<Credentials, String> {
    let mut words = words.into_iter();
    let (Some(access_key_id), Some(secret_access_key)) = (words.next(), words.next()) else {
        return Err("client needs an access key id and its secret".to_owned());
    };
    let session_token = words.next();
    match words.next() {
        None => Ok(Credentials {
            access_key_id,
            secret_access_key,
            session_token,
        }),
        Some(_) => Err("client takes no more than key id, secret and token".to_owned()),
    }
}

fn text(argument: OsString) -> Result<String, String> {
    argument
        .into_string()
        .map_err(|argument| format!("not UTF-8: {}", argument.display()))
}

fn number<N: std::str::FromStr>(option: &str, value: OsString) -> Result<N, String> {
    let value = text(value)?;
    value
        .parse()
        .map_err(|_| format!("{option}: not a number in range: {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &str) -> Result<Request, String> {
        parse(words.split_whitespace().map(OsString::from))
    }

    fn arguments(words: &str) -> Arguments {
        match parse_words(words).unwrap() {
            Request::Run(arguments) => *arguments,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_option_is_read() {
        let parsed = arguments(
            "--port 1 --control-port 2 --identities i.json --ca-out ca.pem --host a --host b \
             --metadata-port 5 --instance-role arn --region r --latency-ms 3 --quota 4 --force-xml --exit-with-stdin",
        );
        assert_eq!((parsed.port, parsed.control_port), (1, 2));
        assert_eq!(parsed.metadata_port, Some(5));
        assert_eq!(parsed.instance_role.as_deref(), Some("arn"));
        assert_eq!(parsed.identities, Some("i.json".into()));
        assert_eq!(parsed.ca_out, Some("ca.pem".into()));
        assert_eq!(parsed.hosts, ["a", "b"]);
        assert_eq!(parsed.region.as_deref(), Some("r"));
        assert_eq!((parsed.latency_ms, parsed.quota), (3, Some(4)));
        assert!(parsed.force_xml && parsed.exit_with_stdin);
    }

    #[test]
    fn help_wins_over_what_follows() {
        assert!(matches!(parse_words("--help --odd"), Ok(Request::Help)));
    }

    #[test]
    fn errors_name_the_option() {
        let error = |words| parse_words(words).unwrap_err();
        assert_eq!(error("--odd"), "unknown option --odd");
        assert_eq!(
            error("client KEY"),
            "client needs an access key id and its secret"
        );
        assert_eq!(
            error("client KEY SECRET TOKEN MORE"),
            "client takes no more than key id, secret and token"
        );
        assert_eq!(error("--port"), "--port needs a value");
        assert_eq!(
            error("--port 65536"),
            "--port: not a number in range: 65536"
        );
    }
}
