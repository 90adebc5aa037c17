//! What goes wrong, byte for byte.

use std::time::Duration;

use laravel_ai_core::{Error, ErrorKind};
use provider_mock::WireReply;

use super::wire::Wire;

/// When in a call something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Unary,
    BeforeContent,
    AfterContent,
}

pub(super) const MOMENTS: [Moment; 3] = [Moment::Unary, Moment::BeforeContent, Moment::AfterContent];

impl Moment {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::BeforeContent => "stream, before content",
            Self::AfterContent => "stream, after content",
        }
    }
}

/// A fault, or why there is none at that moment.
pub(super) type Cell = Result<WireReply, &'static str>;

const NO_CONTENT_YET: &str = "comes before all content";

type Make = fn(&Wire, Moment) -> Cell;

/// Every fault by its name.
pub(super) const FAULTS: &[(&str, Make)] = &[
    ("connection refused", |_, moment| early(moment, WireReply::connect_error())),
    ("reset before headers", |_, moment| early(moment, WireReply::error(reset()))),
    ("401", |_, moment| status(moment, 401)),
    ("403", |_, moment| status(moment, 403)),
    ("404, the model is gone", |wire, moment| {
        early(moment, WireReply::status(404).header("content-type", "application/json").body(wire.gone))
    }),
    ("408", |_, moment| status(moment, 408)),
    ("413", |_, moment| status(moment, 413)),
    ("429, wait 2 s", |_, moment| early(moment, refused(429).header("retry-after", "2"))),
    ("429, wait 120 s", |_, moment| early(moment, refused(429).header("retry-after", "120"))),
    ("500", |_, moment| status(moment, 500)),
    ("502 with a web page", |_, moment| {
        early(
            moment,
            WireReply::status(502).header("content-type", "text/html").body("<html>Bad Gateway</html>"),
        )
    }),
    ("503", |_, moment| status(moment, 503)),
    ("529", |_, moment| status(moment, 529)),
    ("200 with an error", |wire, moment| {
        Ok(match moment {
            Moment::Unary => WireReply::status(200).body(wire.error),
            Moment::BeforeContent => before(wire).body(wire.framed(wire.error)),
            Moment::AfterContent => after(wire).body(wire.framed(wire.error)),
        })
    }),
    ("malformed JSON", |wire, moment| {
        Ok(match moment {
            Moment::Unary => WireReply::status(200).body("{\"id\": oops"),
            Moment::BeforeContent => before(wire).body(wire.framed("{\"id\": oops")),
            Moment::AfterContent => after(wire).body(wire.framed("{\"id\": oops")),
        })
    }),
    ("silence before the first byte", |_, moment| early(moment, WireReply::stall_answering())),
    ("silence in the middle", |wire, moment| {
        Ok(match moment {
            Moment::Unary => WireReply::status(200).body(half(wire.whole)).stall(),
            Moment::BeforeContent => before(wire).stall(),
            Moment::AfterContent => after(wire).stall(),
        })
    }),
    ("cut in the middle of an event", |wire, moment| {
        Ok(match moment {
            Moment::Unary => WireReply::status(200).body(half(wire.whole)).reset(),
            Moment::BeforeContent => before(wire).body(half(wire.events[wire.begun])).reset(),
            Moment::AfterContent => after(wire).body(half(wire.events[wire.begun + 1])).reset(),
        })
    }),
    ("a clean end in the middle", |wire, moment| {
        Ok(match moment {
            Moment::Unary => WireReply::status(200).body(half(wire.whole)),
            Moment::BeforeContent => before(wire),
            Moment::AfterContent => after(wire),
        })
    }),
    ("cut after the finish, without usage", |wire, moment| match moment {
        Moment::Unary => Err("a whole answer is one object"),
        Moment::BeforeContent => Err("a finish comes after all content"),
        Moment::AfterContent => {
            wire.finished.map(|count| open(wire, count)).ok_or("the finish has the usage")
        }
    }),
    ("a byte a second", |wire, moment| {
        let drip =
            |text: String| WireReply::status(200).body(text).split_every(1).pace(Duration::from_secs(1));
        Ok(match moment {
            Moment::Unary => drip(wire.whole.to_owned()),
            Moment::BeforeContent => drip(wire.framed(wire.events[0])),
            Moment::AfterContent => {
                let slow = wire.framed(wire.events[wire.begun + 1]);
                let begun = after(wire);
                slow.bytes().fold(begun, |reply, byte| reply.wait(Duration::from_secs(1)).body(vec![byte]))
            }
        })
    }),
];

fn early(moment: Moment, reply: WireReply) -> Cell {
    if moment == Moment::AfterContent { Err(NO_CONTENT_YET) } else { Ok(reply) }
}

fn status(moment: Moment, status: u16) -> Cell {
    early(moment, refused(status))
}

fn refused(status: u16) -> WireReply {
    WireReply::status(status)
        .header("content-type", "application/json")
        .body(r#"{"error": {"message": "no"}}"#)
}

fn reset() -> Error {
    Error::new(ErrorKind::Transport, "the connection was reset")
}

/// A stream that has begun, without content.
fn before(wire: &Wire) -> WireReply {
    open(wire, wire.begun)
}

/// A stream that has given its first content.
fn after(wire: &Wire) -> WireReply {
    open(wire, wire.begun + 1)
}

fn open(wire: &Wire, count: usize) -> WireReply {
    wire.begun_with(count)
}

fn half(text: &str) -> String {
    text[..text.len() / 2].to_owned()
}
