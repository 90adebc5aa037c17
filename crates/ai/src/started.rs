//! Calls that go on while nobody watches.

use std::sync::Arc;

use ai_runs::{Run, Runs};
use laravel_ai_core::{ChatRequest, Result};

use crate::{Ai, AiBuilder, Route};

impl AiBuilder {
    /// With runs that are kept elsewhere than in the memory of the process.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use ai::runs::{MemoryLog, Runs};
    /// use ai::{Ai, TokioClock};
    ///
    /// let log = MemoryLog::new().with_bytes_per_run(1 << 20);
    /// let ai = Ai::builder().runs(Runs::new(Arc::new(TokioClock::default()), Arc::new(log))).build()?;
    /// # Ok::<_, ai::Error>(())
    /// ```
    pub fn runs(mut self, runs: Runs) -> Self {
        self.runs = Some(runs);
        self
    }
}

impl Ai {
    /// All runs that were started here: to find one again, and to [shut down](Runs::shutdown) before the program ends.
    pub fn runs(&self) -> &Runs {
        &self.0.runs
    }
}

impl Route {
    /// Starts a call that goes on while nobody watches, as a run with the id and the labels of its context.
    ///
    /// ```
    /// use ai::runs::Cursor;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// # let ai = ai::Ai::fake();
    /// let run = ai.route().start("Write a long story")?;
    /// let id = run.id(); // what a browser keeps
    /// let answer = ai.runs().find(id).unwrap().watch(Cursor::START).into_response().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) when connection or model is not known; what happens later is the last item of
    /// the run.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(&self, request: impl Into<ChatRequest>) -> Result<Run> {
        let (model, ctx) = self.prepare(true)?;
        let request = Arc::new(self.asked(request.into()));
        let call = {
            let ctx = ctx.clone();
            async move { model.stream(&ctx, request).await }
        };
        Ok(self.ai.runs().start(&ctx, call))
    }
}
