//! The provider under test.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use laravel_ai_core::{
    ChatModel, Clock, ErrorKind, Layer, Modality, Provider, Resources, Result, Retry, Secret, Transport,
};

use crate::conformance::LAWS;
use crate::declared::Declared;
use crate::{Answer, Embedding, Exchange, Role, Violation};

/// What a subject opens its provider with.
#[derive(Debug)]
#[non_exhaustive]
pub struct Connect<'a> {
    /// Where the vendor is; a driver whose API has a path adds it.
    pub base_url: &'a str,
    /// The key, which no text of the provider may show.
    pub key: &'a Secret,
    /// The ports.
    pub resources: &'a Resources,
}

type Opener = dyn Fn(&Connect<'_>) -> Result<Arc<dyn Provider>> + Send + Sync;
type Direct = dyn Fn(Role) -> Option<Arc<dyn ChatModel>> + Send + Sync;
type Layering = dyn Fn(Arc<dyn Clock>) -> Arc<dyn Layer> + Send + Sync;

#[derive(Clone)]
pub(crate) enum Source {
    Wire(Arc<Opener>),
    Direct(Arc<Direct>),
}

/// A part of a provider that not every vendor has.
#[derive(Clone, Debug, Default)]
pub(crate) enum Offer<T> {
    #[default]
    Undeclared,
    /// The vendor has it not, so it must be refused.
    Absent,
    Present(T),
}

/// The provider under test: how to open it, what its vendor answers, and which laws it does not keep.
///
/// A builder; a part that is left out makes the laws that need it fail, so that nothing is skipped in silence.
#[derive(Clone)]
pub struct Subject {
    pub(crate) source: Source,
    pub(crate) model: String,
    pub(crate) exchanges: BTreeMap<Role, Exchange>,
    pub(crate) errors: Vec<(Answer, ErrorKind, Retry)>,
    pub(crate) embedding: Offer<Embedding>,
    pub(crate) catalog: Offer<(Vec<Answer>, Vec<String>)>,
    pub(crate) credential: Option<Vec<Answer>>,
    pub(crate) skips: Declared,
    pub(crate) layer: Option<Arc<Layering>>,
    pub(crate) transport: Option<Arc<dyn Fn() -> Arc<dyn Transport> + Send + Sync>>,
}

impl Subject {
    /// A provider that speaks to a vendor over a [`Transport`]. `model` is the name that its chat and embedding
    /// models are asked for by.
    pub fn new(
        model: impl Into<String>,
        open: impl Fn(&Connect<'_>) -> Result<Arc<dyn Provider>> + Send + Sync + 'static,
    ) -> Self {
        Self::of(model.into(), Source::Wire(Arc::new(open)))
    }

    /// A chat model without a wire, such as a fake: `model` gives the one that answers in a role. The laws that look
    /// at the wire are declared with [`without_wire`](Self::without_wire).
    ///
    /// ```no_run
    /// # use std::sync::Arc;
    /// # use laravel_ai_core::ChatModel;
    /// # fn fake(_: &str) -> Arc<dyn ChatModel> { unimplemented!() }
    /// use provider_testkit::{Exchange, Role, Subject};
    ///
    /// let subject = Subject::direct(|role| match role {
    ///     Role::Text => Some(fake("Titan.")),
    ///     _ => None,
    /// })
    /// .with(Role::Text, Exchange::direct().saying("Titan."))
    /// .without_wire("it answers by itself");
    /// ```
    pub fn direct(model: impl Fn(Role) -> Option<Arc<dyn ChatModel>> + Send + Sync + 'static) -> Self {
        Self::of(String::new(), Source::Direct(Arc::new(model)))
    }

    fn of(model: String, source: Source) -> Self {
        Self {
            source,
            model,
            exchanges: BTreeMap::new(),
            errors: Vec::new(),
            embedding: Offer::Undeclared,
            catalog: Offer::Undeclared,
            credential: None,
            skips: Declared::default(),
            layer: None,
            transport: None,
        }
    }

    /// With what the vendor answers in a role.
    pub fn with(mut self, role: Role, exchange: Exchange) -> Self {
        self.exchanges.insert(role, exchange);
        self
    }

    /// With one of the vendor's own failures and the kind that it stands for; its retry class is the kind's own. A
    /// status of 200 is allowed, for vendors that refuse inside an answer.
    pub fn with_error(self, answer: Answer, kind: ErrorKind) -> Self {
        self.with_error_retried(answer, kind, kind.retry())
    }

    /// With one of the vendor's own failures, the kind that it stands for and its retry class, where the vendor says
    /// more than the kind does: a delay in the body, or that another target won't help.
    pub fn with_error_retried(mut self, answer: Answer, kind: ErrorKind, retry: Retry) -> Self {
        self.errors.push((answer, kind, retry));
        self
    }

    /// With the vendor's answer to embeddings.
    pub fn with_embedding(mut self, embedding: Embedding) -> Self {
        self.embedding = Offer::Present(embedding);
        self
    }

    /// A vendor without embeddings: the provider must refuse them.
    pub fn without_embeddings(mut self) -> Self {
        self.embedding = Offer::Absent;
        self
    }

    /// With the vendor's list of models, page by page, and the names on it.
    pub fn with_catalog<T: Into<String>>(
        mut self,
        pages: impl IntoIterator<Item = Answer>,
        models: impl IntoIterator<Item = T>,
    ) -> Self {
        let models = models.into_iter().map(Into::into).collect();
        self.catalog = Offer::Present((pages.into_iter().collect(), models));
        self
    }

    /// A vendor without a list of models: the provider must refuse it.
    pub fn without_catalog(mut self) -> Self {
        self.catalog = Offer::Absent;
        self
    }

    /// With what the vendor answers when a right key is checked, where that is not the list of models.
    pub fn with_credential_check(mut self, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.credential = Some(answers.into_iter().collect());
        self
    }

    /// Declares that a law does not hold, and why. A law that holds nevertheless is reported, and so is a name
    /// that no law has.
    pub fn without(mut self, law: impl Into<String>, reason: impl Into<String>) -> Self {
        self.skips.add(law, reason);
        self
    }

    /// The laws that are declared not to hold, and why: for a page that tells users.
    pub fn declared(&self) -> &BTreeMap<String, String> {
        self.skips.reasons()
    }

    /// Declares that no law holds which [needs a wire](crate::Law::needs_wire), and why.
    pub fn without_wire(mut self, reason: &str) -> Self {
        for law in LAWS.iter().filter(|law| law.needs_wire) {
            self.skips.add(law.name, reason);
        }
        self
    }

    /// Inside a layer: a layered model is a model, so the same laws hold.
    pub fn layered(
        mut self,
        layer: impl Fn(Arc<dyn Clock>) -> Arc<dyn Layer> + Send + Sync + 'static,
    ) -> Self {
        self.layer = Some(Arc::new(layer));
        self
    }

    /// Inside a chat model that is made of a chat model, such as a failover: [`layered`](Self::layered) for those that
    /// are no layer.
    pub fn wrapped(
        self,
        wrap: impl Fn(Arc<dyn ChatModel>, Arc<dyn Clock>) -> Arc<dyn ChatModel> + Send + Sync + 'static,
    ) -> Self {
        let wrap = Arc::new(wrap);
        self.layered(move |clock| Arc::new(Wrapping { wrap: Arc::clone(&wrap) as Arc<Wrap>, clock }))
    }

    /// Over a socket: the vendor becomes a server on a local port, reached through this transport.
    pub fn over_loopback(
        mut self,
        transport: impl Fn() -> Arc<dyn Transport> + Send + Sync + 'static,
    ) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// What the vendor answers in a role.
    ///
    /// # Errors
    /// A violation that says what to do when nothing is declared.
    pub fn exchange(&self, role: Role) -> Result<&Exchange, Violation> {
        self.exchanges.get(&role).ok_or_else(|| {
            let advice =
                "add it with `Subject::with`, or declare the law with `Subject::without` and a reason";
            Violation::new(format_args!("an answer in the role {role:?}"), format_args!("none: {advice}"))
        })
    }
}

type Wrap = dyn Fn(Arc<dyn ChatModel>, Arc<dyn Clock>) -> Arc<dyn ChatModel> + Send + Sync;

/// What makes a chat model of a chat model, as a layer.
struct Wrapping {
    wrap: Arc<Wrap>,
    clock: Arc<dyn Clock>,
}

impl Layer for Wrapping {
    fn covers(&self, _: Modality) -> bool {
        true
    }

    fn chat(&self, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        (self.wrap)(inner, Arc::clone(&self.clock))
    }
}

impl fmt::Debug for Wrapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wrapping")
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("model", &self.model)
            .field("skips", &self.skips)
            .finish_non_exhaustive()
    }
}
