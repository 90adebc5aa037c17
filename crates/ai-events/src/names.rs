//! Names of events.

use crate::EventKind;

macro_rules! names {
    ($($name:ident)*) => {
        impl EventKind {
            /// Every name, for tables and tests.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// The name of what happened, such as `MessageSent`.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => stringify!($name),)*
                }
            }
        }
    };
}

names! {
    MessageSent
    ResponseGenerated
    CallFailed
    StreamInterrupted
    Cancelled
    AttemptStarted
    AttemptFinished
    Retrying
    ProviderSwitched
    CircuitOpened
    CircuitClosed
    Throttled
    CacheHit
    CostCalculated
    BudgetThresholdReached
    ConversationCreated
    ConversationUpdated
    ToolCalled
    ToolCompleted
    ToolFailed
    AgentActionRequested
    AgentActionCompleted
    ExternalIntegrationTriggered
    ModelSynced
}
