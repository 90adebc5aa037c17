//! Printing that fails politely when the reader is gone.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// Prints a value as JSON on one line of stdout.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")
}

/// Prints a text on stdout at once, so that a stream is seen while it is made.
pub(crate) fn text(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(shown(text, &out).as_bytes())?;
    out.flush()
}

/// Prints a line on stdout.
pub(crate) fn line(line: impl AsRef<str>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(shown(line.as_ref(), &out).as_bytes())?;
    out.write_all(b"\n")
}

/// Prints a line on stderr. When nobody can read it there is nobody to tell, and no reason to panic as `eprintln!` does.
pub(crate) fn complain(line: impl std::fmt::Display) {
    let mut out = io::stderr().lock();
    let _ = writeln!(out, "{}", shown(&line.to_string(), &out));
}

/// The text as a terminal may have it: models and providers write what they like, and a control sequence in it could clear
/// the screen or fill the clipboard. Whoever reads a pipe gets every byte.
fn shown<'a>(text: &'a str, out: &impl IsTerminal) -> Cow<'a, str> {
    if out.is_terminal() { harmless(text) } else { Cow::Borrowed(text) }
}

fn harmless(text: &str) -> Cow<'_, str> {
    let acts = |c: char| c.is_control() && c != '\n' && c != '\t';
    match text.contains(acts) {
        true => Cow::Owned(text.replace("\r\n", "\n").replace(acts, "\u{fffd}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_sequences_of_a_model_do_not_reach_a_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\u{9b}31mc\u{7}"), "a\u{fffd}[2Jb\u{fffd}31mc\u{fffd}");
        assert_eq!(harmless("one\r\ntwo\tthree\n"), "one\ntwo\tthree\n");
        assert!(matches!(harmless("Grüße 👋\n"), Cow::Borrowed(_)));
    }
}
