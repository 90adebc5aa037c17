//! The error: one line for people, facts for layers, nothing of the conversation.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use laravel_ai_core::*;

fn target() -> Target {
    Target::new("driver", "work", "model")
}

#[derive(Debug)]
struct Vendor {
    code: &'static str,
    cause: Option<Inner>,
}

#[derive(Debug, PartialEq)]
struct Inner(u8);

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vendor {}", self.code)
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("inner")
    }
}

impl StdError for Inner {}

impl StdError for Vendor {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

#[test]
fn the_line_shows_every_fact_that_is_known() {
    let bare = Error::new(ErrorKind::Server, "it broke");
    let line = |error: &Error| error.to_string();
    assert_eq!(line(&bare), "provider failed: it broke");
    assert_eq!(line(&bare.clone().with_status(503)), "provider failed: it broke (status 503)");
    assert_eq!(line(&bare.clone().with_target(&target())), "provider failed: it broke (at work/model)");
    assert_eq!(line(&bare.clone().with_request_id("r-1")), "provider failed: it broke (request r-1)");
    let full = bare.with_status(503).with_target(&target()).with_request_id("r-1");
    assert_eq!(line(&full), "provider failed: it broke (status 503, at work/model, request r-1)");
}

#[test]
fn the_line_is_one_line_whatever_the_vendor_says() {
    let error = Error::new(ErrorKind::InvalidRequest, "bad\n2026-01-01 INFO forged\r\n\u{1b}[31m")
        .with_request_id("a\nb")
        .with_target(&Target::new("d", "c", "m\nn"));
    let line = error.to_string();
    assert!(!line.contains(char::is_control), "{line:?}");
    assert_eq!(line, "invalid request: bad 2026-01-01 INFO forged   [31m (at c/m n, request a b)");
    assert!(!format!("{error:?}").contains('\n'));
}

#[test]
fn neither_display_nor_debug_shows_content() {
    let media = Media::from_url("https://canary:canary@host/canary?sig=canary").unwrap();
    let partial = Partial::new(vec![
        AssistantPart::text("canary"),
        AssistantPart::Media(media),
        AssistantPart::ToolCall(ToolCall::new("canary", "canary", "canary")),
    ]);
    let error = Error::new(ErrorKind::Transport, "reset")
        .with_partial(partial)
        .with_source(Vendor { code: "canary https://host/?key=canary", cause: Some(Inner(1)) });
    for shown in [format!("{error}"), format!("{error:#}"), format!("{error:?}"), format!("{error:#?}")] {
        assert!(!shown.contains("canary"), "{shown}");
    }
    assert!(format!("{error:?}").contains("has_partial: true"));
}

#[test]
fn a_vendors_error_is_found_through_the_chain() {
    let vendor = Vendor { code: "rate_limit", cause: Some(Inner(7)) };
    let inner = Error::new(ErrorKind::RateLimited, "slow down").with_source(vendor);
    let outer = Error::new(ErrorKind::Server, "all candidates failed").with_source(inner.clone());
    for error in [&inner, &outer] {
        assert_eq!(error.vendor::<Vendor>().unwrap().code, "rate_limit");
        assert_eq!(error.vendor::<Inner>(), Some(&Inner(7)));
        assert!(error.vendor::<fmt::Error>().is_none());
    }
    assert_eq!(outer.vendor::<Error>().unwrap().kind(), ErrorKind::RateLimited);
    assert!(inner.vendor::<Error>().is_none(), "an error is not its own source");
}

#[test]
fn clones_share_and_then_part() {
    let first = Error::new(ErrorKind::Server, "it broke").with_source(Inner(1));
    let second = first.clone().with_status(500).with_kind(ErrorKind::Overloaded);
    assert_eq!((first.status(), first.kind()), (None, ErrorKind::Server));
    assert_eq!((second.status(), second.kind()), (Some(500), ErrorKind::Overloaded));
    assert_eq!(second.vendor::<Inner>(), Some(&Inner(1)));
}

#[test]
fn the_first_target_stays() {
    let error = Error::from(ErrorKind::Server).with_target(&target());
    let error = error.with_target(&Target::new("other", "other", "other"));
    assert_eq!(error.target(), Some(&target()));
}

#[test]
fn what_is_set_wins_over_the_default_of_the_kind() {
    let after = Retry::SameTarget { after: Some(Duration::from_secs(2)) };
    let limits = RateLimits::default();
    let error = Error::from(ErrorKind::Authentication)
        .with_retry(after)
        .with_possibly_billed(true)
        .with_rate_limits(limits);
    assert_eq!(error.retry(), after);
    assert!(error.possibly_billed());
    assert_eq!(error.rate_limits(), Some(&limits));
    let error = error.with_kind(ErrorKind::Unknown);
    assert_eq!(error.retry(), after, "what was set stays with another kind");
}

#[test]
fn an_error_is_one_pointer_and_crosses_threads() {
    fn crosses<T: Send + Sync + Clone + 'static>() {}
    crosses::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
}

#[test]
fn broken_json_is_told_without_its_values() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Shape {
        number: u8,
        word: Option<Word>,
    }
    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        Yes,
        No,
    }
    #[derive(Debug)]
    struct Own;
    impl<'de> serde::Deserialize<'de> for Own {
        fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
            let text = String::deserialize(d)?;
            Err(serde::de::Error::custom(format_args!("`{text}` is not mine")))
        }
    }
    let told = |json: &str| {
        let cause = serde_json::from_str::<Shape>(json).unwrap_err();
        let error = Error::decode("the answer does not fit", &cause);
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(!error.message().contains("canary"), "{error}");
        error.message().strip_prefix("the answer does not fit: ").unwrap().to_owned()
    };
    assert_eq!(told("{}"), "missing field `number` at line 1 column 2");
    assert_eq!(told(r#"{"number": 1"#), "EOF while parsing an object at line 1 column 12");
    assert_eq!(told(r#"{"number": "canary"}"#), "invalid type: string, expected u8 at line 1 column 19");
    let sly = r#"{"number": "x\", expected canary"}"#;
    assert_eq!(told(sly), "invalid type: string, expected u8 at line 1 column 33");
    assert_eq!(told(r#"{"number": 31337}"#), "invalid value: integer, expected u8 at line 1 column 16");
    assert_eq!(told(r#"{"number": true}"#), "invalid type: boolean, expected u8 at line 1 column 15");
    assert_eq!(told(r#"{"number": null}"#), "invalid type: null, expected u8 at line 1 column 15");
    assert_eq!(told(r#"{"canary": 1}"#), "unknown field, expected `number` or `word` at line 1 column 9");
    assert_eq!(
        told(r#"{"number": 1, "word": "canary"}"#),
        "unknown variant, expected `yes` or `no` at line 1 column 30"
    );

    let cause = serde_json::from_str::<Vec<Own>>(r#"["canary"]"#).unwrap_err();
    assert_eq!(Error::decode("odd", &cause).message(), "odd: a value of another form at line 1 column 10");
    let cause = serde_json::from_value::<Own>("canary".into()).unwrap_err();
    assert_eq!(Error::decode("odd", &cause).message(), "odd: a value of another form");
}

#[test]
fn answers_that_do_not_fit_say_why() {
    let answer = |text: &str, reason| ChatResponse::new(target(), vec![AssistantPart::text(text)], reason);
    assert_eq!(answer("[1, 2]", FinishReason::Stop).parse::<Vec<u8>>().unwrap(), [1, 2]);
    let error = answer("[\"canary\"]", FinishReason::Stop).parse::<Vec<u8>>().unwrap_err();
    assert_eq!(
        error.message(),
        "the answer is not the JSON that was asked for: invalid type: string, expected u8 at line 1 column 9"
    );
    let error = answer("[1, ", FinishReason::Length).parse::<Vec<u8>>().unwrap_err();
    assert!(error.message().contains("was cut at the token limit: EOF while parsing"), "{error}");
    let refused = vec![AssistantPart::Refusal(Refusal::new("no"))];
    let refused = ChatResponse::new(target(), refused, FinishReason::Refusal);
    assert_eq!(refused.parse::<u8>().unwrap_err().kind(), ErrorKind::ContentFiltered);
}
