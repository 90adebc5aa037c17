//! The same test on every server, each time in a database of its own.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant, SystemTime};

use ai_persistence::Database;
use futures_util::FutureExt;
use laravel_ai_core::Clock;
use sea_orm::{ConnectionTrait, DatabaseConnection};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Server {
    Sqlite,
    Postgres,
    MySql,
}

/// The hour does not matter here.
#[derive(Debug)]
pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> Instant {
        unreachable!("a store asks for the date alone")
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn sleep(&self, _: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        unreachable!("a store does not wait")
    }
}

/// One test for each server: `on_every_server! { async fn name(database: Database) { … } }`.
macro_rules! on_every_server {
    ($(async fn $name:ident($database:ident: Database) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "what the test needs of its file")]
            use super::*;

            async fn test($database: ai_persistence::Database) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                $crate::support::run($crate::support::Server::Sqlite, test).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                $crate::support::run($crate::support::Server::Postgres, test).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn mysql() {
                $crate::support::run($crate::support::Server::MySql, test).await;
            }
        }
    )+};
}

/// Runs a test in a new database with the newest schema.
pub(crate) async fn run<F: Future<Output = ()>>(server: Server, test: impl FnOnce(Database) -> F) {
    in_new_database(server, async |url| {
        let database = Database::connect(&url).await.unwrap();
        database.migrate().await.unwrap();
        test(database.clone()).await;
        database.close().await.unwrap();
    })
    .await;
}

/// Runs a test with the URL of a new, empty database, which is removed afterwards. Without the server nothing runs:
/// that is printed, and is an error where `CI` is set.
pub(crate) async fn in_new_database(server: Server, test: impl AsyncFnOnce(String)) {
    if let Server::Sqlite = server {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ai.db");
        return test(format!("sqlite:{}", file.display())).await;
    }
    let base = base(server);
    let admin = match sea_orm::Database::connect(admin_url(server, &base)).await {
        Ok(admin) => admin,
        Err(cause) => {
            let missing = format!("{server:?} does not answer at {base}: {cause}");
            assert!(variable("CI").is_none(), "{missing}");
            println!("skipped: {missing}");
            return;
        }
    };
    let name = format!("ai_test_{}", uuid::Uuid::now_v7().simple());
    command(&admin, &format!("CREATE DATABASE {name}")).await;
    let outcome = AssertUnwindSafe(test(format!("{base}/{name}"))).catch_unwind().await;
    let force = if let Server::Postgres = server { " WITH (FORCE)" } else { "" };
    command(&admin, &format!("DROP DATABASE {name}{force}")).await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

fn base(server: Server) -> String {
    match server {
        Server::Sqlite => unreachable!("a file needs no server"),
        Server::Postgres => {
            variable("AI_TEST_POSTGRES").unwrap_or_else(|| "postgres://postgres@127.0.0.1:5432".to_owned())
        }
        Server::MySql => {
            variable("AI_TEST_MYSQL").unwrap_or_else(|| "mysql://root@127.0.0.1:3306".to_owned())
        }
    }
}

fn admin_url(server: Server, base: &str) -> String {
    match server {
        Server::Postgres => format!("{base}/postgres"),
        _ => format!("{base}/mysql"),
    }
}

#[expect(clippy::disallowed_methods, reason = "which servers the tests use is the environment's to say")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

async fn command(admin: &DatabaseConnection, sql: &str) {
    admin.execute_unprepared(sql).await.unwrap();
}
