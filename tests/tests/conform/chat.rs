//! Each request of `requests` through each driver: rendered, asked and streamed.

use std::sync::Arc;

use laravel_ai_core::{ChatModel, ChatRequest, Context, Error};
use provider_mock::{RecordedHttp, ScriptedTransport, WireReply};
use serde_json::Value;
use tests::SentRequest;

use crate::drivers::{self, Row};
use crate::{requests, specs};

/// One request on its three ways.
struct Ways {
    rendered: SentRequest,
    asked: SentRequest,
    streamed: SentRequest,
}

#[tokio::test]
async fn every_request_is_what_the_vendor_defines() {
    let mut wrong = Vec::new();
    for row in drivers::all() {
        let Some(definition) = specs::definition(row.vendor) else { return };
        let mut met = Vec::new();
        for (name, outcome) in outcomes(&row).await {
            let Ok(ways) = outcome else { continue };
            for (way, sent) in [("asked", ways.asked), ("streamed", ways.streamed)] {
                for finding in definition.check(&sent) {
                    let listed = row
                        .beyond
                        .iter()
                        .find(|(request, what, _)| *request == name && finding.to_string().contains(what));
                    match listed {
                        Some((request, what, _)) => met.push((*request, *what)),
                        None => wrong.push(format!("{}, {name}, {way}: {finding}", row.name)),
                    }
                }
            }
        }
        for (request, what, _) in row
            .beyond
            .iter()
            .filter(|(request, what, _)| !request.starts_with("embed: ") && !met.contains(&(request, what)))
        {
            wrong.push(format!("{}, {request}: `{what}` is listed and no longer found", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_is_rendered_is_sent_and_streaming_adds_only_itself() {
    let mut wrong = Vec::new();
    for row in drivers::all() {
        let mut count = 0;
        for (name, outcome) in outcomes(&row).await {
            let Ok(mut ways) = outcome else { continue };
            count += 1;
            let masked: Vec<_> =
                ways.rendered.headers.iter().filter(|(_, value)| value == "***").cloned().collect();
            for (name, _) in masked {
                let name = name.as_str();
                for way in [&mut ways.rendered, &mut ways.asked, &mut ways.streamed] {
                    let there = way.header(name).map(|_| "masked");
                    *way = way.clone().with_header(name, there);
                }
            }
            for way in [&mut ways.rendered, &mut ways.asked, &mut ways.streamed] {
                way.headers.sort();
            }
            if ways.rendered != ways.asked {
                wrong.push(format!(
                    "{}, {name}: rendered {:#?}\nbut sent {:#?}",
                    row.name, ways.rendered, ways.asked
                ));
            }
            if !(row.unstreamed)(&mut ways.streamed) {
                wrong.push(format!("{}, {name}: streamed without saying so", row.name));
            }
            if ways.asked.body != ways.streamed.body || ways.asked.path != ways.streamed.path {
                wrong.push(format!(
                    "{}, {name}: asked {:#?}\nbut streamed {:#?}",
                    row.name, ways.asked, ways.streamed
                ));
            }
        }
        assert!(count > 40, "only {count} requests got through {}", row.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_a_driver_refuses_is_listed() {
    for row in drivers::all() {
        let refused: Vec<_> = outcomes(&row)
            .await
            .into_iter()
            .filter_map(|(name, outcome)| Some((name, outcome.err()?.kind())))
            .collect();
        let listed = row.refuses.iter().filter(|(name, ..)| !name.starts_with("embed: "));
        let listed: Vec<_> = listed.map(|(name, kind, _)| ((*name).to_owned(), *kind)).collect();
        assert_eq!(refused, listed, "{}", row.name);
    }
}

async fn outcomes(row: &Row) -> Vec<(String, Result<Ways, Error>)> {
    let (provider, transport) = row.provider();
    // Every answer is a failure: only what is sent matters here.
    transport.reply(WireReply::status(500));
    let model = provider.chat_model(row.models.chat).unwrap();
    let mut outcomes = Vec::new();
    for (name, request) in requests::all().into_iter().chain((row.own)()) {
        let ways = ways(model.as_ref(), &transport, request).await;
        outcomes.push((name, ways));
    }
    outcomes
}

async fn ways(
    model: &dyn ChatModel,
    transport: &ScriptedTransport,
    request: ChatRequest,
) -> Result<Ways, Error> {
    let ctx = Context::new();
    let before = transport.recorded().len();
    let rendered = model.render(&ctx, &request);
    assert_eq!(transport.recorded().len(), before, "rendering sends nothing");
    let request = Arc::new(request);
    let asked = model.chat(&ctx, Arc::clone(&request)).await.unwrap_err();
    let streamed = model.stream(&ctx, request).await.unwrap_err();
    let rendered = match rendered {
        Ok(rendered) => SentRequest::from(&rendered),
        Err(refusal) => {
            assert_eq!(transport.recorded().len(), before, "what can't be rendered is not sent");
            assert_eq!((asked.kind(), streamed.kind()), (refusal.kind(), refusal.kind()));
            return Err(refusal);
        }
    };
    match transport.recorded().get(before..) {
        Some([asked, streamed]) => Ok(Ways { rendered, asked: sent(asked), streamed: sent(streamed) }),
        _ => panic!("asked: {asked}; streamed: {streamed}"),
    }
}

/// A request as the transport received it.
pub(crate) fn sent(recorded: &RecordedHttp) -> SentRequest {
    let mut sent = SentRequest::post(recorded.path(), Value::Null);
    sent.method = recorded.method().to_owned();
    sent.headers = recorded
        .request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    if !recorded.request.body().is_empty() {
        sent.body = recorded.json().unwrap();
    }
    sent
}
