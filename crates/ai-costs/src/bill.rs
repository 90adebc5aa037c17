//! Usage times prices, exactly or not at all.

use laravel_ai_core::Usage;
use rust_decimal::Decimal;

use crate::price::Price;
use crate::{Part, Rates, Unpriced};

/// Prices are of a million tokens.
const MILLION: u32 = 6;

/// What the tokens cost. Each token is billed once: a class with a price of its own is taken out of its total first.
pub(crate) fn tokens(usage: &Usage, rates: &Rates) -> Result<Decimal, Unpriced> {
    let mut bill = Bill { total: Decimal::ZERO };
    bill.input(usage, rates)?;
    bill.output(usage, rates)?;
    shifted(bill.total, MILLION)
}

/// `count` calls of which a thousand cost `thousand`.
pub(crate) fn calls(count: u64, thousand: Price) -> Result<Decimal, Unpriced> {
    shifted(product(count, thousand)?, 3)
}

pub(crate) fn sum(a: Decimal, b: Decimal) -> Result<Decimal, Unpriced> {
    // A sum that does not fit into 96 bits is rounded in its last digits, which its scale shows.
    let sum = a.checked_add(b).filter(|sum| sum.scale() >= a.scale().max(b.scale()));
    sum.ok_or(Unpriced::TooLarge)
}

/// `count` tokens at the price of a million, in units of a millionth.
pub(crate) fn product(count: u64, price: Price) -> Result<Decimal, Unpriced> {
    let amount = price.amount();
    if count == 0 || amount.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let product =
        Decimal::from(count).checked_mul(amount).filter(|product| product.scale() == amount.scale());
    product.ok_or(Unpriced::TooLarge)
}

/// The amount with its point moved left. No digit is lost.
pub(crate) fn shifted(amount: Decimal, places: u32) -> Result<Decimal, Unpriced> {
    let shifted = Decimal::try_from_i128_with_scale(amount.mantissa(), amount.scale() + places);
    shifted.map(|amount| amount.normalize()).map_err(|_| Unpriced::TooLarge)
}

struct Bill {
    total: Decimal,
}

impl Bill {
    fn input(&mut self, usage: &Usage, rates: &Rates) -> Result<(), Unpriced> {
        let Some(all) = Self::known(usage.input, rates.input, Part::Input)? else { return Ok(()) };
        let (cached, written) = (usage.cached_input.unwrap_or(0), usage.cache_write_input.unwrap_or(0));
        let long = usage.long_cache_write_input.unwrap_or(0);
        let (audio, images) = (usage.audio_input.unwrap_or(0), usage.image_input.unwrap_or(0));
        // Images are only told apart where they have a price of their own.
        let images = if rates.image_input.is_some() { images } else { 0 };
        let from_cache = taken(all, cached, Part::CachedInput)?;
        let not_cached = taken(from_cache, written, Part::CacheWrite)?;
        let briefly = taken(written, long, Part::LongCacheWrite)?;
        let cached_audio = shared(all, cached, audio)?;
        for (count, part) in [(audio, Part::AudioInput), (images, Part::ImageInput)] {
            apart(count, written, (part, Part::CacheWrite))?;
        }
        apart(images, cached, (Part::ImageInput, Part::CachedInput))?;
        let rest = taken(not_cached, audio - cached_audio, Part::AudioInput)?;
        let rest = taken(rest, images, Part::ImageInput)?;
        self.add(rest, rates.input, Part::Input)?;
        self.add(cached - cached_audio, rates.cached_input, Part::CachedInput)?;
        self.add(cached_audio, rates.cached_audio_input, Part::CachedAudioInput)?;
        self.add(briefly, rates.cache_write, Part::CacheWrite)?;
        self.add(long, rates.long_cache_write, Part::LongCacheWrite)?;
        self.add(audio - cached_audio, rates.audio_input, Part::AudioInput)?;
        self.add(images, rates.image_input, Part::ImageInput)
    }

    fn output(&mut self, usage: &Usage, rates: &Rates) -> Result<(), Unpriced> {
        if usage.output.is_none() && rates.output.is_none() {
            // Embeddings give nothing that is counted.
            return Ok(());
        }
        let Some(all) = Self::known(usage.output, rates.output, Part::Output)? else { return Ok(()) };
        let (reasoning, audio) = (usage.reasoning.unwrap_or(0), usage.audio_output.unwrap_or(0));
        let spoken = taken(all, audio, Part::AudioOutput)?;
        let rest = taken(spoken, reasoning, Part::Reasoning)?;
        self.add(rest, rates.output, Part::Output)?;
        self.add(reasoning, rates.reasoning.or(rates.output), Part::Reasoning)?;
        self.add(audio, rates.audio_output, Part::AudioOutput)
    }

    /// A total. Nothing is to be billed where it is unknown but free.
    fn known(total: Option<u64>, price: Option<Price>, part: Part) -> Result<Option<u64>, Unpriced> {
        match total {
            Some(total) => Ok(Some(total)),
            None if price == Some(Price::FREE) => Ok(None),
            None => Err(Unpriced::UnknownCount { part }),
        }
    }

    fn add(&mut self, count: u64, price: Option<Price>, part: Part) -> Result<(), Unpriced> {
        if count > 0 {
            let price = price.ok_or(Unpriced::UnknownPrice { part })?;
            self.total = sum(self.total, product(count, price)?)?;
        }
        Ok(())
    }
}

/// What is left of a whole.
fn taken(whole: u64, part: u64, name: Part) -> Result<u64, Unpriced> {
    whole.checked_sub(part).ok_or(Unpriced::Contradiction { part: name })
}

/// How much of the audio was cached, where the numbers leave only one answer.
fn shared(all: u64, cached: u64, audio: u64) -> Result<u64, Unpriced> {
    if audio > all {
        return Err(Unpriced::Contradiction { part: Part::AudioInput });
    }
    let (least, most) = (cached.saturating_sub(all - audio), cached.min(audio));
    if least == most {
        Ok(least)
    } else {
        Err(Unpriced::Overlap { one: Part::AudioInput, other: Part::CachedInput })
    }
}

fn apart(one: u64, other: u64, names: (Part, Part)) -> Result<(), Unpriced> {
    if one > 0 && other > 0 {
        return Err(Unpriced::Overlap { one: names.0, other: names.1 });
    }
    Ok(())
}
