//! The short ways: batches, vectors, values, lists, accounts, tenants.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ai::mock::{Reply, ScriptedTransport, TestClock, WireReply, text};
use ai::openai::{Config, OpenAi};
use ai::schemars::{self, JsonSchema};
use ai::{
    Ai, ChatRequest, Context, CredentialStatus, Credentials, Error, ErrorKind, InvalidObject, Labels,
    RawJson, ResponseFormat, Result, Secret, Timeouts,
};
use async_trait::async_trait;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct City {
    name: String,
    inhabitants: u64,
    nickname: Option<String>,
}

/// What OpenAI answers to anything that is asked of its Responses API.
fn answered(text: &str) -> WireReply {
    WireReply::json(&json!({
        "id": "resp_1", "object": "response", "status": "completed", "model": "gpt-test",
        "output": [{
            "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        }],
        "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
    }))
}

fn openai(key: &str) -> Config {
    Config::new(Secret::new(key))
}

fn over(transport: &ScriptedTransport) -> Ai {
    Ai::builder()
        .transport(Arc::new(transport.clone()))
        .connect::<OpenAi>("openai", openai("sk-test"))
        .default_model("openai/gpt-test")
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_batch_keeps_the_order_and_gives_each_request_its_result() {
    let ai = Ai::builder().clock(Arc::new(TestClock::new())).fake().unwrap();
    ai.mock().when(text("two")).reply(Reply::error(ErrorKind::Overloaded));
    ai.mock().when(text("one")).reply(Reply::text("ONE").delay(Duration::from_secs(9)));
    ai.mock().reply_with(|sent| Reply::text(sent.text().to_uppercase()));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let progress = Arc::clone(&seen);

    let results = ai
        .batch(["one", "two", "three"])
        .on_progress(move |it| {
            progress.lock().unwrap().push((it.index, it.done, it.total, it.result.is_ok()))
        })
        .send()
        .await;

    let texts: Vec<_> = results.iter().map(|result| result.as_ref().map(|it| it.text()).ok()).collect();
    assert_eq!(texts, [Some("ONE".to_owned()), None, Some("THREE".to_owned())]);
    assert_eq!(results[1].as_ref().unwrap_err().kind(), ErrorKind::Overloaded);
    let mut seen = seen.lock().unwrap().clone();
    assert_eq!(seen.iter().map(|it| (it.1, it.2)).collect::<Vec<_>>(), [(1, 3), (2, 3), (3, 3)]);
    assert_eq!(seen.last().map(|it| it.0), Some(0), "the slow one was told of last");
    seen.sort_unstable();
    assert_eq!(seen.iter().map(|it| (it.0, it.3)).collect::<Vec<_>>(), [(0, true), (1, false), (2, true)]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_runs_no_more_calls_at_once_than_it_may() {
    for (concurrency, takes) in [(1, 6), (2, 3), (100, 1), (0, 6)] {
        let ai = Ai::builder().clock(Arc::new(TestClock::new())).fake().unwrap();
        ai.mock().reply_with(|_| Reply::text("Hi").delay(Duration::from_secs(1)));
        let start = tokio::time::Instant::now();
        let results = ai.batch(vec!["hello"; 6]).concurrency(concurrency).send().await;
        assert_eq!(results.len(), 6);
        assert_eq!(start.elapsed(), Duration::from_secs(takes), "{concurrency} at once");
    }
}

#[tokio::test(start_paused = true)]
async fn results_of_a_batch_come_when_they_are_there() {
    let ai = Ai::builder().clock(Arc::new(TestClock::new())).fake().unwrap();
    ai.mock().reply_with(|sent| {
        Reply::text("Hi").delay(Duration::from_secs(if sent.text() == "slow" { 60 } else { 1 }))
    });
    let mut results = Box::pin(ai.batch(["slow", "fast"]).results());
    assert_eq!(results.next().await.unwrap().0, 1);
    drop(results);
    ai.mock().assert_sent_count(2);
}

#[tokio::test]
async fn an_empty_batch_sends_nothing() {
    let ai = Ai::fake();
    assert!(ai.batch(Vec::<String>::new()).send().await.is_empty());
    ai.mock().assert_nothing_sent();
}

#[tokio::test]
async fn an_object_is_asked_for_by_its_schema() {
    let ai = Ai::fake();
    ai.mock().reply(Reply::text(r#"{"name": "Lima", "inhabitants": 10, "nickname": null}"#));

    let city = ai.object::<City>("The capital of Peru?").await.unwrap();

    assert_eq!(city.value, City { name: "Lima".into(), inhabitants: 10, nickname: None });
    ai.mock().assert_sent(|sent| match &sent.request.format {
        Some(ResponseFormat::JsonSchema(format)) => {
            format.name == "City" && format.schema["properties"]["inhabitants"]["type"] == "integer"
        }
        _ => false,
    });
}

#[tokio::test]
async fn a_mock_without_a_script_invents_an_object_that_fits() {
    let first = Ai::fake().object::<City>("The capital of Peru?").await.unwrap().value;
    let second = Ai::fake().object::<City>("The capital of Peru?").await.unwrap().value;
    assert_eq!(first, second, "the same seed gives the same answer");
    assert!(!first.name.is_empty());
}

#[tokio::test]
async fn an_object_that_does_not_fit_leaves_its_text_in_the_error() {
    let ai = Ai::fake();
    ai.mock().reply(Reply::text(r#"{"name": "Lima"}"#));
    let error = ai.object::<City>("The capital of Peru?").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.vendor::<InvalidObject>().unwrap().text(), r#"{"name": "Lima"}"#);
}

#[tokio::test]
async fn the_form_of_an_object_is_for_one_answer_of_a_conversation() {
    let ai = Ai::fake();
    ai.mock().sequence([
        Reply::text("Hi"),
        Reply::text(r#"{"name": "Lima", "inhabitants": 10}"#),
        Reply::text("Bye"),
    ]);
    let mut chat = ai.conversation();
    chat.ask("Hello").await.unwrap();
    assert_eq!(chat.object::<City>("The capital of Peru?").await.unwrap().value.name, "Lima");
    chat.ask("Thanks").await.unwrap();

    let formats: Vec<_> = ai.mock().recorded().iter().map(|sent| sent.request.format.is_some()).collect();
    assert_eq!(formats, [false, true, false]);
    ai.mock().assert_sent(|sent| sent.text() == "Thanks" && sent.request.messages.len() == 5);
}

#[tokio::test]
async fn openais_strict_form_comes_back_as_the_type() {
    #[derive(Debug, Deserialize, JsonSchema)]
    struct Trip {
        city: String,
        #[serde(default = "one")]
        days: u8,
    }
    const fn one() -> u8 {
        1
    }

    let transport = ScriptedTransport::new();
    transport.reply(answered(r#"{"city": "Lima", "days": null}"#));
    let ai = over(&transport);

    let trip = ai.object::<Trip>("Where to?").await.unwrap().value;

    assert_eq!((trip.city.as_str(), trip.days), ("Lima", 1));
    let sent = transport.recorded()[0].json().unwrap();
    let format = &sent["text"]["format"];
    assert_eq!((&format["strict"], &format["schema"]["required"]), (&json!(true), &json!(["city", "days"])));
}

#[tokio::test]
async fn vectors_models_and_providers() {
    let ai = Ai::fake();
    assert_eq!(ai.embed(["Lima", "Quito"]).await.unwrap().embeddings.len(), 2);
    assert_eq!(ai.embed("Lima").await.unwrap().embeddings.len(), 1);
    assert!(ai.embed(Vec::<String>::new()).await.is_err());
    ai.models().await.unwrap();
    assert!(ai.providers().is_empty(), "nothing is configured");

    let ai = Ai::builder()
        .connect::<OpenAi>("work", openai("sk-work"))
        .connect::<OpenAi>("private", openai("sk-private"))
        .default_model("work/gpt-test")
        .fake()
        .unwrap();
    let providers = ai.providers();
    let names: Vec<_> = providers.iter().map(|it| it.connection_name().unwrap()).collect();
    assert_eq!(names, ["private", "work"]);
    assert_eq!(ai.model("private/gpt-test").describe().unwrap().connection, "private");
    assert_eq!(ai.model("gpt-test").describe().unwrap().connection, "work");
    for provider in &providers {
        assert_eq!(provider.describe().unwrap().driver, "openai");
        assert_eq!(provider.clone().model("gpt-4.1").capabilities().unwrap().tools, Some(true));
        assert!(!provider.health().await.unwrap().reachable, "a fake has no way to the network");
        assert_ne!(provider.check_credentials().await.unwrap().status, CredentialStatus::Valid);
    }
}

#[tokio::test]
async fn two_accounts_of_one_vendor_pay_with_their_own_keys() {
    let transport = ScriptedTransport::new();
    transport.reply(answered("Hi"));
    let ai = Ai::builder()
        .transport(Arc::new(transport.clone()))
        .connect::<OpenAi>("work", openai("sk-work"))
        .connect::<OpenAi>("private", openai("sk-private"))
        .build()
        .unwrap();
    ai.model("work/gpt-test").send("Hello").await.unwrap();
    ai.provider("private").model("gpt-test").send("Hello").await.unwrap();

    let keys: Vec<_> =
        transport.recorded().iter().map(|sent| sent.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(keys, ["Bearer sk-work", "Bearer sk-private"]);
}

/// The keys of tenants.
#[derive(Debug)]
struct Tenants {
    keys: BTreeMap<&'static str, Secret>,
    asked: AtomicUsize,
}

#[async_trait]
impl Credentials for Tenants {
    async fn secret(&self, ctx: &Context, _: &str) -> Result<Option<Secret>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await; // as a store would
        let key = ctx.labels.tenant.as_deref().and_then(|tenant| self.keys.get(tenant));
        key.cloned().map(Some).ok_or_else(|| Error::new(ErrorKind::Authentication, "the tenant is not known"))
    }
}

#[tokio::test]
async fn each_tenant_pays_with_its_own_key_and_a_stranger_with_none() {
    let transport = ScriptedTransport::new();
    transport.reply(answered("Hi"));
    let tenants = Arc::new(Tenants {
        keys: [("acme", Secret::new("sk-acme")), ("umbrella", Secret::new("sk-umbrella"))].into(),
        asked: AtomicUsize::new(0),
    });
    let ai = Ai::builder()
        .transport(Arc::new(transport.clone()))
        .credentials(tenants.clone())
        .connect::<OpenAi>("openai", openai("sk-house"))
        .default_model("openai/gpt-test")
        .build()
        .unwrap();
    let of = |tenant: &str| ai.route().labels(Labels::default().with_tenant(tenant));

    let calls = (0..40).map(|call| {
        let tenant = if call % 2 == 0 { "acme" } else { "umbrella" };
        let route = of(tenant);
        async move { route.send(tenant).await }
    });
    let answers: Vec<_> = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(tenants.asked.load(Ordering::Relaxed), 40, "once for each physical call");
    for sent in transport.recorded() {
        let tenant = sent.json().unwrap()["input"].to_string();
        let key = sent.header("authorization").unwrap();
        let right = if tenant.contains("acme") { "Bearer sk-acme" } else { "Bearer sk-umbrella" };
        assert_eq!(key, right, "{tenant}");
    }

    for stranger in [of("nobody"), ai.route()] {
        let error = stranger.send("Hello").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert!(!error.possibly_billed(), "nothing was sent");
    }
    transport.assert_sent_count(40);
    let mut chat = ai.conversation().labels(Labels::default().with_tenant("acme"));
    chat.ask("Hello").await.unwrap();
    assert_eq!(transport.recorded()[40].header("authorization"), Some("Bearer sk-acme"));
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_of_one_call_comes_before_the_settings() {
    let config = r#"
        default_model = "slow/m"
        [connections.slow]
        driver = "mock"
        delay_ms = 60000
        timeouts = { total = "10s" }
        retry_attempts = 1
    "#;
    let ai = Ai::builder()
        .config(ai::Config::parse("ai.toml", config).unwrap())
        .clock(Arc::new(TestClock::new()))
        .build()
        .unwrap();
    let took = async |call: &mut (dyn Future<Output = ErrorKind> + Unpin)| {
        let start = tokio::time::Instant::now();
        assert_eq!(call.await, ErrorKind::Timeout);
        start.elapsed().as_secs()
    };
    let limited = ai.route().timeout(Duration::from_secs(2));
    let context = Context::new().with_timeouts(Timeouts::default().with_total(Duration::from_secs(5)));
    let mut chat = ai.conversation().timeout(Duration::from_secs(3));

    assert_eq!(took(&mut Box::pin(async { ai.send("Hi").await.unwrap_err().kind() })).await, 10);
    assert_eq!(took(&mut Box::pin(async { limited.send("Hi").await.unwrap_err().kind() })).await, 2);
    assert_eq!(took(&mut Box::pin(async { limited.embed("Hi").await.unwrap_err().kind() })).await, 2);
    let in_context = limited.clone().context(context.clone());
    assert_eq!(took(&mut Box::pin(async { in_context.send("Hi").await.unwrap_err().kind() })).await, 2);
    let context = ai.route().context(context);
    assert_eq!(took(&mut Box::pin(async { context.send("Hi").await.unwrap_err().kind() })).await, 5);
    assert_eq!(took(&mut Box::pin(async { chat.ask("Hi").await.unwrap_err().kind() })).await, 3);
}

#[tokio::test]
async fn headers_raw_bodies_and_strictness_are_said_for_one_request() {
    let transport = ScriptedTransport::new();
    transport.reply(answered("Hi"));
    let ai = over(&transport);

    ai.conversation().header("x-trace", "7").unwrap().ask("Hello").await.unwrap();
    assert_eq!(transport.recorded()[0].header("x-trace"), Some("7"));

    ai.send(ChatRequest::raw(RawJson::from(&json!({"input": "Hello", "brand_new": 1})))).await.unwrap();
    let body = transport.recorded()[1].json().unwrap();
    assert_eq!((&body["brand_new"], &body["model"]), (&json!(1), &json!("gpt-test")));
    assert_eq!(body.get("store"), None, "a raw body is the caller's");

    // The vendor has no such parameter: a warning, or an error where that was asked for.
    let request = || ChatRequest::user("Hello").with_top_k(5);
    assert_eq!(ai.send(request()).await.unwrap().warnings.len(), 1);
    let error = ai.route().strict().send(request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let strict = ai.conversation().strict().options(|options| options.with_top_k(5)).ask("Hello").await;
    assert_eq!(strict.unwrap_err().kind(), ErrorKind::Unsupported);
    transport.assert_sent_count(3);
}
