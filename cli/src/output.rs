//! What a command gives back, and how it is shown.

use std::io::{self, Write as _};
use std::os::fd::AsFd;
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

    /// Prints the report.
    pub fn print(&self, json: bool) -> ExitCode {
        let text = match json {
            true => format!("{:#}\n", self.document()),
            false => self.text.clone(),
        };
        match (print(&text), self.exit) {
            (Err(failed), _) => failed,
            (Ok(()), Exit::Fine) => ExitCode::SUCCESS,
            (Ok(()), Exit::Wrong) => ExitCode::from(1),
        }
    }
}

/// Status for a command line or a file that cannot be used, standard output included; clap's own, too.
pub const UNUSABLE: u8 = 2;

/// Writes to standard output, whole. A reader that went away is no error; what else goes wrong is told,
/// with the status to end with.
pub fn print(text: &str) -> Result<(), ExitCode> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("mongodb-aws-auth: standard output: {error}"));
            Err(ExitCode::from(UNUSABLE))
        }
        _ => Ok(()),
    }
}

/// Writes to standard error, in lines of its terminal's width.
pub fn complain(text: &str) {
    let width = width_of(io::stderr());
    let text: String = text.lines().map(|line| folded(width, line)).collect();
    let _nowhere_to_say = io::stderr().lock().write_all(text.as_bytes());
}

/// A line that is too long in several, the further ones two columns in.
fn folded(width: usize, line: &str) -> String {
    if shown_width(line) <= width {
        return format!("{line}\n");
    }
    let (indent, text) = line.split_at(line.len() - line.trim_start().len());
    wrapped_to(width, indent, &format!("{indent}  "), text)
}

/// Colours, where they are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// On for a terminal that can show them, unless NO_COLOR is set.
    pub fn detect() -> Paint {
        Paint::on(&io::stdout())
    }

    /// The same for what is written here.
    pub fn on(stream: &impl io::IsTerminal) -> Paint {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Paint {
            on: stream.is_terminal() && !set("NO_COLOR") && !dumb,
        }
    }

    /// They are wanted.
    pub fn is_on(self) -> bool {
        self.on
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
    let indent = " ".repeat(width + 2);
    rows.map(|(name, value)| wrapped_behind(&format!("{name:width$}  "), &indent, value))
        .collect()
}

/// Columns where nothing says how many there are.
const USUAL_WIDTH: usize = 80;
/// Fewer are taken for so many: a window that is made tiny.
const LEAST_WIDTH: usize = 30;

/// Columns of a line of standard output: COLUMNS, the terminal's, or the usual number.
pub fn width() -> usize {
    width_of(io::stdout())
}

fn width_of(stream: impl AsFd) -> usize {
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let terminal = || {
        let (width, _) = terminal_size::terminal_size_of(&stream)?;
        Some(usize::from(width.0))
    };
    let width = columns.filter(|columns| *columns > 0).or_else(terminal);
    width
        .filter(|width| *width > 0)
        .unwrap_or(USUAL_WIDTH)
        .max(LEAST_WIDTH)
}

/// The text in lines of the terminal's width, each behind the indent.
pub fn wrapped(indent: &str, text: &str) -> String {
    wrapped_to(width(), indent, indent, text)
}

/// The text with `first` before its first line, and the others behind the indent.
pub fn wrapped_behind(first: &str, indent: &str, text: &str) -> String {
    wrapped_to(width(), first, indent, text)
}

fn wrapped_to(width: usize, first: &str, indent: &str, text: &str) -> String {
    let mut out = first.to_owned();
    let mut column = shown_width(first);
    let mut fresh = true;
    for word in text.split_whitespace() {
        let length = shown_width(word);
        if !fresh && column + 1 + length > width {
            out.push('\n');
            out.push_str(indent);
            column = shown_width(indent);
            fresh = true;
        }
        if !fresh {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
        fresh = false;
    }
    out.push('\n');
    out
}

/// Characters that take a column: those of a colour take none.
fn shown_width(text: &str) -> usize {
    let mut in_code = false;
    let shown = text.chars().filter(|c| {
        let starts = *c == '\u{1b}';
        let was = in_code || starts;
        in_code = was && (starts || *c != 'm');
        !was
    });
    shown.count()
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
    fn long_text_is_wrapped_with_its_first_line() {
        for width in [30, 80, 120] {
            let text = wrapped_to(width, "pass  ", "      ", &"word ".repeat(40));
            assert!(text.starts_with("pass  word word"), "{text}");
            assert!(
                text.lines()
                    .skip(1)
                    .all(|line| line.starts_with("      word"))
            );
            assert!(
                text.lines().all(|line| line.len() <= width),
                "{width}: {text}"
            );
            assert!(
                text.lines()
                    .all(|line| line.len() > width - 11 || text.ends_with(&format!("{line}\n")))
            );
            assert_eq!(text.split_whitespace().count(), 41);
        }
        let long = "x".repeat(50);
        assert_eq!(
            wrapped_to(30, "  ", "  ", &format!("a {long} b")),
            format!("  a\n  {long}\n  b\n")
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_folded_behind_its_own_indent() {
        let long = format!("  tip: {}", "word ".repeat(20));
        let text = folded(40, &long);
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines.len() > 1 && lines.iter().all(|line| line.len() <= 40),
            "{text}"
        );
        assert!(lines[0].starts_with("  tip: word"), "{text}");
        assert!(
            lines[1..].iter().all(|line| line.starts_with("    word")),
            "{text}"
        );
        for short in ["", "error: a  b", "  tip"] {
            assert_eq!(folded(40, short), format!("{short}\n"));
        }
    }

    #[test]
    fn colours_take_no_columns() {
        assert_eq!(shown_width(&Paint { on: true }.red("abc")), 3);
        assert_eq!(shown_width("a\u{1b}[1;31mb\u{1b}[0mc"), 3);
    }

    #[test]
    fn without_a_terminal_there_are_no_colours() {
        assert_eq!(Paint::plain().red("x"), "x");
    }
}
