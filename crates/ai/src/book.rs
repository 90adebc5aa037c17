//! The README and the book, so that their snippets are compiled and run.

macro_rules! pages {
    ($($(#[$needs:meta])* $name:ident: $page:literal,)*) => {
        $($(#[$needs])*
        #[doc = include_str!(concat!("../../../", $page))]
        mod $name {})*
    };
}

pages! {
    readme: "README.md",
    introduction: "docs/introduction.md",
    first_steps: "docs/guide/first-steps.md",
    messages: "docs/guide/messages.md",
    streaming: "docs/guide/streaming.md",
    structured_output: "docs/guide/structured-output.md",
    tools: "docs/guide/tools.md",
    more_calls: "docs/guide/more-calls.md",
    costs: "docs/guide/costs.md",
    models: "docs/guide/models.md",
    context_windows: "docs/guide/context-windows.md",
    database: "docs/guide/database.md",
    errors: "docs/guide/errors.md",
    resilience: "docs/guide/resilience.md",
    cache: "docs/guide/cache.md",
    redaction: "docs/guide/redaction.md",
    runs: "docs/guide/runs.md",
    events: "docs/guide/events.md",
    #[cfg(feature = "metrics")]
    telemetry: "docs/guide/telemetry.md",
    write_a_layer: "docs/guide/write-a-layer.md",
    configuration: "docs/guide/configuration.md",
    several_tenants: "docs/guide/several-tenants.md",
    testing: "docs/guide/testing.md",
    cassettes: "docs/guide/cassettes.md",
    write_a_provider: "docs/guide/write-a-provider.md",
    command_line: "docs/guide/command-line.md",
}
