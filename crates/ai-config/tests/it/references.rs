use std::path::PathBuf;

use ai_config::{Config, Environment, EnvironmentTable, KnownDriver};

use crate::drivers::{Acme, AcmeKeys, Region, config, keys_with};

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ai-config").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_variable_stands_for_any_scalar() {
    let lines = r#"
api_key = { env = "KEY" }
retries = { env = "RETRIES" }
verbose = { env = "VERBOSE" }
ratio = { env = "RATIO" }
region = { env = "REGION" }
models = [{ env = "MODEL" }, "b"]
headers = { authorization = { env = "KEY" } }
"#;
    let environment = Environment::of([
        ("KEY", "secret"),
        ("RETRIES", " 5 "),
        ("VERBOSE", "Yes"),
        ("RATIO", "0.5"),
        ("REGION", "america"),
        ("MODEL", "a"),
    ]);
    let keys = keys_with(lines, environment).unwrap();
    assert_eq!(keys.api_key.expose(), "secret");
    assert_eq!((keys.retries, keys.verbose, keys.ratio), (Some(5), Some(true), Some(0.5)));
    assert_eq!(keys.region, Some(Region::America));
    assert_eq!(keys.models.unwrap(), ["a", "b"]);
    assert_eq!(keys.headers.unwrap()["authorization"].expose(), "secret");
}

#[test]
fn a_missing_variable_names_key_place_and_variable() {
    let message = keys_with("api_key = { env = \"KEY\" }", Environment::empty()).unwrap_err();
    assert_eq!(
        message,
        "ai.toml:3:11: `api_key` in [connections.work] (driver acme): the environment variable `KEY` is not set"
    );
    let message = keys_with("api_key = { env = \"KEY\" }", Environment::of([("KEY", "  ")])).unwrap_err();
    assert!(message.ends_with("the environment variable `KEY` is empty"), "{message}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_an_error() {
    use std::os::unix::ffi::OsStringExt as _;

    let environment = Environment::of([("KEY", std::ffi::OsString::from_vec(vec![0xff]))]);
    let message = keys_with("api_key = { env = \"KEY\" }", environment).unwrap_err();
    assert!(message.ends_with("the environment variable `KEY` is not Unicode text"), "{message}");
}

#[test]
fn a_name_that_no_variable_can_have_is_not_set() {
    let environment = Environment::new(|name| std::panic::catch_unwind(|| panic!("asked for {name}")).ok());
    let message = keys_with("api_key = { env = \"A=B\" }", environment).unwrap_err();
    assert!(message.ends_with("write the variable's name there, not what it holds"), "{message}");
}

#[test]
fn secrets_are_looked_up_when_a_connection_is_used() {
    let config = config(
        "[connections.a]\ndriver = \"acme\"\napi_key = { env = \"A\" }\n[connections.b]\ndriver = \"acme\"\napi_key = { env = \"B\" }",
    )
    .with_environment(&EnvironmentTable::new(), Environment::of([("A", "x")]));
    assert!(config.connection("a").unwrap().config::<AcmeKeys>().is_ok());
    let b = config.connection("b").unwrap();
    assert!(b.config::<AcmeKeys>().unwrap_err().message().contains("`B` is not set"));
    let problems = config.check(&[KnownDriver::of::<Acme>()]);
    assert_eq!(problems.len(), 1, "check looks all of them up: {problems:?}");
}

#[test]
fn a_key_file_is_found_beside_the_configuration() {
    let folder = folder("beside");
    let path = folder.join("ai.toml");
    std::fs::write(&path, "[connections.work]\ndriver = \"acme\"\napi_key = { file = \"keys/acme\" }")
        .unwrap();
    std::fs::create_dir_all(folder.join("keys")).unwrap();
    let read = |content: &str| {
        std::fs::write(folder.join("keys/acme"), content).unwrap();
        let connection = Config::from_file(&path).unwrap().connection("work").unwrap();
        connection.config::<AcmeKeys>().map(|keys| keys.api_key.expose().to_owned())
    };
    assert_eq!(read("key").unwrap(), "key");
    assert_eq!(read("key\n").unwrap(), "key");
    assert_eq!(read("\u{feff}key\r\n").unwrap(), "key");
    assert_eq!(read(" key ").unwrap(), " key ", "only what editors add is taken away");
    for (content, what) in [
        ("key\nmore\n", "has more than one line"),
        ("key\n\n", "has more than one line"),
        ("\n", "is empty"),
        ("", "is empty"),
        (&"x".repeat(70_000), "is larger than 65536 bytes"),
    ] {
        let error = read(content).unwrap_err();
        assert!(error.message().ends_with(&format!("the file `keys/acme` {what}")), "{error}");
        assert!(error.message().contains(":3:11: `api_key` in [connections.work]"), "{error}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let message = keys_with("api_key = { file = \"no/such/file\" }", Environment::empty()).unwrap_err();
    assert!(message.ends_with("the file `no/such/file` can't be read: entity not found"), "{message}");
    let error = Config::from_file(folder("missing").join("none.toml")).unwrap_err();
    assert!(error.message().ends_with("none.toml can't be read: entity not found"), "{error}");
}

#[test]
fn a_key_in_the_place_of_a_variables_name_is_not_shown() {
    let config = config("[connections.work]\ndriver = \"acme\"\napi_key = { env = \"sk-canary-1234\" }\n");
    let error = config.connection("work").unwrap().config::<AcmeKeys>().unwrap_err();
    let shown: String = config.show(&[KnownDriver::of::<Acme>()]).iter().map(ToString::to_string).collect();
    assert!(error.message().contains("not what it holds"), "{error}");
    assert!(!format!("{error} {error:?} {shown}").contains("canary"), "{error} {shown}");
}
