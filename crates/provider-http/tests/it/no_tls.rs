//! Without a TLS feature plain HTTP works, and `https` says what is missing.
#![cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc")))]

use bytes::Bytes;
use http::Request;
use laravel_ai_core::{Context, ErrorKind, Transport};
use provider_http::ReqwestTransport;

#[tokio::test]
async fn https_is_a_configuration_error() {
    let request = Request::get("https://127.0.0.1:1/").body(Bytes::new()).unwrap();
    let error = ReqwestTransport::new().unwrap().send(&Context::new(), request).await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Configuration, false));
    assert!(error.message().contains("tls-ring"), "{error}");
    let certificates = ReqwestTransport::builder().root_certificates("x").build().unwrap_err();
    assert_eq!(certificates.kind(), ErrorKind::Configuration);
}
