//! What is said in a scenario, and how much of it there is.

use std::fmt::Write as _;

use crate::scenario::{Kind, Scenario};
use crate::wire::CREATED;

/// How many bytes of text and of tool arguments one exchange must give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) text: usize,
    pub(crate) arguments: usize,
}

/// An answer as the vendor sends it.
pub(crate) struct Payload {
    /// The frames of a stream, or the one body of a whole answer.
    pub(crate) frames: Vec<String>,
    pub(crate) totals: Totals,
}

/// Tokens of a plausible answer: mostly short words, some with escapes, some beyond ASCII.
const TOKENS: [&str; 16] = [
    " The",
    " stream",
    " arrives",
    " as",
    " events",
    ",",
    " each",
    " with",
    " one",
    " JSON",
    " object",
    ".\n\n",
    " “quoted”",
    " \"plain\"",
    " naïve",
    " buffer",
];

impl Payload {
    pub(crate) fn of(scenario: Scenario) -> Self {
        let language = scenario.wire.language();
        let chunks = scenario.chunks();
        match scenario.kind {
            Kind::Unary | Kind::Encode | Kind::Start => {
                let text: String = tokens(150).collect();
                Self {
                    frames: vec![language.whole(&text)],
                    totals: Totals { text: text.len(), arguments: 0 },
                }
            }
            Kind::MockUnary | Kind::MockBulk => {
                let text = mock_text(chunks);
                Self { frames: Vec::new(), totals: Totals { text: text.len(), arguments: 0 } }
            }
            Kind::Tools => {
                let pieces = arguments(chunks);
                let frames = language.call(&pieces).unwrap_or_default();
                let arguments = pieces.iter().map(String::len).sum();
                Self { frames, totals: Totals { text: 0, arguments } }
            }
            kind => {
                let pieces: Vec<_> = tokens(chunks).collect();
                let text = pieces.iter().map(|piece| piece.len()).sum();
                let mut payload =
                    Self { frames: language.text(&pieces), totals: Totals { text, arguments: 0 } };
                match kind {
                    Kind::Padded => payload.pad(),
                    Kind::Unlike => payload.date(),
                    _ => {}
                }
                payload
            }
        }
    }

    /// OpenAI hides the lengths of tokens this way unless it is told not to.
    fn pad(&mut self) {
        for (number, event) in self.frames.iter_mut().enumerate() {
            if event.ends_with("\"usage\":null}\n\n") {
                let (number, width) = (number * 7_919, 4 + number % 8);
                event.truncate(event.len() - "}\n\n".len());
                _ = write!(event, ",\"obfuscation\":\"{number:0width$}\"}}\n\n");
            }
        }
    }

    fn date(&mut self) {
        for (number, event) in self.frames.iter_mut().enumerate() {
            *event = event.replace(CREATED, &(1_790_000_000 + number).to_string());
        }
    }
}

/// Six characters for each chunk.
pub(crate) fn mock_text(chunks: usize) -> String {
    if chunks == 1 { tokens(150).collect() } else { "token ".repeat(chunks) }
}

/// The arguments of a call that writes a long text, in this many pieces. They are JSON, so the quotes and line feeds of the
/// text are escaped twice on the wire.
fn arguments(chunks: usize) -> Vec<String> {
    let text: String = tokens(chunks - 2).collect();
    let content = serde_json::Value::from(text).to_string();
    let mut pieces = vec![r#"{"path":"notes.md","content":"#.to_owned()];
    let mut rest = content.as_str();
    for left in (1..chunks - 1).rev() {
        let mut cut = rest.len() / (left + 1);
        while !rest.is_char_boundary(cut) {
            cut += 1;
        }
        let (piece, after) = rest.split_at(cut);
        pieces.push(piece.to_owned());
        rest = after;
    }
    pieces.push(format!("{rest}}}"));
    pieces
}

/// A turn of a history, 500 bytes.
pub(crate) fn turn(number: usize) -> String {
    let mut text: String = tokens(200).collect();
    text.truncate((0..=480).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default());
    while text.len() < 494 {
        text.push('.');
    }
    _ = write!(text, " {number:05}");
    text
}

fn tokens(count: usize) -> impl Iterator<Item = &'static str> {
    TOKENS.into_iter().cycle().take(count)
}
