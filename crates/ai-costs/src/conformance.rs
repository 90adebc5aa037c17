//! What all [`Budgets`] keep to, as functions that panic where some do not: for the tests of a store of your own.
//!
//! Each takes budgets that it may define and remove as it likes, one law after the other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "assertions"
)]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use laravel_ai_core::{AttemptId, Context, Currency, Error, ErrorKind, Labels, Money, Target};
use rust_decimal::Decimal;

use crate::{Ask, Budget, Budgets, Closing, Dimension, Exceeded, Period, Scope, Settled};

/// Every law.
///
/// # Panics
/// Where one does not hold.
pub async fn all(store: &Arc<dyn Budgets>) {
    what_is_reserved_is_spent_or_given_back(store).await;
    a_write_can_be_repeated(store).await;
    a_call_is_reserved_in_all_of_its_budgets_or_in_none(store).await;
    less_is_granted_where_the_call_can_do_with_less(store).await;
    a_price_that_is_not_known_is_refused_unless_that_is_allowed(store).await;
    nothing_is_converted(store).await;
    thresholds_are_told_once_in_a_period(store).await;
    a_threshold_says_whose_and_which_period_it_is(store).await;
    a_new_period_begins_at_the_midnight_of_the_zone(store).await;
    what_was_reserved_yesterday_is_spent_yesterday(store).await;
    a_rolling_period_has_room_when_enough_of_it_has_passed(store).await;
    each_call_of_the_application_is_for_itself_with_all_its_attempts(store).await;
    a_reservation_that_nobody_closes_is_given_back_and_closed_late_all_the_same(store).await;
    a_budget_can_be_changed_reset_and_removed(store).await;
}

const HOUR: Duration = Duration::from_secs(3600);

fn at(text: &str) -> SystemTime {
    text.parse::<jiff::Timestamp>().unwrap().try_into().unwrap()
}

fn today() -> SystemTime {
    at("2026-11-20T12:00:00Z")
}

fn target(driver: &str, model: &str) -> Target {
    Target::new(driver, "work", model)
}

/// With these budgets and no others.
async fn with(store: &Arc<dyn Budgets>, budgets: impl IntoIterator<Item = Budget>) -> Arc<dyn Budgets> {
    for budget in store.list().await.unwrap() {
        assert!(store.remove(&budget.name).await.unwrap());
    }
    for budget in budgets {
        store.define(budget).await.unwrap();
    }
    Arc::clone(store)
}

fn usd(text: &str) -> Money {
    Money::usd(text.parse().unwrap())
}

fn everything(limit: &str) -> Budget {
    Budget::new("all", Scope::everything(), Period::Total, usd(limit))
}

fn ask(most: &str) -> Ask {
    Ask::new(&Context::new(), target("openai", "gpt-4.1"), today()).with_most(usd(most))
}

fn by(user: &str, most: &str, when: SystemTime) -> Ask {
    let ctx = Context::new().with_labels(Labels::default().with_user(user));
    Ask::new(&ctx, target("openai", "gpt-4.1"), when).with_most(usd(most))
}

fn spent(attempt: AttemptId, amount: &str) -> Closing {
    Closing::new(attempt, Settled::Spent(usd(amount)), today())
}

fn exceeded(error: &Error) -> &Exceeded {
    assert_eq!(error.kind(), ErrorKind::BudgetExceeded);
    assert!(!error.possibly_billed(), "nothing was sent");
    error.vendor().unwrap()
}

/// What is spent and reserved of the budget's only account.
async fn state(budgets: &Arc<dyn Budgets>) -> (String, String) {
    let status = &budgets.status(today()).await.unwrap()[0];
    (status.spent.normalize().to_string(), status.reserved.normalize().to_string())
}

