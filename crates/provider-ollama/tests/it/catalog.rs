//! Models, health, credentials, and what is in memory.

use laravel_ai_core::{Context, CredentialStatus, ErrorKind, ModelKind};
use provider_mock::WireReply;
use provider_ollama::{Config, Server};

use crate::support::{fixture, provider, server};

fn gives(name: &str) -> WireReply {
    WireReply::status(200).body(fixture(name))
}

#[tokio::test]
async fn the_list_says_what_models_can() {
    let (provider, _) = provider(Config::new(), [gives("ollama_tags.json"), gives("ollama_tags_empty.json")]);
    let catalog = provider.catalog().unwrap();
    let models = catalog.models(&Context::new()).await.unwrap();
    let known = &models[0].capabilities;
    assert_eq!((models[0].id.as_str(), models[0].kind), ("qwen3:8b", Some(ModelKind::Chat)));
    assert_eq!((known.tools, known.reasoning, known.image_input), (Some(true), Some(true), Some(false)));
    assert_eq!(known.context_tokens, Some(40_960));
    assert_eq!(models[1].capabilities.tools, None, "what is not said is unknown");
    assert_eq!(models[1].owned_by.as_deref(), Some("https://ollama.com:443"));
    assert_eq!(catalog.models(&Context::new()).await.unwrap(), []);
}

#[tokio::test]
async fn one_model_is_shown_with_the_context_of_its_file() {
    let missing = WireReply::status(404).body(r#"{"error":"model 'x' not found"}"#);
    let (provider, transport) = provider(Config::new(), [gives("ollama_show.json"), missing]);
    let catalog = provider.catalog().unwrap();
    let model = catalog.model(&Context::new(), "qwen3:8b").await.unwrap();
    assert_eq!((model.id.as_str(), model.capabilities.context_tokens), ("qwen3:8b", Some(40_960)));
    assert_eq!(model.capabilities.embeddings, Some(false));
    assert_eq!(transport.recorded()[0].path(), "/api/show");
    let error = catalog.model(&Context::new(), "x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelNotFound);
}

#[tokio::test]
async fn health_is_the_version_and_the_hosted_service_is_asked_who_the_key_is() {
    let (local, transport) =
        provider(Config::new(), [gives("ollama_version.json"), gives("ollama_tags.json")]);
    let catalog = local.catalog().unwrap();
    assert!(catalog.health(&Context::new()).await.reachable);
    let report = catalog.check_credentials(&Context::new()).await;
    assert_eq!((report.status, report.models), (CredentialStatus::Valid, Some(2)));
    assert_eq!(transport.recorded()[0].path(), "/api/version");

    let me = WireReply::status(200).body(r#"{"name":"ada"}"#);
    let refused = WireReply::status(401).body(r#"{"error":"unauthorized"}"#);
    let (hosted, transport) =
        provider(Config::hosted(laravel_ai_core::Secret::new("test-key-0123456789")), [me, refused]);
    let catalog = hosted.catalog().unwrap();
    assert_eq!(catalog.check_credentials(&Context::new()).await.account.as_deref(), Some("ada"));
    assert_eq!(catalog.check_credentials(&Context::new()).await.status, CredentialStatus::Invalid);
    assert_eq!(transport.recorded()[0].request.uri(), "https://ollama.com/api/me");
}

#[tokio::test]
async fn a_key_is_right_only_where_the_service_says_whose_it_is() {
    for (body, status) in [
        (r#"{"id":"u1","email":"ada@example.com"}"#, CredentialStatus::Valid),
        ("{}", CredentialStatus::Unreachable),
        ("", CredentialStatus::Unreachable),
        ("<html>log in</html>", CredentialStatus::Unreachable),
        (r#"{ "signin_url": "x", "error": "unauthorized" }"#, CredentialStatus::Invalid),
    ] {
        let config = Config::hosted(laravel_ai_core::Secret::new("test-key-0123456789"));
        let (hosted, _) = provider(config, [WireReply::status(200).body(body)]);
        let report = hosted.catalog().unwrap().check_credentials(&Context::new()).await;
        assert_eq!(report.status, status, "{body}");
    }
}

#[tokio::test]
async fn a_model_is_loaded_only_when_the_server_says_so() {
    for (body, kind) in [
        (r#"{ "model": "x", "error": "model 'x' not found" }"#, ErrorKind::ModelNotFound),
        ("{}", ErrorKind::Decode),
        ("<html>", ErrorKind::Decode),
    ] {
        let (_, resources) = server([WireReply::status(200).body(body)]);
        let server = Server::connect("local", &Config::new(), &resources).unwrap();
        let error = server.load(&Context::new(), "x", None).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{body}");
        assert_eq!(error.target().unwrap().model(), "x");
    }
}

#[tokio::test]
async fn a_server_says_its_version_and_what_runs() {
    let loaded = WireReply::status(200).body(fixture("ollama_chat_unload.json"));
    let replies = [gives("ollama_version.json"), gives("ollama_ps.json"), loaded];
    let (transport, resources) = server(replies);
    let server = Server::connect("local", &Config::new(), &resources).unwrap();
    let ctx = Context::new();
    assert_eq!(server.version(&ctx).await.unwrap(), "0.15.2");
    let running = server.running(&ctx).await.unwrap();
    assert_eq!((running[0].name.as_str(), running[0].context_tokens), ("qwen3:8b", Some(16_384)));
    server.unload(&ctx, "qwen3:8b").await.unwrap();
    let sent = transport.recorded()[2].json().unwrap();
    assert_eq!((&sent["keep_alive"], &sent["messages"]), (&serde_json::json!(0), &serde_json::json!([])));
}
