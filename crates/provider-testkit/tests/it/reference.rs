//! The reference provider keeps every law.

use provider_testkit::{Reference, conformance};

conformance!(Reference::subject());
