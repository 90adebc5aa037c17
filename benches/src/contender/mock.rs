//! The library over its mock: no network and no wire, so that what is left is handles, layers and streams.
//!
//! The floor is the mock's own handle. A layer is measured by itself, around that handle: one line in [`LAYERS`] for each.

use std::sync::Arc;

use ai::mock::{ChunkBy, Mock, Reply};
use ai::{Ai, ChatModel, Context, Layer, Provider as _, TokioClock};
use anyhow::{Result, bail};

use super::ours::{self, request};
use super::{Contender, Name, PROMPT, Prompt, Sink};
use crate::payload::mock_text;
use crate::scenario::Scenario;
use crate::wire::Wire;

/// A layer by its name in the report.
type Make = fn() -> Arc<dyn Layer>;

/// The layers that are measured alone, as a program that wants their work sets them up. `layers` are all of the standard
/// ones, with three listeners; `cache` gives what it kept.
pub(crate) const LAYERS: [(Name, Make); 4] = [
    (Name::of("timeout"), || Arc::new(ai_layers::Timeout::new(clock()))),
    (Name::of("layers"), || {
        let events = ai::events::EventBus::new(clock());
        (0..3).for_each(|_| events.listen(|event: &ai::events::Event| _ = std::hint::black_box(event)));
        Arc::new(ai_layers::Pipeline::standard(clock(), events))
    }),
    (Name::of("redact"), || Arc::new(ai_layers::Redact::new(ai_layers::Redactor::standard()))),
    (Name::of("cache"), || {
        Arc::new(ai_layers::Cache::new(clock(), Arc::new(ai_layers::MemoryCache::default())))
    }),
];

fn clock() -> Arc<dyn ai::Clock> {
    Arc::new(TokioClock::default())
}

/// What is asked of the mock: by its bare handle, through a layer around it, or through the facade.
pub(crate) enum Mocked {
    Handle(Arc<dyn ChatModel>),
    Facade(Ai),
}

impl Mocked {
    /// As the contender of this name asks it.
    pub(crate) fn of(contender: Name, scenario: Scenario) -> Result<Self> {
        let reply = Reply::text(mock_text(scenario.chunks())).chunks(ChunkBy::Characters(6));
        let mock = Mock::new().reply(reply);
        if contender == Name::OURS {
            let model = format!("mock/{}", PROMPT.model);
            return Ok(Self::Facade(Ai::builder().provider(Arc::new(mock)).default_model(model).build()?));
        }
        let model = mock.chat_model(PROMPT.model)?;
        let layer = LAYERS.iter().find(|(name, _)| *name == contender);
        Ok(Self::Handle(match layer {
            Some((_, make)) => make().chat(model),
            None => model,
        }))
    }
}

impl Contender for Mocked {
    fn new(_: &str, _: Wire) -> Result<Self> {
        bail!("it is made for a scenario")
    }

    async fn oneshot(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        match self {
            Self::Facade(ai) => ours::oneshot(ai, prompt, sink).await,
            Self::Handle(model) => {
                let answer = model.chat(&Context::new(), Arc::new(request(prompt))).await?;
                sink.text(&answer.text());
                Ok(())
            }
        }
    }

    async fn stream(&self, prompt: &Prompt, sink: &mut Sink) -> Result<()> {
        match self {
            Self::Facade(ai) => ours::stream(ai, prompt, sink).await,
            Self::Handle(model) => {
                ours::read(model.stream(&Context::new(), Arc::new(request(prompt))).await?, sink).await
            }
        }
    }
}
