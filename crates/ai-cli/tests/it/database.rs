//! What is kept in a database: `ai db`, `ai conversations`, `ai chat --continue`.

use serde_json::Value;
use tempfile::tempdir;

use crate::server::ai;

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn configured() -> tempfile::TempDir {
    let folder = tempdir().unwrap();
    let config = "default_model = \"demo/m\"\n[connections.demo]\ndriver = \"mock\"\n[database]\nurl = \"sqlite:ai.db\"\n";
    std::fs::write(folder.path().join("ai.toml"), config).unwrap();
    folder
}

#[test]
fn a_chat_is_kept_and_goes_on_in_the_next_run() {
    let folder = configured();
    let first = ai(folder.path()).args(["chat"]).write_stdin("My name is Ada.\n").output().unwrap();
    assert!(first.status.success(), "{}", text(&first.stderr));

    let listed = ai(folder.path()).args(["--json", "conversations", "list"]).output().unwrap();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed[0]["messages"], 2);
    let id = listed[0]["id"].as_str().unwrap();

    let again = ai(folder.path()).args(["chat", "--continue"]).write_stdin("Who am I?\n").output().unwrap();
    assert!(
        text(&again.stderr).contains(&format!("going on with {id} (2 messages)")),
        "{}",
        text(&again.stderr)
    );
    let again =
        ai(folder.path()).args(["chat", "--continue", id]).write_stdin("And now?\n").output().unwrap();
    assert!(text(&again.stderr).contains("(4 messages)"), "{}", text(&again.stderr));

    let shown = ai(folder.path()).args(["conversations", "show", id]).output().unwrap();
    let shown = text(&shown.stdout);
    assert_eq!((shown.matches("## You").count(), shown.matches("## Answer").count()), (3, 3), "{shown}");
    assert!(shown.contains("My name is Ada."), "{shown}");

    let exported = ai(folder.path()).args(["conversations", "export", id, "ada.json"]).output().unwrap();
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    let messages: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("ada.json")).unwrap()).unwrap();
    assert_eq!(messages.as_array().unwrap().len(), 6);

    let named = ai(folder.path()).args(["conversations", "rename", id, "Names"]).output().unwrap();
    assert!(named.status.success());
    let listed = ai(folder.path()).args(["conversations", "list"]).output().unwrap();
    assert!(text(&listed.stdout).ends_with("      6  Names\n"), "{}", text(&listed.stdout));
    let foreign =
        ai(folder.path()).args(["conversations", "--owner", "user:7", "show", id]).output().unwrap();
    assert_eq!(foreign.status.code(), Some(5), "{}", text(&foreign.stderr));

    let asked = ai(folder.path()).args(["conversations", "delete", id]).output().unwrap();
    assert_eq!(asked.status.code(), Some(5));
    assert!(text(&asked.stderr).contains("6 messages") && text(&asked.stderr).contains("--yes"));
    let gone = ai(folder.path()).args(["conversations", "delete", id, "--yes"]).output().unwrap();
    assert!(gone.status.success());
    let nothing = ai(folder.path()).args(["chat", "--continue"]).write_stdin("Hello\n").output().unwrap();
    assert_eq!(nothing.status.code(), Some(5), "{}", text(&nothing.stderr));
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = configured();
    ai(folder.path()).args(["db", "migrate"]).assert().success();
    for file in ["ai.db", "ai.db-wal"] {
        if let Ok(found) = std::fs::metadata(folder.path().join(file)) {
            assert_eq!(found.permissions().mode() & 0o777, 0o600, "{file}");
        }
    }
    assert!(folder.path().join("ai.db").exists());
}

#[test]
fn without_a_database_it_is_said_what_to_write() {
    let folder = tempdir().unwrap();
    for command in [&["conversations", "list"][..], &["db", "status"], &["chat", "--continue"]] {
        let output = ai(folder.path()).args(command).write_stdin("").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert!(text(&output.stderr).contains("[database]"), "{}", text(&output.stderr));
    }
}

#[test]
fn tables_are_made_listed_taken_back_and_printed() {
    let folder = tempdir().unwrap();
    let db = |words: &[&str]| {
        ai(folder.path()).args(["db", "--database", "sqlite:ai.db"]).args(words).output().unwrap()
    };
    let before = db(&["status"]);
    assert!(text(&before.stdout).lines().all(|line| line.starts_with("pending")), "{}", text(&before.stdout));
    let made = db(&["migrate"]);
    assert!(text(&made.stdout).contains("applied m0002_conversations"), "{}", text(&made.stdout));
    assert_eq!(text(&db(&["migrate"]).stdout), "nothing to do\n");
    assert!(text(&db(&["status"]).stdout).lines().all(|line| line.starts_with("applied")));
    assert!(text(&db(&["sql"]).stdout).contains("CREATE TABLE IF NOT EXISTS \"ai_messages\""));
    let refused = db(&["rollback"]);
    assert_eq!(refused.status.code(), Some(5));
    assert!(db(&["rollback", "--yes"]).status.success());
    assert!(text(&db(&["status"]).stdout).contains("pending"));

    // A database that a newer version made.
    assert!(db(&["migrate"]).status.success());
    let nowhere = ai(folder.path()).args(["db", "--database", "redis://x", "status"]).output().unwrap();
    assert_eq!(nowhere.status.code(), Some(2));
}

