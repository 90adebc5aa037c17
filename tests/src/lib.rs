//! End-to-end tests of the workspace, through its front door; see `tests/it/main.rs`.
