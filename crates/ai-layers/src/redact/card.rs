//! Numbers of payment cards.

use std::ops::Range;

/// Nineteen digits with a separator after each.
pub(super) const LONGEST: usize = 37;

/// The first card number from a place on: of a series of groups of digits the longest one that passes and begins with a group.
pub(super) fn find(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        let start = bytes.iter().skip(at).position(u8::is_ascii_digit)? + at;
        let begins = start
            .checked_sub(1)
            .and_then(|before| bytes.get(before))
            .is_none_or(|byte| !byte.is_ascii_digit());
        match begins.then(|| card(bytes, start)).flatten() {
            Some(end) => return Some(start..end),
            None => at = end_of_group(bytes, start),
        }
    }
}

fn end_of_group(bytes: &[u8], start: usize) -> usize {
    bytes
        .iter()
        .skip(start)
        .position(|byte| !byte.is_ascii_digit())
        .map_or(bytes.len(), |length| start + length)
}

/// Where the longest card number ends that begins here.
fn card(bytes: &[u8], start: usize) -> Option<usize> {
    let mut digits: Vec<u8> = Vec::with_capacity(19);
    let (mut at, mut found) = (start, None);
    loop {
        let end = end_of_group(bytes, at);
        digits.extend(bytes.get(at..end)?.iter().map(|digit| digit - b'0'));
        if digits.len() > 19 {
            return found;
        }
        if digits.len() >= 13 && passes(&digits) {
            found = Some(end);
        }
        let separated = matches!(bytes.get(end), Some(b' ' | b'-'));
        if !separated || !bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            return found;
        }
        at = end + 1;
    }
}

/// The check of ISO/IEC 7812-1, annex B: from the right, each second digit doubled.
fn passes(digits: &[u8]) -> bool {
    let sum: u32 = (0_u32..)
        .zip(digits.iter().rev())
        .map(|(place, digit)| {
            let digit = u32::from(*digit) << (place % 2);
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cards(text: &str) -> Vec<&str> {
        let mut at = 0;
        std::iter::from_fn(|| {
            let range = find(text, at)?;
            at = range.end;
            Some(&text[range])
        })
        .collect()
    }

    #[test]
    fn numbers_that_pass_are_found_however_they_are_grouped() {
        for card in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "378282246310005",
            "6304000000000000000",
        ] {
            assert_eq!(cards(&format!("pay with {card}.")), [card]);
        }
        assert_eq!(cards("1 4111 1111 1111 1111 7"), ["4111 1111 1111 1111"]);
        assert_eq!(cards("4111111111111111,5555555555554444"), ["4111111111111111", "5555555555554444"]);
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "4111111111111112",
            "0000000000000000",
            "41111111111111111111111",
            "2026-11-25 10:00",
            "4111  1111  1111  1111",
            "1234567890",
        ] {
            assert_eq!(cards(text), [""; 0], "{text}");
        }
    }
}
