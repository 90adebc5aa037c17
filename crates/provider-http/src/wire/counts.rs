//! Objects of counts, such as what a call used.

use serde_json::value::RawValue;

/// Tells each member of an object, and of the objects in it, that is read as a count: the name of the object that holds it,
/// empty for the outermost, its own name, and the count. Floats are cut, texts are read, negative ones and anything else are
/// no count. A name with escapes is told as it is written.
///
/// What a call used comes with every answer and hardly anything else does so regularly; a document that was checked
/// before need not be checked again member by member.
pub fn each_count<'a>(raw: &'a RawValue, mut each: impl FnMut(&'a str, &'a str, Option<u64>)) {
    let mut document = Document { text: raw.get(), at: 0 };
    if document.next() == Some(b'{') {
        document.object("", &mut each);
    }
}

/// A JSON text that is known to be right, read up to a place.
struct Document<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Document<'a> {
    /// The members of an object, from its opening brace on.
    fn object(&mut self, of: &'a str, each: &mut impl FnMut(&'a str, &'a str, Option<u64>)) {
        loop {
            // A brace or a comma, and then a name.
            self.at += 1;
            if self.next() != Some(b'"') {
                self.at += 1;
                return;
            }
            let name = self.string();
            _ = self.next();
            self.at += 1;
            match self.next() {
                Some(b'{') => self.object(name, each),
                Some(b'"') => each(of, name, self.string().trim().parse().ok()),
                Some(b'[') => {
                    self.skip_list();
                    each(of, name, None);
                }
                Some(_) => each(of, name, self.number()),
                None => return,
            }
            if self.next() != Some(b',') {
                self.at += 1;
                return;
            }
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no blank.
    fn next(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                next => return next,
            }
        }
    }

    /// What stands between the quotes of the string that begins here.
    fn string(&mut self) -> &'a str {
        self.at += 1;
        let start = self.at;
        loop {
            match self.byte() {
                Some(b'"') | None => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
            }
        }
        let inner = self.text.get(start..self.at).unwrap_or_default();
        self.at += 1;
        inner
    }

    /// The count that a number is; `null` and booleans are none.
    fn number(&mut self) -> Option<u64> {
        let start = self.at;
        let mut whole = Some(0_u64);
        while let Some(digit @ b'0'..=b'9') = self.byte() {
            whole = whole.and_then(|whole| whole.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
            self.at += 1;
        }
        if matches!(self.byte(), Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t')) {
            return whole;
        }
        while !matches!(self.byte(), Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t') | None) {
            self.at += 1;
        }
        cut(self.text.get(start..self.at)?.parse().ok()?)
    }

    fn skip_list(&mut self) {
        let mut depth = 0_u32;
        while let Some(next) = self.byte() {
            match next {
                b'"' => {
                    self.string();
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is a whole number in the range of the target after the check"
)]
fn cut(value: f64) -> Option<u64> {
    (0.0..9e15).contains(&value).then_some(value as u64)
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
