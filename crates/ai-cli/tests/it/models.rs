//! `ai models sync`, `list`, `show`, and `ai prices`.

use serde_json::Value;
use tempfile::tempdir;

use crate::server::ai;

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn configured() -> tempfile::TempDir {
    let folder = tempdir().unwrap();
    let config = "default_model = \"demo/m\"\n[connections.demo]\ndriver = \"mock\"\n[connections.dead]\ndriver = \"openai-compatible\"\nbase_url = \"http://127.0.0.1:1/v1\"\nretry_attempts = 1\n[database]\nurl = \"sqlite:ai.db\"\n";
    std::fs::write(folder.path().join("ai.toml"), config).unwrap();
    folder
}

#[test]
fn lists_are_kept_and_a_dead_connection_stops_nobody() {
    let folder = configured();
    let before = ai(folder.path()).args(["models", "list"]).output().unwrap();
    assert_eq!(before.status.code(), Some(5));
    assert!(text(&before.stderr).contains("ai models sync"), "{}", text(&before.stderr));

    let dry = ai(folder.path()).args(["models", "sync", "demo", "--dry-run"]).output().unwrap();
    assert!(
        text(&dry.stdout).contains("demo: dry run, 2 models (1 chat, 1 embedding)"),
        "{}",
        text(&dry.stdout)
    );
    assert_eq!(ai(folder.path()).args(["models", "list"]).output().unwrap().status.code(), Some(5));

    let synced = ai(folder.path()).args(["--json", "models", "sync"]).output().unwrap();
    assert_eq!(synced.status.code(), Some(4), "the network of one: {}", text(&synced.stderr));
    let reports: Value = serde_json::from_slice(&synced.stdout).unwrap();
    let of = |name: &str| {
        reports.as_array().unwrap().iter().find(|report| report["connection"] == name).unwrap().clone()
    };
    assert_eq!(
        (&of("dead")["outcome"], &of("demo")["outcome"]),
        (&"failed".into(), &"synced".into()),
        "{reports}"
    );
    assert_eq!(of("demo")["added"], serde_json::json!(["mock-chat", "mock-embedding"]));

    let again = ai(folder.path()).args(["models", "sync", "demo"]).output().unwrap();
    assert!(text(&again.stdout).contains("demo: fresh, 2 models"), "{}", text(&again.stdout));
    let forced = ai(folder.path()).args(["models", "sync", "demo", "--force"]).output().unwrap();
    assert!(text(&forced.stdout).contains("0 added, 0 updated, 0 removed"), "{}", text(&forced.stdout));

    let listed = ai(folder.path()).args(["models", "list"]).output().unwrap();
    assert!(text(&listed.stdout).starts_with("demo/mock-chat  chat\n"), "{}", text(&listed.stdout));
    let none = ai(folder.path()).args(["models", "show", "moc"]).output().unwrap();
    assert_eq!(none.status.code(), Some(5));
    assert!(text(&none.stderr).contains("demo/mock-chat"), "the near one is named: {}", text(&none.stderr));
    let unknown = ai(folder.path()).args(["models", "sync", "nobody"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2), "{}{}", text(&unknown.stdout), text(&unknown.stderr));
}

#[test]
fn prices_are_set_shown_and_removed() {
    let folder = configured();
    let run = |words: &str| ai(folder.path()).args(words.split(' ')).output().unwrap();
    assert!(run("models sync demo").status.success());
    assert!(run("prices set demo/mock-chat --input 2.50 --output 10").status.success());
    assert!(run("prices set demo/mock-chat --input 3 --output 12 --from 2999-01-01").status.success());
    let shown = run("models show demo/mock-chat");
    let shown = text(&shown.stdout);
    assert!(shown.contains("2.5 in, 10 out per million USD, always (own)"), "{shown}");
    assert!(shown.contains("3 in, 12 out per million USD, from 2999-01-01 (own)"), "{shown}");

    // A call is reckoned by them.
    assert!(run("ask -m demo/mock-chat Hi").status.success());
    let costs: Value = serde_json::from_slice(&run("--json costs --by model").stdout).unwrap();
    assert!(costs[0]["cost"]["amount"].as_str().is_some_and(|amount| amount != "0"), "{costs}");

    let compared: Value = serde_json::from_slice(&run("--json costs compare").stdout).unwrap();
    let (model, cost) = (&compared[0], costs[0]["cost"]["amount"].as_str().unwrap());
    assert_eq!((&model["connection"], &model["model"]), (&"demo".into(), &"mock-chat".into()), "{compared}");
    assert_eq!(model["per_answer"], cost, "one call, one answer: {compared}");
    let thousand: f64 = model["per_thousand_calls"].as_str().unwrap().parse().unwrap();
    assert!((thousand - cost.parse::<f64>().unwrap() * 1_000.0).abs() < 1e-9, "{compared}");
    let shown = run("costs compare");
    assert!(text(&shown.stdout).contains("per 1,000 calls"), "{}", text(&shown.stdout));
    let none = run("costs compare --model nobody");
    assert_eq!(text(&none.stdout), "nothing was tried\n");

    for (words, says) in [
        ("prices set mock --input 1 --output 2", "a slash"),
        ("prices set demo/mock-chat --input=-1 --output 2", "`-1` is no price"),
        ("prices set demo/mock-chat --input x --output 2", "`x` is no price"),
        ("prices set demo/mock-chat --free --from yesterday", "YYYY-MM-DD"),
        ("prices set demo/*-* --free", "one `*`"),
        ("prices remove demo/other", "no price of your own"),
        ("prices set demo/mock-chat --free --input 1 --output 2", "cannot be used with"),
    ] {
        let refused = run(words);
        assert_eq!(refused.status.code(), Some(5), "{words}: {}", text(&refused.stderr));
        assert!(text(&refused.stderr).contains(says), "{words}: {}", text(&refused.stderr));
    }
    assert!(run("prices remove demo/mock-chat").status.success());
    assert!(text(&run("prices list").stdout).contains("no prices are kept"));
}
