//! A parsed Rust file, and which of its lines are tests.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::{Attribute, Item, Meta};

use super::finding::Finding;

pub(crate) struct Source {
    /// Relative to the repository's root.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) syntax: syn::File,
}

// Its syntax has no `Debug`, and nobody would read it.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.path).finish()
    }
}

impl Source {
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, Finding> {
        let syntax = syn::parse_file(text).map_err(|error| {
            Finding::new(
                path,
                error.span().start().line,
                "syntax",
                format!("the file does not parse: {error}"),
            )
        })?;
        Ok(Self { path: path.to_path_buf(), text: text.to_owned(), syntax })
    }

    /// Whether the whole file is tests: it lies in a `tests` folder, is called `tests.rs`, or is `#![cfg(test)]`.
    pub(crate) fn is_tests(&self) -> bool {
        let named = self
            .path
            .components()
            .any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")));
        named || self.syntax.attrs.iter().any(is_cfg_test)
    }

    /// The lines, counted from 1, that are not inside an item marked `#[cfg(test)]`.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        let tests = self.tests();
        let outside = move |line: usize| !tests.iter().any(|range| range.contains(&line));
        (1..).zip(self.text.lines()).filter(move |(line, _)| outside(*line)).map(|(_, text)| text)
    }

    fn tests(&self) -> Vec<RangeInclusive<usize>> {
        let tests = self.syntax.items.iter().filter(|item| attributes(item).iter().any(is_cfg_test));
        tests.map(|item| item.span().start().line..=item.span().end().line).collect()
    }
}

pub(crate) fn is_cfg_test(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let words = identifiers(list.tokens.clone());
    let has = |word: &str| words.iter().any(|it| it == word);
    // `any(test, …)` and `not(test)` are in ordinary builds too.
    list.path.is_ident("cfg") && has("test") && !has("any") && !has("not")
}

fn identifiers(tokens: TokenStream) -> Vec<String> {
    let names = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(name) => vec![name.to_string()],
        TokenTree::Group(group) => identifiers(group.stream()),
        TokenTree::Literal(_) | TokenTree::Punct(_) => Vec::new(),
    });
    names.flatten().collect()
}

pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
pub(crate) fn source(path: &str, text: &str) -> Source {
    Source::parse(Path::new(path), text).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_items_are_not_counted() {
        let text =
            "pub fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n#[cfg(not(test))]\nfn c() {}\n";
        let lines = source("src/a.rs", text).lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines, ["pub fn a() {}", "", "#[cfg(not(test))]", "fn c() {}"]);
    }

    #[test]
    fn test_files_are_known_by_place_or_attribute() {
        assert!(source("crates/a/tests/it/main.rs", "").is_tests());
        assert!(source("crates/a/src/chat/tests.rs", "").is_tests());
        assert!(source("crates/a/src/b.rs", "#![cfg(test)]").is_tests());
        assert!(
            !source("crates/a/src/b.rs", "#![cfg(feature = \"test\")]\n#![cfg(any(test, unix))]").is_tests()
        );
    }

    #[test]
    fn a_file_that_does_not_parse_is_a_finding() {
        assert_eq!(Source::parse(Path::new("a.rs"), "fn a() {}\nfn {").unwrap_err().line(), 2);
    }
}
