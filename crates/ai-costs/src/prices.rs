//! What a call costs: the vendor's word, then the application's prices, then the list.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::SystemTime;

use laravel_ai_core::{
    ChatResponse, Cost, Currency, EmbeddingResponse, Error, ErrorKind, Money, Provenance, Target,
};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::price::canonical;
use crate::{Catalogue, Day, ModelPrices, Part, PricePeriod, Sale, Unpriced, bill};

/// Prices of the application's own, above every list: negotiated ones, those of third-party providers, and free models
/// on machines of its own.
///
/// They are kept by owner, a connection or a driver, and model; one `*` in the model stands for any text. The connection's
/// name comes before the driver's, a model's name before every pattern, and of several patterns that fit the longest holds,
/// so that `*` can be free and `*-cloud` [unknown](ModelPrices::unknown). Before their first day the next of
/// these hold, and then the list, so that a change can be written down before it comes. In configuration owner and model are written as one text with a slash between
/// them: `"local/*"`.
///
/// ```
/// use ai_costs::{ModelPrices, Overrides, Rates};
///
/// let mut own = Overrides::default();
/// own.set("local", "*", ModelPrices::free());
/// own.set("work", "acme-1", ModelPrices::new(Rates::new("2.50".parse()?, "10".parse()?)));
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, ModelPrices>")]
pub struct Overrides {
    prices: BTreeMap<String, BTreeMap<String, ModelPrices>>,
}

impl Overrides {
    /// Sets the prices of a model, or of a pattern of models, in place of those it had.
    pub fn set(&mut self, owner: impl Into<String>, model: impl Into<String>, prices: ModelPrices) {
        self.prices.entry(owner.into()).or_default().insert(model.into(), prices);
    }

    /// Takes over what `above` says, in place of what is said here of the same models.
    pub fn extend(&mut self, above: Self) {
        for (owner, models) in above.prices {
            self.prices.entry(owner).or_default().extend(models);
        }
    }

    /// What holds on a day. Prices that begin later are as if they were not there.
    fn find(&self, target: &Target, model: &str, day: Day) -> Option<&ModelPrices> {
        let holds = |prices: &ModelPrices| prices.periods().is_empty() || prices.at(day).is_some();
        [target.connection(), target.driver()].into_iter().find_map(|owner| {
            let models = self.prices.get(owner)?;
            models.get(model).filter(|prices| holds(prices)).or_else(|| {
                let patterns =
                    models.iter().filter(|(pattern, prices)| matches(pattern, model) && holds(prices));
                patterns.max_by_key(|(pattern, _)| pattern.len()).map(|(_, prices)| prices)
            })
        })
    }
}

impl TryFrom<BTreeMap<String, ModelPrices>> for Overrides {
    type Error = Error;

    fn try_from(keys: BTreeMap<String, ModelPrices>) -> Result<Self, Error> {
        let mut own = Self::default();
        for (key, prices) in keys {
            match key.split_once('/') {
                Some((owner, model)) if !owner.is_empty() && model.matches('*').count() <= 1 => {
                    own.set(owner, model, prices);
                }
                _ => {
                    let key = key.escape_debug();
                    let message = format!(
                        "`{key}` names no model: write a connection or a driver, a slash, and a model with one `*` at most"
                    );
                    return Err(Error::new(ErrorKind::Configuration, message));
                }
            }
        }
        Ok(own)
    }
}

fn matches(pattern: &str, model: &str) -> bool {
    pattern.split_once('*').is_some_and(|(head, tail)| {
        model.len() >= head.len() + tail.len() && model.starts_with(head) && model.ends_with(tail)
    })
}

/// Says what calls cost. A value without I/O and without a clock: the same call costs the same whenever it is asked.
///
/// ```
/// use std::time::SystemTime;
/// use ai_costs::{Catalogue, Prices, Sale};
/// use laravel_ai_core::{Target, Usage};
///
/// let prices = Prices::new(Catalogue::embedded()?);
/// let target = Target::new("openai", "work", "gpt-4.1");
/// // 1,000 at $2 and 200 at $8 a million.
/// let cost = prices.cost(&Sale::new(&target, &Usage::new(1_000, 200), SystemTime::UNIX_EPOCH))?;
/// assert_eq!(cost.money.to_string(), "0.0036 USD");
///
/// let other = Target::new("openai", "work", "gpt-of-tomorrow");
/// let unknown = prices.cost(&Sale::new(&other, &Usage::new(1_000, 200), SystemTime::UNIX_EPOCH));
/// assert_eq!(unknown.unwrap_err().to_string(), "no prices are known for `openai/gpt-of-tomorrow`");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Prices {
    catalogue: Catalogue,
    overrides: Overrides,
    currency: Currency,
}

impl Prices {
    /// The prices of a list.
    pub fn new(catalogue: Catalogue) -> Self {
        Self { catalogue, overrides: Overrides::default(), currency: Currency::USD }
    }

    /// With the application's own prices above the list, in US dollars.
    #[must_use]
    pub fn with_overrides(mut self, overrides: Overrides) -> Self {
        self.overrides.extend(overrides);
        self
    }

