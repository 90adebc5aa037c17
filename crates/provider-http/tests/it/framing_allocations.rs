//! A frame that lies whole in one piece costs no allocation, and framing is fast.

use std::hint::black_box;

use bytes::Bytes;
use provider_http::Framer;

/// The result of `run` and how many allocations this thread made meanwhile.
fn allocations<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let mut result = None;
    let info = allocation_counter::measure(|| result = Some(run()));
    (result.unwrap(), info.count_total)
}

fn frames(count: usize, event: &str) -> Bytes {
    let filler = "x".repeat(200);
    let one = format!("{event}data: {{\"id\":\"chatcmpl-1\",\"delta\":\"{filler}\",\"index\":0}}\n\n");
    one.repeat(count).into()
}

fn read(framer: &mut Framer, piece: Bytes) -> usize {
    framer.push(piece);
    let mut count = 0;
    while let Some(frame) = framer.next_frame().unwrap() {
        black_box(frame.data());
        count += 1;
    }
    count
}

#[test]
fn whole_frames_cost_no_allocation() {
    // The last id holds for events of later pieces too, so it is copied once.
    for (event, expected) in [("", 0), ("event: response.output_text.delta\n", 0), ("id: 12\nevent: a\n", 1)]
    {
        let body = frames(1000, event);
        let mut framer = Framer::sse();
        let (count, allocated) = allocations(|| read(&mut framer, body));
        assert_eq!((count, allocated), (1000, expected), "{event:?}");
    }
    let body = Bytes::from("{\"message\":{\"content\":\"hello\"},\"done\":false}\n".repeat(1000));
    let mut framer = Framer::ndjson();
    let (count, allocated) = allocations(|| read(&mut framer, body));
    assert_eq!((count, allocated), (1000, 0));
}

#[test]
fn cut_frames_use_the_same_buffers_again() {
    let body = frames(1000, "event: response.output_text.delta\n");
    let pieces: Vec<Bytes> =
        (0..body.len()).step_by(1400).map(|at| body.slice(at..body.len().min(at + 1400))).collect();
    let mut framer = Framer::sse();
    let (count, allocated) =
        allocations(|| pieces.into_iter().map(|piece| read(&mut framer, piece)).sum::<usize>());
    assert_eq!(count, 1000);
    assert!(allocated < 20, "{allocated} allocations for 1000 frames in pieces of 1400 bytes");
}

/// Whoever reads from the network can use its buffer again only then.
#[test]
fn a_piece_that_was_read_is_let_go() {
    for (mut framer, piece) in [
        (Framer::sse(), "data: {\"a\":1}\n\nid: 7\ndata: {\"b\":2}\n"),
        (Framer::sse(), "data: {\"a\":1}\n\ndata: {\"b\""),
        (Framer::ndjson(), "{\"a\":1}\n{\"b\""),
    ] {
        let piece = Bytes::from(piece.as_bytes().to_vec());
        assert_eq!(read(&mut framer, piece.clone()), 1);
        assert!(piece.is_unique());
    }
}
