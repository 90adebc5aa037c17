//! A whole answer of Responses.
#![no_main]

use laravel_ai_core::Message;
use libfuzzer_sys::fuzz_target;
use provider_openai_compat::{Dialect, responses};

fuzz_target!(|data: &[u8]| {
    let answer = fuzz::answer(data);
    let dialect = Dialect::openai("openai");
    let Ok(response) = responses::decode(&dialect, &fuzz::target(), &answer, || fuzz::failure(&answer)) else {
        return;
    };
    let stored = serde_json::to_string(&response.message()).expect("an answer can be stored");
    let restored: Message = serde_json::from_str(&stored).expect("what was stored can be read");
    // Blanks inside JSON that is no state may go, and then stay as they are.
    assert_eq!(serde_json::to_string(&restored).expect("it can be stored again"), stored);
});
