//! How servers are trusted.

use laravel_ai_core::{Error, ErrorKind, Result};
#[cfg(feature = "tls")]
use {
    rustls::crypto::CryptoProvider,
    rustls::pki_types::CertificateDer,
    rustls::pki_types::pem::PemObject,
    rustls::{ClientConfig, RootCertStore},
    std::sync::Arc,
};

use super::TlsBackend;

/// The TLS side of a transport, from the options of its builder.
#[derive(Debug, Clone, Default)]
#[cfg_attr(
    not(feature = "tls"),
    expect(dead_code, reason = "without TLS the settings are kept and never used")
)]
pub(super) struct Tls {
    pub(super) backend: Option<TlsBackend>,
    /// Certificates in DER.
    pub(super) roots: Vec<Vec<u8>>,
    pub(super) only_these: bool,
    pub(super) http1_only: bool,
    pub(super) http2_only: bool,
}

fn wrong(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Configuration, message).with_possibly_billed(false)
}

/// The certificates in `text`, which is PEM with any number of them, or one in DER.
#[cfg(feature = "tls")]
pub(super) fn certificates(bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    let begin = b"-----BEGIN";
    if memchr::memmem::find(bytes, begin).is_none() {
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

#[cfg(not(feature = "tls"))]
pub(super) fn certificates(_: &[u8]) -> Result<Vec<Vec<u8>>> {
    Err(wrong(
        "root certificates need TLS: switch on the feature `tls-ring` or `tls-aws-lc` of provider-http",
    ))
}

impl Tls {
    /// Refuses settings that can't work before the first request does.
    pub(super) fn check(&self) -> Result<()> {
        #[cfg(feature = "tls")]
        {
            let mut store = RootCertStore::empty();
            for root in &self.roots {
                store
                    .add(CertificateDer::from_slice(root))
                    .map_err(|error| wrong("a root certificate can't be read").with_source(error))?;
            }
            if self.backend.is_some() {
                self.provider()?;
            }
            if self.only_these && self.roots.is_empty() {
                return Err(wrong(
                    "no root certificate is trusted: none was given, and the system's are switched off",
                ));
            }
        }
        Ok(())
    }

    /// The same client for servers without TLS. It is never shown a certificate, so none is read.
    #[cfg(feature = "tls")]
    pub(super) fn unused(&self, client: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
        let config =
            builder(self.provider()?)?.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
        Ok(client.tls_backend_preconfigured(config))
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the twin with TLS needs both")]
    pub(super) fn unused(&self, client: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
        Ok(client)
    }

    /// Reads the system's certificates, which takes some milliseconds.
    #[cfg(feature = "tls")]
    pub(super) fn secure(&self, client: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
        let provider = self.provider()?;
        let roots = self.roots.iter().map(|root| CertificateDer::from(root.clone()));
        let unusable = |error| wrong("the root certificates can't be used").with_source(error);
        let builder = builder(Arc::clone(&provider))?;
        let mut config = if self.only_these {
            let mut store = RootCertStore::empty();
            roots.into_iter().try_for_each(|root| store.add(root)).map_err(unusable)?;
            builder.with_root_certificates(store).with_no_client_auth()
        } else {
            let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(roots, provider)
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

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, reason = "the twin with TLS needs it")]
    pub(super) fn secure(&self, _: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
        Err(wrong(
            "an https URL needs TLS: switch on the feature `tls-ring` or `tls-aws-lc` of provider-http, \
             or make the transport from a client of your own",
        ))
    }

    /// The chosen cryptography; ring if nothing was chosen and both are compiled in, so that a feature switched on
    /// elsewhere in the build changes nothing here. Never the process-wide default unless there is no other.
    #[cfg(feature = "tls")]
    fn provider(&self) -> Result<Arc<CryptoProvider>> {
        #[cfg(feature = "tls-ring")]
        if matches!(self.backend, None | Some(TlsBackend::Ring)) {
            return Ok(Arc::new(rustls::crypto::ring::default_provider()));
        }
        #[cfg(feature = "tls-aws-lc")]
        if matches!(self.backend, None | Some(TlsBackend::AwsLc)) {
            return Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
        }
        match self.backend {
            Some(TlsBackend::Ring) => Err(wrong("the TLS backend ring needs the feature `tls-ring` of provider-http")),
            Some(TlsBackend::AwsLc) => {
                Err(wrong("the TLS backend aws-lc needs the feature `tls-aws-lc` of provider-http"))
            }
            None => CryptoProvider::get_default().cloned().ok_or_else(|| {
                wrong("TLS has no cryptography: switch on the feature `tls-ring` or `tls-aws-lc` of provider-http")
            }),
        }
    }
}

#[cfg(feature = "tls")]
fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong("the TLS backend speaks no safe version of TLS").with_source(error))
}
