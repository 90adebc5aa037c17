//! A model that stops at so many calls and tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Error, ErrorKind,
    RenderedRequest, Result, Target,
};

/// The most that one answer may have.
const OUTPUT: u32 = 1024;

/// What one provider may cost, and what it has.
#[derive(Debug)]
pub(crate) struct Cap {
    pub(crate) max_calls: u64,
    pub(crate) max_tokens: u64,
    pub(crate) calls: AtomicU64,
    pub(crate) tokens: AtomicU64,
    pub(crate) reached: AtomicBool,
}

impl Cap {
    pub(crate) fn new(max_calls: u64, max_tokens: u64) -> Arc<Self> {
        let (calls, tokens, reached) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
        Arc::new(Self { max_calls, max_tokens, calls, tokens, reached })
    }
}

/// The model within the cap. A call is charged before it is sent with the most that it can take; a whole answer that
/// tells its usage is charged with that instead. The laws ask one thing after the other.
#[derive(Debug)]
pub(crate) struct Capped(pub(crate) Arc<dyn ChatModel>, pub(crate) Arc<Cap>);

impl Capped {
    /// The request with its limit, and its charge.
    fn admit(&self, ctx: &Context, mut request: Arc<ChatRequest>) -> Result<(Arc<ChatRequest>, u64)> {
        let asked = Arc::make_mut(&mut request);
        let output = asked.max_output_tokens.unwrap_or(OUTPUT).min(OUTPUT);
        asked.max_output_tokens = Some(output);
        // A token has a byte at least.
        let charge = self.0.render(ctx, &request)?.body.to_string().len() as u64 + u64::from(output);
        let cap = &self.1;
        let over = cap.calls.load(Ordering::Relaxed) >= cap.max_calls
            || cap.tokens.load(Ordering::Relaxed) + charge > cap.max_tokens;
        if over {
            cap.reached.store(true, Ordering::Relaxed);
            return Err(Error::new(ErrorKind::BudgetExceeded, "the cap of this run is reached"));
        }
        cap.calls.fetch_add(1, Ordering::Relaxed);
        cap.tokens.fetch_add(charge, Ordering::Relaxed);
        Ok((request, charge))
    }
}

#[async_trait]
impl ChatModel for Capped {
    fn target(&self) -> &Target {
        self.0.target()
    }

    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }

    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        self.0.render(ctx, request)
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        let (request, charge) = self.admit(ctx, request)?;
        let answer = self.0.chat(ctx, request).await?;
        if let Some(used) = answer.usage.total() {
            self.1.tokens.fetch_sub(charge, Ordering::Relaxed);
            self.1.tokens.fetch_add(used, Ordering::Relaxed);
        }
        Ok(answer)
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let (request, _) = self.admit(ctx, request)?;
        self.0.stream(ctx, request).await
    }
}