/// What is reserved is spent or given back.
pub async fn what_is_reserved_is_spent_or_given_back(store: &Arc<dyn Budgets>) {
    let budgets = with(store, [everything("1")]).await;
    let first = budgets.reserve(&ask("0.60")).await.unwrap();
    assert_eq!((first.amount, first.budgets), (Some(usd("0.60")), vec!["all".to_owned()]));
    let second = budgets.reserve(&ask("0.40")).await.unwrap();
    assert_eq!(state(&budgets).await, ("0".into(), "1".into()));

    let error = budgets.reserve(&ask("0.01")).await.unwrap_err();
    let why = exceeded(&error);
    assert_eq!((why.limit, why.spent, why.asked), (usd("1"), Decimal::ZERO, Some("0.01".parse().unwrap())));
    assert_eq!(
        error.to_string(),
        "budget exceeded: the budget `all` (everything) has a limit of 1 USD: 0 spent, 1 reserved, 0.01 asked"
    );

    budgets.settle(spent(first.attempt, "0.50")).await.unwrap();
    assert_eq!(state(&budgets).await, ("0.5".into(), "0.4".into()));
    budgets.settle(Closing::new(second.attempt, Settled::Released, today())).await.unwrap();
    assert_eq!(state(&budgets).await, ("0.5".into(), "0".into()));
    let third = budgets.reserve(&ask("0.50")).await.unwrap();
    budgets.hand_over(Closing::new(third.attempt, Settled::AsReserved, today()));
    budgets.flush().await.unwrap();
    assert_eq!(state(&budgets).await, ("1".into(), "0".into()), "unknown is never 0");
    budgets.reserve(&ask("0")).await.expect("what costs nothing is never refused");
}

/// A write can be repeated.
pub async fn a_write_can_be_repeated(store: &Arc<dyn Budgets>) {
    let budgets = with(store, [everything("1")]).await;
    let ask = ask("0.30");
    let grant = budgets.reserve(&ask).await.unwrap();
    assert_eq!(budgets.reserve(&ask).await.unwrap(), grant);
    assert_eq!(state(&budgets).await, ("0".into(), "0.3".into()));
    assert!(!budgets.settle(spent(grant.attempt, "0.20")).await.unwrap().repeated);
    assert!(budgets.settle(spent(grant.attempt, "0.20")).await.unwrap().repeated);
    assert!(budgets.settle(Closing::new(grant.attempt, Settled::Released, today())).await.unwrap().repeated);
    assert_eq!(state(&budgets).await, ("0.2".into(), "0".into()));
    assert_eq!(budgets.reserve(&ask).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert_eq!(budgets.reserve(&self::ask("-0.10")).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    let open = budgets.reserve(&self::ask("0.10")).await.unwrap();
    let gift = budgets.settle(spent(open.attempt, "-5")).await.unwrap_err();
    assert_eq!(gift.kind(), ErrorKind::InvalidRequest, "nothing makes room that was not given back");
    let never = budgets.settle(spent(AttemptId::new(), "0.20")).await.unwrap_err();
    assert_eq!(never.kind(), ErrorKind::InvalidRequest);
}

/// A call is reserved in all of its budgets or in none.
pub async fn a_call_is_reserved_in_all_of_its_budgets_or_in_none(store: &Arc<dyn Budgets>) {
    let small = Budget::new("small", Scope::only(Dimension::User, "7"), Period::Total, usd("0.10"));
    let budgets = with(store, [everything("1"), small]).await;
    let error = budgets.reserve(&by("7", "0.20", today())).await.unwrap_err();
    assert_eq!((exceeded(&error).budget.as_str(), exceeded(&error).subject.as_str()), ("small", "7"));
    assert!(budgets.status(today()).await.unwrap().iter().all(|status| status.reserved.is_zero()));
    let other = budgets.reserve(&by("8", "0.20", today())).await.unwrap();
    assert_eq!(other.budgets, ["all"]);
    let grant = budgets.reserve(&by("7", "0.10", today())).await.unwrap();
    assert_eq!(grant.budgets, ["all", "small"]);
}

/// Less is granted where the call can do with less.
pub async fn less_is_granted_where_the_call_can_do_with_less(store: &Arc<dyn Budgets>) {
    let each = Budget::new("each", Scope::each(Dimension::User), Period::Total, usd("0.30"));
    let budgets = with(store, [everything("1"), each]).await;
    let grant = budgets.reserve(&by("7", "0.80", today()).with_least(usd("0.30"))).await.unwrap();
    assert_eq!(grant.amount, Some(usd("0.30")), "what the tighter budget has left");
    let error = budgets.reserve(&by("7", "0.80", today()).with_least(usd("0.01"))).await.unwrap_err();
    assert_eq!(exceeded(&error).asked, Some("0.01".parse().unwrap()));
    let rest = budgets.reserve(&by("8", "0.20", today()).with_least(usd("0.01"))).await.unwrap();
    assert_eq!(rest.amount, Some(usd("0.20")), "and never more than was asked");
}

/// A price that is not known is refused unless that is allowed.
pub async fn a_price_that_is_not_known_is_refused_unless_that_is_allowed(store: &Arc<dyn Budgets>) {
    let unknown = || Ask::new(&Context::new(), target("openai", "gpt-of-tomorrow"), today());
    let budgets = with(store, [everything("1")]).await;
    let error = budgets.reserve(&unknown()).await.unwrap_err();
    assert_eq!(exceeded(&error).asked, None);
    assert!(error.message().contains("the price of the call is not known"), "{error}");

    budgets.define(everything("1").allowing_unknown_prices()).await.unwrap();
    let grant = budgets.reserve(&unknown()).await.unwrap();
    assert_eq!(grant.amount, None);
    budgets.settle(Closing::new(grant.attempt, Settled::AsReserved, today())).await.unwrap();
    let status = &budgets.status(today()).await.unwrap()[0];
    assert_eq!((status.unpriced, status.spent), (1, Decimal::ZERO));
    // The vendor said after all what it cost.
    let grant = budgets.reserve(&unknown()).await.unwrap();
    budgets.settle(spent(grant.attempt, "0.25")).await.unwrap();
    assert_eq!(state(&budgets).await, ("0.25".into(), "0".into()));
    let grant = budgets.reserve(&unknown()).await.unwrap();
    budgets.settle(spent(grant.attempt, "0.80")).await.unwrap();
    let error = budgets.reserve(&unknown()).await.unwrap_err();
    assert_eq!(exceeded(&error).asked, Some(Decimal::ZERO), "more than the limit is spent");
    with(store, [everything("1").soft()])
        .await
        .reserve(&unknown())
        .await
        .expect("a soft budget refuses nothing");
}

/// Nothing is converted.
pub async fn nothing_is_converted(store: &Arc<dyn Budgets>) {
    let euro = |text: &str| Money::new(text.parse().unwrap(), Currency::new("EUR").unwrap());
    let budgets = with(store, [everything("1")]).await;
    let asked = Ask::new(&Context::new(), target("acme", "one"), today()).with_most(euro("0.10"));
    let error = budgets.reserve(&asked).await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Configuration, false));
    let soft = with(store, [everything("1").soft()]).await;
    assert!(soft.reserve(&asked).await.unwrap().budgets.is_empty());

    let grant = budgets.reserve(&ask("0.30")).await.unwrap();
    let closed = Closing::new(grant.attempt, Settled::Spent(euro("0.10")), today());
    let settled = budgets.settle(closed).await.unwrap();
    assert!(settled.foreign);
    assert_eq!(state(&budgets).await, ("0.3".into(), "0".into()), "what was reserved stands for it");
    let other = Budget::new("all", Scope::everything(), Period::Total, euro("1"));
    assert_eq!(budgets.define(other.clone()).await.unwrap_err().kind(), ErrorKind::Configuration);
    assert!(budgets.remove("all").await.unwrap());
    budgets.define(other).await.unwrap();
}

