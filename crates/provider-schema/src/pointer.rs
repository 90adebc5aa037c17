//! JSON pointers: where in a schema something is, and what a reference names.

use serde_json::Value;

/// The place that is looked at, as a JSON pointer.
#[derive(Debug, Default)]
pub(crate) struct Pointer(String);

impl Pointer {
    /// Steps into `segment` and gives the length to come back to.
    pub(crate) fn enter(&mut self, segment: &str) -> usize {
        let length = self.0.len();
        self.0.push('/');
        for character in segment.chars() {
            match character {
                '~' => self.0.push_str("~0"),
                '/' => self.0.push_str("~1"),
                other => self.0.push(other),
            }
        }
        length
    }

    /// Steps back to where [`enter`](Self::enter) came from.
    pub(crate) fn leave(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// Goes elsewhere and gives the place to come back to.
    pub(crate) fn jump(&mut self, pointer: &str) -> Self {
        Self(std::mem::replace(&mut self.0, pointer.to_owned()))
    }

    pub(crate) fn text(&self) -> String {
        self.0.clone()
    }
}

/// The JSON pointer in a reference within the same document; `None` for other documents and for anchors.
pub(crate) fn local(reference: &str) -> Option<String> {
    let fragment = reference.strip_prefix('#')?;
    if !fragment.is_empty() && !fragment.starts_with('/') {
        return None;
    }
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// What a reference within `document` names.
pub(crate) fn resolve<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    document.pointer(&local(reference)?)
}

/// The name of a definition for a pointer: its last segment, of characters that need no escape in a reference.
pub(crate) fn name(pointer: &str) -> String {
    let last = pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    let name: String = last.chars().map(|character| if plain(character) { character } else { '_' }).collect();
    if name.is_empty() { "root".to_owned() } else { name }
}
