//! What a server's configuration says about logins: a mongod.conf and the parameters beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use mongodb_aws_auth::reason::printable;
use saphyr_parser::{Event, Parser};

/// The prefix of the plugin's options among the server's parameters.
pub const PARAMETER: &str = "setParameter.";
/// No server's configuration is nested as deep.
const DEPTH_LIMIT: usize = 32;
/// Keys under which a server looks up the value elsewhere.
const EXPANSIONS: [&str; 2] = ["__exec", "__rest"];

/// A value of the file.
#[derive(Clone, PartialEq, Eq)]
struct Setting {
    value: String,
    line: usize,
    is_list: bool,
}

/// Settings by their dotted names. Values are the text as it stands in the file: an account number
/// keeps its leading zero.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ServerConfig {
    settings: BTreeMap<String, Setting>,
}

/// Without the values, some of which are passwords.
impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.settings.keys()).finish()
    }
}

/// Why a file is no server's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// It is not YAML; the parser's words, with the place.
    NotYaml(String),
    /// It is YAML that a server does not take, or that only the server itself can read.
    Refused {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        why: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::NotYaml(why) => write!(f, "not YAML: {why}"),
            ConfigError::Refused { line, why } => write!(f, "line {line}: {why}"),
        }
    }
}

impl std::error::Error for ConfigError {}

impl ServerConfig {
    /// Reads a configuration file's text.
    pub fn parse(text: &str) -> Result<ServerConfig, ConfigError> {
        let mut reader = Reader::default();
        for event in Parser::new_from_str(text) {
            let (event, span) =
                event.map_err(|error| ConfigError::NotYaml(printable(&error.to_string())))?;
            let line = span.start.line();
            reader
                .take(event, line)
                .map_err(|why| ConfigError::Refused { line, why })?;
        }
        Ok(ServerConfig {
            settings: reader.settings,
        })
    }

    /// These settings and no other.
    #[cfg(test)]
    pub fn of(settings: &[(&str, &str)]) -> ServerConfig {
        let mut config = ServerConfig::default();
        for (name, value) in settings {
            config.set(name, value);
        }
        config
    }

    fn set(&mut self, name: &str, value: &str) {
        let setting = Setting {
            value: value.to_owned(),
            line: 0,
            is_list: false,
        };
        self.settings.insert(name.to_owned(), setting);
    }

    /// Sets a parameter over the file's.
    pub fn set_parameter(&mut self, name: &str, value: &str) {
        self.set(&format!("{PARAMETER}{name}"), value);
    }

    /// A setting, by its dotted name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let setting = self.settings.get(name);
        setting.map(|setting| setting.value.as_str())
    }

    /// A parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.get(&format!("{PARAMETER}{name}"))
    }

    /// Every parameter.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.settings.iter();
        all.filter_map(|(key, setting)| {
            Some((key.strip_prefix(PARAMETER)?, setting.value.as_str()))
        })
    }

    /// The dotted name of every setting.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.settings.keys().map(String::as_str)
    }

    /// The line of a setting, counted from 1; `None` where it comes from the command line.
    pub fn line(&self, name: &str) -> Option<usize> {
        let line = self.settings.get(name).map(|setting| setting.line);
        line.filter(|line| *line > 0)
    }

    /// Names of settings that are YAML lists.
    pub fn lists(&self) -> impl Iterator<Item = &str> {
        let lists = self.settings.iter().filter(|(_, setting)| setting.is_list);
        lists.map(|(name, _)| name.as_str())
    }
}

/// Flattens the document: what stands in a mapping gets the mapping's name before its own.
#[derive(Default)]
struct Reader {
    settings: BTreeMap<String, Setting>,
    open: Vec<Node>,
    documents: usize,
}

enum Node {
    Mapping {
        name: String,
        /// The key whose value comes next.
        key: Option<String>,
        seen: BTreeSet<String>,
    },
    /// Its name, and the values so far.
    Sequence(String, Vec<String>),
}

