//! What a model can do, as far as anyone knows.

use serde::{Deserialize, Serialize};

use crate::{
    ChatRequest, Message, ModelInfo, ModelKind, ResponseFormat, Result, Tool, UserPart, Warning, WarningKind,
    Warnings,
};

/// What a model can do. `None` is unknown: never read it as "no". Flags inform and warn, they never refuse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Capabilities {
    /// Streams its answers.
    pub streaming: Option<bool>,
    /// Calls functions.
    pub tools: Option<bool>,
    /// Calls several functions in one answer.
    pub parallel_tools: Option<bool>,
    /// Holds to a JSON Schema.
    pub structured_output: Option<bool>,
    /// Reasons before it answers.
    pub reasoning: Option<bool>,
    /// Sees images.
    pub image_input: Option<bool>,
    /// Hears audio.
    pub audio_input: Option<bool>,
    /// Reads documents.
    pub file_input: Option<bool>,
    /// Makes images.
    pub image_output: Option<bool>,
    /// Makes audio.
    pub audio_output: Option<bool>,
    /// Makes embeddings.
    pub embeddings: Option<bool>,
    /// Can be fine-tuned.
    pub fine_tuning: Option<bool>,
    /// The most tokens of prompt and answer together.
    pub context_tokens: Option<u64>,
    /// The most tokens of an answer.
    pub max_output_tokens: Option<u64>,
}

impl Capabilities {
    /// Nothing known: the start of a table that is made at compile time.
    pub const UNKNOWN: Self = Self {
        streaming: None,
        tools: None,
        parallel_tools: None,
        structured_output: None,
        reasoning: None,
        image_input: None,
        audio_input: None,
        file_input: None,
        image_output: None,
        audio_output: None,
        embeddings: None,
        fine_tuning: None,
        context_tokens: None,
        max_output_tokens: None,
    };

    /// What `request` asks for although it is known that the model has it not. Data can be wrong, so a driver sends
    /// the request all the same and hands these on; of a [raw](ChatRequest::raw) request nothing is known. Reasoning
    /// is not looked at, since drivers leave it out where a model refuses it, and say so themselves.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for the first doubt of a [strict](ChatRequest::strict) request.
    pub fn doubts(&self, request: &ChatRequest) -> Result<Vec<Warning>> {
        if request.raw.is_some() {
            return Ok(Vec::new());
        }
        let functions = request.tools.iter().any(|tool| matches!(tool, Tool::Function(_)));
        let schema = matches!(request.format, Some(ResponseFormat::JsonSchema(_)));
        let asks = |is: fn(&UserPart) -> bool| {
            let user = |message: &Message| matches!(message, Message::User(parts) if parts.iter().any(is));
            request.messages.iter().any(user)
        };
        let mut warnings = Warnings::new(request.strict);
        let doubts = [
            ("tools", self.tools, functions, "calls no functions"),
            (
                "parallel_tool_calls",
                self.parallel_tools,
                request.parallel_tool_calls == Some(true),
                "calls one function at a time",
            ),
            ("format", self.structured_output, schema, "holds to no JSON Schema"),
            ("image", self.image_input, asks(|part| matches!(part, UserPart::Image(_))), "sees no images"),
            ("audio", self.audio_input, asks(|part| matches!(part, UserPart::Audio(_))), "hears no audio"),
            ("file", self.file_input, asks(|part| matches!(part, UserPart::File(_))), "reads no documents"),
        ]
        .into_iter()
        .filter(|(_, known, asked, _)| *asked && *known == Some(false))
        .map(|(subject, .., what)| {
            let message = format!("as far as is known the model {what}; it was sent all the same");
            Warning::new(WarningKind::BeyondCapabilities, subject, message)
        });
        warnings.extend(doubts)?;
        if let (Some(most), Some(asked)) = (self.max_output_tokens, request.max_output_tokens)
            && u64::from(asked) > most
        {
            let message =
                format!("{asked} were asked for; as far as is known the model gives at most {most}");
            warnings.push(Warning::new(WarningKind::BeyondCapabilities, "max_output_tokens", message))?;
        }
        Ok(warnings.into_vec())
    }

    /// What these know, and where they are silent what `fallback` knows.
    pub fn or(self, fallback: Self) -> Self {
        Self {
            streaming: self.streaming.or(fallback.streaming),
            tools: self.tools.or(fallback.tools),
            parallel_tools: self.parallel_tools.or(fallback.parallel_tools),
            structured_output: self.structured_output.or(fallback.structured_output),
            reasoning: self.reasoning.or(fallback.reasoning),
            image_input: self.image_input.or(fallback.image_input),
            audio_input: self.audio_input.or(fallback.audio_input),
            file_input: self.file_input.or(fallback.file_input),
            image_output: self.image_output.or(fallback.image_output),
            audio_output: self.audio_output.or(fallback.audio_output),
            embeddings: self.embeddings.or(fallback.embeddings),
            fine_tuning: self.fine_tuning.or(fallback.fine_tuning),
            context_tokens: self.context_tokens.or(fallback.context_tokens),
            max_output_tokens: self.max_output_tokens.or(fallback.max_output_tokens),
        }
    }
}

/// What is known of one model of a vendor without asking it: a row of a table that is compiled in.
///
/// A table is sorted by id, so that [`find`](Self::find) is a binary search. Rows are facts of a day: what
/// configuration or the vendor's own list says comes before them.
///
/// ```
/// use laravel_ai_core::{Capabilities, ModelFacts, ModelKind};
///
/// const SEES: Capabilities = {
///     let mut known = Capabilities::UNKNOWN;
///     known.image_input = Some(true);
///     known
/// };
/// static MODELS: [ModelFacts; 2] = [
///     ModelFacts::new("acme-1", ModelKind::Chat, Capabilities::UNKNOWN).with_shutdown("2027-01-14"),
///     ModelFacts::new("acme-2", ModelKind::Chat, SEES),
/// ];
/// assert_eq!(ModelFacts::find(&MODELS, "acme-2").unwrap().capabilities.image_input, Some(true));
/// assert!(ModelFacts::find(&MODELS, "acme-2-large").is_none(), "another id is another model");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelFacts {
    /// The exact name.
    pub id: &'static str,
    /// What it is for.
    pub kind: ModelKind,
    /// What it can do.
    pub capabilities: Capabilities,
    /// The day on which the vendor switches it off, `YYYY-MM-DD`.
    pub shutdown: Option<&'static str>,
}

impl ModelFacts {
    /// The facts of the model `id`.
    pub const fn new(id: &'static str, kind: ModelKind, capabilities: Capabilities) -> Self {
        Self { id, kind, capabilities, shutdown: None }
    }

    /// With the day on which the vendor switches it off, `YYYY-MM-DD`.
    #[must_use]
    pub const fn with_shutdown(mut self, day: &'static str) -> Self {
        self.shutdown = Some(day);
        self
    }

    /// The row of exactly this id. `rows` must be sorted by id.
    pub fn find<'a>(rows: &'a [Self], id: &str) -> Option<&'a Self> {
        rows.binary_search_by(|row| row.id.cmp(id)).ok().and_then(|at| rows.get(at))
    }

    /// Fills in what `info` leaves open.
    pub fn complete(&self, info: &mut ModelInfo) {
        info.kind = info.kind.or(Some(self.kind));
        info.capabilities = std::mem::take(&mut info.capabilities).or(self.capabilities.clone());
        if info.shutdown.is_none() {
            info.shutdown = self.shutdown.map(str::to_owned);
        }
    }
}
