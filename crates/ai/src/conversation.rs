//! The fluent conversation.

use std::sync::Arc;
use std::time::Duration;

use ai_conversations::{ConversationId, NewConversation, Owner, Turn, Window, WindowReport};

use laravel_ai_core::{
    ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Error, ErrorKind, Labels, Media, Message,
    ReasoningOptions, RenderedRequest, ResponseFormat, Result, TextPart, Tool, UserPart,
};

use crate::progress::Callbacks;
use crate::{Progress, Route};

/// A conversation with memory: build it, ask, ask again.
///
/// The question is stored before it is sent, and the answer when it is there; a call that fails, breaks or is
/// dropped is stored as what it was. Instructions and options stay for all questions of the conversation.
///
/// ```
/// use ai::Ai;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> ai::Result<()> {
/// let ai = Ai::fake();
/// let mut chat = ai.conversation().model("work/gpt-test").system("Answer in one sentence.").temperature(0.2);
/// chat.ask("What is a monad?").await?;
/// chat.ask("And in a kitchen?").await?;
///
/// ai.mock().assert_sent(|sent| sent.request.messages.len() == 4); // instructions, question, answer, question
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a conversation does nothing until it is sent"]
pub struct Conversation {
    pub(crate) route: Route,
    pub(crate) owner: Owner,
    pub(crate) id: Option<ConversationId>,
    title: Option<String>,
    system: Vec<TextPart>,
    question: Vec<Message>,
    options: ChatRequest,
    callbacks: Callbacks,
    pub(crate) window: Window,
    pub(crate) report: WindowReport,
}

impl Conversation {
    pub(crate) fn new(route: Route) -> Self {
        Self {
            route,
            owner: Owner::local(),
            id: None,
            title: None,
            system: Vec::new(),
            question: Vec::new(),
            options: ChatRequest::default(),
            callbacks: Callbacks::default(),
            window: Window::whole(),
            report: WindowReport::default(),
        }
    }

    /// Through this connection.
    pub fn provider(mut self, connection: impl Into<String>) -> Self {
        self.route = self.route.provider(connection);
        self
    }

