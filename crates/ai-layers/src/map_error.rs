//! Errors as the application wants them.

use std::fmt;
use std::sync::Arc;

use laravel_ai_core::{Context, Error, Result, Target};

use crate::answer::{Answer, Watch};
use crate::call::{Ask, Call};
use crate::layered::{Policy, layer};

type Replace = Arc<dyn Fn(&Context, Error) -> Error + Send + Sync>;

/// Replaces errors on their way to the caller: other words, another kind, a source of the application's own.
///
/// The closure is given every error of a call and the one that ends a stream, there still without
/// [`partial`](Error::partial), which is added afterwards. Outside of retry and failover (where a
/// [`Pipeline`](crate::Pipeline) puts it) it changes what the caller sees; inside of them also what they decide on. It can't
/// make an error of a stream that has delivered something one that is repeated.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_layers::MapError;
/// use laravel_ai_core::{ChatRequest, Context, Error, ErrorKind, Layer, Provider};
/// use provider_mock::Mock;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let friendly = MapError::new(|_, error: Error| match error.kind() {
///     ErrorKind::QuotaExceeded => Error::new(ErrorKind::QuotaExceeded, "our credit is used up: tell Ada").with_source(error),
///     _ => error,
/// });
/// let model = friendly.chat(Mock::new().fail(ErrorKind::QuotaExceeded).chat_model("any")?);
/// let error = model.chat(&Context::new(), Arc::new(ChatRequest::user("Hello"))).await.unwrap_err();
/// assert_eq!(error.message(), "our credit is used up: tell Ada");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MapError(Replace);

impl MapError {
    /// Replaces each error by what `replace` makes of it.
    pub fn new(replace: impl Fn(&Context, Error) -> Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(replace))
    }

    fn policy(&self, _: Option<&Target>) -> Self {
        self.clone()
    }
}

impl fmt::Debug for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MapError")
    }
}

layer!(MapError);

impl Policy for MapError {
    async fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        match call.make(ctx).await {
            Ok(answer) if A::STREAMS => {
                Ok(answer.watched(Mapping { replace: Arc::clone(&self.0), ctx: ctx.clone() }))
            }
            Ok(answer) => Ok(answer),
            Err(error) => Err((self.0)(ctx, error)),
        }
    }
}

struct Mapping {
    replace: Replace,
    ctx: Context,
}

impl Watch for Mapping {
    fn failed(&mut self, error: Error) -> Error {
        (self.replace)(&self.ctx, error)
    }
}
