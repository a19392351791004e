//! Reads which paths a Rust source names, from its tokens: in `use` trees, expressions, types and
//! macros alike. Comments, strings and what only tests compile are left out.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path, counted from the crate's root.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    /// The top-level module that names it; empty in the root itself.
    pub by: String,
    /// The word that the path begins with: `crate`, `self`, `super` or the crate's name.
    pub start: String,
    /// `["pool", "Job"]` for `crate::pool::Job`; empty for the crate as a whole.
    pub path: Vec<String>,
    pub line: usize,
}

/// A module whose source is another file.
#[derive(Debug, PartialEq, Eq)]
pub struct Declared {
    pub module: Vec<String>,
    /// The attribute `#[path = "..."]`.
    pub file: Option<String>,
}

#[derive(Default)]
pub struct Source {
    pub named: Vec<Named>,
    pub declared: Vec<Declared>,
}

/// Reads the source of a module of the crate `name`, whose paths begin with `crate`, `$crate`,
/// `self`, `super` or that name.
pub fn read(text: &str, module: &[&str], name: &str) -> Result<Source, String> {
    let tokens: TokenStream = text.parse().map_err(|error| format!("{error}"))?;
    let mut reader = Reader {
        name,
        found: Source::default(),
    };
    let module: Vec<String> = module.iter().map(|name| (*name).to_owned()).collect();
    reader.tokens(tokens, &module);
    Ok(reader.found)
}

struct Reader<'a> {
    name: &'a str,
    found: Source,
}

/// What a path has so far.
#[derive(Clone)]
struct Prefix {
    start: String,
    path: Vec<String>,
    line: usize,
}

impl Reader<'_> {
    fn tokens(&mut self, stream: TokenStream, module: &[String]) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut file = None;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            if let Some((attribute, next)) = attribute(&tokens, at) {
                if compiled_for_tests_only(&attribute) {
                    at = match is_punct(tokens.get(at + 1), '!') {
                        true => tokens.len(),
                        false => end_of_item(&tokens, next),
                    };
                    continue;
                }
                file = path_attribute(&attribute).or(file);
                self.tokens(attribute.stream(), module);
                at = next;
                continue;
            }
            let next = tokens.get(at + 1);
            let visibility = ident(Some(token)).as_deref() == Some("pub")
                && group(next, Delimiter::Parenthesis).is_some_and(is_visibility);
            if visibility {
                at += 2;
                continue;
            }
            if let (Some("mod"), Some(name)) = (ident(Some(token)).as_deref(), ident(next)) {
                let mut inner = module.to_vec();
                inner.push(name);
                match group(tokens.get(at + 2), Delimiter::Brace) {
                    Some(body) => self.tokens(body.stream(), &inner),
                    None => self.found.declared.push(Declared {
                        module: inner,
                        file: file.take(),
                    }),
                }
                at += 3;
                continue;
            }
            at = match (self.start(&tokens, at, module), token) {
                (Some((prefix, next)), _) => self.rest_of_path(&tokens, next, prefix, module),
                (None, TokenTree::Group(inner)) => {
                    self.tokens(inner.stream(), module);
                    at + 1
                }
                (None, _) => at + 1,
            };
        }
    }

    /// Where a path begins that this reader follows, and the place behind its first word.
    fn start(&self, tokens: &[TokenTree], at: usize, module: &[String]) -> Option<(Prefix, usize)> {
        let word = ident(tokens.get(at))?;
        let followed = is_separator(tokens, at + 1);
        let parent = module.split_last().map_or(&[][..], |(_, parent)| parent);
        let path = match word.as_str() {
            "crate" => Vec::new(),
            "self" if followed => module.to_vec(),
            "super" if followed => parent.to_vec(),
            other if other == self.name => Vec::new(),
            _ => return None,
        };
        let line = line(tokens.get(at)?);
        let start = word;
        Some((Prefix { start, path, line }, at + 1))
    }

    /// Follows `::name` and `::{...}`; gives the place behind the path.
    fn rest_of_path(
        &mut self,
        tokens: &[TokenTree],
        mut at: usize,
        mut prefix: Prefix,
        module: &[String],
    ) -> usize {
        while is_separator(tokens, at) {
            if let Some(tree) = group(tokens.get(at + 2), Delimiter::Brace) {
                let branches: Vec<TokenTree> = tree.stream().into_iter().collect();
                for branch in branches.split(|token| is_punct(Some(token), ',')) {
                    self.branch(branch, prefix.clone(), module);
                }
                return at + 3;
            }
            if !prefix.follow(tokens.get(at + 2)) {
                break;
            }
            at += 3;
        }
        self.found.named.push(Named {
            by: module.first().cloned().unwrap_or_default(),
            start: prefix.start,
            path: prefix.path,
            line: prefix.line,
        });
        at
    }

    /// One branch of a `use` tree.
    fn branch(&mut self, branch: &[TokenTree], mut prefix: Prefix, module: &[String]) {
        if branch.is_empty() {
            return;
        }
        if prefix.path.is_empty() {
            prefix.line = branch.first().map_or(prefix.line, line);
        }
        prefix.follow(branch.first());
        self.rest_of_path(branch, 1, prefix, module);
    }
}

