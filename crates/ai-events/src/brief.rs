//! Texts that can't be long.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// A text of at most [`Brief::LONGEST`] bytes; what is longer was cut, and ends in `…`. Names, ids and reasons in events,
/// wherever they come from.
///
/// ```
/// use ai_events::Brief;
///
/// assert_eq!(&*Brief::from("get_weather"), "get_weather");
/// assert_eq!(Brief::from("x".repeat(10_000)).len(), Brief::LONGEST);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Brief(Cow<'static, str>);

const MARK: &str = "…";

impl Brief {
    /// The most bytes.
    pub const LONGEST: usize = 256;

    /// A text of the program itself, without a copy.
    pub const fn fixed(text: &'static str) -> Self {
        assert!(text.len() <= Self::LONGEST, "a fixed text must be short");
        Self(Cow::Borrowed(text))
    }
}

/// `text`, or as much of it as fits with the mark.
pub(crate) fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    if text.len() <= longest {
        return Cow::Borrowed(text);
    }
    let mut end = longest.saturating_sub(MARK.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let (kept, _) = text.split_at(end);
    Cow::Owned(format!("{kept}{MARK}"))
}

impl From<&str> for Brief {
    fn from(text: &str) -> Self {
        Self(Cow::Owned(cut(text, Self::LONGEST).into_owned()))
    }
}

impl From<String> for Brief {
    fn from(text: String) -> Self {
        if text.len() <= Self::LONGEST { Self(Cow::Owned(text)) } else { Self::from(text.as_str()) }
    }
}

impl Deref for Brief {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Brief {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<&str> for Brief {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Brief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Brief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