    /// With the currency of the application's own prices.
    #[must_use]
    pub fn with_currency(mut self, currency: Currency) -> Self {
        self.currency = currency;
        self
    }

    /// The list below the application's own prices.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// What an answer costs: what the vendor says it does, or else what the prices make of its usage.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn cost_of(&self, answer: &ChatResponse, at: SystemTime) -> Result<Cost, Unpriced> {
        match reported(answer.cost.as_ref()) {
            Some(cost) => Ok(cost),
            None => self.cost(&Sale::of(answer, at)),
        }
    }

    /// What vectors cost, like [`cost_of`](Self::cost_of).
    ///
    /// # Errors
    /// Why that is not known.
    pub fn cost_of_embeddings(&self, answer: &EmbeddingResponse, at: SystemTime) -> Result<Cost, Unpriced> {
        match reported(answer.cost.as_ref()) {
            Some(cost) => Ok(cost),
            None => self.cost(&Sale::of_embeddings(answer, at)),
        }
    }

    /// What a sale costs, to the last digit. Add up the costs of calls rather than pricing the sum of their usage: a long
    /// prompt makes its own call dearer and no other.
    ///
    /// A part of the usage that nobody reported is billed with its total: vendors leave out what is zero.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn cost(&self, sale: &Sale<'_>) -> Result<Cost, Unpriced> {
        let found = self.find(sale.target, sale.served, sale.at)?;
        let tier = canonical(sale.tier);
        let rates = match sale.usage.input {
            Some(input) => found.period.rates(&tier, input)?,
            // Without a number only a model that is free at any size has a price.
            None => found.period.rates(&tier, u64::MAX)?,
        };
        if rates.is_free() {
            return Ok(Cost::new(Money::new(Decimal::ZERO, found.currency), found.provenance));
        }
        if sale.made_images {
            return Err(Unpriced::UnknownPrice { part: Part::ImageOutput });
        }
        if sale.made_audio && sale.usage.audio_output.is_none() {
            return Err(Unpriced::UnknownCount { part: Part::AudioOutput });
        }
        if let Some(tool) = sale.other_tool {
            return Err(Unpriced::UnknownTool { tool: tool.to_owned() });
        }
        let usage = match sale.usage.output {
            None if sale.vectors => {
                let mut usage = sale.usage.clone();
                usage.output = Some(0);
                Cow::Owned(usage)
            }
            _ => Cow::Borrowed(sale.usage),
        };
        let mut amount = bill::tokens(&usage, rates)?;
        if sale.web_searches > 0 {
            let unknown = || Unpriced::UnknownTool { tool: "web_search".to_owned() };
            let price = found.period.web_search.ok_or_else(unknown)?;
            amount = bill::sum(amount, bill::calls(sale.web_searches, price)?)?;
        }
        Ok(Cost::new(Money::new(amount.normalize(), found.currency), found.provenance))
    }

    /// The prices of a model on a day, and how they are known.
    pub(crate) fn find(
        &self,
        target: &Target,
        served: Option<&str>,
        at: SystemTime,
    ) -> Result<Found<'_>, Unpriced> {
        let asked = target.model();
        let day = Day::of(at);
        let own = |model| self.overrides.find(target, model, day);
        let listed = |model: &str| self.catalogue.find(target.driver(), model);
        let (prices, provenance, currency) = match served.and_then(own).or_else(|| own(asked)) {
            Some(prices) => (Some(prices), Provenance::Override, self.currency),
            None => {
                let named = served.and_then(listed);
                // What the vendor itself calls a snapshot of the model that was asked for has that model's price.
                let same = served.is_none_or(|served| is_snapshot(served, asked));
                let prices = named.or_else(|| if same { listed(asked) } else { None });
                (prices, self.catalogue.provenance(), self.catalogue.currency())
            }
        };
        let unknown = || Unpriced::UnknownModel {
            driver: target.driver().to_owned(),
            model: served.unwrap_or(asked).to_owned(),
        };
        let prices = prices.filter(|prices| !prices.periods().is_empty()).ok_or_else(unknown)?;
        let period = prices.at(day).ok_or(Unpriced::UnknownDay { day })?;
        Ok(Found { period, provenance, currency })
    }
}

/// Prices and how they are known.
pub(crate) struct Found<'a> {
    pub(crate) period: &'a PricePeriod,
    pub(crate) provenance: Provenance,
    pub(crate) currency: Currency,
}

/// A cost that the vendor stated, which no reckoning of ours corrects.
fn reported(cost: Option<&Cost>) -> Option<Cost> {
    cost.filter(|cost| cost.provenance == Provenance::ProviderReported).cloned()
}

/// Whether `served` is `asked`, or `asked` with a date behind it, such as `-2026-09-22`, `-20260922` or `-0309`.
fn is_snapshot(served: &str, asked: &str) -> bool {
    served.strip_prefix(asked).is_some_and(|rest| {
        let date =
            |rest: &str| rest.len() >= 4 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        rest.is_empty() || rest.strip_prefix('-').is_some_and(date)
    })
}
