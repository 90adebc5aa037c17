//! A whole answer of Responses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provider_openai_compat::{Dialect, responses};

fuzz_target!(|data: &[u8]| {
    let answer = fuzz::answer(data);
    fuzz::is_stored(responses::decode(&Dialect::openai("openai"), &fuzz::target(), &answer, || {
        fuzz::failure(&answer)
    }));
});
