//! Frames are the same however the bytes are cut.

use bytes::Bytes;
use proptest::prelude::*;
use provider_http::Framer;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Frame { data: String, event: Option<String>, id: Option<String>, retry: Option<u128> },
    Failed,
}

fn data(text: &str) -> Seen {
    Seen::Frame { data: text.into(), event: None, id: None, retry: None }
}

fn read(mut framer: Framer, pieces: &[&[u8]]) -> (Vec<Seen>, u64) {
    let mut seen = Vec::new();
    let mut drain = |framer: &mut Framer| loop {
        match framer.next_frame() {
            Ok(None) => return,
            Ok(Some(frame)) => seen.push(Seen::Frame {
                data: frame.data().into(),
                event: frame.event().map(Into::into),
                id: frame.id().map(Into::into),
                retry: frame.retry().map(|time| time.as_millis()),
            }),
            Err(_) => seen.push(Seen::Failed),
        }
    };
    for piece in pieces {
        framer.push(Bytes::copy_from_slice(piece));
        drain(&mut framer);
    }
    framer.finish();
    drain(&mut framer);
    (seen, framer.comments())
}

fn sse(body: &str) -> Vec<Seen> {
    read(Framer::sse(), &[body.as_bytes()]).0
}

/// The whole body at once, in every two pieces, and byte by byte.
fn every_split(make: fn() -> Framer, body: &[u8]) {
    let whole = read(make(), &[body]);
    for at in 0..=body.len() {
        assert_eq!(read(make(), &[&body[..at], &body[at..]]), whole, "split at {at}");
    }
    let bytes: Vec<&[u8]> = body.chunks(1).collect();
    assert_eq!(read(make(), &bytes), whole, "byte by byte");
    let with_gaps: Vec<&[u8]> = body.chunks(1).flat_map(|byte| [byte, b""]).collect();
    assert_eq!(read(make(), &with_gaps), whole, "empty pieces between");
}

