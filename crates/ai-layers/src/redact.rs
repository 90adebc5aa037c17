//! Keeping to oneself what is nobody else's business.

mod card;
mod parts;
mod rules;
mod streamed;
mod window;

use std::sync::Arc;

use laravel_ai_core::{Context, Result, Target, Warning, WarningKind};

pub(crate) use self::parts::Redacts;
use self::rules::Finding;
pub use self::rules::Redactor;
pub(crate) use self::streamed::Redacted;
use crate::answer::Answer;
use crate::call::{Ask, Asked, Call, Changed};
use crate::layered::{Policy, layer};

/// Takes keys, card numbers, e-mail addresses and whatever else a [`Redactor`] finds out of what is sent, and out of what is
/// answered.
///
/// * **Sent**: the texts of all messages, results and arguments of tools, inputs of embeddings, the end user, raw bodies and
///   what is added to bodies; what is counted and what is rendered too. The caller gets a warning. Text that a vendor has signed is left as it is: it came from there.
/// * **Answered**: text, reasoning, refusals and arguments of tools. Of a stream the last word is held back until it is
///   known that it is none of what is looked for, so that nothing slips through that comes in pieces; arguments of
///   a tool are held until they are whole, and stay JSON. What was delivered before a failure is clean as well.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_layers::{Redact, Redactor};
/// use laravel_ai_core::{ChatRequest, Context, Layer, Provider};
/// use provider_mock::Mock;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let vendor = Mock::new().reply("I wrote to ben@example.com.");
/// let model = Redact::new(Redactor::standard()).chat(vendor.chat_model("any")?);
/// let request = ChatRequest::user("Write to ana@example.com");
/// let answer = model.chat(&Context::new(), Arc::new(request)).await?;
/// assert_eq!(answer.text(), "I wrote to [redacted:email].");
/// vendor.assert_sent(|sent| sent.request.messages == ChatRequest::user("Write to [redacted:email]").messages);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Redact {
    redactor: Redactor,
    requests: bool,
    answers: bool,
}

impl Redact {
    /// Of requests and answers.
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor, requests: true, answers: true }
    }

    /// Of requests alone.
    pub fn requests_only(mut self) -> Self {
        self.answers = false;
        self
    }

    /// Of answers alone.
    pub fn answers_only(mut self) -> Self {
        self.requests = false;
        self
    }

    /// What finds it.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    fn policy(&self, _: Option<&Target>) -> Self {
        self.clone()
    }

    /// What is asked without what is found in it; `None` when nothing is.
    fn changed(&self, asked: Asked<'_>) -> Option<Changed> {
        match asked {
            Asked::Chat(request) | Asked::Count(request) => self.changed(Asked::Rendered(request)),
            Asked::Rendered(request) => {
                let mut request = request.clone();
                request.clean(&self.redactor).then(|| Changed::Chat(Arc::new(request)))
            }
            Asked::Embedding(request) => {
                let mut request = request.clone();
                request.clean(&self.redactor).then(|| Changed::Embedding(Arc::new(request)))
            }
            _ => None,
        }
    }
}

layer!(Redact);

impl Policy for Redact {
    fn rendered(&self, asked: Asked<'_>) -> Option<Changed> {
        if self.requests { self.changed(asked) } else { None }
    }

    async fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        let changed = self.rendered(call.ask.asked());
        let answer = match changed.and_then(|changed| call.ask.replaced(changed)) {
            Some(ask) => {
                let message = "something was taken out of the request before it was sent";
                let warning = Warning::new(WarningKind::Other, "messages", message);
                Call { handle: call.handle, ask }.make(ctx).await.map(|answer| answer.warned(vec![warning]))
            }
            None => call.make(ctx).await,
        };
        match answer {
            Ok(answer) if self.answers => Ok(answer.redacted(&self.redactor)),
            Ok(answer) => Ok(answer),
            Err(error) if self.answers => Err(self.redactor.error(error)),
            Err(error) => Err(error),
        }
    }
}
