//! The library for tests.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use provider_mock::{Mock, RefusingTransport};

use crate::ai::StandIn;
use crate::{Ai, AiBuilder, Result};

/// An [`Ai`] for tests: a [`Mock`] answers for every connection and model, every request is recorded, and nothing
/// leaves the program. It is used like an `Ai`.
///
/// ```
/// use ai::Ai;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> ai::Result<()> {
/// let ai = Ai::fake();
/// ai.mock().reply("Lima");
///
/// assert_eq!(ai.model("work/gpt-test").send("Capital of Peru?").await?.text(), "Lima");
/// ai.mock().assert_sent(|sent| sent.text().contains("Peru"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FakeAi {
    ai: Ai,
    mock: Mock,
    transport: RefusingTransport,
}

impl FakeAi {
    /// The script and the record of everything that was asked.
    pub fn mock(&self) -> &Mock {
        &self.mock
    }

    /// What refuses calls that would leave the program, and keeps their hosts.
    pub fn transport(&self) -> &RefusingTransport {
        &self.transport
    }
}

impl Ai {
    /// The library for tests: scripted, recorded, and without a way to the network.
    pub fn fake() -> FakeAi {
        let (mock, transport) = (Mock::new(), RefusingTransport::new());
        let mut builder = Self::builder();
        let resources = builder.resources(Arc::new(transport.clone()));
        let config = builder.configuration();
        let ai = builder.assemble(config, resources, Some(stand_in(&mock)));
        FakeAi { ai, mock, transport }
    }
}

impl AiBuilder {
    /// The library for tests. Connections that the code made keep their drivers, so that what they would send is
    /// encoded for real and then refused; a mock answers for all others.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) when a connection of the code can't be opened.
    pub fn fake(self) -> Result<FakeAi> {
        let (mock, transport) = (Mock::new(), RefusingTransport::new());
        let ai = self.open(Arc::new(transport.clone()), Some(stand_in(&mock)))?;
        Ok(FakeAi { ai, mock, transport })
    }
}

fn stand_in(mock: &Mock) -> StandIn {
    let mock = mock.clone();
    StandIn(Arc::new(move |connection| Arc::new(mock.clone().with_connection(connection))))
}

impl From<FakeAi> for Ai {
    fn from(fake: FakeAi) -> Self {
        fake.ai
    }
}

impl Deref for FakeAi {
    type Target = Ai;

    fn deref(&self) -> &Ai {
        &self.ai
    }
}

impl fmt::Debug for FakeAi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeAi").field("ai", &self.ai).finish_non_exhaustive()
    }
}