    /// With this model: `"connection/model"`, or a model of the connection.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.route = self.route.model(model);
        self
    }

    /// In this environment: labels, deadline, timeouts.
    pub fn context(mut self, context: Context) -> Self {
        self.route = self.route.context(context);
        self
    }

    /// With at most this long for each answer: see [`Route::timeout`].
    pub fn timeout(mut self, total: Duration) -> Self {
        self.route = self.route.timeout(total);
        self
    }

    /// With these labels: see [`Route::labels`].
    pub fn labels(mut self, labels: Labels) -> Self {
        self.route = self.route.labels(labels);
        self
    }

    /// With warnings as errors: see [`Route::strict`].
    pub fn strict(mut self) -> Self {
        self.route = self.route.strict();
        self
    }

    /// With a header of its own on every request.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when name or value can't be sent.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self> {
        self.options.extra_headers.insert(name, value)?;
        Ok(self)
    }

    /// For this owner; without it the conversation belongs to [`Owner::local`].
    pub fn for_owner(mut self, owner: Owner) -> Self {
        self.owner = owner;
        self
    }

    /// For this user: the owner `user` of this id.
    pub fn for_user(self, id: impl Into<String>) -> Self {
        self.for_owner(Owner::user(id))
    }

    /// With this title, if it is a new conversation. Without it there is none: a model is not asked for one.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Goes on with a stored conversation of the owner.
    pub fn continue_(mut self, id: ConversationId) -> Self {
        self.id = Some(id);
        self
    }

    /// With instructions for the model. They go in front of every question and are not stored.
    pub fn system(mut self, text: impl Into<String>) -> Self {
        self.system.push(TextPart::new(text));
        self
    }

    /// Says something: a text, or any message such as the results of tools. Sent with the next question.
    pub fn message(mut self, message: impl Into<Message>) -> Self {
        self.question.push(message.into());
        self
    }

    /// Shows an image, as part of what the user says.
    pub fn image(self, image: Media) -> Self {
        self.part(UserPart::Image(image))
    }

    /// Gives a file, as part of what the user says.
    pub fn file(self, file: Media) -> Self {
        self.part(UserPart::File(file))
    }

    /// With a temperature.
    pub fn temperature(self, temperature: f64) -> Self {
        self.options(|options| options.with_temperature(temperature))
    }

    /// With a limit on the answer's tokens.
    pub fn max_output_tokens(self, tokens: u32) -> Self {
        self.options(|options| options.with_max_output_tokens(tokens))
    }

    /// With a tool that the model may call.
    pub fn tool(self, tool: impl Into<Tool>) -> Self {
        self.options(|options| options.with_tool(tool))
    }

    /// With a form of the answer.
    pub fn format(self, format: impl Into<ResponseFormat>) -> Self {
        self.options(|options| options.with_format(format.into()))
    }

    /// With reasoning options.
    pub fn reasoning(self, reasoning: ReasoningOptions) -> Self {
        self.options(|options| options.with_reasoning(reasoning))
    }

    /// With any other option of a [`ChatRequest`]; its messages are the conversation's.
    pub fn options(mut self, change: impl FnOnce(ChatRequest) -> ChatRequest) -> Self {
        self.options = change(self.options);
        self
    }

    /// Calls `callback` with each piece of an answer while it is made, and at last with the whole. For
    /// [`send`](Self::send) the answer is streamed for it; a [`stream`](Self::stream) calls it as it is read.
    pub fn on_event(self, callback: impl FnMut(Progress<'_>) + Send + 'static) -> Self {
        self.callbacks.registered().event = Some(Box::new(callback));
        self
    }

    /// Calls `callback` with each whole answer.
    pub fn on_success(self, callback: impl FnMut(&ChatResponse) + Send + 'static) -> Self {
        self.callbacks.registered().success = Some(Box::new(callback));
        self
    }

    /// Calls `callback` with each error, which is returned all the same.
    pub fn on_error(self, callback: impl FnMut(&Error) + Send + 'static) -> Self {
        self.callbacks.registered().error = Some(Box::new(callback));
        self
    }

    /// The id under which the conversation is stored, once something was asked.
    pub fn id(&self) -> Option<ConversationId> {
        self.id
    }

    /// Says something and waits for the whole answer.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn ask(&mut self, message: impl Into<Message>) -> Result<ChatResponse> {
        self.message_in(message.into(), None).await
    }

    /// Sends what was said and waits for the whole answer.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind). The question is stored as failed, and what arrived of an answer with
    /// it; neither is lost, and the next question goes on from there.
    pub async fn send(&mut self) -> Result<ChatResponse> {
        self.send_in(None).await
    }

    /// Sends what was said and gives the answer while it is made. The answer is stored when the stream is read to its
    /// end; a stream that is dropped is stored as cancelled, with what had arrived.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind); what happens later is the last item of the stream.
    pub async fn stream(&mut self) -> Result<ChatStream> {
        self.stream_in(None).await
    }

    /// The exact request that [`send`](Self::send) would send, secrets masked. Sends and stores nothing; only where the
    /// vendor counts for a window, it is asked to.
    ///
    /// # Errors
    /// Those of configuration, of the store, of the window and of encoding.
    pub async fn render(&self) -> Result<RenderedRequest> {
        let (model, ctx) = self.route.prepare(false)?;
        let request = self.request(self.question.clone());
        let Some(id) = self.id else { return model.render(&ctx, &request) };
        let window = self.window.clone().counted_by(|| self.route.token_counter())?;
        let store = &**self.route.ai().store();
        let (request, _) = Turn::preview(store, &self.owner, id, request, &window, &ctx).await?;
        model.render(&ctx, &request)
    }

    /// Asks for one answer, in a form of its own where one is given.
    pub(crate) async fn message_in(
        &mut self,
        message: Message,
        form: Option<ResponseFormat>,
    ) -> Result<ChatResponse> {
        self.question.push(message);
        self.send_in(form).await
    }

    async fn send_in(&mut self, form: Option<ResponseFormat>) -> Result<ChatResponse> {
        if self.callbacks.registered().event.is_some() {
            return self.stream_in(form).await?.into_response().await;
        }
        let outcome = self.answer(form).await;
        self.callbacks.end(&outcome);
        outcome
    }

    async fn stream_in(&mut self, form: Option<ResponseFormat>) -> Result<ChatStream> {
        match self.open(form).await {
            Ok(stream) => Ok(self.callbacks.follow(stream)),
            Err(error) => {
                self.callbacks.end(&Err(error.clone()));
                Err(error)
            }
        }
    }

    async fn answer(&mut self, form: Option<ResponseFormat>) -> Result<ChatResponse> {
        let (turn, model, ctx) = self.begin(false, form).await?;
        turn.send(&*model, &ctx).await
    }

    async fn open(&mut self, form: Option<ResponseFormat>) -> Result<ChatStream> {
        let (turn, model, ctx) = self.begin(true, form).await?;
        turn.stream(&*model, &ctx).await
    }

    /// Stores the question. What is wrong with names or options is found before, and then what was said stays to
    /// be sent again.
    async fn begin(
        &mut self,
        streaming: bool,
        form: Option<ResponseFormat>,
    ) -> Result<(Turn, Arc<dyn ChatModel>, Context)> {
        let (model, mut ctx) = self.route.prepare(streaming)?;
        let window = self.window.clone().counted_by(|| self.route.token_counter())?;
        let store = Arc::clone(self.route.ai().store());
        let id = match self.id {
            Some(id) => id,
            None if self.question.is_empty() => {
                let message = "there is nothing to send: say something with `message`";
                return Err(Error::new(ErrorKind::InvalidRequest, message));
            }
            None => {
                let mut new = NewConversation::new();
                new.title = self.title.take();
                *self.id.insert(store.create(&self.owner, new).await?.id)
            }
        };
        let mut request = self.request(self.question.clone());
        request.format = form.or(request.format);
        Arc::make_mut(&mut ctx.labels).conversation.get_or_insert_with(|| id.to_string());
        let turn = Turn::begin_in(store, self.owner.clone(), id, request, &window, &ctx).await?;
        self.question.clear();
        self.report = turn.window().clone();
        Ok((turn, model, ctx))
    }

    fn request(&self, messages: impl IntoIterator<Item = Message>) -> ChatRequest {
        let system = (!self.system.is_empty()).then(|| Message::System(self.system.clone()));
        let mut request = self.route.asked(self.options.clone());
        request.messages = system.into_iter().chain(messages).collect();
        request
    }

    /// Adds to what the user says, in one message with the text before it.
    fn part(mut self, part: UserPart) -> Self {
        match self.question.last_mut() {
            Some(Message::User(parts)) => parts.push(part),
            _ => self.question.push(Message::User(vec![part])),
        }
        self
    }
}