/// Thresholds are told once in a period.
pub async fn thresholds_are_told_once_in_a_period(store: &Arc<dyn Budgets>) {
    let day = Budget::new("day", Scope::everything(), Period::Day, usd("1"));
    let budgets = with(store, [day]).await;
    let percents = |when: SystemTime, amount: &'static str| {
        let budgets = &budgets;
        async move {
            let grant = budgets.reserve(&by("7", amount, when)).await.unwrap();
            let closing = Closing::new(grant.attempt, Settled::Spent(usd(amount)), when);
            let reached = budgets.settle(closing).await.unwrap().reached;
            reached.iter().map(|reached| reached.percent).collect::<Vec<_>>()
        }
    };
    let monday = at("2026-11-23T08:00:00Z");
    assert_eq!(percents(monday, "0.79").await, [0_u8; 0]);
    assert_eq!(percents(monday, "0.01").await, [80]);
    assert_eq!(percents(monday, "0.10").await, [0_u8; 0]);
    assert_eq!(percents(monday, "0.10").await, [95, 100]);
    assert_eq!(percents(monday, "0").await, [0_u8; 0]);
    let tuesday = at("2026-11-24T08:00:00Z");
    assert_eq!(percents(tuesday, "1").await, [80, 95, 100]);
}

/// A threshold says whose and which period it is.
pub async fn a_threshold_says_whose_and_which_period_it_is(store: &Arc<dyn Budgets>) {
    let each = Budget::new("each", Scope::each(Dimension::User), Period::Month, usd("1"))
        .with_thresholds([50])
        .soft();
    let budgets = with(store, [each]).await;
    for user in ["7", "8"] {
        let grant = budgets.reserve(&by(user, "5", today())).await.unwrap();
        let settled = budgets.settle(spent(grant.attempt, "5")).await.unwrap();
        let [reached] = settled.reached.as_slice() else { panic!("{settled:?}") };
        assert_eq!((reached.budget.as_str(), reached.subject.as_str(), reached.percent), ("each", user, 50));
        assert_eq!((reached.limit, reached.spent), (usd("1"), usd("5")));
        assert_eq!(reached.window.start, Some(at("2026-11-01T00:00:00Z")));
        assert_eq!(reached.window.end, Some(at("2026-12-01T00:00:00Z")));
    }
}

