//! The body of a refusal, which may quote the key.
#![no_main]

use http::{HeaderMap, StatusCode};
use laravel_ai_core::Error;
use libfuzzer_sys::fuzz_target;
use provider_http::Failure;
use provider_openai_compat::{Dialect, OpenAiError, error_of};

const KEY: &str = "test-key-that-nobody-else-has";

fuzz_target!(|data: &[u8]| {
    let Some((at, data)) = fuzz::cut(data) else { return };
    let status = StatusCode::from_u16(200 + u16::try_from(at % 400).unwrap_or(0)).expect("a status");
    let quoted = [&data[..at], KEY.as_bytes(), &data[at..]].concat();
    let head = Failure::new(status, &HeaderMap::new(), quoted.into(), std::time::UNIX_EPOCH).without(KEY);
    let error: Error = error_of(&Dialect::openai("openai"), &head);
    let said = format!("{error} {error:?}");
    assert!(!said.contains(KEY) && !error.to_string().contains('\n'), "{said}");
    assert!(error.vendor::<OpenAiError>().is_none_or(|said| !said.message.contains(KEY)));
});
