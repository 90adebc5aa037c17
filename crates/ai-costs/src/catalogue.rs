//! The list prices of vendors on a day.

use std::collections::BTreeMap;
use std::fmt;

use laravel_ai_core::{Currency, Error, ErrorKind, Provenance, Result};
use serde::Deserialize;

use crate::ModelPrices;

/// The list that this version of the library was released with.
const EMBEDDED: &str = include_str!("catalogue.json");
const FORMAT: u32 = 1;

/// A price list: what vendors ask for their models, as of a day.
///
/// It is a value and belongs to whoever made it: nothing is remembered, nothing is fetched, and lists of different days
/// live side by side. A newer one is read with [`parse`](Self::parse), whole or not at all, so that a broken file never
/// takes the place of a good list. The data and its licences are in this crate's folder `data`.
///
/// ```
/// use ai_costs::Catalogue;
///
/// let list = Catalogue::embedded()?;
/// assert!(list.find("openai", "gpt-4.1").is_some());
/// assert!(list.find("openai", "gpt-4.1-of-tomorrow").is_none(), "another id is another model");
/// println!("prices of {}", list.date());
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// What people should know who find the file.
    #[serde(default, rename = "notice")]
    _notice: String,
    format: u32,
    version: String,
    date: String,
    currency: Currency,
    drivers: BTreeMap<String, BTreeMap<String, ModelPrices>>,
}

impl Catalogue {
    /// The list that this version of the library was released with. Takes some milliseconds; keep what it gives.
    ///
    /// # Errors
    /// In no released version: a test reads the same bytes.
    pub fn embedded() -> Result<Self> {
        Self::parse(EMBEDDED)
    }

    /// A list of the same form as the embedded one.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] with line and column when anything in it is not understood. Prices that are not
    /// understood are no prices that may be left out.
    pub fn parse(json: &str) -> Result<Self> {
        let refuse = |why: String| {
            Error::new(ErrorKind::Configuration, format!("this is no price list that can be read: {why}"))
        };
        let list: Self = serde_json::from_str(json).map_err(|error| refuse(error.to_string()))?;
        if list.format != FORMAT {
            return Err(refuse(format!("its format is {}, this version reads {FORMAT}", list.format)));
        }
        Ok(list)
    }

    /// Exactly this list, to be stored with what was reckoned by it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The day on which the prices were taken, `YYYY-MM-DD`.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// In which the vendors are paid.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The prices of the model of exactly this id.
    pub fn find(&self, driver: &str, model: &str) -> Option<&ModelPrices> {
        self.drivers.get(driver)?.get(model)
    }

    /// Every model with its driver, sorted by both.
    pub fn models(&self) -> impl Iterator<Item = (&str, &str, &ModelPrices)> {
        self.drivers.iter().flat_map(|(driver, models)| {
            models.iter().map(move |(model, prices)| (driver.as_str(), model.as_str(), prices))
        })
    }

    /// How a cost is known that was reckoned by this list.
    pub fn provenance(&self) -> Provenance {
        Provenance::Catalogue { version: self.version.clone(), date: self.date.clone() }
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalogue")
            .field("version", &self.version)
            .field("date", &self.date)
            .field("models", &self.models().count())
            .finish_non_exhaustive()
    }
}
