//! Striking secrets out of what a vendor says.

use bytes::{Bytes, BytesMut};
use memchr::memmem;

/// What is shorter is no key, and striking it out would tear the text.
pub(super) const SHORTEST: usize = 6;

/// `text` with each `secret` in it replaced; the same bytes when there is none.
pub(super) fn strike(text: Bytes, secret: &[u8]) -> Bytes {
    if memmem::find(&text, secret).is_none() {
        return text;
    }
    let mut struck = BytesMut::with_capacity(text.len());
    let mut rest = 0;
    for at in memmem::find_iter(&text, secret) {
        struck.extend_from_slice(text.get(rest..at).unwrap_or_default());
        struck.extend_from_slice(b"***");
        rest = at + secret.len();
    }
    struck.extend_from_slice(text.get(rest..).unwrap_or_default());
    struck.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_struck_out_and_nothing_else() {
        let text = Bytes::from_static(b"key sk-test-1 and sk-test-1!");
        assert_eq!(strike(text.clone(), b"sk-test-1"), "key *** and ***!");
        assert_eq!(strike(text.clone(), b"sk-test-2"), text);
    }
}
