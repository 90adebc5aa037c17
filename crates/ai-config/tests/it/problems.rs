use ai_config::{Config, KnownDriver, Problems, Severity};
use laravel_ai_core::ErrorKind;

use crate::drivers::{Acme, AcmeKeys, Local, Region, config, keys, work};

const TAKES: &str = "api_key, base_url, organization, headers, region, retries, pool, models, verbose, ratio, driver, \
                     default_model, timeout, timeouts, retry, retry_attempts, retry_delay, max_retry_delay, \
                     rate_limiting, circuit_breaker, logging";

#[test]
fn an_unknown_key_names_file_line_column_and_the_nearest_right_name() {
    let message = keys("api_key = \"k\"\n  base_ur = \"x\"\n").unwrap_err();
    assert_eq!(
        message,
        format!(
            "ai.toml:4:3: unknown key `base_ur` in [connections.work] (driver acme): did you mean `base_url`? (it takes: {TAKES})"
        )
    );
}

#[test]
fn an_unknown_key_inside_a_table_names_the_table() {
    let message = keys("api_key = \"k\"\npool = { size = 3, idle_secnds = 4 }").unwrap_err();
    assert_eq!(
        message,
        "ai.toml:4:20: unknown key `idle_secnds` in `pool` of [connections.work] (driver acme): did you mean `idle_seconds`? (it takes: size, idle_seconds)"
    );
}

#[test]
fn a_misspelt_setting_of_the_library_is_found_too() {
    assert!(keys("api_key = \"k\"\ntimeot = 3").unwrap_err().contains("did you mean `timeout`?"));
    assert!(keys("api_key = \"k\"\nmodel = \"x\"").unwrap_err().contains("did you mean `default_model`?"));
    let error = work("[connections.work.retry]\nattemps = 3").connection("work").unwrap_err();
    assert_eq!(
        error.message(),
        "ai.toml:4:1: unknown key `attemps` in `retry` of [connections.work]: did you mean `attempts`? (it takes: attempts, delay, multiplier, max_delay, jitter)"
    );
}

