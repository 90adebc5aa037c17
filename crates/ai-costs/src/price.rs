//! Prices of a model, in time and by the size of a prompt.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use laravel_ai_core::{Error, ErrorKind};
use rust_decimal::Decimal;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Day, Unpriced};

/// The service tier that is meant when nobody says another; vendors also call it `default`.
pub(crate) const STANDARD: &str = "standard";

/// A price: of a million tokens, or of a thousand calls of a tool. Never negative, and exact.
///
/// Written as text, so that no digit goes through a binary fraction.
///
/// ```
/// use ai_costs::Price;
///
/// let price: Price = "0.075".parse()?;
/// assert_eq!(price.to_string(), "0.075");
/// assert!("-1".parse::<Price>().is_err());
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(Decimal);

impl Price {
    /// Free of charge.
    pub const FREE: Self = Self(Decimal::ZERO);

    /// A price of `amount`; `None` when it is negative.
    pub fn new(amount: Decimal) -> Option<Self> {
        (amount >= Decimal::ZERO).then_some(Self(amount))
    }

    /// The amount in the main unit of the currency.
    pub fn amount(self) -> Decimal {
        self.0
    }
}

impl FromStr for Price {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let amount = Decimal::from_str_exact(text).ok().and_then(Self::new);
        amount.ok_or_else(|| {
            let message =
                format!("`{}` is no price: write it as text, such as \"2.50\"", text.escape_debug());
            Error::new(ErrorKind::Configuration, message)
        })
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(f)
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Price;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a price as text, such as \"2.50\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Price, E> {
                text.parse().map_err(|error: Error| E::custom(error.message()))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Prices of a million tokens of each class. `None` is unknown, never free.
///
/// `input` and `output` are what is left of [`Usage`](laravel_ai_core::Usage)'s totals when the classes with a price of
/// their own are taken away. Two classes belong to their total where the vendor names no price of their own, because
/// vendors bill them so: reasoning to `output`, images to `input`. Every other class without a price is unknown.
///
/// ```
/// use ai_costs::Rates;
///
/// let rates = Rates::new("2.50".parse()?, "10".parse()?);
/// assert_eq!(rates.cached_input, None);
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Rates {
    /// The least number of input tokens for which the whole request is billed by these prices.
    #[serde(skip_serializing_if = "is_zero")]
    pub from_input: u64,
    /// What goes in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Price>,
    /// Of the input: read from the vendor's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<Price>,
    /// Of the input: written to the vendor's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Price>,
    /// Of what is written: to be kept for longer than the vendor's shortest time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_cache_write: Option<Price>,
    /// Of the input: audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_input: Option<Price>,
    /// Of the audio: read from the vendor's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_audio_input: Option<Price>,
    /// Of the input: images. Without it they cost what `input` costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_input: Option<Price>,
    /// What comes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Price>,
    /// Of the output: reasoning. Without it, it costs what `output` costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Price>,
    /// Of the output: audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_output: Option<Price>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Rates {
    /// Every class is free.
    pub const FREE: Self = {
        let free = Some(Price::FREE);
        Self {
            from_input: 0,
            input: free,
            cached_input: free,
            cache_write: free,
            long_cache_write: free,
            audio_input: free,
            cached_audio_input: free,
            image_input: free,
            output: free,
            reasoning: free,
            audio_output: free,
        }
    };

    /// Whether every class is free.
    pub(crate) fn is_free(&self) -> bool {
        *self == Self { from_input: self.from_input, ..Self::FREE }
    }

    /// Prices of what goes in and what comes out; every other class is unknown.
    pub fn new(input: Price, output: Price) -> Self {
        Self { input: Some(input), output: Some(output), ..Self::default() }
    }

    /// With the price of input that the vendor's cache held.
    #[must_use]
    pub fn with_cached_input(mut self, price: Price) -> Self {
        self.cached_input = Some(price);
        self
    }

    /// For requests of this many input tokens and more.
    #[must_use]
    pub fn from_input(mut self, tokens: u64) -> Self {
        self.from_input = tokens;
        self
    }
}

/// The prices of a model from a day on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PricePeriod {
    /// The first day, in UTC. Without one they hold for all of the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// By service tier, and in it by the size of the prompt.
    pub tiers: BTreeMap<String, Vec<Rates>>,
    /// Of a thousand searches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_search: Option<Price>,
}

impl PricePeriod {
    /// The one price list of a service tier for a prompt of `input` tokens.
    pub(crate) fn rates(&self, tier: &str, input: u64) -> Result<&Rates, Unpriced> {
        let unknown = || Unpriced::UnknownTier { tier: tier.to_owned() };
        let rates = row(self.tiers.get(tier).ok_or_else(unknown)?, input);
        // A tier that does not name the higher price of long prompts does not sell them at the lower one.
        let standard = self.tiers.get(STANDARD).and_then(|rows| row(rows, input));
        match rates {
            Some(rates) if standard.is_none_or(|standard| standard.from_input <= rates.from_input) => {
                Ok(rates)
            }
            _ => Err(Unpriced::LongPrompt { tier: tier.to_owned(), input }),
        }
    }

