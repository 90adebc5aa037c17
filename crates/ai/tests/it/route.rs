//! Where calls go, and with which limits.

use std::sync::Arc;
use std::time::Duration;

use ai::mock::{ScriptedTransport, WireReply};
use ai::{Ai, Config, Context, Credentials, Error, ErrorKind, Labels, Result, Secret, Timeouts};
use async_trait::async_trait;

fn answer() -> serde_json::Value {
    serde_json::json!({"choices": [{"message": {"role": "assistant", "content": "Lima"}, "finish_reason": "stop"}]})
}

fn ai(keys: &str, transport: &ScriptedTransport) -> Ai {
    let text = format!(
        "[connections.work]\ndriver = \"openai-compatible\"\nbase_url = \"http://api.example.com/v1\"\n{keys}"
    );
    let config = Config::parse("ai.toml", &text).unwrap();
    Ai::builder().config(config).transport(Arc::new(transport.clone())).build().unwrap()
}

#[tokio::test]
async fn a_misspelt_default_model_is_said_instead_of_that_no_model_is_named() {
    let ai = ai("defualt_model = \"gpt-test\"", &ScriptedTransport::new());
    for error in [
        ai.send("Hello").await.unwrap_err(),
        ai.provider("work").send("Hello").await.unwrap_err(),
        ai.conversation().ask("Hello").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.message().starts_with("ai.toml:4:1: unknown key `defualt_model`"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_connections_time_limits_hold_and_the_calls_own_come_first() {
    let transport = ScriptedTransport::new();
    let ai =
        ai("default_model = \"gpt-test\"\ntimeouts = { total = \"20s\" }\nretry_attempts = 1", &transport);
    let call = Context::new().with_timeouts(Timeouts::default().with_total(Duration::from_secs(5)));
    let near =
        Context::new().with_deadline((tokio::time::Instant::now() + Duration::from_secs(2)).into_std());

    for (route, seconds) in [(ai.route(), 20), (ai.route().context(call), 5)] {
        transport.reply(WireReply::stall_answering());
        let start = tokio::time::Instant::now();
        let answer = tokio::time::timeout(Duration::from_secs(60), route.send("Hello")).await.unwrap();
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Timeout);
        assert_eq!(start.elapsed(), Duration::from_secs(seconds));
    }

    // A deadline that is nearer than the limit stays.
    let error = ai.route().context(near).send("Hello").await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Timeout, false));
}

#[derive(Debug)]
struct Tenants;

#[async_trait]
impl Credentials for Tenants {
    async fn secret(&self, ctx: &Context, _: &str) -> Result<Option<Secret>> {
        match ctx.labels.tenant.as_deref() {
            None => Ok(None),
            Some("blue") => Ok(Some(Secret::new("test-key-of-blue"))),
            Some(_) => Err(Error::new(ErrorKind::Authentication, "this tenant has no key")),
        }
    }
}

#[tokio::test]
async fn each_tenant_pays_with_its_own_key() {
    let transport = ScriptedTransport::new();
    let keys = "default_model = \"gpt-test\"\napi_key = \"test-key-of-the-house\"";
    let config = format!(
        "[connections.work]\ndriver = \"openai-compatible\"\nbase_url = \"http://api.example.com/v1\"\n{keys}"
    );
    let ai = Ai::builder()
        .config(Config::parse("ai.toml", &config).unwrap())
        .transport(Arc::new(transport.clone()))
        .credentials(Arc::new(Tenants))
        .build()
        .unwrap();
    let of = |tenant: &str| Context::new().with_labels(Labels::default().with_tenant(tenant));

    for context in [of("blue"), Context::new()] {
        transport.reply(WireReply::json(&answer()));
        ai.conversation().context(context).ask("Hello").await.unwrap();
    }
    let error = ai.route().context(of("red")).send("Hello").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);

    let sent = transport.recorded();
    let keys: Vec<_> = sent.iter().map(|sent| sent.header("authorization").unwrap()).collect();
    assert_eq!(keys, ["Bearer test-key-of-blue", "Bearer test-key-of-the-house"]);
}

#[tokio::test]
async fn debug_of_everything_that_a_caller_holds_is_short_and_shows_no_secret() {
    let keys = "default_model = \"gpt-test\"\napi_key = \"test-key-CANARY\"\nquery = { k = \"CANARY\" }\nheaders = { x-note = \"CANARY\" }";
    let ai = ai(keys, &ScriptedTransport::new());
    ai.route().chat_model().unwrap();
    for shown in [format!("{ai:?}"), format!("{:?}", ai.route()), format!("{:?}", ai.conversation())] {
        assert!(!shown.contains("CANARY"), "{shown}");
        assert!(shown.contains("work") && shown.len() < 2_000, "{shown}");
    }
}

#[test]
fn each_driver_that_a_feature_brings_can_be_named() {
    let text = "[connections.work]\ndriver = \"openai\"\napi_key = \"sk-test\"\ndefault_model = \"gpt-test\"";
    let ai = Ai::builder().config(Config::parse("ai.toml", text).unwrap()).build().unwrap();
    let rendered = ai.route().render("Hello").unwrap();
    assert_eq!(rendered.url, "https://api.openai.com/v1/responses");
    assert_eq!(rendered.body["store"], false);
}
