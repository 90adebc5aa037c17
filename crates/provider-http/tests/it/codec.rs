//! Chat models that are made of a codec, and the accounts they stand on.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use http::Response;
use laravel_ai_core::{
    AssistantPart, BlockId, BlockKind, Body, ChatModel, ChatRequest, Context, Credentials, Error, ErrorKind,
    Finish, FinishReason, Message, Opaque, RawJson, Reasoning, Resources, ResponseFinish, Result, Secret,
    StreamEvent, Target, Usage, Warning, WarningKind,
};
use provider_http::{
    Ask, ChatCodec, Connection, EncodedRequest, Form, Frame, FrameDecoder, Framer, Head, HttpChatModel,
};
use serde_json::{Value, json};

use crate::scripted::{Scripted, TestClock, pieces};

const KEY: &str = "test-key-0123456789";

/// Lines are pieces of text, `!` fails, and a full stop ends. A seed is not taken.
#[derive(Debug)]
struct Words;

impl ChatCodec for Words {
    type Decoder = Reader;

    fn encode(&self, ask: &mut Ask<'_>) -> Result<EncodedRequest> {
        for option in ask.request.options() {
            ask.warnings.push(Warning::new(WarningKind::OptionDropped, option, "not taken"))?;
        }
        let parts: usize = ask
            .request
            .messages
            .iter()
            .map(|message| if let Message::Assistant(parts) = message { parts.len() } else { 1 })
            .sum();
        let body = json!({"model": ask.target.model(), "parts": parts, "live": ask.form == Form::Streamed});
        Ok(EncodedRequest::new("words", body.to_string()).with_query(&[("v", "1")]))
    }

    fn decoder(&self, head: Head) -> Reader {
        Reader(head)
    }

    fn framer(&self) -> Framer {
        Framer::ndjson()
    }
}

#[derive(Debug)]
struct Reader(Head);

impl FrameDecoder for Reader {
    fn decode(&mut self, frame: &Frame<'_>, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        let block = BlockId::new(0);
        if let Some(start) = self.0.begin() {
            events.extend([start, StreamEvent::BlockStart { block, kind: BlockKind::Text }]);
        }
        for text in frame.data().split_inclusive(' ') {
            if text == "!" {
                return Err(self.0.failure.with_body("!").error(ErrorKind::Overloaded, "no words left"));
            }
            events.push_back(StreamEvent::TextDelta { block, text: text.to_owned() });
        }
        if frame.data().ends_with('.') {
            events.push_back(StreamEvent::BlockEnd { block, opaque: None });
            let finish = ResponseFinish::new(Finish::new(FinishReason::Stop), Usage::default());
            events.push_back(StreamEvent::Finish(Box::new(finish)));
        }
        Ok(())
    }
}

fn account(transport: &Arc<Scripted>, credentials: Option<Arc<dyn Credentials>>) -> Connection {
    let mut resources = Resources::new(Arc::clone(transport) as _, Arc::new(TestClock));
    resources.credentials = credentials;
    Connection::new("words", "work", "https://api.example.com/v1", &resources)
        .unwrap()
        .with_key_header("x-key", "Key ")
        .unwrap()
        .with_key(&Secret::new(KEY))
        .unwrap()
}

fn model(transport: &Arc<Scripted>) -> HttpChatModel<Words> {
    HttpChatModel::new(Arc::new(account(transport, None)), Words, "w1")
}

fn body(transport: &Scripted, index: usize) -> Value {
    serde_json::from_slice(transport.requests.lock().unwrap()[index].body()).unwrap()
}

fn answers(all: impl IntoIterator<Item = &'static str>) -> Arc<Scripted> {
    Scripted::new(all.into_iter().map(|body| pieces(200, vec![Ok(body)])))
}

#[tokio::test]
async fn both_forms_are_one_answer_with_its_warnings_first() {
    let transport = answers(["One two.", "One \ntwo.\n"]);
    let (model, ctx) = (model(&transport), Context::new());
    let request = Arc::new(ChatRequest::user("Two words?").with_seed(7));
    let whole = model.chat(&ctx, Arc::clone(&request)).await.unwrap();
    let mut stream = model.stream(&ctx, Arc::clone(&request)).await.unwrap();
    let first: Vec<_> = stream.by_ref().take(2).map(Result::unwrap).collect().await;
    assert!(matches!(&first[..], [StreamEvent::Warning(_), StreamEvent::Start(_)]), "{first:?}");
    let streamed = stream.into_response().await.unwrap();
    assert_eq!(whole, streamed);
    assert_eq!((whole.text().as_str(), whole.request_id.as_deref()), ("One two.", Some("req_1")));
    assert_eq!((&body(&transport, 0)["live"], &body(&transport, 1)["live"]), (&json!(false), &json!(true)));
    assert_eq!(transport.requests.lock().unwrap()[0].uri(), "https://api.example.com/v1/words?v=1");
    let rendered = model.render(&ctx, &request).unwrap();
    assert_eq!((&rendered.body, rendered.warnings.len()), (&body(&transport, 0), 1));
}

