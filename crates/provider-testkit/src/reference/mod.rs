//! A small provider of a vendor that does not exist, which keeps every law or breaks a chosen one.
#![expect(clippy::indexing_slicing, reason = "JSON that is read by a name that it lacks is `null`")]

mod chat;
mod decode;
mod encode;
mod fixtures;
mod http;
mod other;

use std::fmt;
use std::sync::Arc;

use laravel_ai_core::{
    Catalog, ChatModel, Description, EmbeddingModel, Error, ErrorKind, Provider, Result, Target,
};

use self::http::Wire;
use crate::{Connect, Subject};

const DRIVER: &str = "reference";

/// The provider of a vendor that does not exist.
///
/// It stands in for a provider where only a layer or the kit itself is under test, and with a [`Fault`] it shows what a
/// broken law looks like.
pub struct Reference {
    wire: Arc<Wire>,
}

impl Reference {
    /// A provider that keeps every law, with its fixtures.
    pub fn subject() -> Subject {
        fixtures::subject(None)
    }

    /// The same provider with one fault.
    pub fn wrong(fault: Fault) -> Subject {
        fixtures::subject(Some(fault))
    }

    fn open(connect: &Connect<'_>, fault: Option<Fault>) -> Result<Arc<dyn Provider>> {
        Ok(Arc::new(Self { wire: Arc::new(Wire::new(connect, fault)?) }))
    }

    fn target(&self, model: &str) -> Result<Target> {
        if model.is_empty() {
            return Err(Error::new(ErrorKind::InvalidRequest, "the model has no name"));
        }
        Ok(Target::new(DRIVER, "kit", model).with_credential(self.wire.key.fingerprint()))
    }
}

impl Provider for Reference {
    fn name(&self) -> &str {
        "kit"
    }

    fn describe(&self) -> Description {
        let key = if self.wire.is(Fault::ShowsTheKey) {
            self.wire.key.expose().to_owned()
        } else {
            self.wire.key.masked()
        };
        Description::new("kit", DRIVER, &self.wire.base_url).with_setting("api_key", key)
    }

    fn chat_model(&self, model: &str) -> Result<Arc<dyn ChatModel>> {
        Ok(Arc::new(chat::Model::new(Arc::clone(&self.wire), self.target(model)?)))
    }

    fn embedding_model(&self, model: &str) -> Result<Arc<dyn EmbeddingModel>> {
        Ok(Arc::new(other::Vectors::new(Arc::clone(&self.wire), self.target(model)?)))
    }

    fn catalog(&self) -> Result<Arc<dyn Catalog>> {
        Ok(Arc::new(other::Models(Arc::clone(&self.wire))))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reference").field("wire", &self.wire).finish()
    }
}

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident breaks $law:ident,)*) => {
        /// What is wrong with a [`Reference`]; each breaks one law.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Fault {
            $($(#[$doc])* $fault,)*
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &[Self] = &[$(Self::$fault),*];

            /// The law that it breaks.
            pub fn law(self) -> &'static str {
                match self {
                    $(Self::$fault => stringify!($law),)*
                }
            }
        }
    };
}

faults! {
    /// The whole answer loses its last part.
    LosesTheLastPart breaks stream_equals_whole,
    /// An answer names another target.
    NamesAnotherTarget breaks text_and_target,
    /// Input tokens come without those of the cache.
    CountsWithoutCache breaks usage_is_inclusive,
    /// Unknown usage is 0.
    MakesUsageUp breaks unknown_usage_is_none,
    /// A part that is not known goes without a word.
    SwallowsUnknownParts breaks unknown_content_is_kept,
    /// Blocks stay open.
    LeavesBlocksOpen breaks stream_keeps_the_law,
    /// Each piece of the network is taken for whole lines.
    ReadsPieceByPiece breaks any_split_gives_the_same_events,
    /// An unknown event is an error.
    RefusesUnknownEvents breaks unknown_events_are_ignored,
    /// The end of the body is taken for the end of the answer.
    TakesTheEndForFinish breaks cut_stream_is_an_error,
    /// A broken connection is taken for the end of the answer.
    TakesBreaksForFinish breaks broken_stream_is_an_error,
    /// An error event is overlooked.
    OverlooksErrorEvents breaks failing_stream_is_an_error,
    /// Any body of a whole answer is taken for one.
    TakesAnyBody breaks unreadable_answer_is_an_error,
    /// The whole body is read before the first event is given out.
    ReadsAhead breaks reads_lazily,
    /// All calls have the same id.
    RepeatsCallIds breaks tool_calls_have_their_shape,
    /// Empty arguments become a word that is not JSON.
    WritesUndefined breaks empty_arguments_are_an_object,
    /// Every status is unknown.
    IgnoresStatuses breaks every_status_has_its_kind,
    /// The vendor's codes are not read.
    IgnoresCodes breaks vendor_errors_have_their_kind,
    /// The vendor's delay is not read.
    ForgetsDelays breaks retry_after_is_kept,
    /// A failed call is tried again.
    TriesAgain breaks nothing_is_tried_twice,
    /// A connection that can't be made is the vendor's failure.
    BlamesTheVendor breaks refused_connection_is_an_error,
    /// The rendered body is another than the one that is sent.
    RendersAnotherBody breaks render_is_what_is_sent,
    /// Instructions go without a word.
    DropsInstructions breaks nothing_is_dropped_in_silence,
    /// Options go without a word.
    IgnoresOptions breaks options_are_sent_or_told,
    /// Parts of the history go without a word.
    DropsPartsSilently breaks unknown_parts_warn,
    /// State does not come back.
    LosesState breaks state_returns_exactly,
    /// State goes to any model.
    SendsForeignState breaks foreign_state_is_dropped,
    /// The port for credentials is not asked.
    IgnoresCredentials breaks tenants_keys_are_used,
    /// A dropped call goes on.
    KeepsDroppedCalls breaks dropped_call_is_given_up,
    /// The body of a dropped stream is kept.
    KeepsDroppedStreams breaks dropped_stream_is_given_up,
    /// The ports are held for ever.
    KeepsItsPorts breaks drop_releases_everything,
    /// The description shows the key.
    ShowsTheKey breaks secrets_stay_secret,
    /// Vectors come in the order of the vendor's answer.
    KeepsTheVendorsOrder breaks embeddings_keep_order,
    /// Any number of vectors is taken.
    TakesAnyVectors breaks missing_vectors_are_an_error,
    /// Any inputs are sent.
    SendsAnyInputs breaks bad_inputs_are_refused,
    /// Only the first page of models is read.
    ReadsOnePage breaks catalog_reads_every_page,
    /// A failed list is a built-in one.
    InventsModels breaks failed_catalog_is_an_error,
    /// Health is asked with a paid call.
    PaysForHealth breaks health_is_never_paid,
}
