//! Layers around the handles that the library gives out.

use std::sync::{Arc, Mutex};

use ai::{
    Ai, Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, ErrorKind, Layer, Modality,
    RenderedRequest, Result, Target,
};
use async_trait::async_trait;

type Calls = Arc<Mutex<Vec<&'static str>>>;

/// Notes its name when a call passes it.
#[derive(Debug)]
struct Named {
    name: &'static str,
    calls: Calls,
    covers: &'static [Modality],
}

#[derive(Debug)]
struct NamedModel {
    name: &'static str,
    calls: Calls,
    inner: Arc<dyn ChatModel>,
}

impl Layer for Named {
    fn covers(&self, modality: Modality) -> bool {
        self.covers.contains(&modality)
    }

    fn chat(&self, inner: Arc<dyn ChatModel>) -> Arc<dyn ChatModel> {
        Arc::new(NamedModel { name: self.name, calls: Arc::clone(&self.calls), inner })
    }
}

#[async_trait]
impl ChatModel for NamedModel {
    fn target(&self) -> &Target {
        self.inner.target()
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        self.inner.render(ctx, request)
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        self.calls.lock().unwrap().push(self.name);
        self.inner.chat(ctx, request).await
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        self.calls.lock().unwrap().push(self.name);
        self.inner.stream(ctx, request).await
    }
}

fn layered(covers: &'static [Modality]) -> (ai::FakeAi, Calls) {
    let calls = Calls::default();
    let layer = |name| Arc::new(Named { name, calls: Arc::clone(&calls), covers });
    let ai = Ai::builder().layer(layer("outer")).layer(layer("inner")).fake().unwrap();
    (ai, calls)
}

#[tokio::test]
async fn the_layer_that_was_added_first_is_the_outermost() {
    let (ai, calls) = layered(&[Modality::Chat]);
    ai.send("Hello").await.unwrap();
    assert_eq!(*calls.lock().unwrap(), ["outer", "inner"]);
}

#[tokio::test]
async fn every_way_to_a_model_goes_through_the_layers_once() {
    let (ai, calls) = layered(&[Modality::Chat]);
    ai.stream("Hello").await.unwrap().into_response().await.unwrap();
    ai.model("work/gpt-test").send("Hello").await.unwrap();
    ai.conversation().ask("Hello").await.unwrap();
    ai.route().chat_model().unwrap().chat(&Context::new(), Arc::new("Hello".into())).await.unwrap();
    assert_eq!(*calls.lock().unwrap(), ["outer", "inner"].repeat(4));
}

#[tokio::test]
async fn a_kind_of_call_that_a_layer_does_not_cover_is_refused() {
    let (ai, _) = layered(&[Modality::Chat]);
    let embedding = ai.route().embedding_model().unwrap_err();
    let catalog = ai.route().catalog().unwrap_err();
    let counting = ai.route().count_tokens("Hello").await.unwrap_err();
    for (error, kind) in [(embedding, "Embedding"), (catalog, "Catalog"), (counting, "TokenCount")] {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(!error.possibly_billed());
        assert!(
            error.message().starts_with("the layer `1` (of `1`, `2`") && error.message().contains(kind),
            "{error}"
        );
    }

    let (ai, _) = layered(&[Modality::Embedding, Modality::Catalog]);
    assert!(ai.route().embedding_model().is_ok() && ai.route().catalog().is_ok());
    assert_eq!(ai.send("Hello").await.unwrap_err().kind(), ErrorKind::Unsupported);
    ai.mock().assert_nothing_sent();
}

#[tokio::test]
async fn a_route_has_layers_of_its_own_around_those_of_the_program() {
    let calls = Calls::default();
    let layer = |name| Arc::new(Named { name, calls: Arc::clone(&calls), covers: &[Modality::Chat] });
    let ai = Ai::builder()
        .mandatory_layer("budget", layer("budget"))
        .named_layer("filter", layer("filter"))
        .fake()
        .unwrap();
    let took = || std::mem::take(&mut *calls.lock().unwrap());
    ai.send("Hello").await.unwrap();
    assert_eq!(took(), ["budget", "filter"]);

    let mine = ai.model("work/a").fallback("other/b").layer("mine", layer("mine"));
    mine.send("Hello").await.unwrap();
    mine.stream("Hello").await.unwrap().into_response().await.unwrap();
    mine.clone().conversation().ask("Hello").await.unwrap();
    assert_eq!(took(), ["mine", "budget", "filter"].repeat(3));
    mine.without_layer("filter").send("Hello").await.unwrap();
    assert_eq!(took(), ["mine", "budget"]);
    ai.model("work/a").fallback("other/b").send("Hello").await.unwrap();
    assert_eq!(took(), ["budget", "filter"], "others are as they were");

    let error = ai.route().without_layer("budget").send("Hello").await.unwrap_err();
    assert!(error.message().contains("`budget` is mandatory"), "{error}");
    let error = ai.route().without_layer("fliter").send("Hello").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        error.message().contains("`fliter`") && error.message().contains("`budget`, `filter`"),
        "{error}"
    );
    let ways = [
        ai.route().without_layer("budget").embed(["Hello"]).await.unwrap_err(),
        ai.route().without_layer("budget").count_tokens("Hello").await.unwrap_err(),
        ai.route().without_layer("budget").models().await.unwrap_err(),
    ];
    assert!(ways.iter().all(|error| error.message().contains("mandatory")), "{ways:?}");
    assert!(took().is_empty());
}

#[tokio::test]
async fn a_layer_of_a_route_that_does_not_cover_a_kind_of_call_refuses_it_there_alone() {
    let calls = Calls::default();
    let ai = Ai::fake();
    let chat_only = || {
        let layer = Named { name: "mine", calls: Arc::clone(&calls), covers: &[Modality::Chat] };
        ai.route().layer("mine", Arc::new(layer))
    };
    let error = chat_only().embed(["Hello"]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("`mine`"), "{error}");
    assert!(chat_only().models().await.is_err() && chat_only().send("Hello").await.is_ok());
    ai.embed(["Hello"]).await.unwrap();
}
