//! A whole answer of Gemini.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provider_gemini::decode_content;

fuzz_target!(|data: &[u8]| {
    let answer = fuzz::answer(data);
    fuzz::is_stored(decode_content(&fuzz::target(), &answer, || fuzz::failure(&answer)));
});
