//! A stream of Responses.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use provider_http::Framer;
use provider_openai_compat::Dialect;
use provider_openai_compat::responses::StreamDecoder;

fuzz_target!(|data: &[u8]| {
    fuzz::cuts_alike(
        Framer::sse,
        || StreamDecoder::new(Arc::new(Dialect::openai("openai")), fuzz::start(), fuzz::head()),
        data,
    );
});
