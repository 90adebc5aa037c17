//! The prices of an application.

use ai_config::{Problem, Problems};
use std::sync::Arc;

use ai_costs::{Budgets, Catalogue, Estimate, Expected, Ledger, ModelPrices, Overrides, Prices};
use ai_layers::{Billing, Spending};
use laravel_ai_core::{ChatRequest, Error, ErrorKind, Result};

use crate::{Ai, AiBuilder, Route};

impl Ai {
    /// What calls cost: the list of this release, above it the prices that the database held when it was opened, above them the
    /// table `[prices]` of the configuration, and above that what [`AiBuilder::prices`] was given. Reading the list takes some
    /// milliseconds, so keep what it gives.
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// # let ai = ai::Ai::fake();
    /// let prices = ai.prices()?;
    /// let answer = ai.send("What is the capital of Peru?").await?;
    /// # let now = SystemTime::UNIX_EPOCH;
    /// match prices.cost_of(&answer, now) {
    ///     Ok(cost) => println!("{}", cost.money),
    ///     Err(why) => println!("the cost is unknown: {why}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) with each place in `[prices]` that does not fit.
    pub fn prices(&self) -> Result<Prices> {
        let mut own = Overrides::default();
        own.set("mock", "*", ModelPrices::free());
        #[cfg(feature = "database")]
        own.extend(self.0.kept_prices.clone());
        own.extend(self.config().prices()?);
        own.extend(self.0.prices.clone());
        Ok(Prices::new(Catalogue::embedded()?).with_overrides(own))
    }

    /// The layers that say what calls cost and hold them to budgets, with the prices read once.
    pub(crate) fn money(&self) -> Result<(Billing, Option<Spending>)> {
        if let Some(money) = self.0.money.get() {
            return Ok(money.clone());
        }
        let clock = || Arc::clone(&self.0.resources.clock);
        let prices = Arc::new(self.prices()?);
        let mut billing = Billing::new(clock()).with_prices(Arc::clone(&prices));
        if let Some(ledger) = &self.0.ledger {
            billing = billing.with_ledger(Arc::clone(ledger));
        }
        let spending = self.0.budgets.as_ref().map(|budgets| {
            let spending = Spending::new(clock(), Arc::clone(budgets), prices);
            match self.0.ledger.as_ref().filter(|_| self.0.rows_beside) {
                Some(ledger) => spending.with_rows_of(Arc::clone(ledger)),
                None => spending,
            }
        });
        Ok(self.0.money.get_or_init(|| (billing, spending)).clone())
    }

    pub(crate) fn wrong_prices(&self) -> Vec<Problem> {
        let wrong = self.prices().err();
        let problems = wrong.iter().filter_map(|error| error.vendor::<Problems>());
        problems.flat_map(Problems::as_slice).cloned().collect()
    }
}

impl AiBuilder {
    /// With prices of the application's own, over those of the configuration: negotiated ones, and those of models that
    /// no list has.
    pub fn prices(mut self, own: Overrides) -> Self {
        self.prices.extend(own);
        self
    }

    /// With budgets that every chat and embedding is held to, whichever way it is made: what a try may cost at most is
    /// reserved before it is sent ([`Spending`](crate::layers::Spending)). Those in memory are of this process alone, and
    /// begin anew with it.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use ai::costs::{Budget, Budgets, Dimension, MemoryBudgets, Period, Scope};
    /// use ai::{Ai, Money};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let budgets = Arc::new(MemoryBudgets::new());
    /// let limit = Money::usd("20".parse()?);
    /// budgets.define(Budget::new("per user", Scope::each(Dimension::User), Period::Month, limit)).await?;
    /// let ai = Ai::builder().budgets(budgets).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn budgets(mut self, budgets: Arc<dyn Budgets>) -> Self {
        self.budgets = Some(budgets);
        self
    }

    /// With a ledger: a row for every physical try of chats and embeddings, whichever way they are made. A database that is
    /// opened by [`start`](Self::start) brings its own.
    pub fn ledger(mut self, ledger: Arc<dyn Ledger>) -> Self {
        self.ledger = Some(ledger);
        self
    }
}

impl Route {
    /// Between which amounts a request will cost if it is sent now. Its tokens are counted first, by the vendor; that is
    /// never a paid call. Where the request sets no limit to the answer, what is known of the model does.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) where the connection can't count (count in a way of your own, and ask
    /// [`Prices::estimate`]), or where the price is not known: `error.vendor::<ai::costs::Unpriced>()` says why. Also those
    /// of a call.
    pub async fn estimate(&self, prices: &Prices, request: impl Into<ChatRequest>) -> Result<Estimate> {
        let request = self.asked(request.into());
        let (model, _) = self.prepare(false)?;
        let counted = self.count_tokens(request.clone()).await?;
        let now = self.ai.0.resources.clock.wall();
        let mut expected = Expected::of(model.target(), &request, counted, now);
        if request.raw.is_none() {
            expected.most_output = expected.most_output.or(model.capabilities().max_output_tokens);
        }
        prices.estimate(&expected).map_err(|why| {
            let message = format!("the cost can't be estimated: {why}");
            Error::new(ErrorKind::Unsupported, message).with_possibly_billed(false).with_source(why)
        })
    }
}
