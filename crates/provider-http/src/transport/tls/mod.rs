//! How servers are trusted: with rustls if a TLS feature is on, otherwise not at all.

#[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc")))]
mod absent;
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
mod present;

use laravel_ai_core::{Error, ErrorKind};

#[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc")))]
pub(super) use self::absent::{certificates, failure};
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub(super) use self::present::{certificates, failure};
use super::TlsBackend;

/// The TLS side of a transport, from the options of its builder.
#[derive(Debug, Clone, Default)]
pub(super) struct Tls {
    pub(super) backend: Option<TlsBackend>,
    /// Certificates in DER.
    pub(super) roots: Vec<Vec<u8>>,
    pub(super) only_these: bool,
    pub(super) http1_only: bool,
    pub(super) http2_only: bool,
}

fn wrong(message: &'static str) -> Error {
    Error::new(ErrorKind::Configuration, message).with_possibly_billed(false)
}

#[cfg(not(all(feature = "tls-ring", feature = "tls-aws-lc")))]
impl TlsBackend {
    /// The error of a backend that is not compiled in.
    fn missing(self) -> Error {
        match self {
            Self::Ring => wrong("the TLS backend ring needs the feature `tls-ring` of provider-http"),
            Self::AwsLc => wrong("the TLS backend aws-lc needs the feature `tls-aws-lc` of provider-http"),
        }
    }
}
