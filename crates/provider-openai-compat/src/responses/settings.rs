//! What a driver's options ask of one request.

use serde_json::Value;

/// What a driver's own options ask of one request for a response, besides what every request can ask.
///
/// ```
/// use provider_openai_compat::responses::Settings;
///
/// let mut settings = Settings::default();
/// settings.store = true;
/// settings.members.push(("max_turns", 3.into()));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Settings<'a> {
    /// Whether the vendor keeps the answer.
    pub store: bool,
    /// What the answer shall contain besides, in the vendor's words; what is needed to lose nothing if nothing is said.
    pub include: Option<&'a [String]>,
    /// The id of the stored answer that the messages go on from.
    pub previous_response: Option<&'a str>,
    /// Instructions of this call, over a first system message.
    pub instructions: Option<&'a str>,
    /// Items added behind the messages, in the vendor's words.
    pub input_items: &'a [Value],
    /// Whether to report how likely each token was.
    pub logprobs: bool,
    /// How many alternatives to report for each token.
    pub top_logprobs: Option<u8>,
    /// What happens to a conversation that is too long, in the vendor's words.
    pub truncation: Option<&'a str>,
    /// Members of `reasoning` besides effort and summary.
    pub reasoning: Vec<(&'static str, Value)>,
    /// Members of `text` besides the format.
    pub text: Vec<(&'static str, Value)>,
    /// Further members of the body.
    pub members: Vec<(&'static str, Value)>,
    /// The only members that are written, for calls that take no others; all of them if nothing is said.
    pub only: Option<&'static [&'static str]>,
}

impl Settings<'_> {
    /// Whether a member of this name is written.
    pub(super) fn writes(&self, name: &str) -> bool {
        self.only.is_none_or(|only| only.contains(&name))
    }
}
