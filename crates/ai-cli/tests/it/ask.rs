//! `ai ask` and `ai models`

use tempfile::tempdir;

use crate::server::{ai, response, serve};

const STREAM: &str = concat!(
    "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Li\"}}]}\n\n",
    "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ma\"},\"finish_reason\":\"stop\"}]}\n\n",
    "data: [DONE]\n\n",
);

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

#[test]
fn without_a_provider_the_mock_answers_and_says_so() {
    let folder = tempdir().unwrap();
    let output = ai(folder.path()).args(["ask", "What is the capital of Peru?"]).output().unwrap();
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("What is the capital of Peru?"));
    let label = text(&output.stderr);
    assert!(label.contains("this is the mock") && label.contains("OPENAI_API_KEY"), "{label}");
}

#[test]
fn a_key_without_a_model_is_no_reason_for_the_mock() {
    let folder = tempdir().unwrap();
    let output = ai(folder.path()).env("OPENAI_API_KEY", "sk-test").args(["ask", "Hello"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(error.contains("ai models") && !error.contains("mock"), "{error}");
}

#[test]
fn asks_a_real_server_with_the_key_and_streams_the_answer() {
    let folder = tempdir().unwrap();
    let (url, served) = serve(vec![response("200 OK", "text/event-stream", STREAM)]);
    let output = ai(folder.path())
        .env("OPENAI_API_KEY", "sk-canary-1234567890")
        .env("OPENAI_BASE_URL", format!("{url}/v1"))
        .env("AI_OPENAI_API", "chat")
        .args(["ask", "--model", "openai/gpt-test", "--system", "Be brief", "Capital of", "Peru?"])
        .write_stdin("A note from a file\n")
        .output()
        .unwrap();

    assert_eq!(text(&output.stdout), "Lima\n", "{}", text(&output.stderr));
    let request = &served.join().unwrap()[0];
    assert!(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Bearer sk-canary-1234567890\r\n"), "{request}");
    assert!(request.contains(r#""content":"Capital of Peru?\n\nA note from a file""#), "{request}");
    assert!(request.contains(r#""stream":true"#) && request.contains(r#""model":"gpt-test""#), "{request}");
    assert!(!text(&output.stderr).contains("canary"));
}

#[test]
fn json_is_the_whole_response() {
    let folder = tempdir().unwrap();
    let output = ai(folder.path())
        .env("AI_DEFAULT_PROVIDER", "mock")
        .args(["ask", "--json", "Hello"])
        .output()
        .unwrap();
    let response: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(response["content"][0]["text"].as_str().unwrap().contains("Hello"));
    assert_eq!(response["finish"]["reason"], "stop");
    assert_eq!(text(&output.stderr), "", "the mock was asked for, so it needs no label");
}

#[test]
fn render_masks_the_key_and_sends_nothing() {
    let folder = tempdir().unwrap();
    let output = ai(folder.path())
        .env("OPENAI_API_KEY", "sk-canary-1234567890")
        .args(["ask", "--render", "--model", "gpt-test", "Hello"])
        .output()
        .unwrap();
    let shown = text(&output.stdout);
    assert!(shown.starts_with("POST https://api.openai.com/v1/responses\n"), "{shown}");
    assert!(shown.contains("authorization: ***") && !shown.contains("canary"), "{shown}");
}

#[test]
fn exit_codes_say_what_kind_of_failure_it_was() {
    let folder = tempdir().unwrap();
    let refused = response(
        "401 Unauthorized",
        "application/json",
        r#"{"error":{"message":"no","code":"invalid_api_key"}}"#,
    );
    let invalid = response(
        "400 Bad Request",
        "application/json",
        r#"{"error":{"message":"no","code":"invalid_value"}}"#,
    );
    let overloaded = response("503 Service Unavailable", "text/html", "<html>busy</html>");
    for (answer, code) in [(refused, 3), (invalid, 5), (overloaded, 1)] {
        let (url, served) = serve(vec![answer]);
        let output = ai(folder.path())
            .env("CUSTOM_AI_BASE_URL", &url)
            .env("CUSTOM_AI_RETRY_ATTEMPTS", "1")
            .args(["ask", "--json", "--model", "custom/m", "Hello"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(error["error"]["exit_code"], code);
        served.join().unwrap();
    }
    // Nobody listens on port 1.
    let output = ai(folder.path())
        .env("CUSTOM_AI_BASE_URL", "http://127.0.0.1:1/v1")
        .args(["ask", "--model", "custom/m", "Hello"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    let output = ai(folder.path()).args(["ask"]).write_stdin("").output().unwrap();
    assert_eq!(output.status.code(), Some(5));
}

#[test]
fn a_stream_that_breaks_keeps_its_text_and_fails() {
    let folder = tempdir().unwrap();
    let half = &STREAM[..STREAM.find("\n\n").unwrap() + 2];
    let (url, served) = serve(vec![response("200 OK", "text/event-stream", half)]);
    let output = ai(folder.path())
        .env("CUSTOM_AI_BASE_URL", url)
        .args(["ask", "--model", "custom/m", "Hello"])
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "Li\n");
    assert_eq!(output.status.code(), Some(4));
    served.join().unwrap();
}

#[test]
fn models_are_listed_in_order() {
    let folder = tempdir().unwrap();
    let list = r#"{"object":"list","data":[{"id":"b","object":"model"},{"id":"a","object":"model"}]}"#;
    let (url, served) = serve(vec![response("200 OK", "application/json", list)]);
    let output = ai(folder.path()).env("CUSTOM_AI_BASE_URL", url).arg("models").output().unwrap();
    assert_eq!(text(&output.stdout), "a\nb\n", "{}", text(&output.stderr));
    served.join().unwrap();
}

#[test]
fn limits_that_the_list_does_not_say_are_known_all_the_same() {
    let folder = tempdir().unwrap();
    let list =
        r#"{"object":"list","data":[{"id":"gpt-4.1","object":"model"},{"id":"gpt-4.1x","object":"model"}]}"#;
    let (url, served) = serve(vec![response("200 OK", "application/json", list)]);
    let key = [("OPENAI_API_KEY", "sk-test"), ("OPENAI_BASE_URL", &url)];
    let output = ai(folder.path()).envs(key).args(["models", "--json"]).output().unwrap();
    let models: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(models[0]["capabilities"]["context_tokens"], 1_000_000, "{}", text(&output.stderr));
    assert_eq!(models[0]["capabilities"]["max_output_tokens"], 32_768);
    assert_eq!(models[0]["shutdown"], "2027-01-14");
    assert!(models[1]["capabilities"]["context_tokens"].is_null());
    served.join().unwrap();
}

#[test]
fn what_the_provider_says_is_shown_without_the_key() {
    let folder = tempdir().unwrap();
    let body = r#"{"error":{"message":"Key sk-canary-1234567890 may not use\u001b[31m this","code":"invalid_api_key"}}"#;
    for json in [false, true] {
        let (url, served) = serve(vec![response("401 Unauthorized", "application/json", body)]);
        let mut command = ai(folder.path());
        command.env("CUSTOM_AI_BASE_URL", url).env("CUSTOM_AI_API_KEY", "sk-canary-1234567890");
        command.args(["ask", "--model", "custom/m", "Hello"]);
        if json {
            command.arg("--json");
        }
        let error = text(&command.output().unwrap().stderr);
        assert!(error.contains("Key *** may not use [31m this"), "{error}");
        served.join().unwrap();
    }
}

#[test]
fn the_mock_never_answers_in_the_place_of_a_provider_that_was_asked_for() {
    let folder = tempdir().unwrap();
    let two = [("OPENAI_API_KEY", "sk-test"), ("XAI_API_KEY", "sk-test")];
    for variables in
        [&[("AI_DEFAULT_PROVIDER", "opnai")][..], &[("AI_DEFAULT_MODEL", "openai/gpt-test")], &two]
    {
        let output =
            ai(folder.path()).envs(variables.iter().copied()).args(["ask", "Hello"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{variables:?}");
        assert_eq!(text(&output.stdout), "", "{variables:?}");
    }
}

#[test]
fn what_can_not_be_asked_is_an_error_of_validation() {
    let folder = tempdir().unwrap();
    let mut command = ai(folder.path());
    command.env("AI_DEFAULT_PROVIDER", "mock");
    for wrong in [&["ask", "--temperature", "warm", "Hello"][..], &["aks", "Hello"], &[]] {
        let output = ai(folder.path()).args(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(5), "{wrong:?}");
    }
    let output = command.args(["ask", "Hello"]).write_stdin(&b"\xff\xfe"[..]).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(text(&output.stderr).contains("UTF-8"), "{}", text(&output.stderr));
    assert!(ai(folder.path()).arg("--help").output().unwrap().status.success());
}

/// A pipe whose reader is gone.
fn nobody_reads() -> std::process::Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_went_away_is_no_failure_and_no_panic() {
    let folder = tempdir().unwrap();
    let run = |provider: &str, what: &[&str], to_stdout: bool| {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("ai"));
        command.env_clear().current_dir(folder.path()).env("AI_DEFAULT_PROVIDER", provider).args(what);
        let lines = folder.path().join("lines");
        std::fs::write(&lines, "Hello\nAgain\n").unwrap();
        command.stdin(std::fs::File::open(lines).unwrap());
        if to_stdout {
            command.stdout(nobody_reads())
        } else {
            command.stderr(nobody_reads())
        };
        command.output().unwrap().status.code()
    };
    for what in
        [&["ask", "Hello"][..], &["--json", "ask"], &["chat"], &["models"], &["embed", "a"], &["providers"]]
    {
        assert_eq!(run("mock", what, true), Some(0), "{what:?}");
    }
    assert_eq!(run("nobody", &["ask", "Hello"], false), Some(2));
}

#[test]
fn a_dash_stands_for_what_is_piped_in() {
    let folder = tempdir().unwrap();
    let asked = |words: &[&str]| {
        let mut command = ai(folder.path());
        command.args(["ask", "--render", "--json", "--model", "mock/m"]).args(words).write_stdin("two\n");
        let rendered: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        rendered["body"]["messages"][0]["content"][0]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(asked(&["one", "-", "three"]), "one two three");
    assert_eq!(asked(&["-"]), "two");
    assert_eq!(asked(&["one"]), "one\n\ntwo");
}

#[cfg(unix)]
#[test]
fn silence_on_stdin_is_told_of() {
    use std::io::{BufRead, BufReader};

    let folder = tempdir().unwrap();
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("ai"));
    command.env_clear().current_dir(folder.path()).args(["ask", "--model", "mock/m", "Hello"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut asked = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut told = String::new();
    BufReader::new(asked.stderr.take().unwrap()).read_line(&mut told).unwrap();
    assert!(told.contains("reading stdin to its end"), "{told}");
    drop(asked.stdin.take());
    assert!(asked.wait_with_output().unwrap().status.success());
}

#[test]
fn nothing_is_coloured_that_is_piped_or_where_no_colour_is_wanted() {
    let folder = tempdir().unwrap();
    for what in [&["--help"][..], &["ask", "--nonsense"], &["providers"]] {
        let output = ai(folder.path()).args(what).output().unwrap();
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(!said.is_empty() && !said.contains('\u{1b}'), "{said:?}");
    }
}

#[test]
fn the_proxy_of_the_environment_is_used() {
    let folder = tempdir().unwrap();
    let (proxy, served) = serve(vec![response("200 OK", "text/event-stream", STREAM)]);
    let output = ai(folder.path())
        .env("http_proxy", proxy)
        .env("CUSTOM_AI_BASE_URL", "http://api.example.com/v1")
        .args(["ask", "--model", "custom/m", "Hello"])
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "Lima\n", "{}", text(&output.stderr));
    let request = &served.join().unwrap()[0];
    assert!(request.starts_with("POST http://api.example.com/v1/chat/completions "), "{request}");
}

#[test]
fn a_timeout_of_the_environment_bounds_a_stream_that_never_begins() {
    let folder = tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let output = ai(folder.path())
        .env("CUSTOM_AI_BASE_URL", format!("http://{}/v1", listener.local_addr().unwrap()))
        .env("CUSTOM_AI_TIMEOUT", "1")
        .args(["ask", "--model", "custom/m", "Hello"])
        .timeout(std::time::Duration::from_secs(30))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("`first_content` of 1s"), "{}", text(&output.stderr));
}

#[test]
fn an_error_inside_a_success_is_quoted_without_the_key() {
    let folder = tempdir().unwrap();
    let body = r#"{"error":{"message":"Key sk-canary-1234567890 is no good","code":"invalid_api_key"}}"#;
    let frame = format!("data: {body}\n\n");
    for (kind, body, flag) in
        [("application/json", body, "--no-stream"), ("text/event-stream", &frame, "--usage")]
    {
        for flag in [Some(flag), None] {
            let (url, served) = serve(vec![response("200 OK", kind, body)]);
            let mut command = ai(folder.path());
            command.env("CUSTOM_AI_BASE_URL", url).env("CUSTOM_AI_API_KEY", "sk-canary-1234567890");
            command.args(["ask", "--model", "custom/m", "Hello"]).args(flag);
            let output = command.output().unwrap();
            let said = text(&output.stderr) + &text(&output.stdout);
            assert_ne!(output.status.code(), Some(0), "{said}");
            assert!(said.contains("Key *** is no good") && !said.contains("canary"), "{said}");
            served.join().unwrap();
        }
    }
}
