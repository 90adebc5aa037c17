//! A stream of Ollama.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provider_http::Framer;
use provider_ollama::StreamDecoder;

fuzz_target!(|data: &[u8]| {
    fuzz::cuts_alike(Framer::ndjson, || StreamDecoder::new(fuzz::start(), fuzz::head()), data);
});
