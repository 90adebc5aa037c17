#![doc = include_str!("../README.md")]

mod ai;
mod around;
mod batch;
#[cfg(doctest)]
mod book;
mod builder;
mod cache;
mod clock;
mod conversation;
#[cfg(feature = "database")]
mod database;
mod drivers;
mod environment;
#[cfg(feature = "mock")]
mod fake;
mod lists;
mod logging;

#[cfg(feature = "tools")]
mod object;
#[cfg(feature = "costs")]
mod prices;
mod progress;
mod resilience;
mod route;
mod started;
mod window;

pub use ai_config::{
    CacheSettings, Config, DatabaseSettings, KnownDriver, ModelName, Origin, Problem, Problems, Severity,
    Shown,
};
pub use ai_conversations as conversations;
pub use ai_conversations::{ConversationId, MemoryStore, Owner, Store, Summarise, Window};
#[cfg(feature = "costs")]
pub use ai_costs as costs;
pub use ai_events as events;
pub use ai_layers as layers;
pub use ai_models as models;
#[cfg(feature = "database")]
pub use ai_persistence as persistence;
#[cfg(feature = "database")]
pub use ai_persistence::Database;
pub use ai_runs as runs;
#[cfg(feature = "tools")]
pub use ai_tools as tools;
#[cfg(feature = "tools")]
pub use ai_tools::{InvalidObject, Object, ObjectFormat, schemars};
pub use laravel_ai_core::*;
#[cfg(feature = "gemini")]
pub use provider_gemini as gemini;
pub use provider_http as transport;
#[cfg(feature = "mock")]
pub use provider_mock as mock;
#[cfg(feature = "ollama")]
pub use provider_ollama as ollama;
#[cfg(feature = "openai")]
pub use provider_openai as openai;
#[cfg(feature = "openai-compatible")]
pub use provider_openai_compat as openai_compatible;
#[cfg(feature = "xai")]
pub use provider_xai as xai;

pub use self::ai::Ai;
pub use self::batch::{Batch, BatchProgress};
pub use self::builder::AiBuilder;
pub use self::clock::TokioClock;
pub use self::conversation::Conversation;
#[cfg(feature = "database")]
pub use self::database::DatabaseSource;
pub use self::drivers::Drivers;
#[cfg(feature = "mock")]
pub use self::fake::FakeAi;
pub use self::progress::Progress;
pub use self::route::Route;
