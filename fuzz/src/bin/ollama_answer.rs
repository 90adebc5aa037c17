//! A whole answer of Ollama.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provider_ollama::{Prompt, decode_chat};

fuzz_target!(|data: &[u8]| {
    let answer = fuzz::answer(data);
    fuzz::is_stored(decode_chat(&fuzz::target(), Prompt::default(), false, &answer, || {
        fuzz::failure(&answer)
    }));
});
