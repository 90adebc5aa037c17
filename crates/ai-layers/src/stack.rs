//! Layers in an order.

use std::sync::Arc;

use laravel_ai_core::{
    Catalog, ChatModel, EmbeddingModel, Error, ErrorKind, Layer, Modality, Result, TokenCounter,
};

/// Layers by name, the first outermost: a layer made of layers.
///
/// A layer that was added as [mandatory](Self::with_mandatory) can't be taken out again, so that whoever is given a stack
/// to change can add to it but not walk around a budget.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_layers::{Retry, Stack, Timeout};
/// use laravel_ai_core::{Clock, Layer, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # fn main() -> laravel_ai_core::Result<()> {
/// let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
/// let stack = Stack::new()
///     .with("retry", Retry::new(Arc::clone(&clock)))
///     .with_mandatory("timeout", Timeout::new(clock));
/// let model = stack.chat(Mock::new().chat_model("any")?);
///
/// assert_eq!(stack.without("retry")?.names().collect::<Vec<_>>(), ["timeout"]);
/// assert!(stack.without("timeout").unwrap_err().message().contains("`timeout` is mandatory"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stack(Vec<Named>);

#[derive(Clone, Debug)]
struct Named {
    name: String,
    mandatory: bool,
    layer: Arc<dyn Layer>,
}

impl Stack {
    /// No layers.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more layer, inside of those before.
    pub fn with(self, name: impl Into<String>, layer: impl Layer) -> Self {
        self.add(name.into(), Arc::new(layer), false)
    }

    /// With one more layer, inside of those before, that stays.
    pub fn with_mandatory(self, name: impl Into<String>, layer: impl Layer) -> Self {
        self.add(name.into(), Arc::new(layer), true)
    }

    /// With a layer that is shared already.
    pub fn with_shared(self, name: impl Into<String>, layer: Arc<dyn Layer>) -> Self {
        self.add(name.into(), layer, false)
    }

    /// With a layer that is shared already, and stays.
    pub fn with_mandatory_shared(self, name: impl Into<String>, layer: Arc<dyn Layer>) -> Self {
        self.add(name.into(), layer, true)
    }

    /// With all layers of another stack inside of these.
    pub fn around(mut self, inner: &Self) -> Self {
        self.0.extend(inner.0.iter().cloned());
        self
    }

    fn add(mut self, name: String, layer: Arc<dyn Layer>, mandatory: bool) -> Self {
        self.0.push(Named { name, mandatory, layer });
        self
    }

    /// The stack without the layers of this name.
    ///
    /// # Errors
    /// [`Configuration`](ErrorKind::Configuration) when there is none, with the names that there are, or when one is
    /// mandatory.
    pub fn without(&self, name: &str) -> Result<Self> {
        let mut found = self.0.iter().filter(|layer| layer.name == name).peekable();
        let wrong = |message| Err(Error::new(ErrorKind::Configuration, message));
        if found.peek().is_none() {
            let names = self.names().collect::<Vec<_>>().join("`, `");
            return wrong(format!("no layer is called `{name}`; there are `{names}`"));
        }
        if found.any(|layer| layer.mandatory) {
            return wrong(format!("the layer `{name}` is mandatory: it can't be left out"));
        }
        Ok(Self(self.0.iter().filter(|layer| layer.name != name).cloned().collect()))
    }

    /// The names from the outside in.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|layer| layer.name.as_str())
    }

    /// The name of the outermost layer that does not [cover](Layer::covers) this kind of call.
    pub fn refuses(&self, modality: Modality) -> Option<&str> {
        let layer = self.0.iter().find(|layer| !layer.layer.covers(modality))?;
        Some(&layer.name)
    }

    /// Whether this kind of call may be made through these layers.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) when one of them does not [cover](Layer::covers) it and would be walked around.
    pub fn permit(&self, modality: Modality) -> Result<()> {
        let Some(name) = self.refuses(modality) else { return Ok(()) };
        let message = format!(
            "the layer `{name}` (of `{}`, from the outside in) does not cover {modality:?} calls, so they are \
             refused: let it cover them, or make them with an `Ai` without it",
            self.names().collect::<Vec<_>>().join("`, `"),
        );
        Err(Error::new(ErrorKind::Unsupported, message).with_possibly_billed(false))
    }

    fn wrapped<H: ?Sized>(&self, handle: Arc<H>, wrap: impl Fn(&dyn Layer, Arc<H>) -> Arc<H>) -> Arc<H> {
        self.0.iter().rev().fold(handle, |inner, layer| wrap(&*layer.layer, inner))
    }
}

#[deny(clippy::missing_trait_methods)]
impl Layer for Stack {
    fn covers(&self, modality: Modality) -> bool {
        self.refuses(modality).is_none()
    }

    fn chat(&self, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        self.wrapped(inner, |layer, inner| layer.chat(inner))
    }

    fn embedding(&self, inner: Arc<dyn EmbeddingModel>) -> Arc<dyn EmbeddingModel> {
        self.wrapped(inner, |layer, inner| layer.embedding(inner))
    }

    fn token_counter(&self, inner: Arc<dyn TokenCounter>) -> Arc<dyn TokenCounter> {
        self.wrapped(inner, |layer, inner| layer.token_counter(inner))
    }

    fn catalog(&self, inner: Arc<dyn Catalog>) -> Arc<dyn Catalog> {
        self.wrapped(inner, |layer, inner| layer.catalog(inner))
    }
}
