//! Lines of JSON are the same wherever the bytes are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provider_http::Framer;

fuzz_target!(|data: &[u8]| {
    let Some((at, data)) = fuzz::cut(data) else { return };
    let whole = fuzz::texts(Framer::ndjson(), [data, b""]);
    assert_eq!(fuzz::texts(Framer::ndjson(), [&data[..at], &data[at..]]), whole);
});
