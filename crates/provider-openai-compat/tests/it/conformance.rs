//! The laws that every provider keeps.

use std::sync::Arc;

use laravel_ai_core::Driver as _;
use provider_http::ReqwestTransport;
use provider_openai_compat::{Config, OpenAiCompatible, conformance};
use provider_testkit::{Subject, conformance};

fn subject() -> Subject {
    conformance::subject("m", |connect| {
        let mut config = Config::new(connect.base_url);
        config.api_key = Some(connect.key.clone());
        OpenAiCompatible::connect("work", config, connect.resources)
    })
}

conformance! {
    in_memory: subject();
    over_a_socket: subject().over_loopback(|| Arc::new(ReqwestTransport::new().unwrap()));
}

/// The page of what drivers take shows it.
#[test]
fn what_does_not_apply_is_written_down() {
    insta::assert_json_snapshot!("declared_openai_compatible", subject().declared());
}
