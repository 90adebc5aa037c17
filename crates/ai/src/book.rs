//! The README and the book, so that their snippets are compiled and run.

macro_rules! pages {
    ($($name:ident: $page:literal,)*) => {
        $(#[doc = include_str!(concat!("../../../", $page))]
        mod $name {})*
    };
}

pages! {
    readme: "README.md",
    introduction: "docs/introduction.md",
    first_steps: "docs/guide/first-steps.md",
    messages: "docs/guide/messages.md",
    streaming: "docs/guide/streaming.md",
    tools: "docs/guide/tools.md",
    errors: "docs/guide/errors.md",
    configuration: "docs/guide/configuration.md",
    testing: "docs/guide/testing.md",
    command_line: "docs/guide/command-line.md",
}
