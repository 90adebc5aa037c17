//! Options of single vendors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, ErrorKind, ProviderOptions, Result, Warning, WarningKind};

/// Vendors' own options, kept by driver name, so that one request can carry options for every candidate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OptionsByDriver(BTreeMap<String, Value>);

impl OptionsByDriver {
    /// Stores the options of one driver; earlier ones of the same driver go.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the options have no JSON form.
    pub fn set<O: ProviderOptions>(&mut self, options: &O) -> Result<()> {
        let value = serde_json::to_value(options).map_err(|e| {
            Error::new(
                ErrorKind::InvalidRequest,
                format!("options for `{}` have no JSON form: {e}", O::DRIVER),
            )
        })?;
        self.0.insert(O::DRIVER.to_owned(), value);
        Ok(())
    }

    /// The options of the driver that `O` belongs to.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when what is stored does not fit, as options from JSON may not.
    pub fn of<O: ProviderOptions>(&self) -> Result<Option<O>> {
        let Some(value) = self.0.get(O::DRIVER) else { return Ok(None) };
        O::deserialize(value).map(Some).map_err(|e| {
            Error::decode(format_args!("options for `{}` don't fit", O::DRIVER), &e)
                .with_kind(ErrorKind::InvalidRequest)
        })
    }

    /// A warning for each driver that has options here and is not `driver`.
    pub fn foreign_to<'a>(&'a self, driver: &'a str) -> impl Iterator<Item = Warning> + 'a {
        self.0.keys().filter(move |name| *name != driver).map(move |name| {
            let message = format!("options for `{name}` do nothing at `{driver}`");
            Warning::new(WarningKind::ForeignOptions, name, message)
        })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