impl Prefix {
    /// Appends one word; false where none stands there.
    fn follow(&mut self, token: Option<&TokenTree>) -> bool {
        let word = match token {
            Some(TokenTree::Ident(word)) => word.to_string(),
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => "*".to_owned(),
            _ => return false,
        };
        if self.path.is_empty() {
            self.line = token.map_or(self.line, line);
        }
        match word.as_str() {
            "self" => {}
            "super" => {
                self.path.pop();
            }
            _ => self.path.push(word),
        }
        true
    }
}

fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

fn ident(token: Option<&TokenTree>) -> Option<String> {
    match token {
        Some(TokenTree::Ident(word)) => Some(word.to_string()),
        _ => None,
    }
}

fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

/// `::`
fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

/// `(crate)`, `(super)`, `(in crate::pool)`: who sees an item is no use of a module.
fn is_visibility(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    let words = ["crate", "self", "super", "in"];
    ident(first.as_ref()).is_some_and(|word| words.contains(&word.as_str()))
}

/// The brackets of an attribute that begins here, and the place behind it.
fn attribute(tokens: &[TokenTree], at: usize) -> Option<(Group, usize)> {
    if !is_punct(tokens.get(at), '#') {
        return None;
    }
    let brackets = at + 1 + usize::from(is_punct(tokens.get(at + 1), '!'));
    let group = group(tokens.get(brackets), Delimiter::Bracket)?;
    Some((group.clone(), brackets + 1))
}

fn path_attribute(attribute: &Group) -> Option<String> {
    let tokens: Vec<TokenTree> = attribute.stream().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(name), _, TokenTree::Literal(file)] if *name == "path" => {
            Some(file.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    }
}

/// `cfg(test)`, and `cfg(all(test, ...))`.
fn compiled_for_tests_only(attribute: &Group) -> bool {
    fn demands_test(predicate: &[TokenTree]) -> bool {
        let name = ident(predicate.first());
        match (name.as_deref(), predicate.get(1)) {
            (Some("test"), None) => true,
            (Some("all"), Some(TokenTree::Group(all))) => {
                let all: Vec<TokenTree> = all.stream().into_iter().collect();
                all.split(|token| is_punct(Some(token), ','))
                    .any(demands_test)
            }
            _ => false,
        }
    }
    let tokens: Vec<TokenTree> = attribute.stream().into_iter().collect();
    let predicate = group(tokens.get(1), Delimiter::Parenthesis);
    let is_cfg = ident(tokens.first()).as_deref() == Some("cfg");
    is_cfg
        && predicate.is_some_and(|predicate| {
            demands_test(&predicate.stream().into_iter().collect::<Vec<_>>())
        })
}

