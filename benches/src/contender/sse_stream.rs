//! The framing of the crate `sse-stream`, which several libraries are built on.

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};

use super::{Contender, Prompt, Sink};
use crate::wire::Wire;

pub(crate) struct SseStream;

impl Contender for SseStream {
    fn new(_: &str, _: Wire) -> Result<Self> {
        Ok(Self)
    }

    async fn oneshot(&self, _: &Prompt, _: &mut Sink) -> Result<()> {
        bail!("it only frames")
    }

    async fn stream(&self, _: &Prompt, _: &mut Sink) -> Result<()> {
        bail!("it only frames")
    }

    fn frames(&self, body: &[Bytes]) -> Result<Option<usize>> {
        let pieces = futures_util::stream::iter(body.iter().cloned().map(Ok::<_, std::convert::Infallible>));
        let mut frames = sse_stream::SseStream::from_bytes_stream(pieces);
        let mut bytes = 0;
        // The bytes are there, so nothing waits.
        while let Some(frame) = frames.next().now_or_never().context("it waits for bytes that are there")? {
            bytes += std::hint::black_box(frame?.data).map_or(0, |data| data.len());
        }
        Ok(Some(bytes))
    }
}
