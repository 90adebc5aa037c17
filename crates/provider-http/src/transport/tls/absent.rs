//! Without a TLS feature.

use laravel_ai_core::Result;
use reqwest::ClientBuilder;

use super::{Tls, wrong};

pub(in super::super) fn certificates(_: &[u8]) -> Result<Vec<Vec<u8>>> {
    Err(wrong(
        "root certificates need TLS: switch on the feature `tls-ring` or `tls-aws-lc` of provider-http",
    ))
}

pub(in super::super) fn failure(_: &reqwest::Error) -> Option<&'static str> {
    None
}

impl Tls {
    pub(in super::super) fn check(&self) -> Result<()> {
        match self.backend {
            Some(backend) => Err(backend.missing()),
            None if self.only_these => Err(wrong("no root certificate is trusted: none was given")),
            None => Ok(()),
        }
    }

    /// A client for servers without TLS.
    pub(in super::super) fn unused(&self, client: ClientBuilder) -> Result<ClientBuilder> {
        Ok(client)
    }

    /// There is none for servers with TLS, whatever the settings.
    pub(in super::super) fn secure(&self, _: ClientBuilder) -> Result<ClientBuilder> {
        Err(wrong(
            "an https URL needs TLS: switch on the feature `tls-ring` or `tls-aws-lc` of provider-http, \
             or make the transport from a client of your own",
        ))
    }
}
