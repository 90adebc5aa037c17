//! Strategies for the values that the property tests are about.

use laravel_ai_core::*;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z ]{1,12}", "\\PC{0,8}", Just("\u{0}\"\\\n\u{2028}🦀".to_owned())]
}

/// Any JSON that `serde_json` reads: finite numbers of each form, any text, nested.
pub(crate) fn value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no NaN and no infinity", |x| x.is_finite()).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(text(), inner, 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
    .boxed()
}

/// JSON texts whose bytes matter: order and doubling of keys, forms of numbers, escapes, white space.
pub(crate) fn raw_json() -> BoxedStrategy<RawJson> {
    let odd = prop::sample::select(vec![
        r#"{"b":1,"a":2}"#,
        r#"{"a":1,"a":2}"#,
        "1.0",
        "1",
        "1e2",
        "1E+2",
        "-0",
        "-0.0",
        "123456789012345678901234567890",
        "1e400",
        r#""\u00e9""#,
        r#""é""#,
        r#""\/""#,
        r#""\ud83e\udd80""#,
        r#""\ud800""#,
        " { \"a\" : [ ] }\n",
        "null",
    ]);
    prop_oneof![
        odd.prop_map(|text| RawJson::parse(text).unwrap()),
        value().prop_map(|value| RawJson::from(&value)),
    ]
    .boxed()
}

/// JSON in the one form that embedding keeps.
fn plain_json() -> BoxedStrategy<RawJson> {
    value().prop_filter("null is no value", |v| !v.is_null()).prop_map(|value| RawJson::from(&value)).boxed()
}

pub(crate) fn target() -> impl Strategy<Value = Target> {
    let credential = option::of("[a-z]{0,4}".prop_map(|key| Secret::new(key).fingerprint()));
    ("[ab]", "[ab]", "[ab]", credential).prop_map(|(driver, connection, model, credential)| {
        let target = Target::new(driver, connection, model);
        match credential {
            Some(credential) => target.with_credential(credential),
            None => target,
        }
    })
}

fn opaque() -> BoxedStrategy<Option<Opaque>> {
    option::of((target(), raw_json()).prop_map(|(target, data)| Opaque::new(target, data))).boxed()
}

fn cache() -> impl Strategy<Value = Option<CacheBreakpoint>> {
    option::of(option::of(any::<u64>()).prop_map(|ttl| {
        let mut cache = CacheBreakpoint::default();
        cache.ttl_seconds = ttl;
        cache
    }))
}

pub(crate) fn media() -> BoxedStrategy<Media> {
    let bytes = vec(any::<u8>(), 1..20)
        .prop_map(|bytes| Media::from_bytes_as(bytes, "application/x-test", 20).unwrap());
    let url = "[a-z]{1,8}".prop_map(|path| Media::from_url(format!("https://host/{path}?q=1")).unwrap());
    let uploaded = (text(), text()).prop_map(|(driver, id)| Media::uploaded(driver, id));
    let optional = (option::of(text()), option::of(text()), option::of(text()), cache(), opaque());
    (prop_oneof![bytes, url, uploaded], optional)
        .prop_map(|(mut media, (mime, name, detail, cache, opaque))| {
            media.mime = mime.or(media.mime);
            media.name = name;
            media.detail = detail;
            media.cache = cache;
            media.opaque = opaque;
            media
        })
        .boxed()
}

/// A part of a type that no version knows yet, with any members.
fn unknown() -> BoxedStrategy<Value> {
    (btree_map(text(), value(), 0..3), "[a-z]{0,4}")
        .prop_map(|(members, kind)| {
            let mut part = Value::Object(members.into_iter().collect());
            part["type"] = json!(format!("x_{kind}"));
            part
        })
        .boxed()
}

fn text_part() -> impl Strategy<Value = TextPart> {
    (text(), cache()).prop_map(|(text, cache)| {
        let mut part = TextPart::new(text);
        part.cache = cache;
        part
    })
}

fn user_part() -> BoxedStrategy<UserPart> {
    prop_oneof![
        text_part().prop_map(UserPart::Text),
        media().prop_map(UserPart::Image),
        media().prop_map(UserPart::Audio),
        media().prop_map(UserPart::File),
        unknown().prop_map(UserPart::Unknown),
    ]
    .boxed()
}

