//! The data as it is committed: list prices, limits and capabilities of vendors' models.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Number;

/// The whole file. What does not touch a price or a limit may be added to it without a change here.
#[derive(Debug, Deserialize)]
pub(super) struct Source {
    schema_version: u32,
    currency: String,
    price_unit: String,
    /// The day on which the prices were taken, `YYYY-MM-DD`.
    pub(super) as_of: String,
    pub(super) models: Vec<Model>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Model {
    pub(super) provider: String,
    pub(super) id: String,
    /// Other ids of the same model. An id that is in no list is another model.
    #[serde(default)]
    aliases: Vec<String>,
    pub(super) kind: Kind,
    pub(super) context_window: Option<u64>,
    pub(super) max_output_tokens: Option<u64>,
    #[serde(default)]
    pub(super) capabilities: BTreeMap<String, bool>,
    pub(super) prices: Prices,
    pub(super) shutdown_date: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Chat,
    Embedding,
}

/// A price class that this program does not know is an error: left out, it would make a wrong price.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    pub(super) standard: Vec<Row>,
    #[serde(default)]
    pub(super) batch: Vec<Row>,
    #[serde(default)]
    pub(super) flex: Vec<Row>,
    #[serde(default)]
    pub(super) priority: Vec<Row>,
    #[serde(default)]
    pub(super) other: Other,
    #[serde(default)]
    pub(super) scheduled: Vec<Scheduled>,
    /// Before this day the prices were others, and nobody knows which.
    pub(super) standard_since: Option<String>,
}

/// Prices of a million tokens each, for requests with this many input tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) from_input_tokens: u64,
    pub(super) input: Number,
    pub(super) cached_input: Option<Number>,
    pub(super) cache_write: Option<Number>,
    pub(super) cache_write_12h: Option<Number>,
    pub(super) output: Option<Number>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Other {
    pub(super) input_audio_mtok: Option<Number>,
    pub(super) cache_audio_read_mtok: Option<Number>,
    pub(super) output_audio_mtok: Option<Number>,
    pub(super) input_image_mtok: Option<Number>,
    /// Read and left out: no vendor reports how many tokens of a prompt were video.
    #[serde(rename = "input_video_mtok")]
    _input_video: Option<Number>,
    pub(super) web_searches_kcount: Option<Number>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scheduled {
    pub(super) from: String,
    pub(super) standard: Vec<Row>,
    #[serde(default)]
    pub(super) other: Other,
}

impl Source {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut source: Self = serde_json::from_str(text)?;
        let Self { schema_version, currency, price_unit, as_of, models } = &mut source;
        ensure!(*schema_version == 1, "schema version {schema_version}: this program reads 1");
        ensure!(currency == "USD", "prices in {currency}: this program reads USD");
        ensure!(price_unit == "per 1,000,000 tokens", "prices {price_unit}: this program reads millions");
        check_day(as_of)?;
        for model in models.iter() {
            model.check().with_context(|| format!("{}/{}", model.provider, model.id))?;
        }
        let named = models.iter().flat_map(|model| {
            model.aliases.iter().map(|alias| Model { id: alias.clone(), ..model.clone() }).collect::<Vec<_>>()
        });
        let named: Vec<_> = named.collect();
        models.extend(named);
        models.sort_by(|a, b| (&a.provider, &a.id).cmp(&(&b.provider, &b.id)));
        let mut seen = BTreeSet::new();
        for model in models.iter() {
            ensure!(seen.insert((&model.provider, &model.id)), "{}/{} twice", model.provider, model.id);
        }
        Ok(source)
    }

    /// The models of one vendor, sorted by id.
    pub(super) fn of<'a>(&'a self, provider: &'a str) -> impl Iterator<Item = &'a Model> {
        self.models.iter().filter(move |model| model.provider == provider)
    }

    /// The vendors, sorted.
    pub(super) fn providers(&self) -> BTreeSet<&str> {
        self.models.iter().map(|model| model.provider.as_str()).collect()
    }
}

impl Model {
    fn check(&self) -> Result<()> {
        let plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
        };
        for id in self.aliases.iter().chain([&self.id, &self.provider]) {
            ensure!(plain(id), "`{id}` is no id");
        }
        self.shutdown_date.iter().chain(&self.prices.standard_since).try_for_each(|day| check_day(day))?;
        ensure!(!self.prices.standard.is_empty(), "it has no standard prices");
        let mut since = self.prices.standard_since.as_deref().unwrap_or_default();
        for scheduled in &self.prices.scheduled {
            check_day(&scheduled.from)?;
            ensure!(scheduled.from.as_str() > since, "{} is not after {since}", scheduled.from);
            since = &scheduled.from;
            check_rows(&scheduled.standard)?;
        }
        let Prices { standard, batch, flex, priority, .. } = &self.prices;
        [standard, batch, flex, priority].into_iter().try_for_each(|rows| check_rows(rows))
    }
}

fn check_rows(rows: &[Row]) -> Result<()> {
    let starts = rows.iter().map(|row| row.from_input_tokens);
    ensure!(starts.clone().next().is_none_or(|first| first == 0), "its first row does not begin at 0 tokens");
    ensure!(starts.clone().zip(starts.skip(1)).all(|(a, b)| a < b), "its rows do not rise");
    Ok(())
}

fn check_day(day: &str) -> Result<()> {
    let form = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if day.len() != 10 || !form {
        bail!("`{day}` is no day of the form YYYY-MM-DD");
    }
    Ok(())
}

/// A price as people write it, without an exponent.
pub(super) fn plain(price: &Number) -> Result<String> {
    let value = price.as_f64().filter(|value| value.is_finite() && *value >= 0.0);
    // The shortest digits that give the number back are those of the file.
    Ok(value.with_context(|| format!("{price} is no price"))?.to_string())
}
