//! What a server's configuration says about logins: a mongod.conf and the parameters beside it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use saphyr_parser::{Event, Parser};

use crate::output::Unusable;

/// The prefix of the plugin's options among the server's parameters.
const PARAMETER: &str = "setParameter.";

/// Settings by their dotted names. Values are the text as it stands in the file: an account number
/// keeps its leading zero.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ServerConfig {
    settings: BTreeMap<String, String>,
}

/// Without the values, some of which are passwords.
impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.settings.keys()).finish()
    }
}

impl ServerConfig {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<ServerConfig, Unusable> {
        let text = std::fs::read_to_string(path).map_err(|error| Unusable::file(path, error))?;
        ServerConfig::parse(&text).map_err(|error| Unusable::file(path, error))
    }

    fn parse(text: &str) -> Result<ServerConfig, String> {
        let mut reader = Reader::default();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| error.to_string())?;
            reader
                .take(event)
                .map_err(|error| format!("line {}: {error}", span.start.line()))?;
        }
        Ok(ServerConfig {
            settings: reader.settings,
        })
    }

    /// These settings and no other.
    #[cfg(test)]
    pub fn of(settings: &[(&str, &str)]) -> ServerConfig {
        let settings = settings.iter();
        let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        ServerConfig {
            settings: settings.collect(),
        }
    }

    /// Sets a parameter over the file's.
    pub fn set_parameter(&mut self, name: &str, value: &str) {
        let key = format!("{PARAMETER}{name}");
        self.settings.insert(key, value.to_owned());
    }

    /// A setting, by its dotted name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }

    /// A parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.get(&format!("{PARAMETER}{name}"))
    }

    /// Every parameter.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.settings.iter();
        all.filter_map(|(key, value)| Some((key.strip_prefix(PARAMETER)?, value.as_str())))
    }
}

/// Flattens the document: what stands in a mapping gets the mapping's name before its own.
#[derive(Default)]
struct Reader {
    settings: BTreeMap<String, String>,
    open: Vec<Node>,
}

enum Node {
    /// Its own name, and the key whose value comes next.
    Mapping(String, Option<String>),
    /// Its name, and the values so far.
    Sequence(String, Vec<String>),
}

impl Reader {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, ..) => self.scalar(&text),
            Event::MappingStart(..) => {
                let name = self.name_of_value()?;
                self.open.push(Node::Mapping(name, None));
                Ok(())
            }
            Event::SequenceStart(..) => {
                let name = self.name_of_value()?;
                self.open.push(Node::Sequence(name, Vec::new()));
                Ok(())
            }
            Event::MappingEnd => {
                self.open.pop();
                Ok(())
            }
            Event::SequenceEnd => match self.open.pop() {
                Some(Node::Sequence(name, values)) => self.set(name, &values.join(",")),
                _ => Ok(()),
            },
            Event::Alias(_) => Err("aliases are not understood here".to_owned()),
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(Node::Mapping(_, key @ None)) => {
                *key = Some(text.to_owned());
                Ok(())
            }
            Some(Node::Sequence(_, values)) => {
                values.push(text.to_owned());
                Ok(())
            }
            Some(Node::Mapping(..)) => {
                let name = self.name_of_value()?;
                self.set(name, text)
            }
            // A document of one word, or nothing at all.
            None if text.is_empty() => Ok(()),
            None => Err("this is not a server's configuration".to_owned()),
        }
    }

    fn name_of_value(&mut self) -> Result<String, String> {
        match self.open.last_mut() {
            None => Ok(String::new()),
            Some(Node::Mapping(name, key)) => {
                let key = key.take().ok_or("a key is not a word")?;
                Ok(match name.is_empty() {
                    true => key,
                    false => format!("{name}.{key}"),
                })
            }
            Some(Node::Sequence(name, _)) => Err(format!("{name}: a list of more than words")),
        }
    }

    fn set(&mut self, name: String, value: &str) -> Result<(), String> {
        match self.settings.insert(name.clone(), value.to_owned()) {
            None => Ok(()),
            Some(_) => Err(format!("{name} is set twice")),
        }
    }
}

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
        for text in ["", "# nothing\n", "---\n"] {
            assert_eq!(ServerConfig::parse(text), Ok(ServerConfig::default()));
        }
    }

    #[test]
    fn what_a_server_would_not_start_with_is_refused() {
        for text in ["a: [", "a: 1\na: 2\n", "word", "a: *b\n", "a: [{b: 1}]\n"] {
            assert!(ServerConfig::parse(text).is_err(), "{text}");
        }
    }
}
