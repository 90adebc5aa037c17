//! A schema of a stranger, and an answer to it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provider_schema::{Profile, Strict, compile, restore};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let mut values = serde_json::Deserializer::from_slice(data).into_iter::<Value>();
    let Some(Ok(schema)) = values.next() else { return };
    let answer = values.next().and_then(Result::ok).unwrap_or_default();
    let _ = compile(&schema, &Profile::openai(), Strict::Auto);
    let _ = restore(&schema, answer);
});
