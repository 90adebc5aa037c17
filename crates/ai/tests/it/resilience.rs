//! What keeps calls from failing, without a line of the program.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ai::events::Recorder;
use ai::layers::Resilience;
use ai::mock::{Mock, Reply, ScriptedTransport, TestClock, WireReply};
use ai::{Ai, Config, ErrorKind, FakeAi};
use futures_util::StreamExt as _;
use tokio::time::Instant;

/// A library whose vendor is `transport`, with these settings of its connection.
fn over(transport: &ScriptedTransport, settings: &str) -> Ai {
    let config = format!(
        "default_model = \"work/m\"\n[connections.work]\ndriver = \"openai-compatible\"\n\
         base_url = \"https://api.example.com/v1\"\n{settings}"
    );
    Ai::builder()
        .config(Config::parse("ai.toml", &config).unwrap())
        .transport(Arc::new(transport.clone()))
        .clock(Arc::new(TestClock::new()))
        .build()
        .unwrap()
}

fn busy() -> WireReply {
    WireReply::status(503)
}

fn answered(text: &str) -> WireReply {
    WireReply::json(&serde_json::json!({
        "id": "1", "object": "chat.completion", "model": "m",
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": text } }],
        "usage": { "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2 },
    }))
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_is_busy_is_asked_again_by_default() {
    let transport = ScriptedTransport::new();
    transport.sequence([busy(), busy(), answered("Lima")]);
    let ai = over(&transport, "");
    let recorder = Recorder::new();
    ai.events().listen(recorder.clone());
    let start = Instant::now();
    let answer = ai.send("Capital of Peru?").await.unwrap();
    assert_eq!((answer.text().as_str(), answer.attempts), ("Lima", 3));
    // 1 s and 2 s, each up to a tenth longer.
    let took = start.elapsed().as_secs_f64();
    assert!((3.0..=3.3 + 0.01).contains(&took), "{took}");
    assert_eq!(recorder.count("Retrying"), 2);
}

#[tokio::test(start_paused = true)]
async fn each_number_can_be_set_for_a_connection() {
    let transport = ScriptedTransport::new();
    let settings =
        "retry = { attempts = 4, delay = \"2s\", multiplier = 3.0, max_delay = \"5s\", jitter = 0.0 }";
    let ai = over(&transport, settings);
    transport.sequence([busy(), busy(), busy(), answered("Lima")]);
    let start = Instant::now();
    assert_eq!(ai.send("Hello").await.unwrap().attempts, 4);
    assert_eq!(start.elapsed(), Duration::from_secs(2 + 5 + 5));

    // By the names of the predecessor.
    let transport = ScriptedTransport::new();
    let ai = over(
        &transport,
        "retry_attempts = 2\nretry_delay = 500\nmax_retry_delay = 30000\nretry = { jitter = 0.0 }",
    );
    transport.sequence([busy(), answered("Lima")]);
    let start = Instant::now();
    assert_eq!(ai.send("Hello").await.unwrap().attempts, 2);
    assert_eq!(start.elapsed(), Duration::from_millis(500));

    let transport = ScriptedTransport::new();
    let ai =
        over(&transport, "retry_attempts = 1\ncircuit_breaker = { minimum_calls = 2, cool_down = \"9s\" }");
    transport.sequence([busy(), busy()]);
    let kinds = [ask(&ai).await, ask(&ai).await, ask(&ai).await];
    assert_eq!(kinds, [ErrorKind::Overloaded, ErrorKind::Overloaded, ErrorKind::CircuitOpen]);
    transport.assert_sent_count(2);
    tokio::time::sleep(Duration::from_secs(9)).await;
    transport.sequence([answered("Lima")]);
    assert!(ai.send("Hello").await.is_ok());

    let transport = ScriptedTransport::new();
    let ai = over(&transport, "retry_attempts = 1\ncircuit_breaker = { enabled = false }");
    for _ in 0..20 {
        transport.sequence([busy()]);
        assert_eq!(ask(&ai).await, ErrorKind::Overloaded);
    }

    let transport = ScriptedTransport::new();
    let ai = over(&transport, "rate_limiting = { requests_per_minute = 1 }");
    transport.sequence([answered("Lima"), answered("Quito")]);
    let start = Instant::now();
    ai.send("Hello").await.unwrap();
    ai.send("Hello").await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(60), "the second waits for its turn");
}

async fn ask(ai: &Ai) -> ErrorKind {
    ai.send("Hello").await.unwrap_err().kind()
}

#[tokio::test(start_paused = true)]
async fn a_call_can_ask_for_fewer_tries_and_not_for_more() {
    let transport = ScriptedTransport::new();
    let ai = over(&transport, "");
    transport.sequence([busy()]);
    let once = ai.route().attempts(NonZeroU32::MIN);
    assert_eq!(once.send("Hello").await.unwrap_err().kind(), ErrorKind::Overloaded);
    transport.assert_sent_count(1);
    transport.sequence([busy(), busy(), busy()]);
    let often = ai.route().attempts(NonZeroU32::new(9).unwrap());
    assert_eq!(often.send("Hello").await.unwrap_err().kind(), ErrorKind::Overloaded);
    transport.assert_sent_count(4);
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_call_is_protected() {
    let ai = protected(|mock| {
        mock.sequence([Reply::fail(ErrorKind::Overloaded), Reply::text("Lima")]);
    });
    let recorder = Recorder::new();
    ai.events().listen(recorder.clone());
    let raw = ai::ChatRequest::raw(ai::RawJson::parse(r#"{"messages":[]}"#).unwrap());
    for retried in 1..=4 {
        match retried {
            1 => drop(ai.send("Hello").await.unwrap()),
            2 => drop(ai.stream("Hello").await.unwrap().into_response().await.unwrap()),
            3 => drop(ai.send(raw.clone()).await.unwrap()),
            _ => drop(ai.conversation().ask("Hello").await.unwrap()),
        }
        assert_eq!(recorder.count("Retrying"), retried);
        ai.mock().sequence([Reply::fail(ErrorKind::Overloaded), Reply::text("Lima")]);
    }

    let transport = ScriptedTransport::new();
    let ai = over(&transport, "");
    let vectors = serde_json::json!({ "data": [{ "index": 0, "embedding": [0.5, 0.25] }], "model": "m" });
    transport.sequence([busy(), WireReply::json(&vectors)]);
    assert_eq!(ai.embed(["Lima"]).await.unwrap().attempts, 2);
    let models = serde_json::json!({ "data": [{ "id": "m" }] });
    transport.sequence([busy(), WireReply::json(&models)]);
    assert_eq!(ai.models().await.unwrap().len(), 1);
}

fn protected(script: impl FnOnce(&Mock)) -> FakeAi {
    let ai =
        Ai::builder().resilience(Resilience::standard()).clock(Arc::new(TestClock::new())).fake().unwrap();
    script(ai.mock());
    ai
}

#[tokio::test]
async fn in_tests_a_failure_is_seen_at_once() {
    let ai = Ai::fake();
    ai.mock().fail(ErrorKind::Overloaded);
    assert_eq!(ask(&ai).await, ErrorKind::Overloaded);
    ai.mock().assert_sent_count(1);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_asked_when_the_first_fails_and_the_last_may_be_at_home() {
    let ai = protected(|mock| {
        mock.sequence([Reply::fail(ErrorKind::QuotaExceeded), Reply::text("Lima")]);
    });
    let recorder = Recorder::new();
    ai.events().listen(recorder.clone());
    let route = ai.model("openai/gpt-test").fallback("ollama/llama3.2");
    let answer = route.send("Capital of Peru?").await.unwrap();
    assert_eq!(
        (answer.text().as_str(), answer.served_by.to_string()),
        ("Lima", "ollama/llama3.2".to_owned())
    );
    assert_eq!((answer.attempts, recorder.count("ProviderSwitched")), (2, 1));

    // What is wrong with the request is asked nobody else.
    ai.mock().sequence([Reply::fail(ErrorKind::InvalidRequest), Reply::text("Lima")]);
    let other = ai.model("gemini/flash").fallback("ollama/llama3.2");
    assert_eq!(other.send("Hello").await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert_eq!(recorder.count("ProviderSwitched"), 1);
}

#[tokio::test(start_paused = true)]
async fn answers_are_kept_when_the_configuration_says_so_and_lists_of_models_always() {
    let toml = "[cache]\nanswers = \"60s\"\nstale_if_error = \"60s\"";
    for (toml, calls) in [("", 2), (toml, 1), ("[cache]\nenabled = false\nanswers = \"60s\"", 2)] {
        let vendor = Arc::new(Mock::new().reply("Lima"));
        let config = Config::parse("ai.toml", toml).unwrap();
        let ai =
            Ai::builder().config(config).provider(vendor.clone()).default_model("mock/any").build().unwrap();
        let recorder = ai::events::Recorder::new();
        ai.events().listen(recorder.clone());
        ai.send("Hello").await.unwrap();
        ai.stream("Hello").await.unwrap().into_response().await.unwrap();
        assert_eq!(vendor.recorded().len(), calls, "{toml}");
        assert_eq!(recorder.count("CacheHit"), 2 - calls);
        assert_eq!(recorder.count("ResponseGenerated"), 2);
        ai.route().cache(ai::layers::CacheUse::Bypass).send("Hello").await.unwrap();
        assert_eq!(vendor.recorded().len(), calls + 1);
    }
}

#[test]
fn a_cache_that_makes_no_sense_is_refused() {
    let config = Config::parse("ai.toml", "[cache]\nanswers = \"soon\"\nmax_byte = 1").unwrap();
    let ai = Ai::builder().config(config).provider(Arc::new(Mock::new())).default_model("mock/any").build();
    let error = ai.unwrap_err().to_string();
    assert!(error.contains("soon") || error.contains("length of time"), "{error}");
    assert!(error.contains("max_bytes"), "{error}");
}

/// What is logged while something is done, at every level.
async fn logged(work: impl Future<Output = ()>) -> String {
    #[derive(Clone, Default)]
    struct Log(Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let guard = tracing::subscriber::set_default(subscriber.with_ansi(false).finish());
    work.await;
    drop(guard);
    String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn calls_are_logged_as_the_settings_say() {
    let ask = async |logging: &str| {
        let config = Config::parse("ai.toml", logging).unwrap();
        let vendor = Arc::new(Mock::new().reply("TOP SECRET"));
        let ai = Ai::builder().config(config).provider(vendor).default_model("mock/any").build().unwrap();
        ai.send("MY QUESTION").await.unwrap();
    };
    let log = logged(ask("")).await;
    assert!(!log.contains("ai::events"), "{log}");
    let log = logged(ask("logging = { enabled = true, level = \"debug\", channel = \"vendors\" }")).await;
    assert!(log.contains("MessageSent") && log.contains("channel=\"vendors\""), "{log}");
    assert!(!log.contains("SECRET") && !log.contains("QUESTION"), "{log}");
    let log = logged(ask("logging = { enabled = true }")).await;
    assert!(log.contains("ResponseGenerated") && !log.contains("MessageSent"), "{log}");
    let log = logged(ask("logging = { enabled = true, level = \"debug\", include_content = true }")).await;
    assert!(log.contains("TOP SECRET") && log.contains("MY QUESTION"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn what_is_redacted_is_in_no_log_either() {
    let (secret, card) = ("sk-test-0123456789abcdefghij", "4111 1111 1111 1111");
    let log = logged(async {
        let logging = "logging = { enabled = true, level = \"debug\", include_content = true }";
        let vendor = Arc::new(Mock::new().reply(format!("Yours is\n{secret}")));
        let ai = Ai::builder()
            .config(Config::parse("ai.toml", logging).unwrap())
            .provider(vendor)
            .default_model("mock/any")
            .redact(ai::layers::Redact::new(ai::layers::Redactor::standard()))
            .build()
            .unwrap();
        ai.send(format!("Mine are\n{secret} and {card}")).await.unwrap();
        let mut stream = ai.stream(format!("Mine is\n{secret}")).await.unwrap();
        stream.next().await;
        drop(stream);
    })
    .await;
    assert!(log.contains("Cancelled") && log.contains("[redacted:card]"), "{log}");
    assert!(!log.contains(secret) && !log.contains(card), "{log}");
}
