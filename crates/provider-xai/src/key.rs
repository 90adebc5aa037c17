//! What xAI says of a key.

use laravel_ai_core::{CredentialReport, CredentialStatus};
use serde::{Deserialize, Deserializer};

/// A key as `GET /api-key` tells of it. The key itself is not in it.
///
/// ```
/// use laravel_ai_core::Context;
/// use provider_xai::Account;
///
/// async fn check(account: &Account) -> laravel_ai_core::Result<()> {
///     let key = account.api_key(&Context::new()).await?;
///     match key.obstacle() {
///         None => println!("{:?} may be used for {:?}", key.name, key.acls),
///         Some(obstacle) => println!("{obstacle}"),
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApiKey {
    /// xAI's id of the key.
    #[serde(rename = "api_key_id")]
    pub id: Option<String>,
    /// The name that it was given.
    pub name: Option<String>,
    /// Its first and last letters, as xAI shows them.
    #[serde(rename = "redacted_api_key")]
    pub redacted: Option<String>,
    /// Who made it.
    pub user_id: Option<String>,
    /// The team that it belongs to and that pays.
    pub team_id: Option<String>,
    /// What it may be used for, such as `api-key:model:*` and `api-key:endpoint:*`.
    #[serde(deserialize_with = "none_if_null")]
    pub acls: Vec<String>,
    /// When it was made, in ISO 8601.
    #[serde(rename = "create_time")]
    pub created: Option<String>,
    /// When it was last changed, in ISO 8601.
    #[serde(rename = "modify_time")]
    pub modified: Option<String>,
    /// Whether xAI blocked the team.
    pub team_blocked: Option<bool>,
    /// Whether xAI blocked the key.
    #[serde(rename = "api_key_blocked")]
    pub blocked: Option<bool>,
    /// Whether the key was switched off.
    #[serde(rename = "api_key_disabled")]
    pub disabled: Option<bool>,
}

impl ApiKey {
    /// Why the key can't be used, for people; `None` for one that can.
    pub fn obstacle(&self) -> Option<&'static str> {
        match (self.team_blocked, self.blocked, self.disabled) {
            (Some(true), ..) => Some("the team of the API key is blocked: ask xAI's support why"),
            (_, Some(true), _) => Some("the API key is blocked: make another one, or ask xAI's support why"),
            (.., Some(true)) => Some("the API key is switched off: switch it on in xAI's console"),
            _ => None,
        }
    }

    /// Whether xAI said anything by which this is a key: an answer without it proves nothing.
    pub(crate) fn is_told(&self) -> bool {
        let flags = [self.team_blocked, self.blocked, self.disabled];
        self.id.is_some() || self.redacted.is_some() || flags.iter().any(Option::is_some)
    }

    pub(crate) fn report(&self) -> CredentialReport {
        let obstacle = self.obstacle();
        let status = if obstacle.is_none() { CredentialStatus::Valid } else { CredentialStatus::Invalid };
        let mut report = CredentialReport::new(status);
        report.message = obstacle.map(str::to_owned);
        report.account.clone_from(&self.user_id);
        report.organization.clone_from(&self.team_id);
        report
    }
}

fn none_if_null<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<String>, D::Error> {
    Option::deserialize(list).map(Option::unwrap_or_default)
}
