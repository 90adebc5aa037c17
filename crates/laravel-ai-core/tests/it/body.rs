//! Response bodies are read to their end, up to a limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use laravel_ai_core::*;

fn chunks(chunks: &[&'static str]) -> Body {
    let chunks: Vec<_> = chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk.as_bytes()))).collect();
    Body::stream(stream::iter(chunks))
}

fn read(body: Body, limit: usize) -> Result<Bytes> {
    body.bytes(limit).now_or_never().unwrap()
}

#[test]
fn chunks_are_joined_in_order() {
    assert_eq!(read(chunks(&["a", "", "bc", "def"]), 6).unwrap(), "abcdef");
    assert_eq!(read(chunks(&["", "", "abc"]), 3).unwrap(), "abc");
    assert_eq!(read(chunks(&[]), 0).unwrap(), "");
    assert_eq!(read(Body::full(""), 0).unwrap(), "");
}

#[test]
fn one_chunk_is_not_copied() {
    let bytes = Bytes::from(vec![b'a'; 100]);
    let at = bytes.as_ptr();
    assert_eq!(read(Body::full(bytes.clone()), 100).unwrap().as_ptr(), at);
    assert_eq!(read(bytes.clone().into(), 100).unwrap().as_ptr(), at);
    let empty_around = [Ok(Bytes::new()), Ok(bytes), Ok(Bytes::new())];
    let read = read(Body::stream(stream::iter(empty_around)), 100).unwrap();
    assert_eq!((read.len(), read.is_empty()), (100, false));
}

#[test]
fn the_limit_is_exact() {
    for body in
        [|| Body::full("abcd"), || chunks(&["abcd"]), || chunks(&["ab", "cd"]), || chunks(&["a", "b", "cd"])]
    {
        assert_eq!(read(body(), 4).unwrap(), "abcd");
        let error = read(body(), 3).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Decode, "the answer is longer than 3 bytes"));
    }
}

#[test]
fn reading_stops_at_the_limit() {
    let read_to = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&read_to);
    let long = stream::iter(0..10_000).map(move |at| {
        count.store(at, Ordering::Relaxed);
        Ok(Bytes::from_static(b"abc"))
    });
    assert_eq!(read(Body::stream(long), 1000).unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!(
        read_to.load(Ordering::Relaxed),
        333,
        "the chunk that goes over the limit is the last one read"
    );
}

#[test]
fn an_error_passes_and_hides_nothing() {
    let broken = [Ok(Bytes::from_static(b"abc")), Err(Error::new(ErrorKind::Transport, "reset"))];
    let error = read(Body::stream(stream::iter(broken)), 100).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Transport, "reset"));
}

#[test]
fn a_full_body_is_one_chunk_and_an_empty_one_none() {
    let chunks = |body: Body| body.collect::<Vec<_>>().now_or_never().unwrap().len();
    assert_eq!((chunks(Body::full("abc")), chunks(Body::full(""))), (1, 0));
    assert_eq!(
        format!("{:?} {:?}", Body::full("canary"), Body::stream(stream::empty())),
        "Body(6 bytes) Body(stream)"
    );
}
