//! Objects of counts, such as what a call used.

use serde_json::value::RawValue;

/// Tells each member of an object, and of the objects in it, that is read as a count: the name of the object that holds it,
/// empty for the outermost, its own name, and the count. Floats are cut, texts are read, negative ones and anything else are
/// no count. A name with escapes is told as it is written.
///
/// What a call used comes with every answer and hardly anything else does so regularly; a document that was checked
/// before need not be checked again member by member.
pub fn each_count<'a>(raw: &'a RawValue, mut each: impl FnMut(&'a str, &'a str, Option<u64>)) {
    let mut rest = Rest(raw.get());
    if rest.take('{') {
        rest.object("", &mut each);
    }
}

/// What is left of a JSON text that is known to be right.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn object(&mut self, of: &'a str, each: &mut impl FnMut(&'a str, &'a str, Option<u64>)) {
        while !self.take('}') && !self.0.is_empty() {
            self.take(',');
            let Some(name) = self.text() else { return };
            self.take(':');
            if self.take('{') {
                self.object(name, each);
            } else if let Some(text) = self.text() {
                each(of, name, text.trim().parse().ok());
            } else if self.0.starts_with('[') {
                self.skip_list();
                each(of, name, None);
            } else {
                each(of, name, count(self.scalar()));
            }
        }
    }

    /// Whether this is next, which is then behind.
    fn take(&mut self, next: char) -> bool {
        self.0 = self.0.trim_ascii_start();
        let rest = self.0.strip_prefix(next);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// A text as it is written, if one is next.
    fn text(&mut self) -> Option<&'a str> {
        self.0 = self.0.trim_ascii_start();
        let inner = self.0.strip_prefix('"')?;
        let mut at = 0;
        loop {
            at += memchr::memchr2(b'"', b'\\', inner.as_bytes().get(at..)?)?;
            match inner.as_bytes().get(at) {
                Some(b'"') => break,
                _ => at += 2,
            }
        }
        self.0 = inner.get(at + 1..).unwrap_or_default();
        inner.get(..at)
    }

    fn scalar(&mut self) -> &'a str {
        let end =
            self.0.bytes().position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'));
        let (scalar, rest) = self.0.split_at_checked(end.unwrap_or(self.0.len())).unwrap_or_default();
        self.0 = rest;
        scalar
    }

    fn skip_list(&mut self) {
        let mut depth = 0_u32;
        while let Some(next) = self.0.bytes().next() {
            match next {
                b'"' => {
                    self.text();
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            self.0 = self.0.get(1..).unwrap_or_default();
            if depth == 0 {
                return;
            }
        }
    }
}

/// The count that a number is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is a whole number in the range of the target after the check"
)]
fn count(scalar: &str) -> Option<u64> {
    scalar.parse().ok().or_else(|| {
        let value: f64 = scalar.parse().ok()?;
        (0.0..9e15).contains(&value).then_some(value as u64)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn told(document: &str) -> Vec<(String, String, Option<u64>)> {
        let raw = RawValue::from_string(document.to_owned()).unwrap();
        let mut all = Vec::new();
        each_count(&raw, |of, name, count| all.push((of.to_owned(), name.to_owned(), count)));
        all
    }

    fn one(value: &str) -> Option<u64> {
        match &*told(&format!("{{ \"a\" : {value} }}")) {
            [(of, name, count)] if of.is_empty() && name == "a" => *count,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn counts_are_read_however_they_are_written() {
        assert_eq!(one("12"), Some(12));
        assert_eq!(one("12.9"), Some(12));
        assert_eq!(one("1e3"), Some(1_000));
        assert_eq!(one("\" 12 \""), Some(12));
        assert_eq!(one("18446744073709551615"), Some(u64::MAX));
        for no_count in ["null", "true", "-1", "1e300", "\"many\"", "\"\\\"1\"", "[1, {\"b\": \"]\"}]"] {
            assert_eq!(one(no_count), None, "{no_count}");
        }
    }

    #[test]
    fn what_is_no_object_has_no_counts() {
        for document in ["null", "12", "\"a\"", "[{\"a\": 1}]", "{}"] {
            assert_eq!(told(document), [], "{document}");
        }
    }

    #[test]
    fn a_name_with_quotes_ends_where_it_ends() {
        let named = [("".into(), r#"a\"b\\"#.into(), Some(1)), ("".into(), "c".into(), Some(2))];
        assert_eq!(told(r#"{"a\"b\\":1,"c":2}"#), named);
    }

    fn object() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u32>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[ -~]{0,8}".prop_map(Value::from),
            Just(json!([1, "]", {"a": "}"}])),
        ];
        let names = "[a-z_\"\\\\]{1,6}";
        leaf.prop_recursive(3, 24, 5, move |inner| {
            prop::collection::btree_map(names, inner, 0..5).prop_map(|members| json!(members))
        })
    }

    /// The same, from a tree.
    fn expected(of: &str, object: &Value, all: &mut Vec<(String, String, Option<u64>)>) {
        for (name, value) in object.as_object().into_iter().flatten() {
            let name = json!(name).to_string();
            let name = &name[1..name.len() - 1];
            match value {
                Value::Object(_) => expected(name, value, all),
                Value::String(text) => all.push((of.into(), name.into(), text.trim().parse().ok())),
                other => all.push((of.into(), name.into(), other.as_u64())),
            }
        }
    }

    proptest! {
        #[test]
        fn any_object_is_walked_whole(value in object(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let mut all = Vec::new();
            expected("", &value, &mut all);
            prop_assert_eq!(told(&text), all);
        }
    }
}
