//! The floor: reqwest and typed structs, as a careful user writes them in an afternoon.

use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use super::{Contender, Encoder, KEY, PROMPT, Prompt, Sink};
use crate::wire::{Ask, Framing, Language, Wire};

/// With `LIMITED` it has the one time limit that a program can't do without, and that the library always has: how long the
/// vendor may be silent.
pub(crate) struct Raw<const LIMITED: bool> {
    http: reqwest::Client,
    language: &'static dyn Language,
    whole_url: String,
    stream_url: String,
}

const SILENCE: Duration = Duration::from_secs(300);

impl<const LIMITED: bool> Raw<LIMITED> {
    async fn send(&self, prompt: &Prompt, stream: bool) -> Result<reqwest::Response> {
        let ask = Ask {
            model: prompt.model,
            system: Some(prompt.system),
            turns: &[prompt.user],
            temperature: Some(prompt.temperature),
            max_tokens: Some(prompt.max_tokens),
            stream,
        };
        let url = if stream { &self.stream_url } else { &self.whole_url };
        let request = self.http.post(url).bearer_auth(KEY);
        let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(request.body(self.language.request(&ask)?).send().await?.error_for_status()?)
    }

    /// Hands each frame to `take` until that says it was the last, and reads on to the end of the body.
    async fn read(&self, prompt: &Prompt, mut take: impl FnMut(&[u8]) -> Result<bool>) -> Result<()> {
        let mut response = self.send(prompt, true).await?;
        let mut lines = Lines { framing: self.language.framing(), rest: Vec::new() };
        let mut ended = false;
        while let Some(piece) = response.chunk().await? {
            lines.feed(&piece, |data| {
                ended |= take(data)?;
                Ok(())
            })?;
        }
        ended.then_some(()).context("the stream ended early")
    }
}

impl<const LIMITED: bool> Contender for Raw<LIMITED> {
    fn new(base_url: &str, wire: Wire) -> Result<Self> {
        // Fails when it was done before, and then it is as it should be.
        _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder();
        if LIMITED {
            http = http.read_timeout(SILENCE);
        }
        let language = wire.language();
        let url = |stream| {
            let ask = Ask {
                model: PROMPT.model,
                system: None,
                turns: &[],
                temperature: None,
                max_tokens: None,
                stream,
            };
            format!("{base_url}/{}", language.path(&ask))
        };
        Ok(Self { http: http.build()?, language, whole_url: url(false), stream_url: url(true) })
    }

    async fn oneshot(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let body = self.send(prompt, false).await?.bytes().await?;
        self.language.read(&body, sink)
    }

    async fn stream(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        self.read(prompt, |data| self.language.read_frame(data, sink)).await
    }

    async fn fold(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        let mut whole = Sink::keeping();
        self.read(prompt, |data| self.language.read_frame(data, &mut whole)).await?;
        sink.text(whole.kept());
        Ok(())
    }

    fn frames(&self, body: &[Bytes]) -> Result<Option<usize>> {
        let mut lines = Lines { framing: self.language.framing(), rest: Vec::new() };
        let mut bytes = 0;
        for piece in body {
            lines.feed(piece, |data| {
                bytes += std::hint::black_box(data).len();
                Ok(())
            })?;
        }
        Ok(Some(bytes))
    }

    fn encoder(&self, history: &[String]) -> Result<Option<Encoder>> {
        let language = self.language;
        // The history stays as long as the process, so that its pieces can be borrowed from it.
        let turns: Vec<&str> = history.iter().map(|turn| &*turn.clone().leak()).collect();
        Ok(Some(Box::new(move || {
            let ask = Ask {
                model: PROMPT.model,
                system: None,
                turns: &turns,
                temperature: None,
                max_tokens: None,
                stream: false,
            };
            Ok(std::hint::black_box(language.request(&ask)?).len())
        })))
    }
}

/// The data of each line; a line that a read cuts is kept for the next.
struct Lines {
    framing: Framing,
    rest: Vec<u8>,
}

impl Lines {
    fn feed(&mut self, mut piece: &[u8], mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if !self.rest.is_empty() {
            let Some(end) = memchr::memchr(b'\n', piece) else {
                self.rest.extend_from_slice(piece);
                return Ok(());
            };
            self.rest.extend_from_slice(&piece[..end]);
            line(self.framing, &self.rest, &mut each)?;
            self.rest.clear();
            piece = &piece[end + 1..];
        }
        let mut begin = 0;
        for end in memchr::memchr_iter(b'\n', piece) {
            line(self.framing, &piece[begin..end], &mut each)?;
            begin = end + 1;
        }
        self.rest.extend_from_slice(&piece[begin..]);
        Ok(())
    }
}

fn line(framing: Framing, line: &[u8], each: &mut impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let data = match framing {
        Framing::Events => line.strip_prefix(b"data:").map(<[u8]>::trim_ascii),
        Framing::Lines => Some(line.trim_ascii()).filter(|line| !line.is_empty()),
    };
    data.map_or(Ok(()), each)
}
