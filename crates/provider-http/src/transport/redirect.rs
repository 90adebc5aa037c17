//! Which redirects are followed.

use http::StatusCode;
use reqwest::redirect::Policy;

/// Redirects of one request that are followed at most; more is a loop.
const MOST: usize = 5;

/// Follows 307 and 308 within the origin that was asked, and gives every other redirect back as the answer.
///
/// 301, 302 and 303 turn a POST into a GET without a body, which no AI endpoint means. Another origin must not see the
/// request at all: its body is a prompt, and keys travel in headers that reqwest does not know to be secret.
pub(super) fn policy() -> Policy {
    Policy::custom(|attempt| {
        let keeps_method =
            matches!(attempt.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        let same_origin =
            attempt.previous().last().is_some_and(|asked| asked.origin() == attempt.url().origin());
        if keeps_method && same_origin && attempt.previous().len() <= MOST {
            attempt.follow()
        } else {
            attempt.stop()
        }
    })
}
