//! The vault on every server.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ai_persistence::{AccountName, AuditTrail, Database, MasterKeys, Vault, VaultError};
use laravel_ai_core::{Clock, Context, Credentials, Error, ErrorKind, Labels, Secret};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::support::{Noon, Server, in_new_database};

const FIRST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const SECOND: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";
const CANARY: &str = "sk-c4nary-0123456789";

fn vault(database: &Database, keys: &str) -> Vault {
    let keys = MasterKeys::parse(&Secret::new(keys)).unwrap();
    Vault::new(database.clone(), keys, Arc::new(Noon))
}

fn trail(database: &Database) -> AuditTrail {
    AuditTrail::new(database.clone(), Arc::new(Noon))
}

fn acme(name: &str) -> AccountName {
    AccountName::new("openai", name).with_tenant("acme")
}

async fn given(vault: &Vault, tenant: Option<&str>) -> Result<String, Error> {
    let mut labels = Labels::default().with_user("7");
    labels.tenant = tenant.map(Into::into);
    let secret = vault.secret(&Context::new().with_labels(labels), "openai").await?;
    Ok(secret.unwrap().expose().to_owned())
}

fn why(error: &Error) -> &VaultError {
    assert!(!format!("{error} {error:?}").contains("c4nary"), "{error:?}");
    error.vendor::<VaultError>().unwrap()
}

