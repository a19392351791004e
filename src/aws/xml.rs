//! STS's XML answers, read by roxmltree and held to what STS writes: elements and text.
//!
//! What XML allows beyond that is how one document comes to mean different things to two readers
//! (document types, entities, comments, CDATA, processing instructions, attributes, prefixes), so
//! it is refused. Elements that the caller never asks for are checked the same way and ignored.

use std::fmt;

use roxmltree::{Node, ParsingOptions};

/// Deepest nesting, the root included. STS nests three deep.
const DEPTH_LIMIT: usize = 8;
/// Most elements. STS writes seven.
const ELEMENT_LIMIT: usize = 64;
/// The document node, and for each element itself and the text on both sides of it.
const NODE_LIMIT: u32 = 3 * ELEMENT_LIMIT as u32 + 1;
/// White space by XML 1.0, production 3.
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Why a document is refused. It quotes nothing of the document, which may repeat the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlError {
    /// It breaks the grammar of XML.
    Malformed,
    /// It declares an encoding other than UTF-8.
    Encoding,
    /// It has a document type, a comment, CDATA or a processing instruction.
    Markup,
    /// It has a character reference.
    CharacterReference,
    /// It has an attribute other than the root's `xmlns`, or a prefixed name.
    Attribute,
    /// A value has a carriage return, which XML readers turn into a line feed.
    CarriageReturn,
    /// It has more elements than the limit.
    TooManyElements,
    /// It is nested deeper than the limit.
    TooDeep,
    /// An element has both text and elements.
    MixedContent,
    /// The root or a required element has another name.
    Missing(&'static str),
    /// A known element is repeated.
    Duplicate(&'static str),
    /// A known element has elements where it has to have text.
    NotText(&'static str),
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            XmlError::Malformed => "it is not well-formed",
            XmlError::Encoding => "it declares an encoding other than UTF-8",
            XmlError::Markup => "it has a DOCTYPE, comment, CDATA or processing instruction",
            XmlError::CharacterReference => "it has a character reference",
            XmlError::Attribute => "it has an attribute or a prefixed name",
            XmlError::CarriageReturn => "a value has a carriage return",
            XmlError::TooManyElements => "it has too many elements",
            XmlError::TooDeep => "it is nested too deeply",
            XmlError::MixedContent => "it has text beside elements",
            XmlError::Missing(name) => return write!(f, "{name} is missing"),
            XmlError::Duplicate(name) => return write!(f, "{name} is duplicated"),
            XmlError::NotText(name) => return write!(f, "{name} is not text"),
        })
    }
}

impl std::error::Error for XmlError {}

/// A document that holds elements and text alone.
#[derive(Debug)]
pub struct XmlDocument<'a>(roxmltree::Document<'a>);

impl<'a> XmlDocument<'a> {
    /// Parses and checks a whole document.
    pub fn parse(text: &'a str) -> Result<XmlDocument<'a>, XmlError> {
        check_markup(text)?;
        let options = ParsingOptions {
            allow_dtd: false,
            nodes_limit: NODE_LIMIT,
            ..ParsingOptions::default()
        };
        let document = roxmltree::Document::parse_with_options(text, options)
            .map_err(|_quotes_the_document| XmlError::Malformed)?;
        let elements = document.descendants().filter(Node::is_element);
        for (count, element) in elements.enumerate() {
            check_element(element, count)?;
        }
        Ok(XmlDocument(document))
    }

    /// The root element, which must have this name.
    pub fn root(&self, name: &'static str) -> Result<XmlElement<'_, 'a>, XmlError> {
        let node = self.0.root_element();
        match node.tag_name().name() == name {
            true => Ok(XmlElement { node, name }),
            false => Err(XmlError::Missing(name)),
        }
    }
}

/// An element that was asked for by its name.
#[derive(Clone, Copy, Debug)]
pub struct XmlElement<'d, 'a> {
    node: Node<'d, 'a>,
    name: &'static str,
}

impl<'d, 'a> XmlElement<'d, 'a> {
    /// The child of this name, if there is one; a second one is refused.
    pub fn optional(self, name: &'static str) -> Result<Option<XmlElement<'d, 'a>>, XmlError> {
        let mut named = self
            .node
            .children()
            .filter(|child| child.is_element() && child.tag_name().name() == name);
        let first = named.next().map(|node| XmlElement { node, name });
        match named.next() {
            None => Ok(first),
            Some(_) => Err(XmlError::Duplicate(name)),
        }
    }

