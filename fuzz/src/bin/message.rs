//! The stored form of a message.
#![no_main]

use laravel_ai_core::Message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(message) = serde_json::from_slice::<Message>(data) else { return };
    let stored = serde_json::to_string(&message).expect("a message can be stored");
    let again: Message = serde_json::from_str(&stored).expect("what was stored can be read");
    assert_eq!(again, message);
});
