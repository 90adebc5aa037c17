//! The vault as the port of core.

use async_trait::async_trait;
use laravel_ai_core::{Context, Credentials, Result, Secret};
use sea_orm::sea_query::{Expr, ExprTrait};

use super::account::AccountName;
use super::store::{Vault, connection};
use crate::audit::AuditEntry;

#[async_trait]
impl Credentials for Vault {
    async fn secret(&self, ctx: &Context, connection_name: &str) -> Result<Option<Secret>> {
        let labels = &ctx.labels;
        let mut sought = AccountName::new(connection_name, "default");
        sought.tenant.clone_from(&labels.tenant);
        // An empty tenant would be the house.
        sought.check()?;
        let actor = labels.user.as_ref().map_or_else(|| "system".to_owned(), |user| format!("user:{user}"));
        let entry = AuditEntry::new(actor, "credential.access", sought.to_string())
            .with_detail("run", ctx.run.to_string());
        let default =
            connection(labels.tenant.as_deref(), connection_name).add(Expr::col("is_default").eq(true));
        self.give(entry, default, &sought).await.map(Some)
    }
}