#[test]
fn the_examples_of_the_standard() {
    assert_eq!(sse("data: YHOO\ndata: +2\ndata: 10\n\n"), [data("YHOO\n+2\n10")]);
    assert_eq!(sse("data\n\ndata\ndata\n\n"), [data(""), data("\n")]);
    assert_eq!(
        sse("data:test\n\ndata: test\n\ndata:  test\n\n"),
        [data("test"), data("test"), data(" test")]
    );
    assert_eq!(
        sse(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"),
        [
            Seen::Frame { data: "first event".into(), event: None, id: Some("1".into()), retry: None },
            Seen::Frame { data: "second event".into(), event: None, id: Some(String::new()), retry: None },
            Seen::Frame { data: " third event".into(), event: None, id: Some(String::new()), retry: None },
        ]
    );
}

#[test]
fn fields_of_an_event() {
    assert_eq!(
        sse(
            "event: a\nevent:b\nid: 7\nretry: 1500\nunknown: x\ndata: 1\n\nretry: soon\nid: no\0\ndata: 2\n\n"
        ),
        [
            Seen::Frame {
                data: "1".into(),
                event: Some("b".into()),
                id: Some("7".into()),
                retry: Some(1500)
            },
            Seen::Frame { data: "2".into(), event: None, id: Some("7".into()), retry: None },
        ]
    );
    // A block without data is no event, and its name does not leak into the next one.
    assert_eq!(sse("event: lost\n\ndata: 1\n\n"), [data("1")]);
}

#[test]
fn all_three_line_ends_and_a_lone_carriage_return() {
    for end in ["\n", "\r", "\r\n"] {
        let body = format!("data: a{end}data: b{end}{end}data: c{end}{end}");
        assert_eq!(sse(&body), [data("a\nb"), data("c")], "{end:?}");
    }
    // A carriage return ends the line at once: the event does not wait for the line feed that may follow.
    let mut framer = Framer::sse();
    framer.push("data: a\r\r".into());
    assert_eq!(framer.next_frame().unwrap().unwrap().data(), "a");
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_line() {
    assert_eq!(sse("\u{feff}data: a\n\n"), [data("a")]);
    assert_eq!(sse("\u{feff}\u{feff}data: a\n\ndata: \u{feff}b\n\n"), [data("\u{feff}b")]);
    assert_eq!(read(Framer::ndjson(), &["\u{feff}{}\n".as_bytes()]).0, [data("{}")]);
}

#[test]
fn comments_are_counted_as_they_come() {
    let mut framer = Framer::sse();
    framer.push(": waiting\n:\n\n:wai".into());
    assert!(framer.next_frame().unwrap().is_none());
    assert_eq!(framer.comments(), 2);
    framer.push("ting\ndata: 1\n: inside\n\n".into());
    assert_eq!(framer.next_frame().unwrap().unwrap().data(), "1");
    assert_eq!(framer.comments(), 4);
}

#[test]
fn the_last_event_counts_without_its_blank_line_unless_told_otherwise() {
    for end in ["data: a\n\ndata: b\n", "data: a\n\ndata: b"] {
        assert_eq!(sse(end), [data("a"), data("b")]);
        assert_eq!(read(Framer::sse().strict_end(), &[end.as_bytes()]).0, [data("a")]);
    }
}

#[test]
fn ndjson_skips_blank_lines_and_reads_the_last_line_without_its_end() {
    let body = b"{\"a\":1}\r\n\n  \r\n{\"b\":\"\\r\"}\n{\"c\":3}";
    assert_eq!(
        read(Framer::ndjson(), &[body]).0,
        [data("{\"a\":1}\r"), data("{\"b\":\"\\r\"}"), data("{\"c\":3}")]
    );
    every_split(Framer::ndjson, body);
}

#[test]
fn bytes_that_are_no_text_become_replacement_characters_at_every_split() {
    let body = b"data: a\xF0\x9F\x98z\n\ndata: \xFF\n\ndata: \xF0\x9F\x98\x80\n\n";
    assert_eq!(read(Framer::sse(), &[body]).0, [data("a\u{fffd}z"), data("\u{fffd}"), data("\u{1f600}")]);
    every_split(Framer::sse, body);
    every_split(Framer::ndjson, b"{\"a\":\"\xE2\x82\"}\n");
}

#[test]
fn one_line_of_ten_megabytes_in_small_pieces() {
    let text = "é".repeat(5 << 20);
    let body = format!("event: image\ndata: {text}\n\n");
    let pieces: Vec<&[u8]> = body.as_bytes().chunks(1399).collect();
    let (seen, _) = read(Framer::sse(), &pieces);
    assert_eq!(seen, [Seen::Frame { data: text, event: Some("image".into()), id: None, retry: None }]);
}

#[test]
fn a_frame_over_the_limit_is_an_error_and_the_end() {
    let small = || Framer::sse().with_limit(10);
    let small_ndjson = || Framer::ndjson().with_limit(10);
    let fits = b"data: 1234\n\ndata: 1\ndata: 12345678\n\n";
    assert_eq!(read(small(), &[fits]).0, [data("1234"), Seen::Failed]);
    every_split(small, fits);
    // One line, several lines of data, a line without end, and a comment.
    let several = "data: 1234\ndata: 1234\ndata: 1\n\n";
    for body in ["data: 12345\n\n", several, "data: 12345", ": 1234567890\n", "data: 1\n\n\u{feff}12345678"] {
        assert_eq!(read(small(), &[body.as_bytes()]).0.last(), Some(&Seen::Failed), "{body:?}");
        every_split(small, body.as_bytes());
    }
    every_split(small, "\u{feff}data: 1234\n\n".as_bytes());
    every_split(small_ndjson, b"[1,2,3,4]\n[1,2,3,4,5]\n");
}

#[test]
fn an_endless_line_does_not_fill_the_memory() {
    let mut framer = Framer::sse().with_limit(1000);
    let failed_at = (0..100).find(|_| {
        framer.push(Bytes::from_static(&[b'x'; 100]));
        framer.next_frame().is_err()
    });
    assert_eq!(failed_at, Some(10));
    framer.push("data: 1\n\n".into());
    framer.finish();
    assert!(framer.next_frame().unwrap().is_none(), "nothing comes after the error");
}

#[test]
fn frames_not_read_before_the_next_push_are_kept() {
    let mut framer = Framer::sse();
    for piece in ["data: 1\n\nevent: x\ndata: 2", "\n\ndata: 3\n\nda", "ta: 4\n\n"] {
        framer.push(piece.into());
    }
    let mut seen = Vec::new();
    while let Some(frame) = framer.next_frame().unwrap() {
        seen.push(frame.data().to_owned());
    }
    assert_eq!(seen, ["1", "2", "3", "4"]);
}

#[test]
fn every_split_of_a_stream_with_all_there_is() {
    let body = "\u{feff}: hello\r\n\r\nevent: start\rid: 1\rdata: {\"é\": \"\u{1f600}\"}\r\rdata\r\n\r\ndata: a\ndata:b\r\n: c\ndata: \n\n\
                retry: 3\ndata: [DONE]\n\nevent: tail\ndata: cut";
    every_split(Framer::sse, body.as_bytes());
    every_split(|| Framer::sse().strict_end(), body.as_bytes());
}

proptest! {
    #[test]
    fn any_split_of_any_bytes_gives_the_same_frames(
        parts in prop::collection::vec(
            prop_oneof![
                Just("data: ".as_bytes().to_vec()), Just(b"data:".to_vec()), Just(b"data".to_vec()),
                Just(b"event: e".to_vec()), Just(b"id: 9".to_vec()), Just(b": c".to_vec()),
                Just(b"\n".to_vec()), Just(b"\r".to_vec()), Just(b"\r\n".to_vec()), Just(b"\n\n".to_vec()),
                Just("\u{feff}".as_bytes().to_vec()), Just("\u{1f600}".as_bytes().to_vec()),
                prop::collection::vec(any::<u8>(), 0..6),
            ],
            0..40,
        ),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        limit in prop_oneof![Just(usize::MAX), 0..24_usize],
    ) {
        let body = parts.concat();
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        places.extend([0, body.len()]);
        places.sort_unstable();
        let pieces: Vec<&[u8]> = places.windows(2).map(|pair| &body[pair[0]..pair[1]]).collect();
        for make in [Framer::sse, Framer::ndjson, || Framer::sse().strict_end()] {
            let whole = read(make().with_limit(limit), &[&body]);
            prop_assert_eq!(&read(make().with_limit(limit), &pieces), &whole);
            let bytes: Vec<&[u8]> = body.chunks(1).collect();
            prop_assert_eq!(&read(make().with_limit(limit), &bytes), &whole);
        }
    }
}
