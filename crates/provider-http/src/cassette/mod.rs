//! Recording what goes over the wire, and playing it back.

mod matching;
mod tape;
mod transport;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use laravel_ai_core::{Clock, Result, Transport};

pub use self::matching::{Difference, Mismatch};
pub use self::transport::CassetteTransport;

/// What a cassette does with a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// Sends it; nothing is read or written.
    Off,
    /// Sends it and writes down what was said. The file begins anew.
    Record,
    /// Answers from the file and never sends anything. For continuous integration.
    #[default]
    Replay,
    /// Answers from the file, and what is not there is sent and added.
    Auto,
}

type Redaction = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// A file of exchanges with vendors, for tests that need neither network nor key.
///
/// Requests are matched by what they mean: method, host and path, query in any order, JSON whatever the order of its members,
/// and `1` and `1.0` are the same. The same request several times is answered in the order of the recording. What nothing
/// fits is an error that says how the nearest recording differs ([`Mismatch`]), and nothing is sent.
///
/// The file is JSON that a reviewer can read. No header is written that is not known to be harmless, values of the query are
/// masked unless they are known to be harmless, and the secrets of the request's headers are struck out of all bodies; see
/// [`with_redaction`](Self::with_redaction) for what only you know to be secret. It is written whole after each exchange, so
/// a test that dies leaves a file that can be read. An answer that broke off, or that nobody read to its end, is played back
/// as one that breaks off there.
///
/// ```
/// # fn main() -> laravel_ai_core::Result<()> {
/// # use std::sync::Arc;
/// # use laravel_ai_core::Clock;
/// use provider_http::cassette::Cassette;
/// use provider_http::ReqwestTransport;
///
/// # fn over(clock: Arc<dyn Clock>) -> laravel_ai_core::Result<()> {
/// let transport = Cassette::auto("tests/cassettes/greeting.json").over(Arc::new(ReqwestTransport::new()?), clock)?;
/// # let _ = transport; Ok(())
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Cassette {
    path: PathBuf,
    mode: Mode,
    redactions: Vec<Redaction>,
    request_headers: Vec<String>,
    response_headers: Vec<String>,
    query: Vec<String>,
    timing: bool,
    split: Option<usize>,
}

impl Cassette {
    /// The file at `path` in this mode.
    pub fn new(path: impl Into<PathBuf>, mode: Mode) -> Self {
        Self {
            path: path.into(),
            mode,
            redactions: Vec::new(),
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            query: Vec::new(),
            timing: false,
            split: None,
        }
    }

    /// As [`Mode::Record`].
    pub fn record(path: impl Into<PathBuf>) -> Self {
        Self::new(path, Mode::Record)
    }

    /// As [`Mode::Replay`].
    pub fn replay(path: impl Into<PathBuf>) -> Self {
        Self::new(path, Mode::Replay)
    }

    /// As [`Mode::Auto`].
    pub fn auto(path: impl Into<PathBuf>) -> Self {
        Self::new(path, Mode::Auto)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it does.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// In another mode.
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// With a function that rewrites every text before it is written down, and every request before it is looked for: the
    /// bodies of requests and answers, and the values of the headers that are kept. It must give the same for the same text.
    pub fn with_redaction(mut self, redact: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.redactions.push(Arc::new(redact));
        self
    }

    /// With one more header of requests that is written down, and that must be the same to match.
    pub fn with_request_header(mut self, name: impl AsRef<str>) -> Self {
        self.request_headers.push(name.as_ref().to_ascii_lowercase());
        self
    }

    /// With one more header of answers that is written down. Cookies never are.
    pub fn with_response_header(mut self, name: impl AsRef<str>) -> Self {
        self.response_headers.push(name.as_ref().to_ascii_lowercase());
        self
    }

    /// With one more parameter of the query whose value is no secret; the values of all others but a few are masked.
    pub fn with_query(mut self, name: impl Into<String>) -> Self {
        self.query.push(name.into());
        self
    }

    /// With the times at which the pieces of answers came: they are recorded, and playing back takes as long. Otherwise
    /// everything comes at once.
    pub fn with_timing(mut self) -> Self {
        self.timing = true;
        self
    }

    /// With played answers cut into pieces of this many bytes, in the middle of lines and characters, as a network may.
    pub fn with_pieces_of(mut self, bytes: usize) -> Self {
        self.split = Some(bytes.max(1));
        self
    }

    /// The transport that records what goes over `inner`, or plays back. The clock measures and waits.
    ///
    /// # Errors
    /// `Configuration` for a file that can't be read where one is needed, is no cassette, or is of a later version.
    pub fn over(self, inner: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Result<CassetteTransport> {
        CassetteTransport::open(self, inner, clock)
    }

    fn redact(&self, text: String) -> String {
        self.redactions.iter().fold(text, |text, redact| redact(&text))
    }
}

impl fmt::Debug for Cassette {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cassette")
            .field("path", &self.path)
            .field("mode", &self.mode)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}
