//! Attachments, schemas, vectors, connections, completions.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::server::ai;

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
                assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
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
}

#[test]
fn shells_complete_the_commands() {
    let folder = tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = ai(folder.path()).args(["completions", shell]).output().unwrap();
        assert!(output.status.success() && stdout(&output).contains("providers"), "{shell}");
    }
}
