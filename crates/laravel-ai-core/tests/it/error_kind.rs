//! What the documentation of each kind says is what the code does.

use std::collections::BTreeMap;

use laravel_ai_core::{Error, ErrorKind, Retry};

/// The documentation of each variant of `ErrorKind`, by name.
fn documentation() -> BTreeMap<String, String> {
    let source = include_str!("../../src/error/kind.rs");
    let (_, body) = source.split_once("pub enum ErrorKind {").unwrap();
    let (body, _) = body.split_once("\n}").unwrap();
    let mut kinds = BTreeMap::new();
    let mut words = String::new();
    for line in body.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_prefix("///") {
            Some(text) => words.push_str(text),
            None => _ = kinds.insert(line.trim_end_matches(',').to_owned(), std::mem::take(&mut words)),
        }
    }
    kinds
}

fn says(words: &str, what: &str) -> String {
    let mut answers = words.split(what).skip(1);
    let answer = answers.next().unwrap_or_else(|| panic!("no `{what}` in: {words}"));
    assert!(answers.next().is_none(), "`{what}` twice in: {words}");
    answer.trim_start_matches(": ").chars().take_while(char::is_ascii_alphabetic).collect()
}

#[test]
fn each_kind_does_what_its_documentation_says() {
    let documentation = documentation();
    assert_eq!(documentation.len(), ErrorKind::ALL.len(), "ALL lists every kind");
    for kind in ErrorKind::ALL {
        let words = &documentation[&format!("{kind:?}")];
        let (retried, fails_over) = match kind.retry() {
            Retry::SameTarget { after: None } => ("yes", "yes"),
            Retry::OtherTarget => ("no", "yes"),
            Retry::Never => ("no", "no"),
            other => panic!("{kind:?} defaults to {other:?}"),
        };
        let billed = if kind.possibly_billed() { "perhaps" } else { "no" };
        assert_eq!(says(words, "Retried"), retried, "{kind:?}");
        assert_eq!(says(words, "Fails over"), fails_over, "{kind:?}");
        assert_eq!(says(words, "Billed"), billed, "{kind:?}");
        assert_eq!(
            (Error::from(kind).retry(), Error::from(kind).possibly_billed()),
            (kind.retry(), kind.possibly_billed())
        );
    }
}

#[test]
fn each_kind_has_words_of_its_own() {
    let names: BTreeMap<_, _> = ErrorKind::ALL.map(|kind| (kind.as_str(), kind)).into();
    assert_eq!(names.len(), ErrorKind::ALL.len());
    for kind in ErrorKind::ALL {
        let line = Error::from(kind).to_string();
        assert!(line.starts_with(&format!("{kind}: ")) && !line.ends_with('.'), "{line}");
    }
}