impl Reader {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), String> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                match self.documents {
                    1 => Ok(()),
                    _ => Err("a second document begins here, which no server reads".to_owned()),
                }
            }
            Event::Scalar(text, ..) => self.scalar(&text, line),
            Event::MappingStart(..) => {
                let name = self.name_of_value()?;
                self.open(Node::Mapping {
                    name,
                    key: None,
                    seen: BTreeSet::new(),
                })
            }
            Event::SequenceStart(..) => {
                let name = self.name_of_value()?;
                if name.is_empty() {
                    return Err("a list is no server's configuration".to_owned());
                }
                self.open(Node::Sequence(name, Vec::new()))
            }
            Event::MappingEnd => {
                self.open.pop();
                Ok(())
            }
            Event::SequenceEnd => match self.open.pop() {
                Some(Node::Sequence(name, values)) => self.set(name, values.join(","), line, true),
                _ => Ok(()),
            },
            Event::Alias(_) => Err(format!(
                "an alias stands here, which this tool does not follow. {OUTPUT_CONFIG}"
            )),
            _ => Ok(()),
        }
    }

    fn open(&mut self, node: Node) -> Result<(), String> {
        if self.open.len() == DEPTH_LIMIT {
            return Err("it is nested too deep for a server's configuration".to_owned());
        }
        self.open.push(node);
        Ok(())
    }

    fn scalar(&mut self, text: &str, line: usize) -> Result<(), String> {
        match self.open.last_mut() {
            Some(Node::Mapping { name, key, seen }) if key.is_none() => {
                if EXPANSIONS.contains(&text) {
                    let place = if name.is_empty() { "the file" } else { &**name };
                    return Err(format!(
                        "{}: {text} has the server look up the value elsewhere, which this tool does \
                         not do. {OUTPUT_CONFIG}",
                        printable(place)
                    ));
                }
                if !seen.insert(text.to_owned()) {
                    let place = match name.is_empty() {
                        true => text.to_owned(),
                        false => format!("{name}.{text}"),
                    };
                    return Err(format!(
                        "{} stands here a second time, and no server starts with that: put \
                         everything into one section",
                        printable(&place)
                    ));
                }
                *key = Some(text.to_owned());
                Ok(())
            }
            Some(Node::Sequence(_, values)) => {
                values.push(text.to_owned());
                Ok(())
            }
            Some(Node::Mapping { .. }) => {
                let name = self.name_of_value()?;
                self.set(name, text.to_owned(), line, false)
            }
            // A document of one word, or nothing at all.
            None if text.is_empty() || text == "~" => Ok(()),
            None => {
                Err("this is no server's configuration: one has lines of NAME: VALUE".to_owned())
            }
        }
    }

    fn name_of_value(&mut self) -> Result<String, String> {
        match self.open.last_mut() {
            None => Ok(String::new()),
            Some(Node::Mapping { name, key, .. }) => {
                let key = key.take().ok_or("a key is not a word")?;
                Ok(match name.is_empty() {
                    true => key,
                    false => format!("{name}.{key}"),
                })
            }
            Some(Node::Sequence(name, _)) => {
                Err(format!("{}: a list of more than words", printable(name)))
            }
        }
    }

    fn set(
        &mut self,
        name: String,
        value: String,
        line: usize,
        is_list: bool,
    ) -> Result<(), String> {
        let shown = printable(&name);
        let setting = Setting {
            value,
            line,
            is_list,
        };
        match self.settings.insert(name, setting) {
            None => Ok(()),
            Some(first) => Err(format!(
                "{shown} is set twice, in line {} first",
                first.line
            )),
        }
    }
}

/// How a server prints what it makes of its configuration.
const OUTPUT_CONFIG: &str = "Have the server print what it makes of it, and check that: mongod --config FILE \
    --configExpand=rest,exec --outputConfig > expanded.conf";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_text_of_the_file_under_dotted_names() {
        let config = ServerConfig::parse(
            "net:\n  tls:\n    mode: requireTLS\nsecurity.authorization: enabled\nsetParameter:\n  \
             authenticationMechanisms: SCRAM-SHA-256,MONGODB-AWS\n  awsAllowedAccounts: 012345678901\n  \
             awsAllowRoot: false # for now\n  list: [a, b]\n",
        )
        .unwrap();
        assert_eq!(config.get("net.tls.mode"), Some("requireTLS"));
        assert_eq!(config.get("security.authorization"), Some("enabled"));
        assert_eq!(config.parameter("awsAllowedAccounts"), Some("012345678901"));
        assert_eq!(config.parameter("awsAllowRoot"), Some("false"));
        assert_eq!(config.parameter("list"), Some("a,b"));
        assert_eq!(config.parameters().count(), 4);
        assert_eq!(config.lists().collect::<Vec<_>>(), ["setParameter.list"]);
        assert_eq!(config.line("net.tls.mode"), Some(3));
        assert_eq!(config.line("net.port"), None);
    }

    #[test]
    fn no_value_is_in_the_debug_form() {
        let mut config = ServerConfig::default();
        config.set_parameter("awsStsProxy", "http://user:hunter2@proxy");
        let shown = format!("{config:?}");
        assert!(shown.contains("awsStsProxy"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn an_empty_file_sets_nothing() {
        for text in ["", "# nothing\n", "---\n", "~"] {
            assert_eq!(ServerConfig::parse(text), Ok(ServerConfig::default()));
        }
    }

    #[test]
    fn what_a_server_would_not_start_with_is_refused_with_its_line() {
        for (text, words) in [
            ("a: [", "not YAML"),
            ("a: 1\na: 2\n", "line 2: a stands here a second time"),
            (
                "setParameter:\n  x: 1\nnet:\n  port: 1\nsetParameter:\n  y: 2\n",
                "line 5: setParameter stands here a second time",
            ),
            (
                "net:\n  tls:\n    mode: a\n  tls:\n    mode: a\n",
                "line 4: net.tls stands here a second time",
            ),
            (
                "net.port: 1\nnet:\n  port: 2\n",
                "net.port is set twice, in line 1 first",
            ),
            ("word", "no server's configuration"),
            ("- a\n- b\n", "no server's configuration"),
            ("a: 1\n---\na: 2\n", "second document"),
            ("a: [{b: 1}]\n", "a list of more than words"),
            ("? [a]\n: b\n", "a key is not a word"),
        ] {
            let error = ServerConfig::parse(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
        let deep = "{a: ".repeat(40);
        assert!(ServerConfig::parse(&deep).is_err());
    }

    #[test]
    fn what_only_a_server_can_read_leads_to_its_own_output() {
        for text in [
            "a: &x b\nc: *x\n",
            "a: &x [b]\nc:\n  d: *x\n",
            "setParameter:\n  awsStsProxy:\n    __exec: /bin/proxy\n    trim: whitespace\n",
            "__rest: https://config.example/mongod\ntype: yaml\n",
            "net:\n  tls:\n    certificateKeyFilePassword: {__exec: pass}\n",
        ] {
            let error = ServerConfig::parse(text).unwrap_err().to_string();
            assert!(error.contains("--outputConfig"), "{text}: {error}");
        }
    }
}