pub(crate) fn source() -> impl Strategy<Value = Source> {
    (option::of(text()), option::of(text()), option::of((any::<u64>(), any::<u64>()))).prop_map(
        |(url, title, span)| {
            let mut source = Source::default();
            source.url = url;
            source.title = title;
            source.span = span;
            source
        },
    )
}

fn tool_call() -> BoxedStrategy<AssistantPart> {
    (text(), text(), text(), any::<bool>(), any::<bool>(), opaque())
        .prop_map(|(id, name, arguments, custom, truncated, opaque)| {
            let mut call = ToolCall::new(id, name, arguments);
            call.kind = if custom { ToolCallKind::Custom } else { ToolCallKind::Function };
            call.truncated = truncated;
            call.opaque = opaque;
            AssistantPart::ToolCall(call)
        })
        .boxed()
}

pub(crate) fn assistant_part() -> BoxedStrategy<AssistantPart> {
    let plain =
        (text(), vec(source(), 0..3), opaque(), cache()).prop_map(|(text, sources, opaque, cache)| {
            let mut part = Text::new(text);
            part.sources = sources;
            part.opaque = opaque;
            part.cache = cache;
            AssistantPart::Text(part)
        });
    let reasoning = (text(), opaque()).prop_map(|(text, opaque)| {
        let mut part = Reasoning::new(text);
        part.opaque = opaque;
        AssistantPart::Reasoning(part)
    });
    let refusal = (text(), opaque()).prop_map(|(text, opaque)| {
        let mut part = Refusal::new(text);
        part.opaque = opaque;
        AssistantPart::Refusal(part)
    });
    let call = (text(), text(), option::of(plain_json()), opaque()).prop_map(|(id, name, input, opaque)| {
        let mut part = ProviderCall::new(id, name);
        part.input = input;
        part.opaque = opaque;
        AssistantPart::ProviderCall(part)
    });
    let result = (text(), option::of(plain_json()), opaque()).prop_map(|(id, output, opaque)| {
        let mut part = ProviderResult::new(id);
        part.output = output;
        part.opaque = opaque;
        AssistantPart::ProviderResult(part)
    });
    prop_oneof![
        plain,
        reasoning,
        refusal,
        call,
        result,
        tool_call(),
        media().prop_map(AssistantPart::Media),
        opaque().prop_filter_map("state", |opaque| opaque.map(AssistantPart::Native)),
        unknown().prop_map(AssistantPart::Unknown),
    ]
    .boxed()
}

fn tool_result() -> BoxedStrategy<ToolResult> {
    let part = prop_oneof![
        text_part().prop_map(ToolResultPart::Text),
        value().prop_map(|value| ToolResultPart::Json { value }),
        media().prop_map(ToolResultPart::Image),
        media().prop_map(ToolResultPart::File),
        unknown().prop_map(ToolResultPart::Unknown),
    ];
    (text(), option::of(text()), vec(part, 0..3), any::<bool>())
        .prop_map(|(id, name, content, is_error)| {
            let mut result = ToolResult::of(&ToolCall::new(id, "", ""), content);
            result.name = name;
            result.is_error = is_error;
            result
        })
        .boxed()
}

pub(crate) fn message() -> BoxedStrategy<Message> {
    prop_oneof![
        vec(text_part(), 0..3).prop_map(Message::System),
        vec(user_part(), 0..3).prop_map(Message::User),
        vec(assistant_part(), 0..3).prop_map(Message::Assistant),
        vec(tool_result(), 0..3).prop_map(Message::Tool),
    ]
    .boxed()
}

/// Usage with counts that are unknown, small, or near the overflow.
pub(crate) fn usage() -> BoxedStrategy<Usage> {
    let count =
        || prop_oneof![Just(None), (0..1000u64).prop_map(Some), (u64::MAX - 3..=u64::MAX).prop_map(Some)];
    let counts = (count(), count(), count(), count(), count(), count(), count(), count(), count());
    (counts, option::of(plain_json()))
        .prop_map(|(counts, raw)| {
            let mut usage = Usage::default();
            usage.input = counts.0;
            usage.output = counts.1;
            usage.cached_input = counts.2;
            usage.cache_write_input = counts.3;
            usage.audio_input = counts.4;
            usage.image_input = counts.5;
            usage.reasoning = counts.6;
            usage.audio_output = counts.7;
            usage.long_cache_write_input = counts.8;
            usage.raw = raw;
            usage
        })
        .boxed()
}

/// A stream that keeps the law, and the parts that it makes.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) events: Vec<StreamEvent>,
    pub(crate) content: Vec<AssistantPart>,
    pub(crate) usage: Usage,
    pub(crate) warnings: usize,
}

