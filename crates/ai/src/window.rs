//! What of a conversation is sent.

use ai_conversations::{Conflict, Summarise, Summary, Window, WindowReport};
use laravel_ai_core::{Error, ErrorKind, Result};

use crate::{Conversation, ConversationId};

impl Conversation {
    /// With as much of the history as fits this window, for the questions from now on. Nothing of what is stored is
    /// lost: what was not sent is in [`window_report`](Self::window_report), and a warning of the answer.
    ///
    /// ```
    /// use ai::conversations::Window;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// # let ai = ai::Ai::fake();
    /// let mut chat = ai.conversation().window(Window::last(20).with_tokens(8_000));
    /// chat.ask("What is the capital of Peru?").await?;
    /// assert_eq!(chat.window_report().left_out_count(), 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Tokens are counted by the connection's vendor, unless the window says by whom; where that vendor does not count,
    /// questions are refused with [`Unsupported`](ErrorKind::Unsupported), which says what to do. With fallbacks the first
    /// model's vendor counts for all.
    pub fn window(mut self, window: Window) -> Self {
        self.window = window;
        self
    }

    /// What the window left out of the last question that was sent.
    pub fn window_report(&self) -> &WindowReport {
        &self.report
    }

    /// Pins a stored message by its number, so that no window leaves it out.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) when the owner has no such conversation or it has no such message;
    /// what the store says.
    pub async fn pin(&self, sequence: u64) -> Result<()> {
        self.set_pin(sequence, true).await
    }

    /// Takes a pin away.
    ///
    /// # Errors
    /// As [`pin`](Self::pin).
    pub async fn unpin(&self, sequence: u64) -> Result<()> {
        self.set_pin(sequence, false).await
    }

    /// Asks the model for a summary of what was said, and keeps it for the windows of this conversation. It is a call like
    /// any other: budgets hold for it, and it is in the ledger with the label `purpose = summary`. `None`, and no call, when
    /// nothing came that is not summarised already. What was said stays stored.
    ///
    /// # Errors
    /// As [`Summarise::run`]; [`InvalidRequest`](ErrorKind::InvalidRequest) when nothing was asked yet.
    pub async fn summarise(&self, summarise: &Summarise) -> Result<Option<Summary>> {
        let id = self.stored_id()?;
        let (model, ctx) = self.route.prepare(false)?;
        summarise.run(&**self.route.ai().store(), &self.owner, id, &*model, &ctx).await
    }

    async fn set_pin(&self, sequence: u64, pinned: bool) -> Result<()> {
        let id = self.stored_id()?;
        match self.route.ai().store().pin(&self.owner, id, sequence, pinned).await? {
            true => Ok(()),
            false => Err(Conflict::no_message(id, sequence)),
        }
    }

    fn stored_id(&self) -> Result<ConversationId> {
        let message = "the conversation is not stored yet: ask something first, or go on with `continue_`";
        self.id.ok_or_else(|| Error::new(ErrorKind::InvalidRequest, message))
    }
}
