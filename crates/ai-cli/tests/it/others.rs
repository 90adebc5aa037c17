//! Attachments, schemas, vectors, connections, completions.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::server::{ai, response, serve};

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder whose mock gives this answer.
fn answering(reply: &str) -> tempfile::TempDir {
    let folder = tempdir().unwrap();
    let toml =
        format!("default_model = \"demo/m\"\n[connections.demo]\ndriver = \"mock\"\nreply = '{reply}'");
    std::fs::write(folder.path().join("ai.toml"), toml).unwrap();
    folder
}

#[test]
fn files_go_with_the_question_as_what_they_are() {
    let folder = answering("A cat");
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    std::fs::write(folder.path().join("cat.png"), png).unwrap();
    std::fs::write(folder.path().join("notes.md"), "# Cats").unwrap();
    let ask = |files: &[&str]| {
        let attached = files.iter().flat_map(|file| ["--attach", *file]);
        ai(folder.path()).args(["--json", "ask", "--render"]).args(attached).arg("What?").output().unwrap()
    };

    let rendered: Value = serde_json::from_str(&stdout(&ask(&["cat.png", "notes.md"]))).unwrap();
    let parts = &rendered["body"]["messages"][0]["content"];
    assert_eq!(parts[0], json!({"type": "text", "text": "What?"}));
    assert_eq!((&parts[1]["type"], &parts[1]["mime"]), (&json!("image"), &json!("image/png")));
    assert_eq!(parts[2], json!({"type": "text", "text": "notes.md:\n# Cats"}));

    std::fs::write(folder.path().join("odd.bin"), [0xff, 0xfe, 0, 1]).unwrap();
    std::fs::write(folder.path().join("empty"), "").unwrap();
    for wrong in ["odd.bin", "empty", "missing.png"] {
        let output = ask(&[wrong]);
        assert_eq!(output.status.code(), Some(5), "{wrong}");
        assert!(stderr(&output).contains(wrong), "{}", stderr(&output));
    }
}

