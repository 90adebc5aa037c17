//! Where the vendors' definitions are.

use std::path::PathBuf;
use std::sync::Once;

use tests::conformance::{Definition, Vendor};

/// The definition of `vendor`, or `None` where there are no definitions and they are not demanded.
pub(crate) fn definition(vendor: &'static Vendor) -> Option<Definition> {
    let folder = folder()?;
    Some(Definition::load(&folder, vendor).unwrap_or_else(|problem| panic!("{problem}")))
}

/// The folder of the definitions, or `None` where there is none and none is demanded.
#[expect(
    clippy::disallowed_methods,
    reason = "the definitions are no part of the repository: only the environment knows where they are"
)]
pub(crate) fn folder() -> Option<PathBuf> {
    static SAID: Once = Once::new();
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let Some(folder) = set("AI_SPECS").map(PathBuf::from) else {
        let in_ci = set("CI").is_some_and(|value| value != "false");
        assert!(!in_ci, "AI_SPECS is not set: name the folder of the vendors' definitions");
        SAID.call_once(|| println!("skipped: AI_SPECS names no folder of the vendors' definitions"));
        return None;
    };
    Some(folder)
}
