//! The mock for configuration files.

use std::sync::Arc;
use std::time::Duration;

use laravel_ai_core::{Driver, Error, ErrorKind, ModelInfo, Provider, Resources, Result};

use crate::{Mock, MockConfig};

/// Opens mocks from configuration: for demonstrations and for programs without a key.
///
/// ```
/// use std::sync::Arc;
///
/// use laravel_ai_core::{Driver, Resources};
/// use provider_mock::{MockConfig, MockDriver, RefusingTransport, TestClock};
///
/// let resources = Resources::new(Arc::new(RefusingTransport::new()), Arc::new(TestClock::new()));
/// let provider = MockDriver::connect("demo", MockConfig::default(), &resources)?;
/// assert_eq!(provider.name(), "demo");
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MockDriver;

impl Driver for MockDriver {
    const NAME: &'static str = "mock";
    type Config = MockConfig;

    fn connect(connection: &str, config: MockConfig, resources: &Resources) -> Result<Arc<dyn Provider>> {
        let mut mock = Mock::new()
            .with_connection(connection)
            .with_clock(Arc::clone(&resources.clock))
            .with_seed(config.seed)
            .with_delay(Duration::from_millis(config.delay_ms))
            .with_pace(Duration::from_millis(config.pace_ms));
        mock = match (config.error, config.replies, config.reply) {
            (None, replies, None) if replies.is_empty() => mock,
            (None, replies, None) => mock.replies(replies),
            (None, replies, Some(rest)) => mock.sequence_then(replies, rest),
            (Some(kind), replies, None) if replies.is_empty() => mock.fail(kind),
            (Some(_), ..) => {
                let message = format!(
                    "connection `{connection}` has `error`, so it never gives the answers of `reply` or `replies`: leave \
                     one of them out"
                );
                return Err(Error::new(ErrorKind::Configuration, message));
            }
        };
        if let Some(models) = config.models {
            if models.iter().any(|name| name.trim().is_empty()) {
                let message =
                    format!("`models` of connection `{connection}` has a name that is empty: leave it out");
                return Err(Error::new(ErrorKind::Configuration, message));
            }
            mock = mock.with_models(models.into_iter().map(ModelInfo::new));
        }
        Ok(Arc::new(mock))
    }
}
