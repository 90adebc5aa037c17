//! The form of events outside the program: seconds as numbers, texts of bounded length.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use laravel_ai_core::{Labels, Target, Usage};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Brief;
use crate::brief::cut;

/// The most labels of the application's own that are written.
const LABELS: usize = 16;
/// The longest label or name that is written.
const NAME: usize = 128;

pub(crate) mod seconds {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(length: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(length.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

pub(crate) mod optional_seconds {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        length: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        length.map(|length| length.as_secs_f64()).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let length = Option::<f64>::deserialize(deserializer)?;
        length.map(Duration::try_from_secs_f64).transpose().map_err(serde::de::Error::custom)
    }
}

/// Milliseconds since 1970.
pub(crate) mod moment {
    use std::time::SystemTime;

    use super::*;

    pub(crate) fn serialize<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
        let since = Duration::from_millis(u64::deserialize(deserializer)?);
        SystemTime::UNIX_EPOCH.checked_add(since).ok_or_else(|| serde::de::Error::custom("too late a date"))
    }
}

pub(crate) fn target<S: Serializer>(target: &Target, serializer: S) -> Result<S::Ok, S::Error> {
    let names = [target.driver(), target.connection(), target.model()];
    if names.iter().all(|name| name.len() <= NAME) {
        return target.serialize(serializer);
    }
    let [driver, connection, model] = names.map(|name| cut(name, NAME));
    let short = Target::new(driver, connection, model);
    match target.credential() {
        Some(credential) => short.with_credential(credential).serialize(serializer),
        None => short.serialize(serializer),
    }
}

/// The counts alone: the vendor's own object may be of any size.
pub(crate) fn usage<S: Serializer>(usage: &Usage, serializer: S) -> Result<S::Ok, S::Error> {
    if usage.raw.is_none() {
        return usage.serialize(serializer);
    }
    let mut counts = usage.clone();
    counts.raw = None;
    counts.serialize(serializer)
}

pub(crate) fn labels<S: Serializer>(labels: &Arc<Labels>, serializer: S) -> Result<S::Ok, S::Error> {
    let short = |text: &Option<String>| text.as_deref().map(|text| cut(text, NAME).into_owned());
    let mut written = Labels::default();
    written.tenant = short(&labels.tenant);
    written.user = short(&labels.user);
    written.project = short(&labels.project);
    written.conversation = short(&labels.conversation);
    written.other = labels
        .other
        .iter()
        .take(LABELS)
        .map(|(name, value)| (cut(name, NAME).into_owned(), cut(value, NAME).into_owned()))
        .collect();
    written.serialize(serializer)
}

/// A list of names, the first of them.
pub(crate) fn names<S: Serializer>(names: &[Brief], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(names.iter().take(LABELS).map(|name| -> Cow<'_, str> { cut(name, NAME) }))
}
