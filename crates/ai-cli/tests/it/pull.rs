//! Fetching models, and what is in memory.

use serde_json::Value;
use tempfile::tempdir;

use crate::server::{ai, response, serve};

const LINES: &str = concat!(
    "{\"status\":\"pulling manifest\"}\n",
    "{\"status\":\"pulling 01\",\"digest\":\"sha256:01\",\"total\":1000,\"completed\":500}\n",
    "{\"status\":\"pulling 01\",\"digest\":\"sha256:01\",\"total\":1000,\"completed\":1000}\n",
    "{\"status\":\"success\"}\n",
);

/// A server in the folder's configuration that answers once.
fn folder(response: String) -> (tempfile::TempDir, std::thread::JoinHandle<Vec<String>>) {
    let (address, served) = serve(vec![response]);
    let folder = tempdir().unwrap();
    let toml = format!("[connections.box]\ndriver = \"ollama\"\nbase_url = \"{address}\"\n");
    std::fs::write(folder.path().join("ai.toml"), toml).unwrap();
    (folder, served)
}

fn lines(body: &str) -> String {
    response("200 OK", "application/x-ndjson", body)
}

#[test]
fn a_model_is_fetched_with_plain_lines_where_nobody_looks() {
    for model in ["qwen3:8b", "box/qwen3:8b"] {
        let (folder, served) = folder(lines(LINES));
        let output = ai(folder.path()).args(["models", "pull", model]).output().unwrap();
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{err}");
        assert!(out.contains("the model is there"), "{out}");
        assert!(
            err.contains("pulling manifest") && err.contains("500 B of 1000 B") && !err.contains('\u{1b}'),
            "{err}"
        );
        assert!(served.join().unwrap()[0].contains(r#""model":"qwen3:8b""#));
    }
}

#[test]
fn programs_get_a_line_of_json_for_each_step() {
    let (folder, served) = folder(lines(LINES));
    let output = ai(folder.path()).args(["--json", "models", "pull", "qwen3:8b"]).output().unwrap();
    let steps: Vec<Value> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    assert_eq!(steps.len(), 4);
    assert_eq!((&steps[1]["completed"], &steps[1]["total"]), (&500.into(), &1000.into()));
    assert_eq!(steps[3]["status"], "success");
    served.join().unwrap();
}

#[test]
fn what_goes_wrong_is_a_failure() {
    let missing = "{\"error\":\"pull model manifest: file does not exist\"}\n";
    let (cut, _) = LINES.split_at(60);
    for (body, told) in [(missing, "registry"), (cut, "stopped before the model was there")] {
        let (folder, served) = folder(lines(body));
        let output = ai(folder.path()).args(["models", "pull", "nobody"]).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && err.contains(told), "{err}");
        served.join().unwrap();
    }
    let empty = tempdir().unwrap();
    let output = ai(empty.path()).args(["models", "pull", "qwen3:8b"]).output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("OLLAMA_HOST"));
}

#[test]
fn what_is_in_memory_is_listed() {
    let body = r#"{"models":[{"name":"qwen3:8b","size":7,"size_vram":7,"context_length":4096,"expires_at":"2026-11-20T10:15:00Z"}]}"#;
    let (folder, served) = folder(response("200 OK", "application/json", body));
    let output = ai(folder.path()).args(["--json", "models", "ps"]).output().unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    for member in ["name", "size", "size_vram", "context_tokens", "expires_at"] {
        assert!(!list[0][member].is_null(), "{member} in {list}");
    }
    served.join().unwrap();
}

/// Ctrl-C in the middle of a fetch that would never end.
#[cfg(unix)]
#[test]
fn it_can_be_stopped() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};

    let first = LINES.lines().next().unwrap();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n\r\n";
    // The second answer never comes, so the first stays open.
    let (address, _served) = serve(vec![format!("{head}{first}\n"), String::new()]);
    let folder = tempdir().unwrap();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("ai"))
        .args(["models", "pull", "qwen3:8b"])
        .env_clear()
        .env("OLLAMA_HOST", &address)
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "pulling manifest");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("`ai models pull qwen3:8b` goes on from what is there"), "{rest}");
    assert!(!child.wait().unwrap().success());
}
