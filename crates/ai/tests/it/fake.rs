//! Tests of applications: nothing leaves the program.

use ai::openai_compatible::{Config, OpenAiCompatible};
use ai::{Ai, ErrorKind, Retry};

#[tokio::test]
async fn any_connection_and_model_is_answered_by_the_mock() {
    let ai = Ai::fake();
    ai.mock().reply("Lima");
    for route in
        [ai.route(), ai.model("gpt-test"), ai.model("work/gpt-test"), ai.provider("work").model("a/b:c")]
    {
        assert_eq!(route.send("Capital of Peru?").await.unwrap().text(), "Lima");
    }
    let targets: Vec<_> = ai.mock().recorded().iter().map(|sent| sent.target.to_string()).collect();
    assert_eq!(targets, ["fake/model", "fake/gpt-test", "work/gpt-test", "work/a/b:c"]);
}

#[tokio::test]
async fn a_stray_call_is_a_typed_error_that_names_host_and_path() {
    let config = Config::new("http://api.example.com/v1");
    let ai = Ai::builder().connect::<OpenAiCompatible>("real", config).fake().unwrap();
    let error = ai.model("real/gpt-test").send("Hello").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(error.retry(), Retry::Never);
    assert!(!error.possibly_billed());
    let said = error.to_string();
    assert!(said.contains("api.example.com") && said.contains("/v1/chat/completions"), "{said}");

    assert!(ai.model("other/gpt-test").send("Hello").await.is_ok(), "other names are the mock's");
}

#[tokio::test]
async fn a_stream_counts_as_sent_when_it_is_asked_for() {
    let ai = Ai::fake();
    let stream = ai.stream("Hello").await.unwrap();
    ai.mock().assert_sent_count(1);
    drop(stream);
}
