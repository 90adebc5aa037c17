//! `ai config` and `ai doctor`

use std::fs;

use tempfile::tempdir;

use crate::server::{ai, response, serve};

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

#[test]
fn check_finds_every_problem_with_its_line_and_the_nearest_name() {
    let folder = tempdir().unwrap();
    let config = r#"
[connections.work]
driver = "openai-compatible"
base_ur = "http://127.0.0.1:1/v1"

[connections.other]
driver = "opnai-compatible"

[prices."work/acme-1"]
inptu = "2.50"
"#;
    fs::write(folder.path().join("ai.toml"), config).unwrap();
    let output = ai(folder.path()).args(["config", "check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stdout);
    assert!(said.contains("ai.toml:4") && said.contains("`base_url`"), "{said}");
    assert!(said.contains("ai.toml:7") && said.contains("`openai-compatible`"), "{said}");
    assert!(said.contains("ai.toml:10") && said.contains("`input`"), "{said}");
}

#[test]
fn check_is_content_with_a_right_file() {
    let folder = tempdir().unwrap();
    let config = r#"
[connections.work]
driver = "openai-compatible"
base_url = "http://127.0.0.1:1/v1"
logging = { level = "debug" }
"#;
    fs::write(folder.path().join("ai.toml"), config).unwrap();
    let output = ai(folder.path()).args(["config", "check"]).output().unwrap();
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert_eq!(said, "the configuration is right\n");
}

#[test]
fn show_masks_secrets_and_names_the_source() {
    let folder = tempdir().unwrap();
    let config = r#"
[connections.work]
driver = "openai-compatible"
base_url = "http://127.0.0.1:1/v1"
api_key = "sk-canary-literal-1234"
headers = { "x-team" = "canary-header" }
"#;
    fs::write(folder.path().join("mine.toml"), config).unwrap();
    for json in [false, true] {
        let mut command = ai(folder.path());
        command.env("OPENAI_API_KEY", "sk-canary-variable-1234").args([
            "config",
            "show",
            "--config",
            "mine.toml",
        ]);
        if json {
            command.arg("--json");
        }
        let said = text(&command.output().unwrap().stdout);
        assert!(said.contains("connections.work.base_url") && said.contains("mine.toml:4"), "{said}");
        assert!(said.contains("OPENAI_API_KEY"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}

#[test]
fn doctor_tells_a_dead_endpoint_from_a_refused_key_and_a_healthy_one() {
    let folder = tempdir().unwrap();
    let dead =
        ai(folder.path()).env("CUSTOM_AI_BASE_URL", "http://127.0.0.1:1/v1").arg("doctor").output().unwrap();
    assert_eq!(dead.status.code(), Some(4));
    assert!(text(&dead.stdout).contains("does not answer"), "{}", text(&dead.stdout));

    let refusal = || {
        response(
            "401 Unauthorized",
            "application/json",
            r#"{"error":{"message":"no","code":"invalid_api_key"}}"#,
        )
    };
    let (url, served) = serve(vec![refusal(), refusal()]);
    let refused = ai(folder.path())
        .env("CUSTOM_AI_BASE_URL", url)
        .env("CUSTOM_AI_API_KEY", "sk-canary-1234")
        .arg("doctor")
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(3), "{}", text(&refused.stdout));
    assert!(!text(&refused.stdout).contains("canary"));
    served.join().unwrap();

    let list = || {
        response("200 OK", "application/json", r#"{"object":"list","data":[{"id":"a","object":"model"}]}"#)
    };
    let (url, served) = serve(vec![list(), list()]);
    let healthy =
        ai(folder.path()).env("CUSTOM_AI_BASE_URL", url).args(["doctor", "--json"]).output().unwrap();
    let findings: serde_json::Value = serde_json::from_slice(&healthy.stdout).unwrap();
    assert!(healthy.status.success(), "{findings}");
    assert!(
        findings
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["what"] == "connection custom" && it["state"] == "ok")
    );
    served.join().unwrap();
}

#[test]
fn doctor_without_anything_says_what_to_set() {
    let folder = tempdir().unwrap();
    let output = ai(folder.path()).arg("doctor").output().unwrap();
    let said = text(&output.stdout);
    assert!(said.contains("OPENAI_API_KEY"), "{said}");
}

#[test]
fn check_says_what_only_the_driver_knows_to_be_wrong() {
    let folder = tempdir().unwrap();
    let config = r#"
[connections.work]
driver = "openai-compatible"
base_url = "127.0.0.1:1/v1"

[connections.other]
driver = "openai-compatible"
base_ur = "http://127.0.0.1:1/v1"
"#;
    fs::write(folder.path().join("ai.toml"), config).unwrap();
    let output = ai(folder.path()).args(["config", "check"]).output().unwrap();
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("error: [connections.work]") && said.contains("no scheme"), "{said}");
    assert_eq!(said.matches("base_ur`").count(), 1, "nothing is said twice: {said}");

    let output = ai(folder.path()).args(["config", "check", "--json"]).output().unwrap();
    let problems: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(problems.as_array().unwrap().iter().any(|it| it["key"] == "connections.work"), "{problems}");
}

#[test]
fn show_masks_a_secret_under_a_misspelt_name() {
    let folder = tempdir().unwrap();
    let config = r#"
[connections.work]
driver = "openai-compatible"
base_url = "http://127.0.0.1:1/v1"
api_ky = "canary"
timeout = "canary"
"#;
    fs::write(folder.path().join("ai.toml"), config).unwrap();
    let said = text(&ai(folder.path()).args(["config", "show"]).output().unwrap().stdout);
    assert!(said.contains("connections.work.api_ky = \"***\""), "{said}");
    assert!(!said.contains("canary"), "{said}");
}
