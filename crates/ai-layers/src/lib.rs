#![doc = include_str!("../README.md")]

mod announce;
mod answer;
mod attempt;
mod attempts;
mod billing;
mod cache;
mod call;
mod circuit_breaker;
mod failover;
mod kept;
mod key_pool;
mod layered;
mod map_error;
mod pipeline;
mod rate_limit;
mod resilience;
mod retry;
mod spending;
mod stack;
mod timeout;

pub use announce::Announce;
pub use attempt::Attempt;
pub use attempts::Attempts;
pub use billing::Billing;
pub use cache::{Cache, CacheKey, CacheStore, CacheUse, Cached, CachedAnswer, MemoryCache};
pub use circuit_breaker::CircuitBreaker;
pub use failover::{Candidate, Failover, Tried};
pub use key_pool::{Key, KeyPool, Pick};
pub use map_error::MapError;
pub use pipeline::Pipeline;
pub use rate_limit::{LimitScope, Quota, RateLimit, WhenLimited};
pub use resilience::{BreakerRules, Resilience};
pub use retry::{Jitter, Retry};
pub use spending::Spending;
pub use stack::Stack;
pub use timeout::{TimeLimit, TimedOut, Timeout};
