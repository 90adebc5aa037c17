//! A model that says what it is told to, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use ai_conversations::{
    Conversation, MemoryStore, NewConversation, Owner, Status, Store, StoredMessage, Turn,
};
use async_trait::async_trait;
use futures_util::stream::{self, StreamExt as _};
use laravel_ai_core::{
    AssistantPart, BlockId, BlockKind, Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream,
    Context, Error, ErrorKind, Finish, FinishReason, Message, RenderedRequest, ResponseFinish, ResponseStart,
    Result, StreamEvent, Target, Usage,
};

/// What the model does with a call.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Answer(Vec<AssistantPart>),
    Fail(ErrorKind),
    /// These events, then an error of this kind, or the end.
    Stream(Vec<StreamEvent>, Option<ErrorKind>),
    /// These events, then silence.
    Hang(Vec<StreamEvent>),
}

#[derive(Debug)]
pub(crate) struct Script {
    target: Target,
    capabilities: Capabilities,
    acts: Mutex<Vec<Act>>,
    pub(crate) seen: Mutex<Vec<Vec<Message>>>,
    /// Looked into while the model works: what it sees there of its own question.
    watch: Option<(Arc<MemoryStore>, Conversation)>,
}

impl Script {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let mut acts: Vec<_> = acts.into_iter().collect();
        acts.reverse();
        Self {
            target: target(),
            capabilities: Capabilities::default(),
            acts: Mutex::new(acts),
            seen: Mutex::default(),
            watch: None,
        }
    }

    pub(crate) fn watching(mut self, store: &Arc<MemoryStore>, conversation: &Conversation) -> Self {
        self.watch = Some((store.clone(), conversation.clone()));
        self
    }

    async fn next(&self, request: &ChatRequest) -> Act {
        if let Some((store, conversation)) = &self.watch {
            let messages = store.messages(&conversation.owner, conversation.id).await.unwrap();
            assert_eq!(messages.last().unwrap().status, Status::Pending, "stored before it is sent");
        }
        self.seen.lock().unwrap().push(request.messages.clone());
        self.acts.lock().unwrap().pop().unwrap()
    }
}

#[async_trait]
impl ChatModel for Script {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn render(&self, _: &Context, _: &ChatRequest) -> Result<RenderedRequest> {
        Err(ErrorKind::Unsupported.into())
    }

    async fn chat(&self, _: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        match self.next(&request).await {
            Act::Answer(content) => {
                let mut response = ChatResponse::new(self.target.clone(), content, FinishReason::Stop);
                response.usage = Usage::new(10, 2);
                Ok(response)
            }
            Act::Fail(kind) => Err(kind.into()),
            _ => std::future::pending().await,
        }
    }

    async fn stream(&self, _: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let events = |events: Vec<StreamEvent>| stream::iter(events.into_iter().map(Ok));
        let target = self.target.clone();
        match self.next(&request).await {
            Act::Stream(list, None) => Ok(ChatStream::new(target, events(list))),
            Act::Stream(list, Some(kind)) => {
                let error = Err(Error::new(kind, "broken on purpose"));
                Ok(ChatStream::new(target, events(list).chain(stream::iter([error]))))
            }
            Act::Hang(list) => Ok(ChatStream::new(target, events(list).chain(stream::pending()))),
            Act::Fail(kind) => Err(kind.into()),
            Act::Answer(_) => std::future::pending().await,
        }
    }
}

pub(crate) fn target() -> Target {
    Target::new("script", "work", "test-model")
}

pub(crate) fn served_by() -> Target {
    Target::new("script", "other", "test-model")
}

pub(crate) fn answer(text: &str) -> Act {
    Act::Answer(vec![AssistantPart::text(text)])
}

/// The events of a text up to its end, usage included.
pub(crate) fn text(pieces: &[&str]) -> Vec<StreamEvent> {
    let block = BlockId::new(0);
    let mut events = vec![
        StreamEvent::Start(Box::new(ResponseStart::new(served_by()))),
        StreamEvent::BlockStart { block, kind: BlockKind::Text },
    ];
    events.extend(pieces.iter().map(|text| StreamEvent::TextDelta { block, text: (*text).into() }));
    events.push(StreamEvent::Usage(Box::new(Usage::new(10, 2))));
    events
}

pub(crate) fn finished(pieces: &[&str]) -> Vec<StreamEvent> {
    let mut events = text(pieces);
    events.push(StreamEvent::BlockEnd { block: BlockId::new(0), opaque: None });
    let finish = ResponseFinish::new(Finish::new(FinishReason::Stop), Usage::new(10, 3));
    events.push(StreamEvent::Finish(Box::new(finish)));
    events
}

pub(crate) fn owner() -> Owner {
    Owner::user("7")
}

pub(crate) async fn started() -> (Arc<MemoryStore>, Conversation) {
    let store = Arc::new(MemoryStore::new());
    let conversation = store.create(&owner(), NewConversation::new()).await.unwrap();
    (store, conversation)
}

pub(crate) async fn begin(store: &Arc<MemoryStore>, conversation: &Conversation, question: &str) -> Turn {
    let request = ChatRequest::user(question);
    Turn::begin(store.clone(), owner(), conversation.id, request).await.unwrap()
}

pub(crate) async fn stored(store: &MemoryStore, conversation: &Conversation) -> Vec<StoredMessage> {
    let messages = store.messages(&owner(), conversation.id).await.unwrap();
    let numbers: Vec<_> = messages.iter().map(|message| message.sequence).collect();
    assert_eq!(numbers, (0..messages.len() as u64).collect::<Vec<_>>(), "numbered without gaps");
    let found = store.find(&owner(), conversation.id).await.unwrap().unwrap();
    assert_eq!(found.message_count, messages.len() as u64);
    messages
}

/// Role, text and status of each message.
pub(crate) async fn summary(store: &MemoryStore, conversation: &Conversation) -> Vec<(String, Status)> {
    let messages = stored(store, conversation).await;
    messages.iter().map(|it| (format!("{}: {}", it.message.role(), it.message.text()), it.status)).collect()
}
