//! A stream of Responses.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use provider_openai_compat::Dialect;
use provider_openai_compat::responses::StreamDecoder;

fuzz_target!(|data: &[u8]| {
    let Some((at, data)) = fuzz::cut(data) else { return };
    let decoder = || StreamDecoder::new(Arc::new(Dialect::openai("openai")), fuzz::start(), fuzz::head());
    let whole = fuzz::events(decoder(), [data, b""]);
    assert_eq!(fuzz::events(decoder(), [&data[..at], &data[at..]]), whole);
});
