//! What is taken out of texts.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use laravel_ai_core::{Error, ErrorKind, Result};
use regex::Regex;
use serde_json::Value;

use super::card;

/// No match of the rules that the library has is longer, in bytes; a longer run is taken out as it comes.
const LONGEST: usize = 512;

/// Finds what must not leave the program, or must not be shown: keys of APIs, numbers of payment cards, e-mail addresses,
/// and what the application's own patterns find.
///
/// Each find is replaced by `[redacted:name]`. A redactor is a value without I/O; clones share the compiled patterns.
///
/// ```
/// use ai_layers::Redactor;
///
/// let redactor = Redactor::standard().pattern("customer", r"\bC-\d{6}\b", 8)?;
/// let text = "C-123456 (ana@example.com) pays with 4111 1111 1111 1111.";
/// assert_eq!(redactor.text(text), "[redacted:customer] ([redacted:email]) pays with [redacted:card].");
/// assert_eq!(redactor.text("Nothing to hide."), "Nothing to hide.");
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Redactor {
    rules: Arc<Vec<Rule>>,
}

#[derive(Clone)]
pub(super) struct Rule {
    name: Arc<str>,
    find: Find,
    /// What a find consists of, where that says something: what is held back of a stream is the run of such characters at
    /// its end, and else the longest that a find can be.
    alphabet: Option<fn(char) -> bool>,
    longest: usize,
}

#[derive(Clone)]
enum Find {
    Pattern(Regex),
    Cards,
}

/// Something that is taken out: where, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) range: Range<usize>,
    pub(super) rule: usize,
}

impl Rule {
    /// The first find that begins at this place or behind it; what stands before it still says whether a word begins there.
    fn next(&self, text: &str, at: usize) -> Option<Range<usize>> {
        match &self.find {
            Find::Pattern(regex) => regex.find_at(text, at).map(|found| found.range()),
            Find::Cards => card::find(text, at),
        }
    }
}

impl Redactor {
    /// Finds nothing yet.
    pub fn new() -> Self {
        Self { rules: Arc::default() }
    }

    /// Keys of APIs, card numbers and e-mail addresses.
    pub fn standard() -> Self {
        Self::new().keys().cards().emails()
    }

