//! With rustls.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use laravel_ai_core::Result;
use reqwest::ClientBuilder;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use super::{Tls, wrong};
use crate::TlsBackend;

/// The certificates in `bytes`, which is PEM with any number of them, or one in DER.
pub(in super::super) fn certificates(bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    if memchr::memmem::find(bytes, b"-----BEGIN").is_none() {
        return Ok(vec![bytes.to_vec()]);
    }
    let found: Vec<_> = CertificateDer::pem_slice_iter(bytes)
        .map(|found| found.map(|certificate| certificate.to_vec()))
        .collect::<Result<_, _>>()
        .map_err(|_| wrong("a root certificate is no PEM"))?;
    if found.is_empty() {
        Err(wrong("there is no certificate in the PEM of the root certificates"))
    } else {
        Ok(found)
    }
}

/// Why TLS refused a connection, if it did. rustls hides its error in an `io::Error`, the connector that one in another,
/// and their `source` passes both over.
pub(in super::super) fn failure(error: &reqwest::Error) -> Option<&'static str> {
    let mut next = error.source();
    while let Some(cause) = next {
        let mut inner: &(dyn StdError + 'static) = cause;
        while let Some(hidden) = inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            inner = hidden;
        }
        match inner.downcast_ref() {
            Some(rustls::Error::InvalidCertificate(_)) => {
                return Some("the server's certificate is not trusted");
            }
            Some(_) => return Some("the TLS handshake failed"),
            None => next = cause.source(),
        }
    }
    None
}

impl Tls {
    /// Refuses settings that can't work before the first request does.
    pub(in super::super) fn check(&self) -> Result<()> {
        let mut store = RootCertStore::empty();
        for root in &self.roots {
            store
                .add(CertificateDer::from_slice(root))
                .map_err(|error| wrong("a root certificate can't be read").with_source(error))?;
        }
        if self.only_these && self.roots.is_empty() {
            return Err(wrong("no root certificate is trusted: none was given"));
        }
        self.provider().map(|_| ())
    }

    /// A client for servers without TLS. It is never shown a certificate, so none is read.
    pub(in super::super) fn unused(&self, client: ClientBuilder) -> Result<ClientBuilder> {
        let config = self.versions()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
        Ok(client.tls_backend_preconfigured(config))
    }

    /// A client for servers with TLS. It reads the system's certificates, which takes some milliseconds.
    pub(in super::super) fn secure(&self, client: ClientBuilder) -> Result<ClientBuilder> {
        let roots = self.roots.iter().map(|root| CertificateDer::from(root.clone()));
        let unusable = |error| wrong("the root certificates can't be used").with_source(error);
        let builder = self.versions()?;
        let mut config = if self.only_these {
            let mut store = RootCertStore::empty();
            roots.into_iter().try_for_each(|root| store.add(root)).map_err(unusable)?;
            builder.with_root_certificates(store).with_no_client_auth()
        } else {
            let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(roots, self.provider()?)
                .map_err(unusable)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        };
        // With a ready configuration reqwest leaves the choice of protocol to it.
        config.alpn_protocols = match (self.http1_only, self.http2_only) {
            (true, _) => vec![b"http/1.1".to_vec()],
            (_, true) => vec![b"h2".to_vec()],
            _ => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        };
        Ok(client.tls_backend_preconfigured(config))
    }

    fn versions(&self) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>> {
        ClientConfig::builder_with_provider(self.provider()?)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong("the TLS backend speaks no safe version of TLS").with_source(error))
    }

    /// The chosen cryptography; ring if nothing was chosen and both are compiled in, so that a feature switched on
    /// elsewhere in the build changes nothing here. The process-wide default is not asked: it is global.
    fn provider(&self) -> Result<Arc<CryptoProvider>> {
        let first = if cfg!(feature = "tls-ring") { TlsBackend::Ring } else { TlsBackend::AwsLc };
        match self.backend.unwrap_or(first) {
            #[cfg(feature = "tls-ring")]
            TlsBackend::Ring => Ok(Arc::new(rustls::crypto::ring::default_provider())),
            #[cfg(feature = "tls-aws-lc")]
            TlsBackend::AwsLc => Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider())),
            #[cfg(not(all(feature = "tls-ring", feature = "tls-aws-lc")))]
            missing => Err(missing.missing()),
        }
    }
}
