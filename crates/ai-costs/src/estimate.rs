//! What a call will cost, before it is sent.

use std::ops::RangeInclusive;
use std::time::SystemTime;

use laravel_ai_core::{AssistantPart, ChatRequest, Message, Money, Target, TokenCount, Tool, UserPart};
use rust_decimal::Decimal;

use crate::price::{Price, canonical};
use crate::prices::Found;
use crate::{Part, Prices, Rates, Unpriced, bill};

/// What is expected of a call that was not sent yet.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Expected<'a> {
    /// Whom it goes to.
    pub target: &'a Target,
    /// How many tokens go in.
    pub input: RangeInclusive<u64>,
    /// The most tokens that come out; `None` when nothing limits them.
    pub most_output: Option<u64>,
    /// The service tier that is asked for.
    pub tier: Option<&'a str>,
    /// Audio may go in or come out.
    pub audio: bool,
    /// What goes in may be written to a cache for long.
    pub long_cache: bool,
    /// The vendor may run tools of its own, which cost extra for each call.
    pub tools: bool,
    /// When it is sent.
    pub at: SystemTime,
}

impl<'a> Expected<'a> {
    /// A call of text. A count that is not the vendor's own is taken to be off by a factor of two at most.
    pub fn new(target: &'a Target, input: TokenCount, most_output: Option<u64>, at: SystemTime) -> Self {
        let count = input.tokens;
        let input = if input.exact { count..=count } else { count / 2..=count.saturating_mul(2) };
        Self { target, input, most_output, tier: None, audio: false, long_cache: false, tools: false, at }
    }

    /// The call of a request whose input was counted. Of a [raw](ChatRequest::raw) request nothing but the count is
    /// known, so that nothing limits what it may cost.
    pub fn of(target: &'a Target, request: &ChatRequest, input: TokenCount, at: SystemTime) -> Self {
        let most = request.max_output_tokens.filter(|_| request.raw.is_none()).map(u64::from);
        let mut expected = Self::new(target, input, most, at);
        expected.tools =
            request.raw.is_some() || request.tools.iter().any(|tool| !matches!(tool, Tool::Function(_)));
        for message in &request.messages {
            match message {
                Message::User(parts) => {
                    expected.audio |= parts.iter().any(|part| matches!(part, UserPart::Audio(_)));
                }
                Message::Assistant(parts) => {
                    expected.audio |= parts.iter().any(|part| matches!(part, AssistantPart::Media(_)));
                }
                _ => {}
            }
        }
        expected
    }

    /// With the service tier that is asked for.
    #[must_use]
    pub fn with_tier(mut self, tier: &'a str) -> Self {
        self.tier = Some(tier);
        self
    }
}

/// Between which amounts a call will cost. Nothing is settled by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Estimate {
    /// If everything comes out of a cache and the answer is empty.
    pub least: Money,
    /// If nothing does and the answer is as long as it may be; `None` when nothing limits it.
    pub most: Option<Money>,
}

impl Prices {
    /// Between which amounts a call will cost, at the prices of its day and with those of long prompts.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use ai_costs::{Catalogue, Expected, Prices};
    /// use laravel_ai_core::{Target, TokenCount};
    ///
    /// let prices = Prices::new(Catalogue::embedded()?);
    /// let target = Target::new("openai", "work", "gpt-4.1");
    /// let call = Expected::new(&target, TokenCount::exact(1_000_000), Some(1_000), SystemTime::UNIX_EPOCH);
    /// let estimate = prices.estimate(&call)?;
    /// // A million at $0.50 when it was cached, at $2 when not; a thousand at $8 a million.
    /// assert_eq!(estimate.least.to_string(), "0.5 USD");
    /// assert_eq!(estimate.most.unwrap().to_string(), "2.008 USD");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Why the prices are not known.
    pub fn estimate(&self, call: &Expected<'_>) -> Result<Estimate, Unpriced> {
        let (rows, found) = self.rows(call)?;
        let least = rows.iter().map(|row| {
            let cheapest = input_prices(call, row)?.reduce(Price::min).unwrap_or(Price::FREE);
            bill::product(*call.input.start().max(&row.from_input), cheapest)
        });
        let least = least.collect::<Result<Vec<_>, _>>()?.into_iter().min().unwrap_or_default();
        let most = match (call.tools && !rows.iter().all(Rates::is_free), self.most_output(call, &rows)?) {
            (false, Some(output)) => {
                let amount = bill::sum(most_input(call, &rows)?, output)?;
                Some(Money::new(bill::shifted(amount, 6)?, found.currency))
            }
            _ => None,
        };
        Ok(Estimate { least: Money::new(bill::shifted(least, 6)?, found.currency), most })
    }

