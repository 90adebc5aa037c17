//! A file of configuration.
#![no_main]

use ai_config::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Config::parse("ai.toml", text) {
        Ok(config) => {
            let (problems, shown) = (config.check(&[]), config.show(&[]));
            let _ = (format!("{problems:?}"), format!("{shown:?}"));
            for name in config.connection_names() {
                let opened = config.connection(name).and_then(|it| it.config::<provider_openai::Config>());
                let _ = opened.map_err(|error| error.to_string());
            }
        }
        Err(error) => assert!(error.to_string().contains("ai.toml"), "{error}"),
    }
});
