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
/// YAML's key for the lines of another mapping.
const MERGE: &str = "<<";

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
    /// It has the form that came before YAML.
    OldForm,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::NotYaml(why) => write!(f, "not YAML: {why}"),
            ConfigError::Refused { line, why } => write!(f, "line {line}: {why}"),
            ConfigError::OldForm => write!(
                f,
                "its lines have the old form NAME = VALUE, which this tool does not read. {OUTPUT_CONFIG}"
            ),
        }
    }
}

impl std::error::Error for ConfigError {}

impl ServerConfig {
    /// Reads a configuration file's text.
    pub fn parse(text: &str) -> Result<ServerConfig, ConfigError> {
        // Editors put it at the beginning of a file.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let read = ServerConfig::of_yaml(text);
        match is_of_old_form(text) {
            true => read.map_err(|_| ConfigError::OldForm),
            false => read,
        }
    }

    fn of_yaml(text: &str) -> Result<ServerConfig, ConfigError> {
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

    /// A setting is a YAML list.
    pub fn is_list(&self, name: &str) -> bool {
        self.settings
            .get(name)
            .is_some_and(|setting| setting.is_list)
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
        /// The key whose value comes next, and its line.
        key: Option<(String, usize)>,
        seen: BTreeSet<String>,
    },
    /// Its name with its line, and the values so far.
    Sequence((String, usize), Vec<String>),
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
                let (name, _) = self.name_of_value()?;
                self.open(Node::Mapping {
                    name,
                    key: None,
                    seen: BTreeSet::new(),
                })
            }
            Event::SequenceStart(..) => {
                let name = self.name_of_value()?;
                if name.0.is_empty() {
                    return Err("a list is no server's configuration".to_owned());
                }
                self.open(Node::Sequence(name, Vec::new()))
            }
            Event::MappingEnd => {
                self.open.pop();
                Ok(())
            }
            Event::SequenceEnd => match self.open.pop() {
                Some(Node::Sequence(name, values)) => self.set(name, values.join(","), true),
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
                if text == MERGE {
                    return Err(
                        "<< merges another section into this one, which no server does: write its lines out"
                            .to_owned(),
                    );
                }
                if name.is_empty() && text.starts_with(PARAMETER) {
                    return Err(format!(
                        "{} is no setting: parameters stand below setParameter:, two columns in",
                        printable(text)
                    ));
                }
                *key = Some((text.to_owned(), line));
                Ok(())
            }
            Some(Node::Sequence(_, values)) => {
                values.push(text.to_owned());
                Ok(())
            }
            Some(Node::Mapping { .. }) => {
                let name = self.name_of_value()?;
                self.set(name, text.to_owned(), false)
            }
            // A document of one word, or nothing at all.
            None if text.is_empty() || text == "~" => Ok(()),
            None => {
                Err("this is no server's configuration: one has lines of NAME: VALUE".to_owned())
            }
        }
    }

    /// The name of the value that comes next, and its line. A server takes `value` for the setting itself
    /// that it stands below.
    fn name_of_value(&mut self) -> Result<(String, usize), String> {
        match self.open.last_mut() {
            None => Ok((String::new(), 0)),
            Some(Node::Mapping { name, key, .. }) => {
                let (key, line) = key.take().ok_or("a key is not a word")?;
                let name = match (name.is_empty(), &*key) {
                    (true, _) => key,
                    (false, "value") if !is_parameter(name) => name.clone(),
                    (false, _) => format!("{name}.{key}"),
                };
                Ok((name, line))
            }
            Some(Node::Sequence((name, _), _)) => {
                Err(format!("{}: a list of more than words", printable(name)))
            }
        }
    }

    fn set(
        &mut self,
        (name, line): (String, usize),
        value: String,
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

/// It stands below setParameter.
fn is_parameter(name: &str) -> bool {
    name.split('.').next() == PARAMETER.strip_suffix('.')
}

/// Each line that is no comment is one of `NAME = VALUE`.
fn is_of_old_form(text: &str) -> bool {
    let lines = text.lines().map(str::trim);
    let mut lines = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    let is_assignment = |line: &str| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let name = line.split_once('=').map_or("", |(name, _)| name.trim());
        !name.is_empty() && name.chars().all(is_name)
    };
    lines.peek().is_some() && lines.all(is_assignment)
}

/// How a server prints what it makes of its configuration.
const OUTPUT_CONFIG: &str = "Have the server print what it makes of it, and check that: mongod --config FILE \
    --configExpand=rest,exec --outputConfig > expanded.conf";

#[cfg(test)]
#[path = "server_config_tests.rs"]
mod tests;
