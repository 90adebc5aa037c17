//! Layers of the program, and of single routes.

use std::sync::Arc;

use ai_layers::Stack;
use laravel_ai_core::{Layer, Modality, Result};

use crate::{Ai, AiBuilder, Route};

impl AiBuilder {
    /// With one more layer around every call, inside those added before: inside of the events, outside of failover and retry.
    /// Its name is its place, from 1.
    pub fn layer(self, layer: Arc<dyn Layer>) -> Self {
        let name = (self.around.names().count() + 1).to_string();
        self.named_layer(name, layer)
    }

    /// The same with a name, by which a route can [leave it out](Route::without_layer).
    pub fn named_layer(mut self, name: impl Into<String>, layer: Arc<dyn Layer>) -> Self {
        self.around = self.around.with_shared(name, layer);
        self
    }

    /// The same for a layer that no route can leave out.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use ai::layers::{Redact, Redactor};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// let redact = Arc::new(Redact::new(Redactor::standard()));
    /// let ai = ai::Ai::builder().mandatory_layer("privacy", redact).fake()?;
    /// let error = ai.route().without_layer("privacy").send("Hello").await.unwrap_err();
    /// assert!(error.message().contains("`privacy` is mandatory"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn mandatory_layer(mut self, name: impl Into<String>, layer: Arc<dyn Layer>) -> Self {
        self.around = self.around.with_mandatory_shared(name, layer);
        self
    }
}

impl Route {
    /// With one more layer around the calls of this route, inside of those that were added to it before and outside of those of
    /// the program, which see what it makes of a call.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use ai::layers::{Redact, Redactor};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// # let ai = ai::Ai::fake();
    /// let private = ai.route().layer("privacy", Arc::new(Redact::new(Redactor::standard())));
    /// private.send("Write to ana@example.com").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn layer(mut self, name: impl Into<String>, layer: Arc<dyn Layer>) -> Self {
        self.around.added = self.around.added.with_shared(name, layer);
        self
    }

    /// Without a layer of the program. A name that there is not, and a layer that is
    /// [mandatory](AiBuilder::mandatory_layer), are errors of the call.
    pub fn without_layer(mut self, name: impl Into<String>) -> Self {
        self.around.left_out.push(name.into());
        self
    }
}

/// What a route changes about the layers of the program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    added: Stack,
    left_out: Vec<String>,
}

impl Around {
    /// The layers of a route where they are others than those of the program.
    pub(crate) fn over(&self, all: &Stack) -> Result<Option<Stack>> {
        if self.left_out.is_empty() && self.added.names().next().is_none() {
            return Ok(None);
        }
        let kept = self.left_out.iter().try_fold(all.clone(), |kept, name| kept.without(name))?;
        Ok(Some(self.added.clone().around(&kept)))
    }
}

impl Ai {
    /// Refuses calls of a kind that one of the layers must not be walked around by.
    pub(crate) fn permit(&self, modality: Modality, around: Option<&Stack>) -> Result<()> {
        around.unwrap_or(&self.0.around).permit(modality)
    }
}