/// A new period begins at the midnight of the zone.
pub async fn a_new_period_begins_at_the_midnight_of_the_zone(store: &Arc<dyn Budgets>) {
    let berlin = Budget::new("day", Scope::everything(), Period::Day, usd("1"))
        .in_zone("Europe/Berlin".parse().unwrap());
    let budgets = with(store, [berlin]).await;
    let before = at("2026-11-20T22:59:59Z");
    budgets.reserve(&by("7", "1", before)).await.unwrap();
    let error = budgets.reserve(&by("7", "1", before)).await.unwrap_err();
    assert_eq!(exceeded(&error).resets, Some(at("2026-11-20T23:00:00Z")));
    assert!(error.message().contains("2026-11-21T00:00:00+01:00"), "{error}");
    let error = budgets.reserve(&by("7", "1.01", before)).await.unwrap_err();
    assert_eq!(exceeded(&error).resets, None, "there is never room for so much");
    budgets.reserve(&by("7", "1", at("2026-11-20T23:00:00Z"))).await.unwrap();
}

/// What was reserved yesterday is spent yesterday.
pub async fn what_was_reserved_yesterday_is_spent_yesterday(store: &Arc<dyn Budgets>) {
    let budgets = with(store, [Budget::new("day", Scope::everything(), Period::Day, usd("1"))]).await;
    let evening = at("2026-11-20T23:59:00Z");
    let grant = budgets.reserve(&by("7", "1", evening)).await.unwrap();
    let morning = at("2026-11-21T00:01:00Z");
    let settled =
        budgets.settle(Closing::new(grant.attempt, Settled::Spent(usd("1")), morning)).await.unwrap();
    assert_eq!(settled.reached[0].window.start, Some(at("2026-11-20T00:00:00Z")));
    budgets.reserve(&by("7", "1", morning)).await.unwrap();
}

/// A rolling period has room when enough of it has passed.
pub async fn a_rolling_period_has_room_when_enough_of_it_has_passed(store: &Arc<dyn Budgets>) {
    let rolling =
        Budget::new("hour", Scope::everything(), Period::Rolling(HOUR), usd("1")).with_thresholds([100]);
    let budgets = with(store, [rolling]).await;
    let start = today();
    let minutes = |count: u64| start + Duration::from_secs(60 * count);
    let mut told = Vec::new();
    for (minute, amount) in [(0, "0.40"), (10, "0.30"), (20, "0.30")] {
        let grant = budgets.reserve(&by("7", amount, minutes(minute))).await.unwrap();
        let closing = Closing::new(grant.attempt, Settled::AsReserved, minutes(minute));
        told.extend(budgets.settle(closing).await.unwrap().reached);
    }
    assert_eq!(told.len(), 1);
    let error = budgets.reserve(&by("7", "0.50", minutes(30))).await.unwrap_err();
    assert_eq!(exceeded(&error).resets, Some(minutes(70)), "0.40 leave after 60 minutes, 0.30 more after 70");
    let error = budgets.reserve(&by("7", "2", minutes(30))).await.unwrap_err();
    assert_eq!(exceeded(&error).resets, None, "there is never room for so much");
    assert!(budgets.reserve(&by("7", "0.40", minutes(59))).await.is_err());
    let grant = budgets.reserve(&by("7", "0.40", minutes(60))).await.unwrap();
    let closing = Closing::new(grant.attempt, Settled::AsReserved, minutes(60));
    assert_eq!(
        budgets.settle(closing).await.unwrap().reached.len(),
        1,
        "told anew, because it had room between"
    );
}

