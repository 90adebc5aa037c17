//! Values that can't be printed, serialised or logged.

use std::fmt;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{Error, ErrorKind, Result};

/// An API key or another secret text. Its memory is wiped on drop.
///
/// There is no `Display` and no `Serialize`, and `Debug` prints neither text nor length. The text leaves only
/// through [`expose`](Self::expose) and [`header`](Self::header), so a search for those two finds every use.
///
/// ```
/// use laravel_ai_core::Secret;
///
/// let key = Secret::new("sk-test-1234");
/// assert_eq!(format!("{key:?}"), "Secret(***)");
/// ```
///
/// ```compile_fail
/// fn print(key: laravel_ai_core::Secret) { println!("{key}"); }
/// ```
///
/// ```compile_fail
/// fn store(key: &laravel_ai_core::Secret) -> String { serde_json::to_string(key).unwrap() }
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes over a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself. Never put it into a log, an error, an event or a URL.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether the text is empty or blank.
    pub fn is_blank(&self) -> bool {
        self.expose().trim().is_empty()
    }

    /// A header value `<prefix><secret>` marked sensitive, so that HTTP libraries don't print or index it.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] that names the position of the first character a header can't carry, such
    /// as the line break that a file or `echo` leaves at the end of a key. The text itself is not shown.
    pub fn header(&self, prefix: &str) -> Result<HeaderValue> {
        let text = self.expose();
        if let Some((at, c)) = text.char_indices().find(|(_, c)| !matches!(c, ' '..='~')) {
            let what = match c {
                '\n' | '\r' => "a line break",
                '\t' => "a tab",
                c if c.is_control() => "a control character",
                _ => "a character outside ASCII",
            };
            let rest = text.get(at..).unwrap_or_default();
            let hint = if rest.trim().is_empty() { " at its end: trim the key" } else { "" };
            // Everything before the first illegal character is ASCII, so bytes are characters.
            let message = format!("the API key has {what} at position {}{hint}", at + 1);
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        let mut value = HeaderValue::try_from(format!("{prefix}{text}"))
            .map_err(|_| Error::new(ErrorKind::Configuration, "the API key can't be sent in a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// A short digest that tells two secrets apart without revealing either.
    pub fn fingerprint(&self) -> Fingerprint {
        let digest = Sha256::digest(self.expose().as_bytes());
        let mut bytes = [0; 6];
        bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Fingerprint(bytes)
    }

    /// The text for people: `***`, with the last four characters only when it is longer than twelve.
    pub fn masked(&self) -> String {
        let text = self.expose();
        let count = text.chars().count();
        if count > 12 {
            format!("***{}", text.chars().skip(count - 4).collect::<String>())
        } else {
            "***".into()
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Asked for a string, serde_json would quote a number itself.
        deserializer.deserialize_any(SecretText)
    }
}

/// A visitor of its own, since serde's would quote a key that was written as a number, while an error that the
/// deserializer itself makes, such as that of a missing field, has to stay.
struct SecretText;

macro_rules! refuse {
    ($($method:ident: $type:ty;)*) => {
        $(fn $method<E: serde::de::Error>(self, _: $type) -> Result<Secret, E> {
            Err(E::custom("expected a secret as a text in quotes"))
        })*
    };
}

impl serde::de::Visitor<'_> for SecretText {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret as a text in quotes")
    }

    fn visit_str<E>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret::new(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Secret, E> {
        Ok(Secret::new(text))
    }

    refuse! {
        visit_bool: bool;
        visit_i64: i64;
        visit_i128: i128;
        visit_u64: u64;
        visit_u128: u128;
        visit_f64: f64;
        visit_char: char;
        visit_bytes: &[u8];
    }
}

/// Tells credentials apart: the first 48 bits of the SHA-256 of the secret, as twelve hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 6]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut bytes = [0; 6];
        let wrong = || Error::new(ErrorKind::Decode, "a fingerprint is twelve hexadecimal digits");
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(index * 2..index * 2 + 2).ok_or_else(wrong)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

impl serde::Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