#[test]
fn a_missing_key_names_the_table() {
    assert_eq!(
        keys("").unwrap_err(),
        "ai.toml:1:14: missing key `api_key` in [connections.work] (driver acme): write `api_key = { env = \"NAME_OF_A_VARIABLE\" }`"
    );
    assert_eq!(
        keys("api_key = \"k\"\n[connections.work.pool]\n").unwrap_err(),
        "ai.toml:4:1: missing key `pool.size` in [connections.work] (driver acme)"
    );
    let error = config("\n[connections.work]\napi_key = \"k\"").connection("work").unwrap_err();
    assert_eq!(error.message(), "ai.toml:2:14: missing key `driver` in [connections.work]");
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[test]
fn a_wrong_type_says_what_was_expected_and_where() {
    for (line, message) in [
        ("base_url = 3", "`base_url` in […]: expected a string, found an integer"),
        ("retries = \"3\"", "`retries` in […]: expected an integer from 0 to 65535, found a string"),
        ("retries = 70000", "`retries` in […]: the value does not fit: expected an integer from 0 to 65535"),
        ("retries = -1", "`retries` in […]: the value does not fit: expected an integer from 0 to 65535"),
        (
            "retries = 1.5",
            "`retries` in […]: expected an integer from 0 to 65535, found a number with a fraction",
        ),
        ("verbose = 1", "`verbose` in […]: expected a boolean, found an integer"),
        ("ratio = \"x\"", "`ratio` in […]: expected a number, found a string"),
        ("models = \"x\"", "`models` in […]: expected an array, found a string"),
        ("models = [\"a\", 2]", "`models[1]` in […]: expected a string, found an integer"),
        ("pool = 5", "`pool` in […]: expected a table, found an integer"),
        ("pool = { size = true }", "`pool.size` in […]: expected an integer from 0 to 255, found a boolean"),
        (
            "region = \"europa\"",
            "`region` in […]: unknown value: did you mean `europe`? (one of: europe, america, zone)",
        ),
        ("region = 4", "`region` in […]: expected a string, found an integer"),
        ("base_url = { evn = \"X\" }", "`base_url` in […]: expected a string, found a table"),
        ("base_url = 2026-01-01", ""),
    ] {
        let result = keys(&format!("api_key = \"k\"\n{line}"));
        if message.is_empty() {
            assert_eq!(result.unwrap().base_url.unwrap(), "2026-01-01", "a date is text to a driver");
            continue;
        }
        let error = result.unwrap_err().replace("[connections.work] (driver acme)", "[…]");
        let (place, rest) = error.split_once(": ").unwrap();
        assert_eq!(rest, message, "{line}");
        assert!(place.starts_with("ai.toml:4:"), "{place}");
    }
}

#[test]
fn values_of_all_types_are_read() {
    let keys = keys(
        "api_key = \"k\"\nretries = 0x10\nratio = 2\nverbose = true\nmodels = [\"a\", \"b\"]\nregion = { zone = { name = \"z\" } }\n[connections.work.pool]\nsize = 1_0\n[connections.work.headers]\nenv = \"production\"\n",
    )
    .unwrap();
    assert_eq!(keys.retries, Some(16));
    assert_eq!(keys.ratio, Some(2.0));
    assert_eq!(keys.verbose, Some(true));
    assert_eq!(keys.models.unwrap(), ["a", "b"]);
    assert_eq!(keys.region, Some(Region::Zone { name: "z".into() }));
    let pool = keys.pool.unwrap();
    assert_eq!((pool.size, pool.idle_seconds), (10, None));
    assert_eq!(keys.headers.unwrap()["env"].expose(), "production", "a table where a table is wanted");
    assert_eq!(keys.organization, None);
}

#[test]
fn all_problems_come_at_once() {
    let error = work("base_ur = 1\nretries = \"x\"\nverbose = 3\nfoo = 1\n")
        .connection("work")
        .unwrap()
        .config::<AcmeKeys>()
        .unwrap_err();
    let problems = error.vendor::<Problems>().unwrap().as_slice();
    let keys: Vec<_> = problems.iter().map(|problem| problem.key.as_deref().unwrap()).collect();
    assert_eq!(
        keys,
        [
            "connections.work.base_ur",
            "connections.work.foo",
            "connections.work.retries",
            "connections.work.verbose",
            "connections.work.api_key",
        ]
    );
    assert!(!error.message().contains('\n'), "one line: {}", error.message());
}

#[test]
fn an_unknown_driver_lists_the_known_and_the_nearest() {
    let config = config("[connections.work]\ndriver = \"openai-compat\"");
    let connection = config.connection("work").unwrap();
    assert_eq!(
        connection.unknown_driver(&["openai", "openai-compatible", "xai"]).message(),
        "ai.toml:2:10: unknown driver `openai-compat` in [connections.work]: did you mean `openai-compatible`? (known drivers: openai, openai-compatible, xai)"
    );
}

#[test]
fn an_unknown_connection_lists_the_known_and_the_nearest() {
    let config = config("[connections.work]\ndriver = \"acme\"\n[connections.home]\ndriver = \"acme\"");
    assert_eq!(
        config.connection("wrok").unwrap_err().message(),
        "unknown connection `wrok`: did you mean `work`? (connections: work, home)"
    );
    assert_eq!(
        config.connection("zzzzzz").unwrap_err().message(),
        "unknown connection `zzzzzz`; connections: work, home"
    );
}

#[test]
fn the_form_of_the_file_is_checked_when_it_is_read() {
    for (text, message) in [
        (
            "conections = {}",
            "ai.toml:1:1: unknown key `conections` at the top level: did you mean `connections`?",
        ),
        (
            "\n[providers.openai]",
            "ai.toml:2:2: unknown key `providers` at the top level: did you mean `connections`?",
        ),
        ("connections = 3", "ai.toml:1:1: `connections` is an integer: write [connections.<name>] tables"),
        (
            "[connections]\nwork = \"x\"",
            "ai.toml:2:1: `connections.work` is a string: write a table [connections.work]",
        ),
        ("[connections.\"a/b\"]", "ai.toml:1:14: the connection name `a/b` has characters other than"),
        ("[connections.work]\ndriver = \"a\"\n[connections.work]\n", "ai.toml:3:14: not TOML: duplicate key"),
    ] {
        let error = Config::parse("ai.toml", text).unwrap_err();
        assert!(error.message().starts_with(message), "{}", error.message());
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
}

#[test]
fn columns_count_characters_and_lines_count_line_breaks() {
    let message = keys("api_key = \"k\"\r\norganization = \"äöü\" # ✓\r\npool = { size = 1, \"ä\" = 2 }\r\n")
        .unwrap_err();
    assert!(message.starts_with("ai.toml:5:20: unknown key `ä`"), "{message}");
}

#[test]
fn check_finds_everything_in_all_connections() {
    let config = config(
        r#"
default = "wrk"
[retry]
attempts = 0
[connections.work]
driver = "acme"
[connections.home]
driver = "acne"
[connections.lab]
timeout = "soon"
driver = "local"
base_ur = "http://localhost"
"#,
    );
    let problems = config.check(&[KnownDriver::of::<Acme>(), KnownDriver::of::<Local>()]);
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let starts = [
        "ai.toml:4:12: `retry.attempts` in the top level: the value does not fit: expected an integer of at least 1",
        "ai.toml:5:14: missing key `api_key` in [connections.work] (driver acme)",
        "ai.toml:8:10: unknown driver `acne` in [connections.home]: did you mean `acme`?",
        "ai.toml:10:11: `timeout` in [connections.lab]: expected a length of time",
        "ai.toml:12:1: unknown key `base_ur` in [connections.lab] (driver local): did you mean `base_url`?",
        "ai.toml:2:11: `default`: unknown connection `wrk`: did you mean `work`?",
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:#?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}\nis not\n{start}");
    }
    assert!(problems.iter().all(|problem| problem.severity == Severity::Error));
    assert!(work("api_key = \"k\"").check(&[KnownDriver::of::<Acme>()]).is_empty());
}

#[test]
fn defaults_that_contradict_each_other_are_pointed_out() {
    let config = config(
        "default = \"a\"\ndefault_model = \"b/m\"\n[connections.a]\ndriver = \"local\"\n[connections.b]\ndriver = \"local\"",
    );
    let problems = config.check(&[KnownDriver::of::<Local>()]);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].severity, Severity::Warning);
    assert_eq!(
        problems[0].to_string(),
        "ai.toml:2:17: `default_model` names connection `b`, but `default` is `a`"
    );
}