#[tokio::test]
async fn what_no_vendor_takes_is_refused_before_the_codec_is_asked() {
    let transport = answers([]);
    let strict = ChatRequest::user("Hello").with_seed(7).with_strict(true);
    for request in [ChatRequest::default(), strict] {
        let error = model(&transport).chat(&Context::new(), Arc::new(request)).await.unwrap_err();
        assert!([ErrorKind::InvalidRequest, ErrorKind::Unsupported].contains(&error.kind()), "{error}");
        assert_eq!(error.target().unwrap().model(), "w1");
    }
    assert!(transport.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_an_error_in_both_forms() {
    let transport = answers(["One", "", "One\n"]);
    let ask = || Arc::new(ChatRequest::user("Two words?"));
    for _ in 0..2 {
        let error = model(&transport).chat(&Context::new(), ask()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
    }
    let stream = model(&transport).stream(&Context::new(), ask()).await.unwrap();
    let error = stream.into_response().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.partial().unwrap().text().as_str()),
        (ErrorKind::StreamInterrupted, "One")
    );
}

#[tokio::test]
async fn an_error_inside_an_answer_says_where_it_came_from() {
    let ask = || Arc::new(ChatRequest::user("Two words?"));
    let whole = model(&answers(["!"])).chat(&Context::new(), ask()).await.unwrap_err();
    let stream = model(&answers(["!\n"])).stream(&Context::new(), ask()).await.unwrap();
    for error in [whole, stream.into_response().await.unwrap_err()] {
        assert_eq!((error.kind(), error.status()), (ErrorKind::Overloaded, Some(200)));
        assert_eq!((error.request_id(), error.target().unwrap().model()), (Some("req_1"), "w1"));
    }
}

#[derive(Debug)]
struct Tenant(Result<Option<&'static str>>);

#[async_trait]
impl Credentials for Tenant {
    async fn secret(&self, _: &Context, connection: &str) -> Result<Option<Secret>> {
        assert_eq!(connection, "work");
        self.0.clone().map(|key| key.map(Secret::new))
    }
}

#[tokio::test]
async fn a_call_has_its_own_key_and_with_it_its_own_state() {
    let transport = answers(["Yes.", "Yes."]);
    let port = Arc::new(Tenant(Ok(Some("tenant-key-0123456789"))));
    let with_port = account(&transport, Some(port));
    let state = Opaque::new(with_port.target("w1"), RawJson::parse("1").unwrap());
    let mut reasoning = Reasoning::new("");
    reasoning.opaque = Some(state);
    let history = vec![AssistantPart::text("Well."), AssistantPart::Reasoning(reasoning)];
    let request = Arc::new(ChatRequest::new([Message::Assistant(history), Message::user("Go on.")]));

    let answer = model(&transport).chat(&Context::new(), Arc::clone(&request)).await.unwrap();
    assert_eq!((answer.warnings.len(), &body(&transport, 0)["parts"]), (0, &json!(3)));

    let tenant = HttpChatModel::new(Arc::new(with_port), Words, "w1");
    let answer = tenant.chat(&Context::new(), request).await.unwrap();
    assert_eq!(answer.warnings[0].kind, WarningKind::StateDropped);
    assert_eq!(&body(&transport, 1)["parts"], &json!(2));
    assert_ne!(answer.served_by.credential(), tenant.target().credential());
    let sent = transport.requests.lock().unwrap();
    assert_eq!(sent[0].headers()["x-key"], format!("Key {KEY}"));
    assert_eq!(sent[1].headers()["x-key"], "Key tenant-key-0123456789");
    assert!(sent.iter().all(|sent| sent.headers()["x-key"].is_sensitive()));
}

#[tokio::test]
async fn a_port_that_fails_or_gives_no_key_is_heard() {
    let transport = answers(["Yes."]);
    let ask = || Arc::new(ChatRequest::user("Hello"));
    let open =
        |port| HttpChatModel::new(Arc::new(account(&transport, Some(Arc::new(Tenant(port))))), Words, "w1");
    let denied = Error::new(ErrorKind::Authentication, "an unknown tenant");
    let error = open(Err(denied)).chat(&Context::new(), ask()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    let error = open(Ok(Some(" "))).chat(&Context::new(), ask()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(transport.requests.lock().unwrap().is_empty());
    open(Ok(None)).chat(&Context::new(), ask()).await.unwrap();
    assert_eq!(transport.requests.lock().unwrap()[0].headers()["x-key"], format!("Key {KEY}"));
}

#[test]
fn an_account_shows_no_secret_and_says_what_is_wrong_with_one() {
    let transport: Arc<Scripted> = Scripted::new(Vec::<Response<Body>>::new());
    let account = account(&transport, None).with_header("x-team", &Secret::new("team-secret-0123")).unwrap();
    let shown = format!("{account:?} {:?}", account.describe());
    assert!(!shown.contains("test-key") && !shown.contains("team-secret"), "{shown}");
    assert_eq!(
        account.describe().settings,
        [("api_key".to_owned(), "***6789".to_owned()), ("headers.x-team".to_owned(), "***0123".to_owned()),]
    );
    let target: Target = account.target("w1");
    assert_eq!(
        (target.driver(), target.connection(), target.credential().is_some()),
        ("words", "work", true)
    );

    let resources = Resources::new(transport as _, Arc::new(TestClock));
    let open = || Connection::new("words", "work", "https://api.example.com", &resources).unwrap();
    for error in [
        Connection::new("words", "work", "api.example.com", &resources).unwrap_err(),
        open().with_key(&Secret::new("")).unwrap_err(),
        open().with_key(&Secret::new("canary\n")).unwrap_err(),
        open().with_key_header("a header", "").unwrap_err(),
        open().with_header("host", &Secret::new("canary")).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.message().starts_with("connection `work`: ") && !error.message().contains("canary"));
    }
}
