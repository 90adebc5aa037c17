//! xAI's Responses: what OpenAI's are, by a driver of its own.

use anyhow::Result;

use super::responses::Responses;
use super::{Ask, Language};
use crate::contender::Sink;

pub(super) struct Xai;

impl Language for Xai {
    fn whole(&self, text: &str) -> String {
        Responses.whole(text)
    }

    fn text(&self, pieces: &[&str]) -> Vec<String> {
        Responses.text(pieces)
    }

    fn path(&self, ask: &Ask<'_>) -> String {
        Responses.path(ask)
    }

    fn request(&self, ask: &Ask<'_>) -> Result<Vec<u8>> {
        Responses.request(ask)
    }

    fn read(&self, body: &[u8], sink: &mut Sink) -> Result<()> {
        Responses.read(body, sink)
    }

    fn read_frame(&self, data: &[u8], sink: &mut Sink) -> Result<bool> {
        Responses.read_frame(data, sink)
    }

    #[cfg(feature = "ours")]
    fn connect(&self) -> Option<super::Connect> {
        use provider_xai::{Config, Xai};
        Some(|builder, base_url| {
            let config = Config::new(ai::Secret::new(crate::KEY)).with_base_url(base_url);
            builder.connect::<Xai>("bench", config)
        })
    }
}
