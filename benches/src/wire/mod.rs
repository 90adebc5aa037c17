//! The vendors' languages that are measured. One file each: what the vendor says, the floor that reads it, and the driver.

mod chat;
mod gemini;
mod ollama;
mod responses;
mod xai;

use std::fmt;

use anyhow::Result;

pub(crate) use self::chat::CREATED;
#[cfg(feature = "ours")]
use crate::contender::Encoder;
use crate::contender::Sink;

/// A vendor's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wire {
    /// OpenAI's Chat Completions, which most servers speak.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Gemini's `generateContent`, whose streams repeat the whole object.
    Gemini,
    /// Ollama's own, in lines of JSON.
    Ollama,
    /// Responses as xAI speaks them.
    Xai,
}

impl Wire {
    /// All of them, in the order of the report.
    pub(crate) const ALL: [Self; 5] = [Self::Chat, Self::Responses, Self::Gemini, Self::Ollama, Self::Xai];

    pub(crate) fn language(self) -> &'static dyn Language {
        match self {
            Self::Chat => &chat::Chat,
            Self::Responses => &responses::Responses,
            Self::Gemini => &gemini::Gemini,
            Self::Ollama => &ollama::Ollama,
            Self::Xai => &xai::Xai,
        }
    }

    /// Before the names of its scenarios. The first one's have had none since there was only one.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Chat => "",
            Self::Responses => "responses-",
            Self::Gemini => "gemini-",
            Self::Ollama => "ollama-",
            Self::Xai => "xai-",
        }
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chat => "Chat Completions",
            Self::Responses => "Responses",
            Self::Gemini => "Gemini",
            Self::Ollama => "Ollama",
            Self::Xai => "xAI",
        })
    }
}

/// How a stream is cut into frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events.
    Events,
    /// A line for each.
    Lines,
}

impl Framing {
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Events => "text/event-stream; charset=utf-8",
            Self::Lines => "application/x-ndjson",
        }
    }
}

/// What is asked, in nobody's types.
pub(crate) struct Ask<'a> {
    pub(crate) model: &'a str,
    pub(crate) system: Option<&'a str>,
    /// From the user and from the model in turn; the user begins.
    pub(crate) turns: &'a [&'a str],
    pub(crate) temperature: Option<f64>,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) stream: bool,
}

/// Opens the library's connection `bench` to the vendor at this base URL.
#[cfg(feature = "ours")]
pub(crate) type Connect = fn(ai::AiBuilder, &str) -> ai::AiBuilder;

/// What one wire is made of.
pub(crate) trait Language: Sync {
    fn framing(&self) -> Framing {
        Framing::Events
    }

    /// The vendor's whole answer of this text.
    fn whole(&self, text: &str) -> String;

    /// The vendor's stream of these pieces of text: its frames, each with the bytes that end it.
    fn text(&self, pieces: &[&str]) -> Vec<String>;

    /// The vendor's stream of a tool call whose arguments come in these pieces; `None` where calls come whole.
    fn call(&self, _pieces: &[String]) -> Option<Vec<String>> {
        None
    }

    /// The path of a call below the base URL.
    fn path(&self, ask: &Ask<'_>) -> String;

    /// The floor's body.
    fn request(&self, ask: &Ask<'_>) -> Result<Vec<u8>>;

    /// The floor's reading of a whole answer: typed structs, as a careful user writes them in an afternoon.
    fn read(&self, body: &[u8], sink: &mut Sink) -> Result<()>;

    /// The floor's reading of one frame of a stream; `true` for the one that ends it.
    fn read_frame(&self, data: &[u8], sink: &mut Sink) -> Result<bool>;

    /// The library's driver; `None` until there is one, and then only the floor is measured.
    #[cfg(feature = "ours")]
    fn connect(&self) -> Option<Connect> {
        None
    }

    /// The library's writing of a request with this history, where it can be asked for alone.
    #[cfg(feature = "ours")]
    fn encoder(&self, _request: ai::ChatRequest) -> Option<Encoder> {
        None
    }
}

/// A piece of text as a string of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A frame of server-sent events.
fn event(data: &str) -> String {
    format!("data: {data}\n\n")
}

/// The messages that Chat Completions and those that copied it have.
fn messages<'a>(ask: &Ask<'a>) -> Vec<Message<'a>> {
    let system = ask.system.map(|content| Message { role: "system", content });
    let roles = ["user", "assistant"].into_iter().cycle();
    system
        .into_iter()
        .chain(ask.turns.iter().zip(roles).map(|(content, role)| Message { role, content }))
        .collect()
}

#[derive(serde::Serialize)]
struct Message<'a> {
    role: &'a str,
    content: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;
    use crate::scenario::{Kind, Scenario};

    /// What each vendor says is read back whole by its own floor.
    #[test]
    fn floors_read_what_their_vendors_say() {
        for scenario in Scenario::all().into_iter().filter(|scenario| scenario.is_networked()) {
            let (language, payload) = (scenario.wire.language(), Payload::of(scenario));
            let mut sink = Sink::default();
            if matches!(scenario.kind, Kind::Unary | Kind::Start) {
                language.read(payload.frames[0].as_bytes(), &mut sink).unwrap();
            } else {
                let mut ended = false;
                for frame in &payload.frames {
                    let data = match language.framing() {
                        Framing::Lines => Some(frame.as_str()),
                        Framing::Events => frame.lines().find_map(|line| line.strip_prefix("data: ")),
                    };
                    ended |= language.read_frame(data.unwrap().trim().as_bytes(), &mut sink).unwrap();
                }
                assert!(ended, "{scenario}");
            }
            sink.check(payload.totals, 0).unwrap();
        }
    }
}
