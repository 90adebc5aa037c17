//! Counting tokens by xAI's tokenizer.

use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    AssistantPart, ChatRequest, Context, Error, ErrorKind, Message, Result, Target, TextPart, TokenCount,
    TokenCounter, Tool, ToolResultPart, UserPart,
};
use provider_http::wire::{Raw, parse, text_of, wire};
use provider_http::{Call, Connection};
use serde::de::IgnoredAny;
use serde_json::json;

const PATH: &str = "tokenize-text";

/// A [`TokenCounter`] that asks xAI: `POST /tokenize-text`, which runs no model.
///
/// xAI counts a text and not a request, so what is counted is all text of the request: messages, calls and their results, and
/// the definitions of tools. What stands between them on the wire is not known, so the count is an
/// [estimate](TokenCount::estimate). A request with images, files or sounds, or a raw one, is refused as
/// [`Unsupported`](ErrorKind::Unsupported): nobody can say what they take.
///
/// ```
/// use std::sync::Arc;
///
/// use laravel_ai_core::{ChatRequest, Context, Provider};
/// use provider_xai::Account;
///
/// async fn count(account: &Account) -> laravel_ai_core::Result<u64> {
///     let counter = account.token_counter("grok-4.7")?;
///     Ok(counter.count(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await?.tokens)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Tokenizer {
    connection: Arc<Connection>,
    target: Target,
}

impl Tokenizer {
    /// A counter for the model of this name.
    pub fn new(connection: Arc<Connection>, model: &str) -> Self {
        let target = connection.target(model);
        Self { connection, target }
    }
}

wire! {
    struct Counted<'a> {
        tokens: Raw<'a> = "token_ids",
    } ignoring _
}

#[async_trait]
impl TokenCounter for Tokenizer {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn count(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<TokenCount> {
        let access = self.connection.access(ctx, &self.target).await?;
        let counted = async {
            request.validate()?;
            let body = json!({"model": access.target.model(), "text": text(&access.target, &request)?});
            let call = Call::post(PATH, body.to_string())
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let answer = self.connection.client().send(ctx, call).await?;
            let text = text_of(answer.body());
            let tokens = parse::<Counted<'_>>(&text).ok().and_then(|counted| {
                let list: Vec<IgnoredAny> = serde_json::from_str(counted.tokens?.get()).ok()?;
                u64::try_from(list.len()).ok()
            });
            tokens
                .map(TokenCount::estimate)
                .ok_or_else(|| Error::new(ErrorKind::Decode, "the answer holds no tokens"))
        };
        counted.await.map_err(|error: Error| error.with_target(&access.target))
    }
}

/// All text of a request.
fn text(target: &Target, request: &ChatRequest) -> Result<String> {
    let uncounted = |what: &str| {
        let message = format!("`{target}`: xAI counts texts only, and the request has {what}");
        Error::new(ErrorKind::Unsupported, message).with_possibly_billed(false)
    };
    if request.raw.is_some() {
        return Err(uncounted("a raw body"));
    }
    let mut all = String::new();
    let mut say = |text: &str| {
        if !all.is_empty() {
            all.push('\n');
        }
        all.push_str(text);
    };
    for message in &request.messages {
        match message {
            Message::System(parts) => parts.iter().for_each(|TextPart { text, .. }| say(text)),
            Message::User(parts) => {
                for part in parts {
                    match part {
                        UserPart::Text(part) => say(&part.text),
                        _ => return Err(uncounted("media")),
                    }
                }
            }
            Message::Assistant(parts) => {
                for part in parts {
                    match part {
                        AssistantPart::Text(part) => say(&part.text),
                        AssistantPart::Refusal(part) => say(&part.text),
                        AssistantPart::ToolCall(call) => {
                            say(&call.name);
                            say(&call.arguments);
                        }
                        // Reasoning goes back encrypted or not at all, and xAI's own calls are not ours to count.
                        _ => {}
                    }
                }
            }
            Message::Tool(results) => {
                for part in results.iter().flat_map(|result| &result.content) {
                    match part {
                        ToolResultPart::Text(part) => say(&part.text),
                        ToolResultPart::Json { value } => say(&value.to_string()),
                        _ => return Err(uncounted("media")),
                    }
                }
            }
        }
    }
    for tool in &request.tools {
        match tool {
            Tool::Function(tool) => {
                say(&tool.name);
                say(tool.description.as_deref().unwrap_or_default());
                say(&tool.parameters.to_string());
            }
            Tool::Provider(tool) => say(&tool.value.to_string()),
            _ => return Err(uncounted("a tool that this version does not know")),
        }
    }
    Ok(all)
}