    /// How many tokens of output a call may have so that it costs no more than `money`; `None` when any number may be,
    /// because they are free. 0 when not even the input is paid by it.
    ///
    /// # Errors
    /// Why the prices are not known. [`Unpriced::UnknownTool`] when tools of the vendor could cost any amount.
    pub fn output_within(&self, call: &Expected<'_>, money: Money) -> Result<Option<u64>, Unpriced> {
        let (rows, found) = self.rows(call)?;
        if call.tools && !rows.iter().all(Rates::is_free) {
            return Err(Unpriced::UnknownTool { tool: "any".to_owned() });
        }
        let price = dearest_output(call, &rows)?;
        if price == Price::FREE {
            return Ok(None);
        }
        if money.currency != found.currency {
            return Ok(Some(0));
        }
        let whole = money.amount.checked_mul(Decimal::from(1_000_000)).unwrap_or(Decimal::MAX);
        let left = whole.saturating_sub(most_input(call, &rows)?);
        if left <= Decimal::ZERO {
            return Ok(Some(0));
        }
        let tokens = left.checked_div(price.amount()).map(|tokens| tokens.floor());
        Ok(Some(tokens.and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or(u64::MAX)))
    }

    /// Every price list that may hold for the call.
    fn rows(&self, call: &Expected<'_>) -> Result<(Vec<Rates>, Found<'_>), Unpriced> {
        let found = self.find(call.target, None, call.at)?;
        let rows =
            found.period.rates_within(&canonical(call.tier), *call.input.start(), *call.input.end())?;
        Ok((rows, found))
    }

    /// In millionths, like every amount below.
    fn most_output(&self, call: &Expected<'_>, rows: &[Rates]) -> Result<Option<Decimal>, Unpriced> {
        let price = dearest_output(call, rows)?;
        match call.most_output {
            _ if price == Price::FREE => Ok(Some(Decimal::ZERO)),
            Some(tokens) => bill::product(tokens, price).map(Some),
            None => Ok(None),
        }
    }
}

fn most_input(call: &Expected<'_>, rows: &[Rates]) -> Result<Decimal, Unpriced> {
    let mut most = Decimal::ZERO;
    for row in rows {
        let dearest = input_prices(call, row)?.fold(Price::FREE, Price::max);
        most = most.max(bill::product(*call.input.end(), dearest)?);
    }
    Ok(most)
}

/// Every price that a token of the input may have. Of the classes that a request is not sure to have, those without a
/// price are left out; of audio it is sure.
fn input_prices(call: &Expected<'_>, row: &Rates) -> Result<impl Iterator<Item = Price>, Unpriced> {
    let needed = |price: Option<Price>, part| price.ok_or(Unpriced::UnknownPrice { part });
    let input = needed(row.input, Part::Input)?;
    let audio = if call.audio { Some(needed(row.audio_input, Part::AudioInput)?) } else { None };
    let cached_audio = row.cached_audio_input.filter(|_| call.audio);
    let long = row.long_cache_write.filter(|_| call.long_cache);
    let prices = [Some(input), row.cached_input, row.cache_write, row.image_input, audio, cached_audio, long];
    Ok(prices.into_iter().flatten())
}

fn dearest_output(call: &Expected<'_>, rows: &[Rates]) -> Result<Price, Unpriced> {
    let mut dearest = Price::FREE;
    for row in rows {
        let Some(output) = row.output else {
            // A model without a price of output gives none: embeddings.
            match call.most_output {
                Some(0) | None if row.reasoning.is_none() => continue,
                _ => return Err(Unpriced::UnknownPrice { part: Part::Output }),
            }
        };
        let audio = row.audio_output.filter(|_| call.audio);
        dearest = [Some(output), row.reasoning, audio].into_iter().flatten().fold(dearest, Price::max);
    }
    Ok(dearest)
}
