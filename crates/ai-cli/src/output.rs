//! Printing that fails politely when the reader is gone.

use std::io::{self, Write};

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
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints a line on stdout.
pub(crate) fn line(line: impl AsRef<str>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(line.as_ref().as_bytes())?;
    out.write_all(b"\n")
}

/// Prints a line on stderr. When nobody can read it there is nobody to tell, and no reason to panic as `eprintln!` does.
pub(crate) fn complain(line: impl std::fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
