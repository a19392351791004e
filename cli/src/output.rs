//! What a command gives back, and how it is shown.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use serde_json::Value;

/// How a command ended; the numbers stand in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing is wrong.
    Fine,
    /// Something is wrong.
    Wrong,
}

/// What a command found, in both forms.
#[derive(Debug)]
pub struct Report {
    /// For programs: the members of a document, beside its `ok`.
    pub json: Value,
    /// For people; ends in a line break.
    pub text: String,
    /// How it ended.
    pub exit: Exit,
}

/// The command line or a file that it names cannot be used.
#[derive(Debug)]
pub struct Unusable(pub String);

impl Unusable {
    /// A file and what is wrong with it.
    pub fn file(path: &std::path::Path, error: impl std::fmt::Display) -> Unusable {
        Unusable(format!("{}: {error}", path.display()))
    }
}

impl Report {
    /// The document, which says itself how the command ended.
    fn document(&self) -> Value {
        let mut document = self.json.clone();
        if let Some(members) = document.as_object_mut() {
            members.insert("ok".to_owned(), (self.exit == Exit::Fine).into());
        }
        document
    }

    /// Prints the report. A reader that went away is no error.
    pub fn print(&self, json: bool) -> ExitCode {
        let mut out = io::stdout().lock();
        let _closed_pipe = if json {
            writeln!(out, "{:#}", self.document())
        } else {
            out.write_all(self.text.as_bytes())
        };
        match self.exit {
            Exit::Fine => ExitCode::SUCCESS,
            Exit::Wrong => ExitCode::from(1),
        }
    }
}

/// Colours, where they are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// On for a terminal that can show them, unless NO_COLOR is set.
    pub fn detect() -> Paint {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Paint {
            on: io::stdout().is_terminal() && !set("NO_COLOR") && !dumb,
        }
    }

    /// No colours.
    #[cfg(test)]
    pub fn plain() -> Paint {
        Paint { on: false }
    }

    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    pub fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    pub fn red(self, text: &str) -> String {
        self.wrap("1;31", text)
    }

    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        match self.on {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

/// Rows of a name and its value, aligned; rows without a value are left out.
pub fn facts(rows: &[(&str, &str)]) -> String {
    let rows = rows.iter().filter(|(_, value)| !value.is_empty());
    let width = rows.clone().map(|(name, _)| name.len()).max().unwrap_or(0);
    rows.map(|(name, value)| format!("{name:width$}  {value}\n"))
        .collect()
}

/// The text in lines of at most 96 characters, each behind the indent.
pub fn wrapped(indent: &str, text: &str) -> String {
    const WIDTH: usize = 96;
    let mut out = String::new();
    let mut column = WIDTH;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column + 1 + length > WIDTH {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(indent);
            column = indent.len();
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_aligned_and_empty_ones_left_out() {
        let rows = [("a", "1"), ("longer", "2"), ("none", "")];
        assert_eq!(facts(&rows), "a       1\nlonger  2\n");
    }

    #[test]
    fn long_text_is_wrapped_behind_its_indent() {
        let text = wrapped("    ", &"word ".repeat(40));
        assert!(text.lines().all(|line| line.starts_with("    word")));
        assert!(text.lines().all(|line| line.len() <= 96), "{text}");
        assert_eq!(text.split_whitespace().count(), 40);
    }

    #[test]
    fn without_a_terminal_there_are_no_colours() {
        assert_eq!(Paint::plain().red("x"), "x");
    }
}
