//! What was sold: all that a price depends on.

use std::time::SystemTime;

use laravel_ai_core::{AssistantPart, ChatResponse, EmbeddingResponse, Target, Usage};

/// All that the price of a call depends on.
///
/// ```
/// use std::time::SystemTime;
/// use ai_costs::Sale;
/// use laravel_ai_core::{Target, Usage};
///
/// let target = Target::new("openai", "work", "gpt-4.1");
/// let usage = Usage::new(1_000, 200);
/// let sale = Sale::new(&target, &usage, SystemTime::UNIX_EPOCH)
///     .with_served("gpt-4.1-2025-04-14")
///     .with_tier("flex");
/// # let _ = sale;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sale<'a> {
    /// Who served it, and which model was asked for.
    pub target: &'a Target,
    /// The model that answered, as the vendor names it.
    pub served: Option<&'a str>,
    /// What was used.
    pub usage: &'a Usage,
    /// The service tier that was really used, in the vendor's word.
    pub tier: Option<&'a str>,
    /// How often the vendor searched the web.
    pub web_searches: u64,
    /// Another tool that the vendor ran, which may cost extra.
    pub other_tool: Option<&'a str>,
    /// Images were made; no vendor's usage says how many of the output's tokens they were.
    pub made_images: bool,
    /// Audio was made.
    pub made_audio: bool,
    /// Vectors were made: nothing comes out that is counted in tokens.
    pub vectors: bool,
    /// When it was: prices change.
    pub at: SystemTime,
}

impl<'a> Sale<'a> {
    /// Tokens of the standard tier, without tools.
    pub fn new(target: &'a Target, usage: &'a Usage, at: SystemTime) -> Self {
        Self {
            target,
            served: None,
            usage,
            tier: None,
            web_searches: 0,
            other_tool: None,
            made_images: false,
            made_audio: false,
            vectors: false,
            at,
        }
    }

    /// The sale of an answer. A vendor's tool called `web_search` is one search for each call.
    pub fn of(answer: &'a ChatResponse, at: SystemTime) -> Self {
        let mut sale = Self::new(&answer.served_by, &answer.usage, at);
        sale.served = answer.model.as_deref();
        sale.tier = answer.service_tier.as_deref();
        for part in &answer.content {
            match part {
                AssistantPart::ProviderCall(call) if call.name == "web_search" => sale.web_searches += 1,
                AssistantPart::ProviderCall(call) => sale.other_tool = Some(&call.name),
                AssistantPart::Media(media) => match media.mime.as_deref() {
                    Some(mime) if mime.starts_with("audio/") => sale.made_audio = true,
                    _ => sale.made_images = true,
                },
                _ => {}
            }
        }
        sale
    }

    /// The sale of vectors.
    pub fn of_embeddings(answer: &'a EmbeddingResponse, at: SystemTime) -> Self {
        Self {
            served: answer.model.as_deref(),
            vectors: true,
            ..Self::new(&answer.served_by, &answer.usage, at)
        }
    }

    /// With the model that answered, as the vendor names it.
    #[must_use]
    pub fn with_served(mut self, model: &'a str) -> Self {
        self.served = Some(model);
        self
    }

    /// With the service tier, in the vendor's word; `batch` for a vendor's own batches.
    #[must_use]
    pub fn with_tier(mut self, tier: &'a str) -> Self {
        self.tier = Some(tier);
        self
    }

    /// With searches of the web by the vendor.
    #[must_use]
    pub fn with_web_searches(mut self, count: u64) -> Self {
        self.web_searches = count;
        self
    }
}