    /// Keys of APIs, as the vendors of models and the large platforms write them, and JSON web tokens: `api_key`.
    pub fn keys(self) -> Self {
        // As in "task-force" there must be nothing of a word before a key.
        const KEYS: &str = r"(?x)\b(?:
            (?:sk|pk|rk|xai|gsk|sk_live|rk_live|whsec)[-_][A-Za-z0-9_-]{16,}
            | AIza[A-Za-z0-9_-]{35}
            | gh[pousr]_[A-Za-z0-9]{36,}
            | github_pat_[A-Za-z0-9_]{22,}
            | xox[abeprs]-[A-Za-z0-9-]{10,}
            | (?:AKIA|ASIA)[A-Z0-9]{16}\b
            | eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}
        )";
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        self.built_in("api_key", KEYS, part)
    }

    /// Numbers of payment cards, 13 to 19 digits that pass the check of ISO/IEC 7812, with single blanks or dashes between
    /// groups: `card`.
    pub fn cards(mut self) -> Self {
        let part = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-');
        self.add(Rule {
            name: "card".into(),
            find: Find::Cards,
            alphabet: Some(part),
            longest: card::LONGEST,
        });
        self
    }

    /// E-mail addresses: `email`.
    pub fn emails(self) -> Self {
        const EMAIL: &str = r"[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}";
        let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '@');
        self.built_in("email", EMAIL, part)
    }

    /// What a regular expression of the application's own finds. `longest` is the longest find in bytes: so much of a
    /// stream is held back, and longer finds are not promised.
    ///
    /// # Errors
    /// [`Configuration`](ErrorKind::Configuration) when the expression can't be read, or finds an empty text.
    pub fn pattern(mut self, name: &str, expression: &str, longest: usize) -> Result<Self> {
        let wrong = |why: String| Error::new(ErrorKind::Configuration, format!("the pattern `{name}` {why}"));
        let regex = Regex::new(expression).map_err(|error| wrong(format!("can't be read: {error}")))?;
        if regex.is_match("") {
            return Err(wrong("finds the empty text, so it would be everywhere".to_owned()));
        }
        self.add(Rule {
            name: name.into(),
            find: Find::Pattern(regex),
            alphabet: None,
            longest: longest.max(1),
        });
        Ok(self)
    }

    fn built_in(mut self, name: &str, expression: &str, part: fn(char) -> bool) -> Self {
        if let Ok(regex) = Regex::new(expression) {
            self.add(Rule {
                name: name.into(),
                find: Find::Pattern(regex),
                alphabet: Some(part),
                longest: LONGEST,
            });
        }
        self
    }

    fn add(&mut self, rule: Rule) {
        Arc::make_mut(&mut self.rules).push(rule);
    }

    /// The text without what is found in it.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = self.find(text, 0);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut clean = String::with_capacity(text.len());
        let mut done = 0;
        for finding in found {
            clean.push_str(text.get(done..finding.range.start).unwrap_or_default());
            self.replacement(finding.rule, &mut clean);
            done = finding.range.end;
        }
        clean.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(clean)
    }

    /// The text as it may be written to a log: of JSON without what is found in its texts and numbers, of anything else as
    /// [`text`](Self::text). Escapes of JSON hide nothing.
    ///
    /// ```
    /// use ai_layers::Redactor;
    ///
    /// let clean = Redactor::standard().written(r#"["first\nsk-test-0123456789abcdefghij"]"#.to_owned());
    /// assert_eq!(clean, r#"["first\n[redacted:api_key]"]"#);
    /// ```
    pub fn written(&self, mut text: String) -> String {
        self.json(&mut text);
        text
    }

    /// Takes out what is found in the texts, names and numbers of a JSON value. Whether there was anything.
    pub(super) fn value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => self.string(text),
            Value::Number(number) => {
                let mut text = number.to_string();
                let found = self.string(&mut text);
                if found {
                    *value = Value::String(text);
                }
                found
            }
            Value::Array(values) => values.iter_mut().fold(false, |found, value| self.value(value) | found),
            Value::Object(members) => {
                let found = members.values_mut().fold(false, |found, value| self.value(value) | found);
                let named = members.keys().any(|name| matches!(self.text(name), Cow::Owned(_)));
                if named {
                    let clean = |(name, value): (String, Value)| (self.text(&name).into_owned(), value);
                    *members = std::mem::take(members).into_iter().map(clean).collect();
                }
                found | named
            }
            Value::Null | Value::Bool(_) => false,
        }
    }

    /// The same of a JSON text; of a text that is none, what is found in it.
    pub(super) fn json(&self, text: &mut String) -> bool {
        match serde_json::from_str::<Value>(text) {
            Ok(mut value) => {
                let found = self.value(&mut value);
                if found {
                    *text = value.to_string();
                }
                found
            }
            Err(_) => self.string(text),
        }
    }

    pub(super) fn string(&self, text: &mut String) -> bool {
        match self.text(text) {
            Cow::Borrowed(_) => false,
            Cow::Owned(clean) => {
                *text = clean;
                true
            }
        }
    }

    /// The findings from a place on, in their order, none over another: the first wins, and of two that begin together the
    /// longer one. What begins before that place is none, whatever it goes over.
    pub(super) fn find(&self, text: &str, from: usize) -> Vec<Finding> {
        let next = |rule: usize, at: usize| self.rules.get(rule).and_then(|rule| rule.next(text, at));
        // Most texts have nothing to hide, and cost no allocation.
        if (0..self.rules.len()).all(|rule| next(rule, from).is_none()) {
            return Vec::new();
        }
        let mut nexts: Vec<_> = (0..self.rules.len()).map(|rule| next(rule, from)).collect();
        let (mut found, mut end) = (Vec::new(), from);
        loop {
            for (rule, range) in nexts.iter_mut().enumerate() {
                if range.as_ref().is_some_and(|range| range.start < end) {
                    *range = next(rule, end);
                }
            }
            let all = nexts.iter().enumerate().filter_map(|(rule, range)| Some((rule, range.clone()?)));
            let first = all.min_by_key(|(_, range)| (range.start, usize::MAX - range.end));
            let Some((rule, range)) = first else { return found };
            end = range.end;
            found.push(Finding { range, rule });
        }
    }

    pub(super) fn replacement(&self, rule: usize, into: &mut String) {
        into.push_str("[redacted:");
        into.push_str(self.rules.get(rule).map_or("", |rule| &rule.name));
        into.push(']');
    }

    /// From where on a text may be the beginning of a find that goes on behind its end.
    pub(super) fn open_from(&self, text: &str) -> usize {
        let mut from = text.len();
        for rule in &*self.rules {
            let mut start = text.len().saturating_sub(rule.longest);
            if let Some(part) = rule.alphabet {
                let run = text.rfind(|c: char| !part(c)).map_or(0, |at| {
                    at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
                });
                start = start.max(run);
            }
            from = from.min(start);
        }
        while !text.is_char_boundary(from) {
            from -= 1;
        }
        from
    }

    /// How much of the beginning of `text` still belongs to a find of this rule that is longer than any should be.
    pub(super) fn goes_on(&self, rule: usize, text: &str) -> usize {
        let part = self.rules.get(rule).and_then(|rule| rule.alphabet);
        part.map_or(0, |part| text.find(|c: char| !part(c)).unwrap_or(text.len()))
    }

    /// The longest that a find is held back for.
    pub(super) fn longest(&self) -> usize {
        self.rules.iter().map(|rule| rule.longest).max().unwrap_or(0)
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::standard()
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Redactor")
            .field(&self.rules.iter().map(|rule| &*rule.name).collect::<Vec<_>>())
            .finish()
    }
}
