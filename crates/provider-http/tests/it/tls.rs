//! TLS with a certificate authority of one's own, HTTP/2 by negotiation, and what untrusted servers get.
#![cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
#![allow(
    clippy::disallowed_methods,
    reason = "a test's server runs beside the test and ends with its runtime"
)]

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, Version};
use laravel_ai_core::{Context, ErrorKind, Transport};
use provider_http::{ReqwestTransport, TlsBackend};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Answers one HTTP/2 or HTTP/1.1 request for each connection; gives its URL and the authority's certificate in DER.
async fn server(protocols: &[&str]) -> (String, Vec<u8>) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &authority).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                tokio::spawn(async move {
                    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
                    while let Some(Ok((_, mut respond))) = connection.accept().await {
                        let mut body = respond.send_response(Response::new(()), false).unwrap();
                        body.send_data(Bytes::from_static(b"hello"), true).unwrap();
                    }
                });
                continue;
            }
            let mut piece = [0; 4096];
            _ = stream.read(&mut piece).await;
            _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
        }
    });
    (url, authority.der().to_vec())
}

fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn a_given_authority_is_trusted_and_http2_is_negotiated() {
    for (protocols, version) in
        [(&["h2", "http/1.1"][..], Version::HTTP_2), (&["http/1.1"][..], Version::HTTP_11)]
    {
        let (url, authority) = server(protocols).await;
        let transport =
            ReqwestTransport::builder().root_certificates(authority).only_given_roots().build().unwrap();
        let (head, body) = transport.send(&Context::new(), get(&url)).await.unwrap().into_parts();
        assert_eq!(head.version, version);
        assert_eq!(body.bytes(100).await.unwrap(), "hello");
    }
    // Beside the system's authorities, of which a machine may have none.
    let (url, authority) = server(&["h2"]).await;
    let transport = ReqwestTransport::builder().root_certificates(authority).http1_only().build().unwrap();
    let error = transport.send(&Context::new(), get(&url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "the server refuses HTTP/1.1 in the handshake: {error}");
    let (url, authority) = server(&[]).await;
    let transport = ReqwestTransport::builder().root_certificates(authority).build().unwrap();
    assert_eq!(transport.send(&Context::new(), get(&url)).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_server_nobody_vouches_for_gets_nothing() {
    let (url, _) = server(&["h2"]).await;
    let (_, other) = server(&["h2"]).await;
    let transport = ReqwestTransport::builder().root_certificates(other).only_given_roots().build().unwrap();
    let error = transport.send(&Context::new(), get(&url)).await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Transport, false));
    assert!(error.message().contains("certificate is not trusted"), "{error}");
}

#[test]
fn certificates_that_can_not_be_used_are_found_at_once() {
    let cases = [
        ReqwestTransport::builder()
            .root_certificates("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"),
        ReqwestTransport::builder()
            .root_certificates("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"),
        ReqwestTransport::builder().root_certificates("nonsense"),
        ReqwestTransport::builder().only_given_roots(),
    ];
    for builder in cases {
        assert_eq!(builder.build().unwrap_err().kind(), ErrorKind::Configuration);
    }
}

#[test]
fn a_backend_that_is_not_compiled_in_is_a_configuration_error() {
    for (backend, feature, present) in [
        (TlsBackend::Ring, "tls-ring", cfg!(feature = "tls-ring")),
        (TlsBackend::AwsLc, "tls-aws-lc", cfg!(feature = "tls-aws-lc")),
    ] {
        match ReqwestTransport::builder().tls_backend(backend).build() {
            Ok(_) => assert!(present, "{feature}"),
            Err(error) => {
                assert_eq!((present, error.kind()), (false, ErrorKind::Configuration));
                assert!(error.message().contains(feature), "{error}");
            }
        }
    }
}
