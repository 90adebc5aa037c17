//! Answers as values of a Rust type.

use ai_tools::{Object, ObjectFormat};
use laravel_ai_core::{ChatRequest, Message, Result};
use provider_schema::restore;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{Ai, Conversation, Route, schemars};

impl Ai {
    /// Asks the default model for a value of the type `T`.
    ///
    /// The schema of `T` goes with the request; the answer is validated against it, and then decoded.
    ///
    /// ```
    /// use ai::schemars::{self, JsonSchema};
    ///
    /// #[derive(serde::Deserialize, JsonSchema)]
    /// struct City {
    ///     name: String,
    ///     inhabitants: u64,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// # let ai = ai::Ai::fake();
    /// let city = ai.object::<City>("The capital of Peru, please.").await?.value;
    /// println!("{} has {} inhabitants", city.name, city.inhabitants);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of a call, and those of [`ObjectFormat::read`]: the raw text is in the error.
    pub async fn object<T: JsonSchema + DeserializeOwned>(
        &self,
        request: impl Into<ChatRequest>,
    ) -> Result<Object<T>> {
        self.route().object(request).await
    }
}

impl Route {
    /// Asks for a value of the type `T`: see [`Ai::object`].
    ///
    /// # Errors
    /// As [`Ai::object`].
    pub async fn object<T: JsonSchema + DeserializeOwned>(
        &self,
        request: impl Into<ChatRequest>,
    ) -> Result<Object<T>> {
        self.object_as(&ObjectFormat::of::<T>()?, request).await
    }

    /// Asks for a value in this form, which may be a schema made elsewhere, or kept for many calls.
    ///
    /// # Errors
    /// As [`Ai::object`].
    pub async fn object_as<T: DeserializeOwned>(
        &self,
        format: &ObjectFormat,
        request: impl Into<ChatRequest>,
    ) -> Result<Object<T>> {
        let request = request.into().with_format(format.response_format());
        format.read_restored(self.send(request).await?, restore)
    }
}

impl Conversation {
    /// Says something and waits for an answer that is a value of the type `T`: see [`Ai::object`]. The form is that of
    /// this answer alone.
    ///
    /// # Errors
    /// As [`Ai::object`]. An answer that does not fit is stored all the same.
    pub async fn object<T: JsonSchema + DeserializeOwned>(
        &mut self,
        message: impl Into<Message>,
    ) -> Result<Object<T>> {
        let format = ObjectFormat::of::<T>()?;
        let response = self.message_in(message.into(), Some(format.response_format())).await?;
        format.read_restored(response, restore)
    }
}
