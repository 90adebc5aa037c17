//! The audit trail on every server.

use std::sync::Arc;

use ai_events::doc::{failure, target};
use ai_events::{Content, EventBus, EventKind};
use ai_persistence::{AuditEntry, AuditHead, AuditListener, AuditTrail, Database};
use laravel_ai_core::{ChatRequest, Context, ErrorKind, Labels, Message, Modality};
use sea_orm::ConnectionTrait;

use crate::support::{Noon, Server, in_new_database};

fn trail(database: Database) -> AuditTrail {
    AuditTrail::new(database, Arc::new(Noon))
}

async fn five(trail: &AuditTrail) {
    for number in 1..=5 {
        let entry = AuditEntry::new("user:7", "credential.access", format!("account {number}"));
        trail.append(&entry.with_detail("why", "é \"quoted\"")).await.unwrap();
    }
}

on_every_server! {
    async fn writers_at_once_make_one_chain(database: Database) {
        let trail = trail(database);
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let trail = trail.clone();
            writers.spawn(async move { five(&trail).await });
        }
        writers.join_all().await;
        assert_eq!(trail.verify(None).await.unwrap().entries, 40);
        let newest = trail.list(None, 2).await.unwrap();
        assert_eq!(newest.iter().map(|record| record.sequence).collect::<Vec<_>>(), [40, 39]);
        assert_eq!(trail.list(Some(2), 9).await.unwrap().len(), 1);
    }

    async fn every_call_leaves_its_trace_without_content(database: Database) {
        let trail = trail(database);
        let listener = Arc::new(AuditListener::new(trail.clone()));
        let bus = EventBus::new(Arc::new(Noon));
        let forward = Arc::clone(&listener);
        bus.listen(move |event: &ai_events::Event| {
            ai_events::Listener::on_event(&*forward, event).unwrap();
        });
        // PostgreSQL keeps no NUL.
        let ctx = Context::new().with_labels(Labels::default().with_user("7\0").with_tenant("acme"));
        bus.publish(&ctx, || EventKind::MessageSent {
            target: target(),
            modality: Modality::Chat,
            streamed: false,
            messages: 1,
            request: Content::from(ChatRequest::new(vec![Message::user("c4nary")])),
        });
        bus.publish(&ctx, || EventKind::AttemptStarted { target: target(), number: 1, streamed: false });
        bus.publish(&ctx, || EventKind::CallFailed {
            target: target(),
            modality: Modality::Chat,
            failure: failure(),
            attempts: 1,
            latency: std::time::Duration::ZERO,
        });
        listener.flush().await.unwrap();

        let told = trail.list(None, 10).await.unwrap();
        assert_eq!(told.len(), 2, "{told:?}");
        let (failed, sent) = (&told[0], &told[1]);
        assert_eq!((&*sent.entry.action, &*sent.entry.outcome), ("MessageSent", "sent"));
        assert_eq!(failed.entry.outcome, failure().kind.to_string());
        assert_eq!(failed.entry.subject, target().to_string());
        assert_eq!(failed.entry.actor, "user:7\u{fffd}");
        assert_eq!(failed.entry.detail["run"], ctx.run.to_string());
        assert_eq!(failed.entry.detail["tenant"], "acme");
        assert!(!format!("{told:?}").contains("c4nary"));
        assert_eq!(listener.lost(), 0);
        trail.verify(None).await.unwrap();
    }
}

/// Each way to lie about the past, and what is said of it.
#[tokio::test]
async fn whatever_was_tampered_with_is_named() {
    let swap = "UPDATE ai_audit_log SET sequence = 9 WHERE sequence = 2; \
                UPDATE ai_audit_log SET sequence = 2 WHERE sequence = 3; \
                UPDATE ai_audit_log SET sequence = 3 WHERE sequence = 9";
    let cut = "DELETE FROM ai_audit_log WHERE sequence > 3; UPDATE ai_audit_head SET entries = 3, \
               hash = (SELECT hash FROM ai_audit_log WHERE sequence = 3)";
    for (lie, said) in [
        ("UPDATE ai_audit_log SET outcome = 'refused' WHERE sequence = 3", "entry 3 was changed"),
        ("UPDATE ai_audit_log SET at = at + 1 WHERE sequence = 1", "entry 1 was changed"),
        ("UPDATE ai_audit_log SET hash = 'ab' WHERE sequence = 5", "entry 5 was changed"),
        ("DELETE FROM ai_audit_log WHERE sequence = 1", "entry 1 is missing"),
        ("DELETE FROM ai_audit_log WHERE sequence = 4", "entry 4 is missing"),
        ("DELETE FROM ai_audit_log WHERE sequence = 5", "entry 5 is missing at its end"),
        ("DELETE FROM ai_audit_log", "entry 1 is missing at its end"),
        ("DELETE FROM ai_audit_head", "its head is missing"),
        (swap, "entry 2 was changed or moved"),
        // A lie that fits together is found by the head that was kept elsewhere.
        (cut, "entry 5 is not the one of the head that was kept"),
    ] {
        in_new_database(Server::Sqlite, async |url| {
            let trail = trail(Database::open(&url).await.unwrap());
            five(&trail).await;
            let kept: AuditHead = trail.verify(None).await.unwrap().to_string().parse().unwrap();
            trail.verify(Some(&kept)).await.unwrap();

            let liar = sea_orm::Database::connect(&url).await.unwrap();
            liar.execute_unprepared(lie).await.unwrap();
            let error = trail.verify(Some(&kept)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Storage);
            assert!(error.message().ends_with(said) || error.message().contains(said), "{lie}: {error}");
        })
        .await;
    }
}
