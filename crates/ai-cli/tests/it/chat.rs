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
    use crate::server::{response, serve};

    const CTRL_C: char = 'c';
    const CTRL_D: char = 'd';

    fn type_in(folder: &std::path::Path) -> PtySession {
        type_with(folder, &["chat"])
    }

    fn type_with(folder: &std::path::Path, what: &[&str]) -> PtySession {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("ai"));
        command.current_dir(folder).env_clear().env("TERM", "xterm").env("HOME", folder).args(what);
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
        chat.exp_string("> ").unwrap();
        chat.send_line("/save out.md").unwrap();
        chat.exp_string("4 messages").unwrap();
        chat.send_control(CTRL_D).unwrap();
        chat.exp_eof().unwrap();

        let markdown = std::fs::read_to_string(folder.path().join("out.md")).unwrap();
        assert!(markdown.contains("## Answer (stopped)") && !markdown.contains("(failed)"), "{markdown}");
        let messages = saved(folder.path());
        let (role, text, status) = said(&messages[1]);
        assert_eq!((role, status), ("assistant", "cancelled"));
        assert!(text.starts_with("one two three") && !text.contains("ten"), "{text}");
        assert_eq!(said(&messages[2]), ("user", "And on", "complete"));
        assert!(said(&messages[3]).1.ends_with("ten"));
    }

    /// A server that begins an answer and falls silent, and then answers whole.
    fn silent_then_whole() -> (tempfile::TempDir, std::thread::JoinHandle<Vec<String>>) {
        let chunk = |text: &str| {
            format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
        };
        let end =
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        let begun = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{}",
            chunk("one two three")
        );
        let whole = response("200 OK", "text/event-stream", &(chunk("the end") + end));
        let (url, served) = serve(vec![begun, whole]);
        let folder = configured(&format!(
            "default_model = \"local/m\"\n[connections.local]\ndriver = \"openai-compatible\"\nbase_url = \"{url}/v1\"\n"
        ));
        (folder, served)
    }

    /// What the messages of a request say, by role.
    fn sent(request: &str) -> Vec<(String, String)> {
        let body: serde_json::Value =
            serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let messages = body["messages"].as_array().unwrap();
        messages.iter().map(|message| (text(&message["role"]), text(&message["content"]))).collect()
    }

    fn question_after_ctrl_c(what: &[&str], seen: &str) -> Vec<(String, String)> {
        let (folder, served) = silent_then_whole();
        let mut chat = type_with(folder.path(), what);
        chat.exp_string("> ").unwrap();
        chat.send_line("Count").unwrap();
        chat.exp_string(seen).unwrap();
        // What JSON waits for is not seen, so the server is given time to begin.
        std::thread::sleep(std::time::Duration::from_millis(500));
        chat.send_control(CTRL_C).unwrap();
        chat.exp_string("what arrived is kept").unwrap();
        chat.exp_string("> ").unwrap();
        chat.send_line("And on").unwrap();
        chat.exp_string("the end").unwrap();
        chat.send_control(CTRL_D).unwrap();
        chat.exp_eof().unwrap();
        sent(&served.join().unwrap()[1])
    }

    #[test]
    fn the_request_after_ctrl_c_holds_what_had_arrived() {
        let wanted = [("user", "Count"), ("assistant", "one two three"), ("user", "And on")]
            .map(|(role, text)| (role.to_owned(), text.to_owned()));
        assert_eq!(question_after_ctrl_c(&["chat"], "three"), wanted);
        assert_eq!(question_after_ctrl_c(&["--json", "chat"], "waiting for the answer"), wanted, "as JSON");
    }

    #[test]
    fn nothing_typed_is_kept_when_told_so() {
        let folder = configured(SLOW);
        let mut chat = type_with(folder.path(), &["chat", "--no-history"]);
        chat.exp_string("> ").unwrap();
        chat.send_line("/model").unwrap();
        chat.exp_string("demo/m").unwrap();
        chat.send_line("/quit").unwrap();
        chat.exp_eof().unwrap();
        assert!(!folder.path().join(".local").exists());
    }

    #[test]
    fn what_a_model_says_does_not_act_on_the_terminal() {
        let folder = configured(&SLOW.replace("one two three", "one\\u001b[2J\\u001b]52;c;eA==\\u0007 two"));
        let seen = type_with(folder.path(), &["ask", "Count"]).exp_eof().unwrap();
        // The terminal's bytes come one character each.
        assert!(seen.contains("one\u{ef}\u{bf}\u{bd}[2J") && seen.contains("ten"), "{seen:?}");
        assert!(!seen.contains("\u{1b}[2J") && !seen.contains("\u{1b}]52"), "{seen:?}");
        let mut piped = Command::new(assert_cmd::cargo::cargo_bin!("ai"));
        let piped = piped.current_dir(folder.path()).env_clear().args(["ask", "Count"]).output().unwrap();
        assert!(String::from_utf8(piped.stdout).unwrap().contains("one\u{1b}[2J"), "a pipe gets every byte");
    }

    #[test]
    fn no_colour_is_given_where_none_is_wanted() {
        let folder = configured(SLOW);
        let help = |variable: Option<(&str, &str)>| {
            let mut command = Command::new(assert_cmd::cargo::cargo_bin!("ai"));
            command.current_dir(folder.path()).env_clear().env("TERM", "xterm").arg("--help").envs(variable);
            spawn_command(command, Some(20_000)).unwrap().exp_eof().unwrap()
        };
        assert!(help(None).contains('\u{1b}'), "the help has headings");
        assert!(!help(Some(("NO_COLOR", "1"))).contains('\u{1b}'));
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