#[test]
fn a_schema_makes_the_answer_json_that_fits_or_a_failure() {
    let schema = r#"{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}"#;
    for (reply, wanted) in [(r#"{"city": "Lima"}"#, Some("{\"city\":\"Lima\"}\n")), (r#"{"town": 1}"#, None)]
    {
        let folder = answering(reply);
        std::fs::write(folder.path().join("trip.json"), schema).unwrap();
        let output = ai(folder.path()).args(["ask", "--schema", "trip.json", "Where?"]).output().unwrap();
        match wanted {
            Some(json) => assert_eq!(stdout(&output), json),
            None => {
                assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(6), ""));
                assert!(stderr(&output).contains("the answer was: {\"town\": 1}"), "{}", stderr(&output));
                assert!(stderr(&output).contains("does not fit the schema `trip`"), "{}", stderr(&output));
            }
        }
    }
    let folder = answering("x");
    for (text, what) in [("{", "is no JSON Schema"), (r#"{"type": "strng"}"#, "can't be used")] {
        std::fs::write(folder.path().join("s.json"), text).unwrap();
        let output = ai(folder.path()).args(["ask", "--schema", "s.json", "Where?"]).output().unwrap();
        assert_eq!(output.status.code(), Some(5));
        assert!(stderr(&output).contains(what), "{}", stderr(&output));
    }
}

#[test]
fn usage_is_told_when_it_is_asked_for() {
    let folder = answering("Lima");
    let output = ai(folder.path()).args(["ask", "--usage", "Capital?"]).output().unwrap();
    assert_eq!(stdout(&output), "Lima\n");
    assert!(stderr(&output).contains("out, by demo/m"), "{}", stderr(&output));
}

#[test]
fn texts_become_vectors_from_the_command_line_and_from_a_pipe() {
    let folder = answering("x");
    let vectors = |output: &std::process::Output| -> Vec<Vec<f64>> {
        stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let given = ai(folder.path()).args(["embed", "--dimensions", "3", "Lima", "Quito"]).output().unwrap();
    let piped = ai(folder.path())
        .args(["embed", "--dimensions", "3"])
        .write_stdin("Lima\n\nQuito\n")
        .output()
        .unwrap();
    assert_eq!(vectors(&given).len(), 2);
    assert_eq!(vectors(&given)[0].len(), 3);
    assert_eq!(vectors(&given), vectors(&piped));
    let dash = ai(folder.path())
        .args(["embed", "--dimensions", "3", "-"])
        .write_stdin("Lima\nQuito")
        .output()
        .unwrap();
    assert_eq!(vectors(&given), vectors(&dash));

    let json = ai(folder.path()).args(["--json", "embed", "Lima"]).output().unwrap();
    let response: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(response["embeddings"].as_array().unwrap().len(), 1);
    let nothing = ai(folder.path()).arg("embed").write_stdin("").output().unwrap();
    assert_eq!(nothing.status.code(), Some(5));
}

#[test]
fn connections_are_listed_and_asked_only_when_told_to() {
    let folder = tempdir().unwrap();
    let toml = r#"
default_model = "work/gpt-test"
[connections.work]
driver = "openai"
api_key = "sk-canary-1234567890"
base_url = "http://127.0.0.1:1/v1"
[connections.broken]
driver = "openai"
"#;
    std::fs::write(folder.path().join("ai.toml"), toml).unwrap();
    let listed = ai(folder.path()).arg("providers").output().unwrap();
    let text = stdout(&listed);
    assert!(text.starts_with("CONNECTION"), "{text}");
    assert!(text.contains("work (default)") && text.contains("http://127.0.0.1:1/v1"), "{text}");
    assert!(text.contains("broken") && !text.contains("canary"), "{text}");

    let asked = ai(folder.path()).args(["--json", "providers", "--check"]).output().unwrap();
    let rows: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let work = rows.as_array().unwrap().iter().find(|row| row["connection"] == "work").unwrap();
    assert_eq!(
        (&work["health"]["reachable"], &work["credential"]["status"]),
        (&json!(false), &json!("unreachable"))
    );
    assert!(!stdout(&asked).contains("canary"));
    assert_eq!(work["default_model"], "gpt-test");
    assert!(listed.status.success(), "a list is no check");
    assert_eq!(asked.status.code(), Some(4), "one that does not answer can't be used");
    let table = ai(folder.path()).args(["providers", "--check"]).output().unwrap();
    assert_eq!(table.status.code(), Some(4));
    assert!(stdout(&table).contains("gpt-test"), "{}", stdout(&table));
}

#[test]
fn a_check_of_connections_fails_for_a_refused_key_and_not_for_a_good_one() {
    let refused = r#"{"error":{"message":"no","code":"invalid_api_key"}}"#;
    let list = r#"{"object":"list","data":[{"id":"a","object":"model"}]}"#;
    for (status, body, code) in [("401 Unauthorized", refused, 3), ("200 OK", list, 0)] {
        let folder = tempdir().unwrap();
        let answer = || response(status, "application/json", body);
        let (url, served) = serve(vec![answer(), answer()]);
        let toml = format!(
            "[connections.work]\ndriver = \"openai-compatible\"\napi_key = \"k-123456\"\nbase_url = \"{url}/v1\"\n"
        );
        std::fs::write(folder.path().join("ai.toml"), toml).unwrap();
        let output = ai(folder.path()).args(["providers", "--check"]).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", stdout(&output));
        served.join().unwrap();
    }
}

#[test]
fn the_words_of_google_are_shown_with_its_refusal() {
    let refusal = r#"{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"Unknown name \"topKK\""}}"#;
    let folder = tempdir().unwrap();
    let (url, served) = serve(vec![response("400 Bad Request", "application/json", refusal)]);
    let toml = format!(
        "default_model = \"work/m\"\n[connections.work]\ndriver = \"gemini\"\napi_key = \"test-key\"\nbase_url = \"{url}\"\n"
    );
    std::fs::write(folder.path().join("ai.toml"), toml).unwrap();
    let output = ai(folder.path()).args(["ask", "Hi"]).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(stderr(&output).contains("the provider says: Unknown name \"topKK\""), "{}", stderr(&output));
    served.join().unwrap();
}

#[test]
fn a_file_that_is_too_large_is_not_read_to_its_end() {
    let folder = answering("x");
    let large = std::fs::File::create(folder.path().join("large.bin")).unwrap();
    large.set_len(1 << 40).unwrap();
    let output = ai(folder.path()).args(["ask", "--attach", "large.bin", "What?"]).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(stderr(&output).contains("too large"), "{}", stderr(&output));
}

#[test]
fn shells_complete_the_commands() {
    let folder = tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = ai(folder.path()).args(["completions", shell]).output().unwrap();
        assert!(output.status.success() && stdout(&output).contains("providers"), "{shell}");
    }
}

/// The names in backticks of the second column, by the command in the first.
fn documented() -> Vec<(String, Vec<String>)> {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/command-line.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, table) = page.split_once("| Command | JSON |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = table.lines().skip(2).map(|row| {
        let cells: Vec<_> = row.split('|').collect();
        (names(cells[1]), names(cells[2]))
    });
    rows.flat_map(|(commands, members)| commands.into_iter().map(move |it| (it, members.clone()))).collect()
}