    /// The price lists of a tier that hold for any prompt of these sizes.
    pub(crate) fn rates_within(&self, tier: &str, least: u64, most: u64) -> Result<Vec<Rates>, Unpriced> {
        let (first, last) = (self.rates(tier, least)?.from_input, self.rates(tier, most)?.from_input);
        let rows = self.tiers.get(tier).into_iter().flatten();
        Ok(rows.filter(|row| (first..=last).contains(&row.from_input)).copied().collect())
    }
}

fn row(rows: &[Rates], input: u64) -> Option<&Rates> {
    rows.iter().filter(|row| row.from_input <= input).max_by_key(|row| row.from_input)
}

/// The prices of a model: today's, those of the past as far as they are known, and announced changes.
///
/// ```
/// use ai_costs::{ModelPrices, Rates};
///
/// let prices = ModelPrices::new(Rates::new("2".parse()?, "8".parse()?))
///     .with_tier("batch", [Rates::new("1".parse()?, "4".parse()?)])
///     .then("2027-01-01".parse()?, [Rates::new("4".parse()?, "16".parse()?)]);
/// assert_eq!(prices.at("2027-01-01".parse()?).unwrap().from, Some("2027-01-01".parse()?));
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
///
/// It is read from the prices of the standard tier alone, `{ input = "2", output = "8" }`, from a list of
/// [periods](PricePeriod), or from the words `free` and `unknown`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ModelPrices {
    periods: Vec<PricePeriod>,
}

impl ModelPrices {
    /// These periods. Without any the prices are [unknown](Self::unknown).
    pub fn from_periods(periods: impl IntoIterator<Item = PricePeriod>) -> Self {
        Self { periods: periods.into_iter().collect() }
    }

    /// Always these prices, of the standard tier.
    pub fn new(rates: Rates) -> Self {
        Self::of([rates])
    }

    /// Always these prices of the standard tier, by the size of the prompt.
    pub fn of(rates: impl IntoIterator<Item = Rates>) -> Self {
        Self { periods: vec![period(None, rates)] }
    }

    /// Free of charge whatever is used, as a model on a machine of one's own.
    pub fn free() -> Self {
        Self::new(Rates::FREE)
    }

    /// Known to be unknown: what a wider rule says does not hold for this model.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// With the prices of another service tier, in the latest period.
    #[must_use]
    pub fn with_tier(mut self, tier: &str, rates: impl IntoIterator<Item = Rates>) -> Self {
        if let Some(last) = self.periods.last_mut() {
            last.tiers.insert(canonical(Some(tier)), rates.into_iter().collect());
        }
        self
    }

    /// With the price of a thousand searches, in the latest period.
    #[must_use]
    pub fn with_web_search(mut self, thousand: Price) -> Self {
        if let Some(last) = self.periods.last_mut() {
            last.web_search = Some(thousand);
        }
        self
    }

    /// With these prices of the standard tier from a day on; nothing else is known from then on.
    #[must_use]
    pub fn then(mut self, from: Day, rates: impl IntoIterator<Item = Rates>) -> Self {
        self.periods.push(period(Some(from), rates));
        self
    }

    /// The prices of a day. `None` before the first one that is known.
    pub fn at(&self, day: Day) -> Option<&PricePeriod> {
        let begun = self.periods.iter().filter(|period| period.from.is_none_or(|from| from <= day));
        begun.max_by_key(|period| period.from)
    }

    /// All that is known, in the order in which it was said.
    pub fn periods(&self) -> &[PricePeriod] {
        &self.periods
    }
}

impl<'de> Deserialize<'de> for ModelPrices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Forms;
        impl<'de> Visitor<'de> for Forms {
            type Value = ModelPrices;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of prices, a list of periods, \"free\" or \"unknown\"")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ModelPrices, A::Error> {
                Rates::deserialize(MapAccessDeserializer::new(map)).map(ModelPrices::new)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<ModelPrices, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(|periods| ModelPrices { periods })
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<ModelPrices, E> {
                match word {
                    "free" => Ok(ModelPrices::free()),
                    "unknown" => Ok(ModelPrices::unknown()),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
                }
            }
        }
        deserializer.deserialize_any(Forms)
    }
}

fn period(from: Option<Day>, rates: impl IntoIterator<Item = Rates>) -> PricePeriod {
    let tiers = BTreeMap::from([(STANDARD.to_owned(), rates.into_iter().collect())]);
    PricePeriod { from, tiers, web_search: None }
}

/// One word for a tier: vendors write theirs in any case, and say `default` for the standard one.
pub(crate) fn canonical(tier: Option<&str>) -> String {
    match tier.map(str::to_ascii_lowercase) {
        None => STANDARD.to_owned(),
        Some(word) if word.is_empty() || word == "default" => STANDARD.to_owned(),
        Some(word) => word,
    }
}
