//! A strict reader for the small XML documents of STS: elements and text, nothing else.
//!
//! Refused: DOCTYPE, processing instructions, comments, CDATA, attributes other than one `xmlns`
//! on the root, entities other than the five predefined ones, self-closing and repeated elements,
//! characters that XML does not have, and anything but white space around the root.

/// Deepest nesting that STS's documents have, with room.
const DEPTH_LIMIT: usize = 8;
/// Most elements that STS's documents have, with room.
const ELEMENT_LIMIT: usize = 64;

/// What is wrong with a document.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault(pub &'static str);

/// The texts of a document's leaves by their path, such as `ErrorResponse/Error/Code`.
#[derive(Debug, PartialEq, Eq)]
pub struct Document(Vec<(String, String)>);

impl Document {
    /// The text at a path.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.leaves()
            .find(|(p, _)| *p == path)
            .map(|(_, text)| text)
    }

    /// Every leaf's path and text.
    pub fn leaves(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// Reads a whole document.
pub fn read(body: &[u8]) -> Result<Document, Fault> {
    let text = std::str::from_utf8(body).map_err(|_| Fault("it is not UTF-8"))?;
    let text = text.trim_end_matches(SPACE);
    let text = skip_declaration(text)?.trim_start_matches(SPACE);
    let mut reader = Reader::default();
    let mut rest = text;
    loop {
        rest = rest
            .strip_prefix('<')
            .ok_or(Fault("text where a tag belongs"))?;
        let (tag, after) = rest.split_once('>').ok_or(Fault("a tag without end"))?;
        let (content, next) = match after.find('<') {
            Some(at) => after.split_at(at),
            None => (after, ""),
        };
        match tag.strip_prefix('/') {
            Some(name) => reader.close(name, content)?,
            None => reader.open(tag, content)?,
        }
        if reader.open.is_empty() {
            return match (content, next) {
                ("", "") => Ok(Document(reader.leaves)),
                _ => Err(Fault("something after the root element")),
            };
        }
        rest = next;
    }
}

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

fn skip_declaration(text: &str) -> Result<&str, Fault> {
    let Some(rest) = text.strip_prefix("<?xml ") else {
        return Ok(text);
    };
    let (declaration, rest) = rest
        .split_once("?>")
        .ok_or(Fault("a declaration without end"))?;
    let mut parts = declaration.split(' ').peekable();
    let quoted = |part: &str, name: &str, legal: &[&str]| {
        let value = part.strip_prefix(name).and_then(|v| v.strip_prefix('='));
        let inner = value.and_then(|v| {
            let double = v.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
            double.or_else(|| v.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')))
        });
        inner.is_some_and(|inner| legal.iter().any(|l| l.eq_ignore_ascii_case(inner)))
    };
    let version = parts.next_if(|part| quoted(part, "version", &["1.0"]));
    parts.next_if(|part| quoted(part, "encoding", &["UTF-8"]));
    parts.next_if(|part| quoted(part, "standalone", &["yes", "no"]));
    match (version, parts.next()) {
        (Some(_), None) => Ok(rest),
        _ => Err(Fault("a malformed declaration")),
    }
}

#[derive(Default)]
struct Reader {
    /// Paths of the open elements and whether each has child elements.
    open: Vec<(String, bool)>,
    /// Text of the innermost open element, while it has no children.
    text: String,
    leaves: Vec<(String, String)>,
    seen: Vec<String>,
}

impl Reader {
    fn open(&mut self, tag: &str, content: &str) -> Result<(), Fault> {
        let name = match self.open.last_mut() {
            None => root_name(tag)?,
            Some((_, has_children)) => {
                *has_children = true;
                if !is_blank(&self.text) {
                    return Err(Fault("text beside elements"));
                }
                tag
            }
        };
        if !is_name(name) {
            return Err(Fault("a tag that is not a plain element"));
        }
        let path = match self.open.last() {
            None => name.to_owned(),
            Some((parent, _)) => format!("{parent}/{name}"),
        };
        if self.open.len() >= DEPTH_LIMIT {
            return Err(Fault("it is nested too deeply"));
        }
        if self.seen.len() >= ELEMENT_LIMIT {
            return Err(Fault("it has too many elements"));
        }
        if self.seen.contains(&path) {
            return Err(Fault("an element stands twice"));
        }
        self.seen.push(path.clone());
        self.open.push((path, false));
        self.text = decode(content)?;
        Ok(())
    }

    fn close(&mut self, name: &str, content: &str) -> Result<(), Fault> {
        let (path, has_children) = self.open.pop().ok_or(Fault("an end tag too many"))?;
        if path.rsplit('/').next() != Some(name) {
            return Err(Fault("an end tag that does not match"));
        }
        if !has_children {
            // Another reader would turn it into a line feed.
            if self.text.contains('\r') {
                return Err(Fault("a carriage return"));
            }
            self.leaves.push((path, std::mem::take(&mut self.text)));
        }
        match is_blank(content) {
            true => Ok(()),
            false => Err(Fault("text beside elements")),
        }
    }
}

/// The root's name; it may carry one `xmlns="..."`.
fn root_name(tag: &str) -> Result<&str, Fault> {
    let Some((name, attribute)) = tag.split_once(' ') else {
        return Ok(tag);
    };
    let value = attribute
        .strip_prefix("xmlns=\"")
        .and_then(|a| a.strip_suffix('"'));
    let legal = |b: u8| b.is_ascii_alphanumeric() || b":/.-_".contains(&b);
    match value {
        // Namespaces of W3C stand for XML's own names.
        Some(value) if value.bytes().all(legal) && !value.contains("www.w3.org") => Ok(name),
        _ => Err(Fault("an attribute")),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_blank(text: &str) -> bool {
    text.trim_matches(SPACE).is_empty()
}

/// XML 1.0, production 2.
fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// Decodes the five predefined entities, once.
fn decode(text: &str) -> Result<String, Fault> {
    if text.contains("]]>") || !text.chars().all(is_character) {
        return Err(Fault("what is no character data"));
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let (entity, after) = after.split_once(';').ok_or(Fault("a bare ampersand"))?;
        decoded.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return Err(Fault("an entity that is not predefined")),
        });
        rest = after;
    }
    decoded.push_str(rest);
    Ok(decoded)
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
