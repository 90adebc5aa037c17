//! Texts, how they end, and what comes before them.

use laravel_ai_core::{ChatRequest, Context, Message};

use super::{both, tagged};
use crate::server::{Server, Way};
use crate::table::Table;
use crate::words::said;

pub(super) async fn run(table: &mut Table, server: &Server) {
    both(table, server, "text", tagged("text"), "Hello from aimock. · Stop · 11+7").await;
    both(table, server, "unicode", tagged("unicode"), "Zażółć gęślą jaźń — 日本語 – naïve · Stop · 11+7")
        .await;
    both(table, server, "long", tagged("long"), "lorem ipsum lorem ip… (24000 characters) · Stop · 11+4000")
        .await;
    both(table, server, "length", tagged("length"), "cut off he · Length · 11+7").await;
    both(table, server, "filter", tagged("filter"), "[filtered] · ContentFilter · 11+7").await;

    let told = ChatRequest::new([Message::system("You are a pirate"), Message::user("[fx:system]")]);
    both(table, server, "system", told, "Arr, system prompt seen. · Stop · 11+7").await;
    both(table, server, "system missing", tagged("system"), "invalid request · 422 · never").await;

    let mut conversation = vec![Message::user("[fx:history]")];
    for (turn, name) in ["first turn", "second turn", "third turn"].into_iter().enumerate() {
        let expected = format!("turn {turn} · Stop · 11+7");
        both(table, server, name, ChatRequest::new(conversation.clone()), &expected).await;
        conversation.extend([Message::assistant(format!("turn {turn}")), Message::user("[fx:history]")]);
    }

    let ctx = Context::new();
    for way in Way::BOTH {
        let name = way.of("reasoning");
        let expected = "(2+2 is 4 because of arithmetic.) The answer is 4. · Stop · 11+7";
        // The server shows reasoning of models that are known to reason.
        let answer = async { said(&server.answer_of("gpt-5", &ctx, way, tagged("reasoning")).await) };
        table.case(&name, expected, answer).await;
        for model in ["gpt-4o", "gpt-4o-mini", "gpt-5"] {
            let name = way.of(&format!("model {model}"));
            let answer = async {
                let answer = server.answer_of(model, &ctx, way, tagged("by-model")).await;
                answer.map_or_else(
                    |error| error.to_string(),
                    |answer| format!("{} · {}", answer.text(), answer.model.unwrap_or_default()),
                )
            };
            table.case(&name, &format!("you asked {model} · {model}"), answer).await;
        }
    }
}