#[test]
fn what_was_tried_is_listed_and_added_up() {
    let folder = tempdir().unwrap();
    let config = "default_model = \"demo/m\"\n[connections.demo]\ndriver = \"mock\"\n[connections.dead]\ndriver = \"openai-compatible\"\nbase_url = \"http://127.0.0.1:1/v1\"\nretry_attempts = 1\n[database]\nurl = \"sqlite:ai.db\"\n[prices]\n\"demo/*\" = { input = \"1000000\", output = \"2000000\" }\n";
    std::fs::write(folder.path().join("ai.toml"), config).unwrap();
    let run = |words: &[&str]| ai(folder.path()).args(words).output().unwrap();
    assert!(run(&["ask", "Hello"]).status.success());
    assert!(run(&["embed", "Lima"]).status.success());
    assert_eq!(run(&["ask", "--model", "dead/m", "Hello"]).status.code(), Some(4));
    assert!(ai(folder.path()).arg("chat").write_stdin("Hello\n").output().unwrap().status.success());

    let rows = run(&["--json", "logs"]);
    let rows: Vec<Value> =
        text(&rows.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["answered", "failed", "answered", "answered"], "newest first");
    let failed = run(&["logs", "--failed"]);
    let failed = text(&failed.stdout);
    assert!(failed.lines().count() == 1 && failed.contains("dead/m  connection failed"), "{failed}");
    assert_eq!(run(&["logs", "--model", "nobody"]).stdout, b"");
    assert_eq!(text(&run(&["logs", "--limit", "2"]).stdout).lines().count(), 2);

    let costs = run(&["--json", "costs", "--by", "connection"]);
    let costs: Value = serde_json::from_slice(&costs.stdout).unwrap();
    let demo = costs.as_array().unwrap().iter().find(|total| total["connection"] == "demo").unwrap();
    let spent = |row: &Value| -> u64 {
        let tokens = |name: &str| row["usage"][name].as_u64().unwrap_or_default();
        tokens("input") + 2 * tokens("output")
    };
    let sum: u64 = rows.iter().filter(|row| row["outcome"] == "answered").map(spent).sum();
    assert_eq!((demo["attempts"].as_u64(), demo["answered"].as_u64()), (Some(3), Some(3)));
    assert_eq!(demo["cost"]["amount"].as_str(), Some(sum.to_string().as_str()), "{demo}");
    let table = run(&["costs"]);
    assert!(
        text(&table.stdout).contains('█') && text(&table.stdout).contains("attempts"),
        "{}",
        text(&table.stdout)
    );
    let csv = run(&["costs", "--by", "model", "--csv"]);
    assert!(text(&csv.stdout).starts_with("model,attempts,answered,unpriced,"), "{}", text(&csv.stdout));
    assert_eq!(text(&run(&["costs", "--until", "2020-01-01"]).stdout), "nothing was tried\n");
    for wrong in ["2020-13-01", "yesterday"] {
        let refused = run(&["costs", "--since", wrong]);
        assert_eq!(refused.status.code(), Some(5));
        assert!(text(&refused.stderr).contains("YYYY-MM-DD"), "{}", text(&refused.stderr));
    }
}

#[test]
fn a_budget_is_set_held_to_shown_and_removed() {
    let folder = configured();
    let config = "default_model = \"demo/m\"\n[connections.demo]\ndriver = \"mock\"\n[database]\nurl = \"sqlite:ai.db\"\n\
                  [prices.\"demo/*\"]\ninput = \"1000\"\noutput = \"1000\"\n";
    std::fs::write(folder.path().join("ai.toml"), config).unwrap();
    let run = |args: &[&str]| ai(folder.path()).args(args).output().unwrap();
    let set = run(&["budgets", "set", "all", "--limit", "100", "--period", "total"]);
    assert!(set.status.success(), "{}", text(&set.stderr));
    assert!(run(&["ask", "Hello"]).status.success());
    let checked = run(&["--json", "budgets", "check"]);
    let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
    let spent = checked[0]["spent"].as_str().unwrap();
    assert!(spent.parse::<f64>().unwrap() > 0.0 && checked[0]["reserved"] == "0", "{checked}");
    let table = run(&["budgets", "check", "all"]);
    assert!(text(&table.stdout).contains(spent), "{}", text(&table.stdout));

    assert!(run(&["budgets", "set", "all", "--limit", "0.000001", "--period", "total"]).status.success());
    let refused = run(&["ask", "Hello"]);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("`all`"), "{}", text(&refused.stderr));

    let asked = run(&["budgets", "reset", "all"]);
    assert_eq!(asked.status.code(), Some(5), "{}", text(&asked.stderr));
    assert!(run(&["budgets", "reset", "all", "--yes"]).status.success());
    assert!(text(&run(&["budgets", "list"]).stdout).contains("total"));
    assert!(run(&["budgets", "remove", "all", "--yes"]).status.success());
    for wrong in [
        &["budgets", "remove", "all", "--yes"][..],
        &["budgets", "check", "none"],
        &["budgets", "set", "all", "--limit", "much"],
        &["budgets", "set", "all", "--limit", "-1"],
        &["budgets", "set", "all", "--limit", "1", "--zone", "Europe/Atlantis"],
        &["budgets", "set", "all", "--limit", "1", "--period", "fortnight"],
    ] {
        let wrong_run = run(wrong);
        assert!(!wrong_run.status.success() && !wrong_run.stderr.is_empty(), "{wrong:?}");
    }
    assert_eq!(text(&run(&["--json", "budgets", "list"]).stdout), "[]\n");
}