    /// The one child of this name.
    pub fn child(self, name: &'static str) -> Result<XmlElement<'d, 'a>, XmlError> {
        self.optional(name)?.ok_or(XmlError::Missing(name))
    }

    /// Its text; the five predefined entities are decoded once.
    pub fn text(self) -> Result<&'d str, XmlError> {
        match self.node.children().any(|child| child.is_element()) {
            true => Err(XmlError::NotText(self.name)),
            false => Ok(self.node.text().unwrap_or_default()),
        }
    }
}

/// Refuses by the text what the parsed document no longer shows, and bounds what parsing costs:
/// roxmltree reserves a node for each `<`.
fn check_markup(text: &str) -> Result<(), XmlError> {
    // A declaration stands at the very start or nowhere (XML 1.0, production 22).
    let declared = text.strip_prefix("<?xml ").and_then(|t| t.split_once("?>"));
    let (declaration, text) = declared.unwrap_or(("", text));
    let is_utf8 = declaration.to_ascii_uppercase().contains("UTF-8");
    if declaration.contains("encoding") && !is_utf8 {
        return Err(XmlError::Encoding);
    }
    if text.contains("<!") || text.contains("<?") {
        return Err(XmlError::Markup);
    }
    if text.contains("&#") {
        return Err(XmlError::CharacterReference);
    }
    // Without comments and CDATA every `<` of a well-formed document begins a tag.
    for (index, piece) in text.split('<').skip(1).enumerate() {
        if index >= 2 * ELEMENT_LIMIT {
            return Err(XmlError::TooManyElements);
        }
        let (tag, content) = piece.split_once('>').ok_or(XmlError::Malformed)?;
        check_tag(tag, index == 0)?;
        if content.contains('\r') && !is_blank(content) {
            return Err(XmlError::CarriageReturn);
        }
    }
    Ok(())
}

/// Refuses attributes and prefixes; the root may have one `xmlns`, without a `>` in its value, behind
/// which another attribute could hide.
fn check_tag(tag: &str, is_root: bool) -> Result<(), XmlError> {
    let (name, attributes) = tag.split_once(SPACE).unwrap_or((tag, ""));
    let namespace = attributes.trim_start_matches(SPACE).strip_prefix("xmlns=");
    let attributes = match namespace {
        Some(namespace) if is_root => namespace,
        _ => attributes,
    };
    let is_cut_off = |value: &str| match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value.matches(quote).count() < 2,
        _ => false,
    };
    if namespace.is_some_and(is_cut_off) {
        return Err(XmlError::Attribute);
    }
    // A namespace is a URI, which has a colon; an attribute has an equals sign.
    let is_prefixed = name.contains(':');
    match is_prefixed || name.contains('=') || attributes.contains('=') {
        true => Err(XmlError::Attribute),
        false => Ok(()),
    }
}

fn check_element(element: Node<'_, '_>, count: usize) -> Result<(), XmlError> {
    if count >= ELEMENT_LIMIT {
        return Err(XmlError::TooManyElements);
    }
    // An element's ancestors begin with itself and end with the document.
    if element.ancestors().nth(DEPTH_LIMIT + 1).is_some() {
        return Err(XmlError::TooDeep);
    }
    let has_text = |child: Node<'_, '_>| !is_blank(child.text().unwrap_or_default());
    let has_elements = element.children().any(|child| child.is_element());
    match has_elements && element.children().filter(Node::is_text).any(has_text) {
        true => Err(XmlError::MixedContent),
        false => Ok(()),
    }
}

fn is_blank(text: &str) -> bool {
    text.trim_matches(SPACE).is_empty()
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