/// The place behind the item, statement or field that begins here.
fn end_of_item(tokens: &[TokenTree], mut at: usize) -> usize {
    while let Some((_, next)) = attribute(tokens, at) {
        at = next;
    }
    if ident(tokens.get(at)).as_deref() == Some("pub") {
        at += 1 + usize::from(group(tokens.get(at + 1), Delimiter::Parenthesis).is_some());
    }
    let word = ident(tokens.get(at)).unwrap_or_default();
    let is_function = ident(tokens.get(at + 1)).as_deref() == Some("fn");
    let statement = ["use", "static", "let", "type"].contains(&word.as_str())
        || (word == "const" && !is_function);
    let items = ["fn", "unsafe", "async", "const", "extern", "impl", "mod"];
    let types = ["struct", "enum", "trait", "union", "macro_rules"];
    let item = items.iter().chain(&types).any(|keyword| word == *keyword);
    let ends = |token: &TokenTree| {
        is_punct(Some(token), ';')
            || (!statement && group(Some(token), Delimiter::Brace).is_some())
            || (!statement && !item && is_punct(Some(token), ','))
    };
    let rest = tokens.get(at..).unwrap_or_default();
    let length = rest
        .iter()
        .position(ends)
        .map_or(rest.len(), |last| last + 1);
    at + length
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `LINE PATH` of each path that a module `a::b::c` names.
    fn named(text: &str) -> Vec<String> {
        let source = read(text, &["a", "b", "c"], "own").unwrap();
        let named = source.named.iter();
        named
            .map(|named| format!("{} {}", named.line, named.path.join("::")))
            .collect()
    }

    #[test]
    fn paths_are_found_wherever_they_stand() {
        for (text, wanted) in [
            ("use crate::x::Y;", &["1 x::Y"][..]),
            ("pub(crate) use crate::x::Y as Z;", &["1 x::Y"]),
            ("use crate::{x, y::{self, z}};", &["1 x", "1 y", "1 y::z"]),
            (
                "use crate::{\n    x::{p as q, r::{s, t}},\n    y::*,\n};",
                &["2 x::p", "2 x::r::s", "2 x::r::t", "3 y::*"],
            ),
            ("use {std::fmt, crate::x};", &["1 x"]),
            ("use super::Y;", &["1 a::b::Y"]),
            ("use super::super::x;", &["1 a::x"]),
            ("use super::super::super::x;", &["1 x"]),
            ("use super::super::{super::x, y};", &["1 x", "1 a::y"]),
            ("use self::x;", &["1 a::b::c::x"]),
            ("use own::x;", &["1 x"]),
            ("use crate as root;", &["1 "]),
            ("mod d { use super::super::super::super::x; }", &["1 x"]),
            ("fn f() {\n g(&crate::x::f::<u8>(1));\n}", &["2 x::f"]),
            (
                "fn f(a: Vec<crate::x::Y>) -> super::Z {}",
                &["1 x::Y", "1 a::b::Z"],
            ),
            (
                "impl crate::x::T for S<crate::y::U> {}",
                &["1 x::T", "1 y::U"],
            ),
            ("#[derive(crate::x::D)] struct S;", &["1 x::D"]),
            (
                "macro_rules! m { ($p:ident) => { $crate::x::P::$p.hit(); }; }",
                &["1 x::P"],
            ),
            ("fn f() { log!(\"{}\", crate::x::Y); }", &["1 x::Y"]),
        ] {
            assert_eq!(named(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_path_to_a_module_is_left_out() {
        for text in [
            "// crate::x\n/* crate::x /* crate::y */ */",
            "//! [`crate::x`]\n/// [`super::x`]\nfn f() {}",
            "const S: &str = \"crate::x\"; const R: &str = r#\"use crate::x;\"#;",
            "fn f(&self) { self.x(); Self::y(); std::z(); }",
            "pub(crate) fn f() {} pub(in crate::a) struct S(pub(super) u8);",
            "use std::io::{self, Read};",
        ] {
            assert_eq!(named(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_only_tests_compile_is_left_out_and_nothing_behind_it() {
        for skipped in [
            "#[cfg(test)] mod tests { use crate::x; }",
            "#[cfg(test)] #[allow(unused)] use crate::{x, y};",
            "#[cfg(all(test, shuttle))] pub(crate) fn f<A, B>() { crate::x::f() }",
            "#[cfg(test)] const X: crate::x::X = crate::x::X { a: 1 };",
            "#[cfg(test)] impl S { fn f() { crate::x::f() } }",
        ] {
            let text = format!("{skipped} use crate::z;");
            assert_eq!(named(&text), ["1 z"], "{text}");
        }
        let field = "struct S { #[cfg(test)] a: crate::x::X, b: crate::z::Z }";
        assert_eq!(named(field), ["1 z::Z"]);
        let statement = "fn f() { #[cfg(test)] let a = crate::x::X { b }; crate::z::f(); }";
        assert_eq!(named(statement), ["1 z::f"]);
        assert_eq!(named("#![cfg(test)] use crate::x;"), [""; 0]);
        for kept in ["not(test)", "any(test, unix)", "feature = \"test\""] {
            let text = format!("#[cfg({kept})] use crate::x;");
            assert_eq!(named(&text), ["1 x"], "{text}");
        }
    }

    #[test]
    fn modules_in_other_files_are_declared() {
        let text =
            "mod d;\n#[path = \"other.rs\"] pub mod e;\n#[cfg(test)] mod tests;\nmod f { mod g; }";
        let declared = read(text, &["a"], "own").unwrap().declared;
        let declared: Vec<_> = declared
            .iter()
            .map(|child| (child.module.join("::"), child.file.as_deref()))
            .collect();
        let wanted = [
            ("a::d".to_owned(), None),
            ("a::e".to_owned(), Some("other.rs")),
            ("a::f::g".to_owned(), None),
        ];
        assert_eq!(declared, wanted);
    }

    #[test]
    fn a_path_knows_its_module_and_its_first_word() {
        let source = read("use super::x::Y;", &["a"], "own").unwrap();
        let wanted = Named {
            by: "a".to_owned(),
            start: "super".to_owned(),
            path: vec!["x".to_owned(), "Y".to_owned()],
            line: 1,
        };
        assert_eq!(source.named, [wanted]);
    }
}
