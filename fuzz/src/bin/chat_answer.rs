//! A whole answer of Chat Completions.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provider_openai_compat::{Dialect, decode_chat};

fuzz_target!(|data: &[u8]| {
    let answer = fuzz::answer(data);
    fuzz::is_stored(decode_chat(&Dialect::new("openai-compatible"), &fuzz::target(), &answer, || {
        fuzz::failure(&answer)
    }));
});
