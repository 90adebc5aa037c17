//! Integration tests of conversations.
