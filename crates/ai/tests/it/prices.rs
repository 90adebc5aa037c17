//! Prices from the list, the configuration and the code.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ai::costs::{ModelPrices, Overrides, Rates, Sale, Unpriced};
use ai::mock::{ScriptedTransport, WireReply};
use ai::openai::OpenAi;
use ai::{Ai, ChatRequest, Config, ErrorKind, Secret, Target, Usage};

/// In November 2026.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000)
}

fn with(text: &str) -> Ai {
    Ai::builder().config(Config::parse("ai.toml", text).unwrap()).build().unwrap()
}

fn cost(ai: &Ai, connection: &str, model: &str) -> String {
    let (target, usage) = (Target::new("openai", connection, model), Usage::new(1_000_000, 0));
    match ai.prices().unwrap().cost(&Sale::new(&target, &usage, now())) {
        Ok(cost) => cost.money.to_string(),
        Err(why) => why.to_string(),
    }
}

#[test]
fn code_comes_before_the_file_and_the_file_before_the_list() {
    let text = r#"
        [prices]
        "local/*" = "free"
        "openai/gpt-4.1" = { input = "1.50", output = "6" }

        [prices."work/acme-1"]
        input = "3"
        output = "9"

        [[prices."work/acme-2"]]
        tiers.standard = [{ input = "4", output = "9" }]

        [[prices."work/acme-2"]]
        from = "2026-11-01"
        tiers.standard = [{ input = "5", output = "9" }, { from_input = 1_000, input = "7", output = "9" }]
    "#;
    let ai = with(text);
    assert!(ai.problems().is_empty(), "{:?}", ai.problems());
    assert_eq!(cost(&ai, "work", "gpt-4.1-mini"), "0.4 USD");
    assert_eq!(cost(&ai, "work", "gpt-4.1"), "1.5 USD");
    assert_eq!(cost(&ai, "local", "anything"), "0 USD");
    assert_eq!(cost(&ai, "work", "acme-1"), "3 USD");
    assert_eq!(cost(&ai, "work", "acme-2"), "7 USD");
    assert_eq!(cost(&ai, "work", "acme-3"), "no prices are known for `openai/acme-3`");

    let mut own = Overrides::default();
    own.set("work", "acme-1", ModelPrices::new(Rates::new("8".parse().unwrap(), "9".parse().unwrap())));
    let ai = Ai::builder().config(Config::parse("ai.toml", text).unwrap()).prices(own).build().unwrap();
    assert_eq!(cost(&ai, "work", "acme-1"), "8 USD");
    assert_eq!(cost(&ai, "work", "acme-2"), "7 USD");
}

#[test]
fn a_price_that_does_not_fit_is_told_with_its_place() {
    for (text, says) in [
        ("[prices]\n\"a/b\" = { input = 2.5 }", "ai.toml:2"),
        ("[prices]\n\"a/b\" = { input = \"-1\" }", "is no price"),
        ("[prices]\n\"a/b\" = { inptu = \"1\" }", "did you mean `input`?"),
        ("[prices]\n\"a/b\" = \"fre\"", "unknown"),
        ("[[prices.\"a/b\"]]\nfrom = \"soon\"", "YYYY-MM-DD"),
        ("[prices]\nacme-1 = \"free\"", "write a connection or a driver, a slash"),
        ("[prices]\n\"a/*-*\" = \"free\"", "one `*` at most"),
        ("price = 1", "did you mean `prices`?"),
    ] {
        let error =
            Config::parse("ai.toml", text).and_then(|config| Ai::builder().config(config).build()?.prices());
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.message().contains(says), "{text}: {error}");
        if !text.starts_with("price ") {
            assert_eq!(with(text).problems().len(), 1, "{text}");
        }
    }
}

#[tokio::test]
async fn the_mock_is_free() {
    let ai = Ai::fake();
    let answer = ai.send("Hi").await.unwrap();
    assert_eq!(ai.prices().unwrap().cost_of(&answer, now()).unwrap().money.to_string(), "0 USD");
}

#[tokio::test]
async fn an_estimate_counts_first_and_knows_how_long_an_answer_may_be() {
    let transport = ScriptedTransport::new();
    let config = ai::openai::Config::new(Secret::new("test"));
    let ai = Ai::builder()
        .transport(Arc::new(transport.clone()))
        .connect::<OpenAi>("work", config)
        .build()
        .unwrap();
    let prices = ai.prices().unwrap();
    let counted =
        || WireReply::json(&serde_json::json!({"object": "response.input_tokens", "input_tokens": 1_000}));
    let route = ai.model("work/gpt-4.1");

    transport.reply(counted());
    let estimate = route.estimate(&prices, "Hi").await.unwrap();
    // 1,000 x 0.5 = 500; 1,000 x 2 + 32,768 x 8 = 264144 millionths.
    assert_eq!(estimate.least.to_string(), "0.0005 USD");
    assert_eq!(estimate.most.unwrap().to_string(), "0.264144 USD");
    transport.reply(counted());
    let limited = ChatRequest::user("Hi").with_max_output_tokens(100);
    let estimate = route.estimate(&prices, limited).await.unwrap();
    assert_eq!(estimate.most.unwrap().to_string(), "0.0028 USD");

    transport.reply(counted());
    let error = ai.model("work/gpt-of-tomorrow").estimate(&prices, "Hi").await.unwrap_err();
    assert!(matches!(error.vendor(), Some(Unpriced::UnknownModel { .. })), "{error}");
    transport.assert_sent_count(3);
    transport.assert_sent(|sent| sent.path().ends_with("/responses/input_tokens"));
}

#[tokio::test]
async fn a_budget_holds_whichever_way_a_call_is_made() {
    use ai::costs::{Budget, Budgets, MemoryBudgets, Period, Scope};
    use ai::{ChatRequest, ErrorKind, Money, RawJson};

    let budgets = std::sync::Arc::new(MemoryBudgets::new());
    let limit = Money::usd("0.01".parse().unwrap());
    budgets.define(Budget::new("all", Scope::default(), Period::Day, limit)).await.unwrap();
    let mut own = ai::costs::Overrides::default();
    let million = || "1000000".parse().unwrap();
    own.set("mock", "*", ai::costs::ModelPrices::new(ai::costs::Rates::new(million(), million())));
    let ai = Ai::builder().budgets(budgets).prices(own).fake().unwrap();
    let raw = ChatRequest::raw(RawJson::parse("{}").unwrap());
    let kinds = [
        ai.send("Hello").await.unwrap_err().kind(),
        ai.stream("Hello").await.unwrap_err().kind(),
        ai.send(raw).await.unwrap_err().kind(),
        ai.model("work/m").send("Hello").await.unwrap_err().kind(),
        ai.model("work/m").fallback("other/m").send("Hello").await.unwrap_err().kind(),
        ai.conversation().ask("Hello").await.unwrap_err().kind(),
        ai.embed(["Hello"]).await.unwrap_err().kind(),
        ai.route()
            .chat_model()
            .unwrap()
            .chat(&ai::Context::new(), std::sync::Arc::new("Hello".into()))
            .await
            .unwrap_err()
            .kind(),
        ai.batch(["Hello"]).send().await.pop().unwrap().unwrap_err().kind(),
    ];
    assert_eq!(kinds, [ErrorKind::BudgetExceeded; 9]);
    ai.mock().assert_nothing_sent();
}
