//! `ai chat`, by a script and by somebody who types.

use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::server::ai;

const SLOW: &str = r#"
default_model = "demo/m"
[connections.demo]
driver = "mock"
reply = "one two three four five six seven eight nine ten"
pace_ms = 150
"#;

fn configured(toml: &str) -> tempfile::TempDir {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("ai.toml"), toml).unwrap();
    folder
}

fn saved(folder: &Path) -> Vec<Value> {
    serde_json::from_str(&std::fs::read_to_string(folder.join("out.json")).unwrap()).unwrap()
}

fn said(message: &Value) -> (&str, &str, &str) {
    let text = message["message"]["content"][0]["text"].as_str().unwrap();
    (message["message"]["role"].as_str().unwrap(), text, message["status"].as_str().unwrap())
}

#[test]
fn a_script_asks_line_by_line_and_the_output_is_plain() {
    let folder = configured(
        "default_model = \"mock/m\"\n[connections.mock]\ndriver = \"mock\"\nreplies = [\"Hi\", \"Again\", \"/x?\"]",
    );
    let output = ai(folder.path())
        .args(["chat", "--usage"])
        .write_stdin("Hello\n\nMore \\\nof it\n/system Be brief\n//x\n/save out.json\n/save out.md\n")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "Hi\nAgain\n/x?\n");
    assert!(output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("tokens in") && !told.contains('\u{1b}'), "{told}");

    let messages = saved(folder.path());
    let texts: Vec<_> = messages.iter().map(|message| said(message).1).collect();
    assert_eq!(texts, ["Hello", "Hi", "More \nof it", "Again", "/x", "/x?"]);
    let markdown = std::fs::read_to_string(folder.path().join("out.md")).unwrap();
    assert!(markdown.starts_with("## You\n\nHello\n\n## Answer\n\nHi\n\n"), "{markdown}");
}

#[test]
fn a_script_goes_on_after_a_mistake_and_fails_at_its_end() {
    let folder = configured(SLOW);
    let output =
        ai(folder.path()).args(["chat"]).write_stdin("/modle x\n/model nobody/m\n/model\n").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("is /model meant?"), "{told}");
    assert!(told.contains("nobody"), "{told}");
    assert!(told.trim_end().ends_with("demo/m"), "the model that worked stays: {told}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn json_is_one_response_a_line() {
    let folder =
        configured("default_model = \"mock/m\"\n[connections.mock]\ndriver = \"mock\"\nreply = \"Hi\"");
    let output = ai(folder.path()).args(["--json", "chat"]).write_stdin("a\nb\n").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[1]["content"][0]["text"], "Hi");
}

#[cfg(unix)]
mod typed {
    use std::process::Command;

    use rexpect::session::{PtySession, spawn_command};

    use super::{SLOW, configured, said, saved};

    const CTRL_C: char = 'c';
    const CTRL_D: char = 'd';

    fn type_in(folder: &std::path::Path) -> PtySession {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("ai"));
        command.current_dir(folder).env_clear().env("TERM", "xterm").env("HOME", folder).arg("chat");
        spawn_command(command, Some(20_000)).unwrap()
    }

    #[test]
    fn ctrl_c_stops_an_answer_and_keeps_what_arrived() {
        let folder = configured(SLOW);
        let mut chat = type_in(folder.path());
        chat.exp_string("/help").unwrap();
        chat.exp_string("> ").unwrap();
        chat.send_line("Count").unwrap();
        chat.exp_string("three").unwrap();
        chat.send_control(CTRL_C).unwrap();
        chat.exp_string("what arrived is kept").unwrap();
        chat.exp_string("> ").unwrap();
        chat.send_line("And on").unwrap();
        chat.exp_string("ten").unwrap();
        chat.exp_string("> ").unwrap();
        chat.send_line("/save out.json").unwrap();
        chat.exp_string("4 messages").unwrap();
        chat.send_control(CTRL_D).unwrap();
        chat.exp_eof().unwrap();

        let messages = saved(folder.path());
        let (role, text, status) = said(&messages[1]);
        assert_eq!((role, status), ("assistant", "cancelled"));
        assert!(text.starts_with("one two three") && !text.contains("ten"), "{text}");
        assert_eq!(said(&messages[2]), ("user", "And on", "complete"));
        assert!(said(&messages[3]).1.ends_with("ten"));
    }

    #[test]
    fn lines_are_edited_and_remembered_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;

        let folder = configured(SLOW);
        let mut chat = type_in(folder.path());
        chat.exp_string("> ").unwrap();
        // Ctrl-C takes the line back and does not end the chat.
        chat.send("/quit").unwrap();
        chat.flush().unwrap();
        chat.exp_string("t").unwrap();
        chat.send_control(CTRL_C).unwrap();
        chat.exp_string("> ").unwrap();
        chat.send_line("/model").unwrap();
        chat.exp_string("demo/m").unwrap();
        chat.send_line("/quit").unwrap();
        chat.exp_eof().unwrap();

        let history = folder.path().join(".local/state/ai/history");
        let kept = std::fs::read_to_string(&history).unwrap();
        assert!(kept.contains("/model"), "{kept}");
        assert_eq!(std::fs::metadata(&history).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
