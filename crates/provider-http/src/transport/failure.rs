//! What reqwest reports, in the words of the library and without a URL.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use laravel_ai_core::{Error, ErrorKind};

use super::connect::ConnectTimedOut;

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
    } else if refused_stream(&error) {
        not_sent(ErrorKind::Transport, "the server refused the request before reading it".into())
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
    #[cfg(feature = "tls")]
    if let Some(tls) = chain(error).find_map(as_tls) {
        return match tls {
            rustls::Error::InvalidCertificate(_) => "the server's certificate is not trusted",
            _ => "the TLS handshake failed",
        };
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

/// rustls hides its error in an `io::Error`, whose `source` is the source of what it hides.
#[cfg(feature = "tls")]
fn as_tls<'a>(cause: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let hidden = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    cause.downcast_ref().or_else(|| hidden?.downcast_ref())
}

/// HTTP/2 says of a stream that it was not processed at all.
fn refused_stream(error: &reqwest::Error) -> bool {
    chain(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(|hyper| hyper.is_canceled())
}

fn chain<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn StdError + 'static)| (*cause).source())
}