/// Each call of the application is for itself with all its attempts.
pub async fn each_call_of_the_application_is_for_itself_with_all_its_attempts(store: &Arc<dyn Budgets>) {
    let budgets = with(store, [Budget::new("call", Scope::everything(), Period::Request, usd("0.10"))]).await;
    let ctx = Context::new();
    let attempt = |ctx: &Context| Ask::new(ctx, target("openai", "gpt-4.1"), today()).with_most(usd("0.06"));
    budgets.reserve(&attempt(&ctx)).await.unwrap();
    let second = budgets.reserve(&attempt(&ctx.clone().with_step(1))).await;
    assert_eq!(exceeded(&second.unwrap_err()).reserved, "0.06".parse().unwrap());
    budgets.reserve(&attempt(&Context::new())).await.unwrap();
}

/// A reservation that nobody closes is given back and closed late all the same.
pub async fn a_reservation_that_nobody_closes_is_given_back_and_closed_late_all_the_same(
    store: &Arc<dyn Budgets>,
) {
    let budgets = with(store, [everything("1")]).await;
    let lease = Duration::from_secs(60);
    let ask = |seconds: u64| {
        let when = today() + Duration::from_secs(seconds);
        Ask::new(&Context::new(), target("openai", "gpt-4.1"), when).with_most(usd("0.60")).with_lease(lease)
    };
    let dead = budgets.reserve(&ask(0)).await.unwrap();
    assert_eq!(dead.expires, today() + lease);
    assert!(budgets.reserve(&ask(59)).await.is_err());
    budgets.reserve(&ask(60)).await.unwrap();
    let late = Closing::new(dead.attempt, Settled::Spent(usd("0.50")), today() + Duration::from_secs(61));
    let settled = budgets.settle(late.clone()).await.unwrap();
    assert!(settled.late);
    assert!(budgets.settle(late).await.unwrap().repeated);
    let status = &budgets.status(today() + Duration::from_secs(62)).await.unwrap()[0];
    assert_eq!((status.spent, status.reserved), ("0.50".parse().unwrap(), "0.60".parse().unwrap()));
    assert_eq!(status.left(), "-0.10".parse().unwrap(), "what was spent is known, and blocks");
}

/// A budget can be changed reset and removed.
pub async fn a_budget_can_be_changed_reset_and_removed(store: &Arc<dyn Budgets>) {
    let budgets = with(store, [everything("1")]).await;
    let grant = budgets.reserve(&ask("0.50")).await.unwrap();
    budgets.settle(spent(grant.attempt, "0.50")).await.unwrap();
    let open = budgets.reserve(&ask("0.20")).await.unwrap();
    budgets.define(everything("2")).await.unwrap();
    assert_eq!(
        state(&budgets).await,
        ("0.5".into(), "0.2".into()),
        "another limit changes nothing that was spent"
    );
    assert!(budgets.reset("all").await.unwrap());
    assert_eq!(state(&budgets).await, ("0".into(), "0.2".into()));
    // Another period begins anew, and what was reserved before is no business of it.
    budgets.define(Budget::new("all", Scope::everything(), Period::Month, usd("2"))).await.unwrap();
    budgets.settle(spent(open.attempt, "0.20")).await.unwrap();
    assert!(budgets.status(today()).await.unwrap().is_empty());
    assert_eq!(budgets.list().await.unwrap().len(), 1);
    assert!(budgets.remove("all").await.unwrap());
    assert!(!budgets.remove("all").await.unwrap() && !budgets.reset("all").await.unwrap());
    budgets.reserve(&ask("1000")).await.unwrap();

    for wrong in [
        everything("-1"),
        Budget::new(" ", Scope::everything(), Period::Day, usd("1")),
        Budget::new("r", Scope::everything(), Period::Rolling(Duration::ZERO), usd("1")),
    ] {
        assert_eq!(budgets.define(wrong).await.unwrap_err().kind(), ErrorKind::Configuration);
    }
    let text = serde_json::to_string(&everything("1")).unwrap();
    assert_eq!(serde_json::from_str::<Budget>(&text).unwrap(), everything("1"));
    let short = r#"{"name": "b", "period": "month", "limit": {"amount": "5", "currency": "USD"}}"#;
    assert_eq!(serde_json::from_str::<Budget>(short).unwrap().thresholds, [80, 95, 100]);
    assert!(
        serde_json::from_str::<Budget>(&short.replace("period", "periods")).is_err(),
        "a typo is no default"
    );
}
