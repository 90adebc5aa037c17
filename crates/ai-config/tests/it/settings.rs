use std::time::Duration;

use ai_config::{LogLevel, Settings};
use laravel_ai_core::Timeouts;

use crate::drivers::{config, work};

fn settings(lines: &str) -> Result<Settings, String> {
    let connection = work(lines).connection("work").map_err(|error| error.message().to_owned())?;
    Ok(connection.settings().clone())
}

#[test]
fn all_settings_are_read() {
    let settings = settings(
        r#"
default_model = "m"
timeout = 30
timeouts = { connect = "500ms", first_content = 1.5, idle = "2m", total = "1h" }
retry = { attempts = 4, delay = "250ms", multiplier = 2, max_delay = "30s", jitter = 0.1 }
rate_limiting = { enabled = true, requests_per_minute = 60, tokens_per_minute = 90000, concurrency = 4 }
circuit_breaker = { enabled = false, failure_rate = 0.5, minimum_calls = 10, window = 60, cool_down = "30s" }
logging = { enabled = true, channel = "ai", level = "warning", include_content = false }
"#,
    )
    .unwrap();
    assert_eq!(settings.default_model.as_deref(), Some("m"));
    assert_eq!(settings.timeout, Some(Duration::from_secs(30)));
    let timeouts = Timeouts::default()
        .with_connect(Duration::from_millis(500))
        .with_first_content(Duration::from_millis(1500))
        .with_idle(Duration::from_secs(120))
        .with_total(Duration::from_secs(3600));
    assert_eq!(settings.timeouts, timeouts);
    assert_eq!(settings.retry.attempts.unwrap().get(), 4);
    assert_eq!(settings.retry.delay, Some(Duration::from_millis(250)));
    assert_eq!(settings.retry.multiplier, Some(2.0));
    assert_eq!(settings.retry.max_delay, Some(Duration::from_secs(30)));
    assert_eq!(settings.retry.jitter, Some(0.1));
    assert_eq!(settings.rate_limiting.concurrency.unwrap().get(), 4);
    assert_eq!(settings.circuit_breaker.enabled, Some(false));
    assert_eq!(settings.circuit_breaker.failure_rate, Some(0.5));
    assert_eq!(settings.circuit_breaker.minimum_calls.unwrap().get(), 10);
    assert_eq!(settings.circuit_breaker.window, Some(Duration::from_secs(60)));
    assert_eq!(settings.circuit_breaker.cool_down, Some(Duration::from_secs(30)));
    assert_eq!(settings.logging.level, Some(LogLevel::Warn));
}

#[test]
fn the_predecessors_flat_names_are_read() {
    let settings =
        settings("retry_attempts = 3\nretry_delay = 1000\nmax_retry_delay = \"30s\"\ntimeout = 30").unwrap();
    assert_eq!(settings.retry.attempts.unwrap().get(), 3);
    assert_eq!(settings.retry.delay, Some(Duration::from_secs(1)), "a bare number is milliseconds here");
    assert_eq!(settings.retry.max_delay, Some(Duration::from_secs(30)));
}

#[test]
fn two_names_for_one_thing_are_refused() {
    assert_eq!(
        settings("retry_attempts = 3\nretry = { attempts = 3 }").unwrap_err(),
        "ai.toml:3:1: `retry_attempts` and `retry.attempts` of [connections.work] mean the same: keep one"
    );
}

#[test]
fn the_single_timeout_bounds_a_call_and_the_start_of_a_stream() {
    let second = Duration::from_secs(1);
    let single = settings("timeout = 1").unwrap();
    assert_eq!(single.timeouts_of(false), Timeouts::default().with_total(second));
    assert_eq!(single.timeouts_of(true), Timeouts::default().with_first_content(second));
    let both = settings("timeout = 1\ntimeouts = { total = 9 }").unwrap();
    assert_eq!(both.timeouts_of(false).total, Some(Duration::from_secs(9)), "the precise name wins");
    assert_eq!(both.timeouts_of(true).total, Some(Duration::from_secs(9)));
    assert_eq!(both.timeouts_of(true).first_content, Some(second));
}

#[test]
fn nonsense_is_refused() {
    for (line, message) in [
        (
            "timeout = 0",
            "`timeout` in […]: expected a length of time: a number of seconds, or text such as \"30s\" or \"500ms\", above zero and finite",
        ),
        ("timeout = -1", "`timeout` in […]: expected a length of time"),
        ("timeout = inf", "`timeout` in […]: expected a length of time"),
        ("timeout = \"30 parsecs\"", "`timeout` in […]: expected a length of time"),
        ("timeout = \"s\"", "`timeout` in […]: expected a length of time"),
        ("timeout = true", "`timeout` in […]: expected a length of time"),
        ("retry_delay = 0", "`retry_delay` in […]: expected a length of time: a number of milliseconds"),
        (
            "retry = { attempts = 0 }",
            "`retry.attempts` in […]: the value does not fit: expected an integer of at least 1",
        ),
        ("retry = { multiplier = 0.5 }", "`retry.multiplier` in […]: expected a number of at least 1"),
        ("retry = { jitter = 1.1 }", "`retry.jitter` in […]: expected a number from 0 to 1"),
        ("retry = { jitter = nan }", "`retry.jitter` in […]: expected a number from 0 to 1"),
        (
            "circuit_breaker = { failure_rate = 0 }",
            "`circuit_breaker.failure_rate` in […]: expected a number above 0 and up to 1",
        ),
        (
            "rate_limiting = { concurrency = 0 }",
            "`rate_limiting.concurrency` in […]: the value does not fit: expected an integer of at least 1",
        ),
        ("logging = { level = \"loud\" }", "`logging.level` in […]: unknown value; it is one of:"),
        ("logging = \"debug\"", "`logging` in […]: expected a table, found a string"),
    ] {
        let error = settings(line).unwrap_err().replace("[connections.work]", "[…]");
        let (place, rest) = error.split_once(": ").unwrap();
        assert!(rest.starts_with(message), "{line}: {rest}");
        assert!(place.starts_with("ai.toml:3:"), "{place}");
    }
}

#[test]
fn settings_of_the_top_level_hold_for_all_connections() {
    let config = config(
        r#"
timeout = 5
retry = { attempts = 2, delay = 1 }
[connections.a]
driver = "acme"
[connections.b]
driver = "acme"
timeout = 7
retry = { attempts = 4 }
[connections.c]
driver = "acme"
retry_attempts = 6
"#,
    );
    let of = |name: &str| {
        let connection = config.connection(name).unwrap();
        let settings = connection.settings();
        (
            settings.timeout.unwrap().as_secs(),
            settings.retry.attempts.unwrap().get(),
            settings.retry.delay.unwrap().as_secs(),
        )
    };
    assert_eq!(of("a"), (5, 2, 1));
    assert_eq!(of("b"), (7, 4, 1), "filled key by key");
    assert_eq!(of("c"), (5, 6, 1), "the flat name counts as the nested one");
}
