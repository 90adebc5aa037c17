//! A stream of Gemini.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provider_gemini::StreamDecoder;
use provider_http::Framer;

fuzz_target!(|data: &[u8]| {
    fuzz::cuts_alike(Framer::sse, || StreamDecoder::new(fuzz::start(), fuzz::head()), data);
});
