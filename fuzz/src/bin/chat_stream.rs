//! A stream of Chat Completions.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use provider_http::Framer;
use provider_openai_compat::{Dialect, StreamDecoder};

fuzz_target!(|data: &[u8]| {
    fuzz::cuts_alike(
        Framer::sse,
        || StreamDecoder::new(Arc::new(Dialect::new("openai-compatible")), fuzz::start(), fuzz::head()),
        data,
    );
});
