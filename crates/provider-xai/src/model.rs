//! Language models as xAI lists them: prices, modalities, efforts.

use laravel_ai_core::{Capabilities, ModelInfo, ModelKind, Money, RawJson};
use provider_http::wire::{Number, Raw, Text, parse, wire};
use rust_decimal::Decimal;
use serde_json::value::RawValue;

/// A language model as `GET /language-models` tells of it.
///
/// ```
/// use laravel_ai_core::Context;
/// use provider_xai::Account;
///
/// async fn thinks_hard(account: &Account) -> laravel_ai_core::Result<bool> {
///     let model = account.language_model(&Context::new(), "latest").await?;
///     Ok(model.efforts.iter().flatten().any(|effort| effort == "xhigh"))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LanguageModel {
    /// The name that requests give.
    pub id: String,
    /// Other names of it.
    pub aliases: Vec<String>,
    /// xAI's version of it.
    pub version: Option<String>,
    /// What goes in: `text`, `image` …
    pub input_modalities: Vec<String>,
    /// What comes out.
    pub output_modalities: Vec<String>,
    /// The words for the effort of reasoning that it takes; `None` where xAI does not say.
    pub efforts: Option<Vec<String>>,
    /// The effort where a request says none.
    pub default_effort: Option<String>,
    /// What tokens cost.
    pub prices: Prices,
    /// What they cost in a long request, where that is different.
    pub long_context: Option<LongContext>,
    /// xAI's own record.
    pub raw: RawJson,
}

/// What a million tokens cost, exact; `None` where xAI does not say.
///
/// xAI lists whole cents for 100 million tokens.
///
/// ```
/// # use provider_xai::Prices;
/// fn cheap(prices: &Prices) -> bool {
///     prices.output.is_some_and(|price| price.to_string() == "0.5 USD")
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prices {
    /// Text that goes in.
    pub input: Option<Money>,
    /// Text that goes in and was in the prompt cache.
    pub cached_input: Option<Money>,
    /// Images that go in, by their tokens.
    pub image_input: Option<Money>,
    /// Text that comes out, reasoning too.
    pub output: Option<Money>,
}

/// Prices of a whole request whose prompt is long.
///
/// ```
/// # use provider_xai::{LanguageModel, Prices};
/// fn prices(model: &LanguageModel, prompt_tokens: u64) -> &Prices {
///     match &model.long_context {
///         Some(long) if prompt_tokens >= long.threshold => &long.prices,
///         _ => &model.prices,
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LongContext {
    /// Prompts of so many tokens and more are long.
    pub threshold: u64,
    /// What their requests cost.
    pub prices: Prices,
}

wire! {
    struct Record<'a> {
        id: Text<'a> = "id",
        version: Text<'a> = "version",
        aliases: Raw<'a> = "aliases",
        input: Raw<'a> = "input_modalities",
        output: Raw<'a> = "output_modalities",
        capabilities: Option<Efforts<'a>> = "capabilities",
        text: Number = "prompt_text_token_price",
        cached: Number = "cached_prompt_text_token_price",
        image: Number = "prompt_image_token_price",
        completion: Number = "completion_text_token_price",
        threshold: Number = "long_context_threshold",
        long_text: Number = "prompt_text_token_price_long_context",
        long_cached: Number = "cached_prompt_text_token_price_long_context",
        long_completion: Number = "completion_text_token_price_long_context",
    } ignoring _
}

wire! {
    struct Efforts<'a> {
        words: Raw<'a> = "reasoning_effort",
        default: Text<'a> = "default_reasoning_effort",
    } ignoring _
}

impl LanguageModel {
    /// Reads a record; `None` for what has no id.
    pub(crate) fn read(raw: &RawValue) -> Option<Self> {
        let record: Record<'_> = parse(raw.get()).ok()?;
        let efforts = record.capabilities.unwrap_or_default();
        let prices = Prices {
            input: price(record.text),
            cached_input: price(record.cached),
            image_input: price(record.image),
            output: price(record.completion),
        };
        let long = Prices {
            input: price(record.long_text),
            cached_input: price(record.long_cached),
            image_input: prices.image_input,
            output: price(record.long_completion),
        };
        Some(Self {
            id: record.id.owned()?,
            aliases: texts(record.aliases).unwrap_or_default(),
            version: record.version.owned(),
            input_modalities: texts(record.input).unwrap_or_default(),
            output_modalities: texts(record.output).unwrap_or_default(),
            efforts: texts(efforts.words),
            default_effort: efforts.default.owned(),
            long_context: record
                .threshold
                .0
                .filter(|threshold| *threshold > 0 && long.input.is_some())
                .map(|threshold| LongContext { threshold, prices: long }),
            prices,
            raw: RawJson::from(raw),
        })
    }

    /// What its modalities and efforts say that it can do.
    pub(crate) fn capabilities(&self) -> Capabilities {
        let says = |list: &[String], word: &str| {
            (!list.is_empty()).then(|| list.iter().any(|modality| modality == word))
        };
        let mut known = Capabilities::default();
        known.image_input = says(&self.input_modalities, "image");
        known.audio_input = says(&self.input_modalities, "audio");
        known.image_output = says(&self.output_modalities, "image");
        known.audio_output = says(&self.output_modalities, "audio");
        known.reasoning = self.efforts.as_ref().filter(|efforts| !efforts.is_empty()).map(|_| true);
        known
    }

    /// Adds what it says to what the common list says.
    pub(crate) fn overlay(&self, info: &mut ModelInfo) {
        info.kind = Some(ModelKind::Chat);
        info.capabilities = self.capabilities().or(std::mem::take(&mut info.capabilities));
    }
}

/// A whole number of cents for 100 million tokens, as dollars for a million.
fn price(Number(cents): Number) -> Option<Money> {
    let dollars = Decimal::try_from_i128_with_scale(i128::from(cents?), 4).ok()?;
    Some(Money::usd(dollars.normalize()))
}

fn texts(raw: Raw<'_>) -> Option<Vec<String>> {
    let list: Vec<serde_json::Value> = serde_json::from_str(raw?.get()).ok()?;
    Some(list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect())
}