#[test]
fn json_has_the_members_that_the_page_names() {
    let folder = tempdir().unwrap();
    let toml = "default_model = \"demo/m\"\n[connections.demo]\ndriver = \"mock\"\nreply = '{\"city\": \"Lima\"}'\n[connections.wrong]\ndriver = \"none-such\"\n[connections.dead]\ndriver = \"openai-compatible\"\nbase_url = \"http://127.0.0.1:1/v1\"\n[database]\nurl = \"sqlite:ai.db\"\n";
    std::fs::write(folder.path().join("ai.toml"), toml).unwrap();
    std::fs::write(
        folder.path().join("trip.json"),
        r#"{"type": "object", "properties": {"city": {"type": "string"}}}"#,
    )
    .unwrap();
    let documented = documented();
    assert_eq!(documented.len(), 25);
    let budget = ["budgets", "set", "all", "--limit", "5"];
    assert!(ai(folder.path()).args(budget).output().unwrap().status.success());
    let price = ["prices", "set", "work/acme-1", "--input", "2.50", "--output", "10"];
    assert!(ai(folder.path()).args(price).output().unwrap().status.success());
    // What needs an Ollama server is tested with one.
    let here = documented
        .into_iter()
        .filter(|(command, _)| !command.starts_with("models p") && command != "conversations show");
    for (command, members) in here {
        let words = command.replace("--schema", "--schema trip.json");
        let mut run = ai(folder.path());
        run.arg("--json").args(words.split(' '));
        match words.split(' ').next().unwrap() {
            "ask" => run.arg("Where?"),
            "embed" => run.args(["Lima", "Quito"]),
            "chat" => run.write_stdin("Where?"),
            "models" if words == "models show" => run.arg("mock-chat"),
            _ => &mut run,
        };
        let output = run.output().unwrap();
        // A log is a line for each attempt.
        let first = output.stdout.split(|byte| *byte == b'\n').next().unwrap();
        let said: Value = serde_json::from_slice(if command == "logs" { first } else { &output.stdout })
            .unwrap_or_else(|error| panic!("{command}: {error}: {}", stderr(&output)));
        let objects = said.as_array().cloned().unwrap_or_else(|| vec![said.clone()]);
        for member in members {
            assert!(
                objects.iter().any(|object| object.get(&member).is_some()),
                "{command}: {member} in {said}"
            );
        }
    }
    let failed = ai(folder.path()).args(["--json", "ask", "-m", "nobody/m", "Hi"]).output().unwrap();
    let error: Value = serde_json::from_slice(&failed.stderr).unwrap();
    for member in ["kind", "message", "provider_says", "exit_code"] {
        assert!(error["error"].get(member).is_some(), "{member}");
    }
}