/// Blocks of every kind that start, grow and end in any order, closed before a finish.
pub(crate) fn answer() -> BoxedStrategy<Answer> {
    // Whole parts and state are dear to make, and few steps use them.
    let part = prop_oneof![9 => Just(AssistantPart::text("whole")), 1 => assistant_part()];
    let state = prop_oneof![3 => Just(None), 1 => opaque()];
    let step = (0u8..9, any::<prop::sample::Index>(), text(), part, state);
    (any::<bool>(), vec(step, 0..30), usage(), usage())
        .prop_map(|(start, steps, snapshot, last)| {
            let mut answer = Answer { events: vec![], content: vec![], usage: Usage::default(), warnings: 0 };
            let warning = Warning::new(WarningKind::Other, "stream", "early");
            answer.events.push(StreamEvent::Warning(Box::new(warning)));
            answer.warnings += 1;
            if start {
                let target = Target::new("driver", "answered", "model");
                answer.events.push(StreamEvent::Start(Box::new(ResponseStart::new(target))));
            }
            // The open blocks; a block's number is the place of its part.
            let mut open: Vec<usize> = vec![];
            for (what, at, text, part, opaque) in steps {
                answer.step(&mut open, what, at, text, part, opaque);
            }
            answer.events.push(StreamEvent::Usage(Box::new(snapshot.clone())));
            answer.usage.update(&snapshot);
            for block in open {
                answer.events.push(StreamEvent::BlockEnd { block: id(block), opaque: None });
            }
            answer.usage.update(&last);
            let finish = ResponseFinish::new(Finish::new(FinishReason::Stop), last);
            answer.events.push(StreamEvent::Finish(Box::new(finish)));
            answer
        })
        .boxed()
}

fn id(block: usize) -> BlockId {
    BlockId::new(u32::try_from(block).unwrap())
}

impl Answer {
    fn step(
        &mut self,
        open: &mut Vec<usize>,
        what: u8,
        at: prop::sample::Index,
        text: String,
        part: AssistantPart,
        opaque: Option<Opaque>,
    ) {
        let next = id(self.content.len());
        let started = match what {
            0 => Some((BlockKind::Text, AssistantPart::text(""))),
            1 => Some((BlockKind::Reasoning, AssistantPart::Reasoning(Reasoning::new("")))),
            2 => Some((BlockKind::Refusal, AssistantPart::Refusal(Refusal::new("")))),
            3 => {
                let (id, name, call) = (text.clone(), "tool".to_owned(), ToolCallKind::Function);
                let part = AssistantPart::ToolCall(ToolCall::new(&id, &name, ""));
                Some((BlockKind::ToolInput { id, name, call }, part))
            }
            _ => None,
        };
        if let Some((kind, part)) = started {
            open.push(self.content.len());
            self.content.push(part);
            self.events.push(StreamEvent::BlockStart { block: next, kind });
        } else if what == 4 {
            self.content.push(part.clone());
            self.events.push(StreamEvent::Part { block: next, part: Box::new(part) });
        } else if what == 5 && !open.is_empty() {
            let ended = open.remove(at.index(open.len()));
            if opaque.is_some() {
                *self.content[ended].opaque_mut().unwrap() = opaque.clone();
            }
            self.events.push(StreamEvent::BlockEnd { block: id(ended), opaque: opaque.map(Box::new) });
        } else if !open.is_empty() {
            let grown = open[at.index(open.len())];
            let block = id(grown);
            self.events.push(match &mut self.content[grown] {
                AssistantPart::Text(part) if what == 6 => {
                    let source = Source::new(text);
                    part.sources.push(source.clone());
                    StreamEvent::Source { block, source }
                }
                AssistantPart::Text(part) => {
                    part.text.push_str(&text);
                    StreamEvent::TextDelta { block, text }
                }
                AssistantPart::Reasoning(part) => {
                    part.text.push_str(&text);
                    StreamEvent::ReasoningDelta { block, text }
                }
                AssistantPart::Refusal(part) => {
                    part.text.push_str(&text);
                    StreamEvent::RefusalDelta { block, text }
                }
                AssistantPart::ToolCall(part) => {
                    part.arguments.push_str(&text);
                    StreamEvent::ToolInputDelta { block, text }
                }
                other => unreachable!("no block makes {other:?}"),
            });
        }
    }
}
