//! The laws, each a function that any test can call.

mod answer;
mod catalog;
mod embedding;
mod errors;
mod intent;
mod release;
mod request;
mod secrets;
mod stream;
mod tools;

pub use answer::{
    stream_equals_whole, text_and_target, unknown_content_is_kept, unknown_usage_is_none, usage_is_inclusive,
};
pub use catalog::{catalog_reads_every_page, failed_catalog_is_an_error, health_is_never_paid};
pub use embedding::{bad_inputs_are_refused, embeddings_keep_order, missing_vectors_are_an_error};
pub use errors::{
    every_status_has_its_kind, nothing_is_tried_twice, refused_connection_is_an_error, retry_after_is_kept,
    unreadable_answer_is_an_error, vendor_errors_have_their_kind,
};
pub use intent::{nothing_is_dropped_in_silence, options_are_sent_or_told};
pub use release::{drop_releases_everything, dropped_call_is_given_up, dropped_stream_is_given_up};
pub use request::{
    foreign_state_is_dropped, render_is_what_is_sent, state_returns_exactly, tenants_keys_are_used,
    unknown_parts_warn,
};
pub use secrets::secrets_stay_secret;
pub use stream::{
    any_split_gives_the_same_events, broken_stream_is_an_error, cut_stream_is_an_error,
    failing_stream_is_an_error, reads_lazily, stream_keeps_the_law, unknown_events_are_ignored,
};
pub use tools::{empty_arguments_are_an_object, tool_calls_have_their_shape};
