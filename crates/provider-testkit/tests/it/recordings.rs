//! Recorded answers in a folder, and scripts by themselves.

use std::panic::catch_unwind;
use std::path::PathBuf;

use futures_util::StreamExt as _;
use laravel_ai_core::{Context, ErrorKind};
use provider_testkit::{Answer, Recordings, Reply, Script};
use serde_json::json;

/// A folder that goes when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("provider-testkit-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const INDEX: &str = r#"
["busy.json"]
read_by = "error"
status = 503
headers = { retry-after = "7" }

["sound.json"]
read_by = "none"
reason = "sounds are not decoded"
"#;

#[test]
fn an_answer_has_the_status_and_the_headers_of_its_row() {
    let folder = Folder::new("row", &[("index.toml", INDEX), ("busy.json", "{}"), ("sound.json", "[]")]);
    let recordings = Recordings::new(&folder.0);
    recordings.assert_complete(&["error"]);
    assert_eq!(recordings.read_by("error"), ["busy.json"]);
    let Answer { status, headers, body, .. } = recordings.answer("busy.json");
    assert_eq!(
        (status.as_u16(), &headers["retry-after"], &body[..]),
        (503, &"7".parse().unwrap(), &b"{}"[..])
    );
    assert_eq!(headers.len(), 1);
}

#[test]
fn a_recording_without_test_or_reason_is_found() {
    let files = |index: &'static str| [("index.toml", index), ("busy.json", "{}")];
    let complete = |name, index| {
        let folder = Folder::new(name, &files(index));
        catch_unwind(|| Recordings::new(&folder.0).assert_complete(&["error"])).is_ok()
    };
    assert!(complete("right", "[\"busy.json\"]\nread_by = \"error\""));
    for (name, index) in [
        ("unlisted", ""),
        ("unknown-test", "[\"busy.json\"]\nread_by = \"stream\""),
        ("no-reason", "[\"busy.json\"]\nread_by = \"none\""),
        ("no-file", INDEX),
        ("slip", "[\"busy.json\"]\nread_by = \"error\"\nstaus = 1"),
    ] {
        assert!(!complete(name, index), "{name}");
    }
    let folder = Folder::new("nothing", &files("[\"busy.json\"]\nread_by = \"error\""));
    assert!(
        catch_unwind(|| Recordings::new(&folder.0).read_by("stream")).is_err(),
        "a test that reads nothing"
    );
}

#[tokio::test]
async fn a_script_gives_its_replies_in_their_pieces_and_keeps_what_was_sent() {
    let script = Script::new([Reply::in_pieces(["one ", "two"]), Reply::refused(), Reply::json(418, "{}")]);
    let transport = script.resources().transport;
    let ask = || http::Request::new(r#"{"n": 1}"#.into());
    let ctx = Context::new();
    let body = transport.send(&ctx, ask()).await.unwrap().into_body();
    let pieces: Vec<_> =
        body.map(|piece| String::from_utf8(piece.unwrap().to_vec()).unwrap()).collect().await;
    assert_eq!((pieces, script.taken()), (vec!["one ".to_owned(), "two".to_owned()], 2));
    assert_eq!(transport.send(&ctx, ask()).await.unwrap_err().kind(), ErrorKind::Transport);
    assert_eq!(transport.send(&ctx, ask()).await.unwrap().status(), 418);
    assert!(!transport.send(&ctx, ask()).await.unwrap_err().possibly_billed(), "the script is over");
    assert_eq!((script.sent().len(), script.body(3), script.body(4)), (4, json!({"n": 1}), json!(null)));
    assert_eq!(script.open(), 0);
}
