//! What reqwest reports, in the words of the library and without a URL.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use laravel_ai_core::{Error, ErrorKind};

use super::connect::ConnectTimedOut;
use super::tls;

/// Why no answer came.
pub(super) fn of_sending(error: reqwest::Error) -> Error {
    let chain = || chain(&error);
    let not_sent = |kind, message: String| Error::new(kind, message).with_possibly_billed(false);
    let sent = |kind, message: &'static str| Error::new(kind, message);
    let found = if let Some(timeout) = chain().find_map(|cause| cause.downcast_ref::<ConnectTimedOut>()) {
        not_sent(ErrorKind::Timeout, timeout.to_string())
    } else if error.is_builder() {
        not_sent(ErrorKind::Configuration, "the request can't be sent as it is".into())
    } else if error.is_connect() {
        let kind = if error.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Transport };
        not_sent(kind, no_connection(&error).into())
    } else if never_written(&error) {
        not_sent(ErrorKind::Transport, "the connection was closed before the request was sent".into())
    } else if error.is_timeout() {
        sent(ErrorKind::Timeout, "the connection gave no sign of life")
    } else {
        sent(ErrorKind::Transport, "the connection broke before an answer came")
    };
    found.with_source(error.without_url())
}

/// Why an answer broke off. Its text is not known to be whole, so it never ends cleanly.
pub(super) fn of_reading(error: reqwest::Error) -> Error {
    let (kind, message) = if error.is_timeout() {
        (ErrorKind::Timeout, "the connection gave no sign of life while the answer came")
    } else if error.is_decode() {
        (ErrorKind::Transport, "the compressed answer is broken or cut off")
    } else {
        (ErrorKind::Transport, "the connection broke before the answer was complete")
    };
    Error::new(kind, message).with_source(error.without_url())
}

/// The answer ended before the length that it had announced.
pub(super) fn cut_short() -> Error {
    Error::new(ErrorKind::Transport, "the answer ended before it was complete")
}

/// The server said nothing for too long.
pub(super) fn silence(limit: Duration, what: &str) -> Error {
    Error::new(ErrorKind::Timeout, format!("{what} for {limit:?}"))
}

/// The deadline of the call passed while it was under way.
pub(super) fn deadline() -> Error {
    Error::new(ErrorKind::Timeout, "the deadline of the call has passed")
}

fn no_connection(error: &reqwest::Error) -> &'static str {
    if error.is_dns() {
        return "the host's name could not be resolved";
    }
    if let Some(why) = tls::failure(error) {
        return why;
    }
    let io = chain(error).find_map(|cause| cause.downcast_ref::<io::Error>());
    match io.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "the connection was refused",
        Some(io::ErrorKind::ConnectionReset) => "the connection was reset while it was made",
        Some(io::ErrorKind::TimedOut) => "no connection could be made in time",
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            "the host can't be reached"
        }
        _ => "no connection could be made",
    }
}

/// hyper cancels what it had not begun to write when the connection went away.
fn never_written(error: &reqwest::Error) -> bool {
    chain(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(|hyper| hyper.is_canceled())
}

fn chain<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn StdError + 'static)| (*cause).source())
}