on_every_server! {
    async fn a_rotated_credential_is_given_by_the_next_call(database: Database) {
        let here = vault(&database, FIRST);
        let elsewhere = vault(&database, FIRST);
        here.add("user:7", &acme("production"), &Secret::new(CANARY)).await.unwrap();
        assert_eq!(given(&elsewhere, Some("acme")).await.unwrap(), CANARY);
        here.rotate("user:7", &acme("production"), &Secret::new("sk-newer")).await.unwrap();
        assert_eq!(given(&elsewhere, Some("acme")).await.unwrap(), "sk-newer");

        let account = here.list().await.unwrap().remove(0);
        assert_eq!((account.version, account.fingerprint), (2, Secret::new("sk-newer").fingerprint()));
    }

    async fn a_tenant_is_given_no_other_ones_credential(database: Database) {
        let vault = vault(&database, FIRST);
        vault.add("user:7", &AccountName::new("openai", "house"), &Secret::new("sk-house")).await.unwrap();
        vault.add("user:7", &acme("production"), &Secret::new(CANARY)).await.unwrap();
        assert_eq!(given(&vault, None).await.unwrap(), "sk-house");
        assert_eq!(given(&vault, Some("acme")).await.unwrap(), CANARY);
        for stranger in ["other", "ACME", "acm"] {
            let error = given(&vault, Some(stranger)).await.unwrap_err();
            assert_eq!(why(&error), &VaultError::UnknownAccount);
            assert_eq!(error.kind(), ErrorKind::Authentication);
        }
        // Neither the house by an empty name, nor another by a blank that MySQL does not see.
        for odd in ["", "acme ", "-", "a/b"] {
            assert_eq!(given(&vault, Some(odd)).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
        }
    }

    async fn an_account_lives_and_ends(database: Database) {
        let vault = vault(&database, FIRST);
        let (production, spare) = (acme("production"), acme("spare"));
        vault.add("user:7", &production, &Secret::new(CANARY)).await.unwrap();
        vault.add("user:7", &spare, &Secret::new("sk-spare")).await.unwrap();
        let taken = vault.add("user:7", &spare, &Secret::new("sk-other")).await.unwrap_err();
        assert_eq!(why(&taken), &VaultError::Taken);
        assert_eq!(given(&vault, Some("acme")).await.unwrap(), CANARY);

        vault.make_default("user:7", &spare).await.unwrap();
        assert_eq!(given(&vault, Some("acme")).await.unwrap(), "sk-spare");
        vault.disable("user:7", &spare).await.unwrap();
        vault.disable("user:7", &spare).await.unwrap();
        assert_eq!(why(&given(&vault, Some("acme")).await.unwrap_err()), &VaultError::Disabled);
        vault.enable("user:7", &spare).await.unwrap();
        vault.test("user:7", &spare).await.unwrap();
        vault.remove("user:7", &spare).await.unwrap();
        for gone in [
            given(&vault, Some("acme")).await.unwrap_err(),
            vault.test("user:7", &spare).await.unwrap_err(),
            vault.remove("user:7", &spare).await.unwrap_err(),
            vault.rotate("user:7", &spare, &Secret::new("sk-x")).await.unwrap_err(),
            vault.disable("user:7", &spare).await.unwrap_err(),
            vault.make_default("user:7", &spare).await.unwrap_err(),
        ] {
            assert_eq!(why(&gone), &VaultError::UnknownAccount);
        }

        let trail = trail(&database);
        trail.verify(None).await.unwrap();
        let mut told: Vec<_> = trail
            .list(None, 100)
            .await
            .unwrap()
            .into_iter()
            .map(|record| format!("{} {}", record.entry.action, record.entry.outcome))
            .collect();
        told.reverse();
        assert_eq!(told, [
            "credential.add ok",
            "credential.add ok",
            "credential.access ok",
            "credential.make_default ok",
            "credential.access ok",
            "credential.disable ok",
            "credential.disable ok",
            "credential.access disabled",
            "credential.enable ok",
            "credential.test ok",
            "credential.remove ok",
            "credential.access unknown_account",
            "credential.test unknown_account",
        ]);
    }
}

/// Each server's database, and a connection of someone who knows its password.
async fn on_each(test: impl AsyncFn(Database, DatabaseConnection)) {
    for server in [Server::Sqlite, Server::Postgres, Server::MySql] {
        in_new_database(server, async |url| {
            let database = Database::connect(&url).await.unwrap();
            database.migrate().await.unwrap();
            let raw = sea_orm::Database::connect(&url).await.unwrap();
            test(database.clone(), raw.clone()).await;
            raw.close().await.unwrap();
            database.close().await.unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn the_master_key_is_changed_while_calls_go_on() {
    on_each(async |database, raw| {
        let old = vault(&database, FIRST);
        for name in ["a", "b", "c"] {
            old.add("user:7", &acme(name), &Secret::new(format!("{CANARY}-{name}"))).await.unwrap();
        }
        let both = vault(&database, &format!("{SECOND}\n{FIRST}\n"));
        // The third can't be opened: the run ends in the middle, as if it had been killed.
        raw.execute_unprepared("UPDATE ai_accounts SET version = version + 100 WHERE name = 'c'")
            .await
            .unwrap();
        let new = MasterKeys::parse(&Secret::new(SECOND)).unwrap().sealing_id();
        assert!(both.seal_anew("user:7", SystemTime::UNIX_EPOCH).await.is_err());
        let sealed = both.list().await.unwrap();
        assert_eq!(sealed.iter().filter(|account| account.master_key == new).count(), 2);
        for name in ["a", "b"] {
            both.test("user:7", &acme(name)).await.unwrap();
        }
        raw.execute_unprepared("UPDATE ai_accounts SET version = version - 100 WHERE name = 'c'")
            .await
            .unwrap();
        assert_eq!(both.seal_anew("user:7", SystemTime::UNIX_EPOCH).await.unwrap(), 1);
        assert_eq!(both.seal_anew("user:7", SystemTime::UNIX_EPOCH).await.unwrap(), 0);

        let only_new = vault(&database, SECOND);
        assert_eq!(given(&only_new, Some("acme")).await.unwrap(), format!("{CANARY}-a"));
        let error = given(&old, Some("acme")).await.unwrap_err();
        assert_eq!(why(&error), &VaultError::MasterKeyMissing(new));

        // Data keys alone: everything that was sealed before.
        let later = Noon.wall() + Duration::from_secs(1);
        assert_eq!(only_new.seal_anew("user:7", later).await.unwrap(), 3);
        assert_eq!(given(&only_new, Some("acme")).await.unwrap(), format!("{CANARY}-a"));
        trail(&database).verify(None).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_was_changed_or_moved_does_not_open() {
    on_each(async |database, raw| {
        let vault = vault(&database, FIRST);
        let thief = acme("thief");
        vault.add("user:7", &acme("production"), &Secret::new(CANARY)).await.unwrap();
        vault.add("user:8", &thief, &Secret::new("sk-thief")).await.unwrap();
        for lie in [
            "UPDATE ai_accounts SET version = version + 1 WHERE name = 'thief'",
            "UPDATE ai_accounts SET tenant = 'other' WHERE name = 'thief'",
            "UPDATE ai_accounts SET provider = 'gemini' WHERE name = 'thief'",
            "UPDATE ai_accounts SET name = 'thief2' WHERE name = 'thief'",
            "UPDATE ai_accounts SET fingerprint = '000000000000' WHERE name = 'thief'",
            "UPDATE ai_accounts SET credentials_encrypted = wrapped_key WHERE name = 'thief'",
            "UPDATE ai_accounts SET wrapped_key = credentials_encrypted WHERE name = 'thief'",
            // The other account's envelope under one's own name.
            "UPDATE ai_accounts SET name = 'gone' WHERE name = 'thief'; \
             UPDATE ai_accounts SET name = 'thief' WHERE name = 'production'",
        ] {
            raw.execute_unprepared(lie).await.unwrap();
            let now = vault.list().await.unwrap();
            let moved = now.iter().find(|account| account.name.name.starts_with("thief")).unwrap();
            let error = vault.test("user:8", &moved.name).await.unwrap_err();
            assert_eq!(why(&error), &VaultError::Tampered, "{lie}");
            vault.remove("user:8", &moved.name).await.unwrap();
            vault.add("user:8", &thief, &Secret::new("sk-thief")).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn without_its_audit_entry_nothing_is_given() {
    on_each(async |database, raw| {
        let vault = vault(&database, FIRST);
        vault.add("user:7", &acme("production"), &Secret::new(CANARY)).await.unwrap();
        raw.execute_unprepared("DELETE FROM ai_audit_head").await.unwrap();
        for refused in [
            given(&vault, Some("acme")).await.unwrap_err(),
            vault.test("user:7", &acme("production")).await.unwrap_err(),
            vault.rotate("user:7", &acme("production"), &Secret::new("sk-x")).await.unwrap_err(),
            vault.remove("user:7", &acme("production")).await.unwrap_err(),
        ] {
            assert_eq!(refused.kind(), ErrorKind::Storage);
            assert!(refused.message().contains("its head is missing"), "{refused}");
        }
        assert_eq!(vault.list().await.unwrap()[0].version, 1);
    })
    .await;
}

/// Who has the file has no credential.
#[tokio::test]
async fn the_bytes_of_the_file_hold_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("ai.db").display());
    let vault = vault(&Database::open(&url).await.unwrap(), FIRST);
    vault.add("user:7", &acme("production"), &Secret::new(CANARY)).await.unwrap();
    vault.rotate("user:7", &acme("production"), &Secret::new(format!("{CANARY}-newer"))).await.unwrap();
    given(&vault, Some("acme")).await.unwrap();
    let key: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&FIRST[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let (mut seen, mut names) = (0, 0);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let has = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
        assert!(!has(b"c4nary") && !has(FIRST.as_bytes()) && !has(&key));
        seen += bytes.len();
        names += usize::from(has(b"production"));
    }
    assert!(seen > 0 && names > 0, "the search finds what is there");
    assert!(!format!("{vault:?}").contains(&FIRST[..8]));
}

#[test]
fn master_keys_are_read_with_care() {
    for (text, said) in
        [("", "no master key"), ("c4nary", "line 1"), (&*format!("{FIRST}\n\nc4nary{FIRST}"), "line 3")]
    {
        let error = MasterKeys::parse(&Secret::new(text)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.message().contains(said) && !format!("{error:?}").contains("c4nary"), "{error:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("master.key");
    std::fs::write(&file, format!("{FIRST}\n")).unwrap();
    for (mode, fits) in [(0o644, false), (0o640, false), (0o604, false), (0o600, true), (0o400, true)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let read = MasterKeys::from_file(&file);
        assert_eq!(read.is_ok(), fits, "{mode:o}: {read:?}");
        if let Err(error) = read {
            assert!(error.message().contains("chmod 600"), "{error}");
        }
    }
    let missing = MasterKeys::from_file(folder.path().join("none")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Configuration);
}
