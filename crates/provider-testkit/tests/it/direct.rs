//! A model without a wire.

use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    AssistantPart, Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, FinishReason,
    RenderedRequest, Result, StreamEvent, Target,
};
use provider_testkit::{Exchange, LAWS, Law, Role, Subject, check};

/// Says the same thing always.
#[derive(Debug)]
struct Parrot {
    target: Target,
    capabilities: Capabilities,
}

#[async_trait]
impl ChatModel for Parrot {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn render(&self, _: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        let body = serde_json::to_value(request).unwrap();
        Ok(RenderedRequest::new(&http::Method::POST, "parrot:", request.extra_headers.as_map(), body))
    }

    async fn chat(&self, _: &Context, _: Arc<ChatRequest>) -> Result<ChatResponse> {
        let content = vec![AssistantPart::text("Titan.")];
        Ok(ChatResponse::new(self.target.clone(), content, FinishReason::Stop))
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let answer = self.chat(ctx, request).await?;
        let part = answer.content[0].clone();
        let (block, finish) = (laravel_ai_core::BlockId::new(0), answer.finish);
        let finish = laravel_ai_core::ResponseFinish::new(finish, answer.usage);
        let events =
            [StreamEvent::Part { block, part: Box::new(part) }, StreamEvent::Finish(Box::new(finish))];
        Ok(ChatStream::new(self.target.clone(), futures_util::stream::iter(events.map(Ok))))
    }
}

fn parrot() -> Subject {
    Subject::direct(|role| match role {
        Role::Text | Role::NoUsage => {
            let target = Target::new("parrot", "cage", "grey");
            Some(Arc::new(Parrot { target, capabilities: Capabilities::default() }))
        }
        _ => None,
    })
    .with(Role::Text, Exchange::direct().saying("Titan."))
    .with(Role::NoUsage, Exchange::direct())
}

#[tokio::test]
async fn the_laws_of_answers_hold_without_a_wire() {
    for law in
        ["text_and_target", "unknown_usage_is_none", "stream_keeps_the_law", "options_are_sent_or_told"]
    {
        assert_eq!(check(&parrot(), Law::named(law).unwrap()).await, Ok(()), "{law}");
    }
}

#[tokio::test]
async fn a_missing_wire_is_told_of_until_it_is_declared() {
    let (bare, declared) = (parrot(), parrot().without_wire("a parrot answers by itself"));
    for law in LAWS.iter().filter(|law| law.needs_wire) {
        assert!(check(&bare, law).await.is_err(), "{}", law.name);
        assert_eq!(check(&declared, law).await, Ok(()), "{}", law.name);
    }
    // Roles that are missing are no wire that is missing.
    for law in LAWS.iter().filter(|law| !law.needs_wire) {
        assert_eq!(check(&bare, law).await, check(&declared, law).await, "{}", law.name);
    }
    let violation = check(&bare, Law::named("render_is_what_is_sent").unwrap()).await.unwrap_err();
    assert!(violation.to_string().contains("declare"), "{violation}");
}

#[tokio::test]
async fn a_wire_that_is_there_can_not_be_declared_away() {
    let subject = provider_testkit::Reference::subject().without_wire("too lazy");
    for law in LAWS.iter().filter(|law| law.needs_wire) {
        let violation = check(&subject, law).await.unwrap_err();
        assert!(violation.to_string().contains("too lazy"), "{violation}");
    }
}
