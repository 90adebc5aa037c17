//! No secret comes out anywhere: a canary goes in as key, header and query, and everything that can be seen is searched.

use std::fmt::Debug;
use std::io::Write;
use std::sync::{Arc, Mutex};

use ai::openai_compatible::{Config as Compatible, OpenAiCompatible};
use ai::{Ai, ChatRequest, Context, Error, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tracing_subscriber::fmt::MakeWriter;

const CANARY: &str = "canary-7f3a9c";

/// Everything that was seen.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<String>>);

impl Seen {
    fn see(&self, text: impl AsRef<str>) {
        self.0.lock().unwrap().push_str(text.as_ref());
    }

    fn debug(&self, value: &dyn Debug) {
        self.see(format!("{value:?}\n{value:#?}\n"));
    }

    /// The error, and every cause in its chain, in all their forms.
    fn error(&self, error: &Error) {
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = cause {
            self.see(format!("{error}\n{error:?}\n{error:#?}\n"));
            cause = error.source();
        }
        self.debug(&error.partial());
    }

    fn clear_of_canaries(&self) {
        let seen = self.0.lock().unwrap();
        let at = seen.find(CANARY);
        let around = at.map(|at| &seen[at.saturating_sub(200)..(at + 60).min(seen.len())]);
        assert_eq!(around, None, "a secret came out");
    }
}

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.see(String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Seen {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A server that gives each connection the next response, with the key it was sent quoted where the response says `{key}`.
async fn serve(responses: Vec<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the server lives as long as the runtime of its test")]
    tokio::spawn(async move {
        for response in responses {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !String::from_utf8_lossy(&request).contains("\r\n\r\n") {
                let read = stream.read_buf(&mut request).await.unwrap();
                assert_ne!(read, 0);
            }
            let request = String::from_utf8(request).unwrap();
            let key = request.lines().find_map(|line| line.strip_prefix("authorization: Bearer ")).unwrap();
            assert!(key.contains(CANARY), "the key has to be sent, or the test proves nothing");
            stream.write_all(response.replace("{key}", key).as_bytes()).await.unwrap();
        }
    });
    format!("http://{address}/v1")
}

const CLOSE: &str = "connection: close\r\n\r\n";

fn connection(base_url: &str) -> Compatible {
    let mut config = Compatible::new(base_url).with_api_key(format!("sk-{CANARY}"));
    config.headers.insert("x-team".into(), ai::Secret::new(format!("team-{CANARY}")));
    config.query.insert("token".into(), ai::Secret::new(format!("query-{CANARY}")));
    config
}

#[tokio::test]
async fn a_canary_is_seen_nowhere() {
    let seen = Seen::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(seen.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let answers = [
        r#"{"id":"1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"#,
        r#"{"error":{"message":"Incorrect API key provided: {key}","type":"invalid_request_error","code":"invalid_api_key"}}"#,
        "Internal error while handling Bearer {key} of /v1?token=query-canary-7f3a9c",
        r#"{"error":{"message":"{key} is over its limit","type":"insufficient_quota","code":"insufficient_quota"}}"#,
        "not json, but {key}",
    ];
    let statuses =
        ["200 OK", "401 Unauthorized", "500 Internal Server Error", "429 Too Many Requests", "200 OK"];
    let responses: Vec<&'static str> = statuses
        .iter()
        .zip(answers)
        .map(|(status, body)| &*format!("HTTP/1.1 {status}\r\n{CLOSE}{body}").leak())
        .chain(["HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 900\r\nconnection: close\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n"])
        .collect();
    let url = serve(responses).await;

    // One try each, so that each answer of the server is seen.
    let none = ai::layers::Resilience::none();
    let ai =
        Ai::builder().resilience(none).connect::<OpenAiCompatible>("work", connection(&url)).build().unwrap();
    let route = ai.model("work/m");
    seen.debug(&ai);
    seen.debug(&route);
    seen.debug(&connection(&url));
    seen.debug(&route.chat_model().unwrap());
    seen.debug(&route.describe().unwrap());
    let rendered = route.render("Hello").unwrap();
    assert!(rendered.url.ends_with("/v1/chat/completions?token=***"), "{}", rendered.url);
    seen.debug(&rendered);
    seen.see(rendered.to_string());

    let request = ChatRequest::user("Hello").with_header("x-extra", &format!("extra-{CANARY}")).unwrap();
    seen.debug(&request);
    seen.see(serde_json::to_string(&request).unwrap());

    let response = route.send(request).await.unwrap();
    seen.debug(&response);
    seen.see(serde_json::to_string(&response).unwrap());
    for expected in ["authentication failed", "provider failed", "quota exceeded", "unreadable answer"] {
        let error = route.send("Hello").await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        seen.error(&error);
        if let Some(said) = error.vendor::<ai::openai_compatible::OpenAiError>() {
            seen.see(&said.message);
        }
    }
    let error = route.stream("Hello").await.unwrap().into_response().await.unwrap_err();
    assert_eq!(error.partial().unwrap().text(), "Hi");
    seen.error(&error);

    // Nobody answers any more.
    seen.error(&route.send("Hello").await.unwrap_err());
    let catalog = route.catalog().unwrap();
    let ctx = Context::new().with_timeouts(Timeouts::default());
    seen.debug(&catalog.check_credentials(&ctx).await);
    seen.debug(&catalog.health(&ctx).await);

    assert!(seen.0.lock().unwrap().contains("127.0.0.1"), "nothing was logged, so nothing was searched");
    seen.clear_of_canaries();
}

#[tokio::test]
async fn a_key_that_cant_be_sent_is_not_shown_either() {
    let seen = Seen::default();
    for key in [format!("sk-{CANARY}\n"), format!("sk-{CANARY}\u{e9}"), format!("sk\t{CANARY}")] {
        let config = Compatible::new("http://127.0.0.1:1/v1").with_api_key(key);
        let error = match Ai::builder().connect::<OpenAiCompatible>("work", config).build() {
            Ok(ai) => ai.model("work/m").send("Hello").await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(error.kind(), ai::ErrorKind::Configuration);
        seen.error(&error);
    }
    seen.clear_of_canaries();
}
