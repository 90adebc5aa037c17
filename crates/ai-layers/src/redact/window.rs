//! A text that comes in pieces.

use super::Redactor;

/// So much of what was let go is kept, because what stands before a text decides about it.
const CONTEXT: usize = 64;

/// The end of a text in pieces, held back as long as it may be the beginning of a find.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// What was let go, and then what is held.
    text: String,
    /// Where that begins which is held.
    held: usize,
    /// The rule of a find that is longer than any should be; it was replaced, and its rest is dropped.
    swallows: Option<usize>,
}

impl Window {
    /// Takes more of the text, and gives what can be let go of it.
    pub(super) fn push(&mut self, redactor: &Redactor, more: &str) -> String {
        let mut more = more;
        if let Some(rule) = self.swallows {
            let dropped = redactor.goes_on(rule, more);
            more = more.get(dropped..).unwrap_or_default();
            if more.is_empty() {
                return String::new();
            }
            self.swallows = None;
        }
        self.text.push_str(more);
        let mut end = redactor.open_from(&self.text).max(self.held);
        let found = redactor.find(&self.text, self.held);
        let crossing = found.iter().find(|finding| finding.range.end > end);
        let mut swallowed = None;
        if let Some(finding) =
            crossing.filter(|finding| finding.range.start < end || finding.range.end == self.text.len())
        {
            end = end.min(finding.range.start);
            let endless =
                finding.range.end == self.text.len() && finding.range.len() > redactor.longest().max(CONTEXT);
            swallowed = endless.then_some(finding.rule);
        }
        if swallowed.is_some() {
            end = self.text.len();
        }
        let clean = self.let_go(redactor, end, &found);
        self.swallows = swallowed;
        clean
    }

    /// The rest of the text.
    pub(super) fn end(&mut self, redactor: &Redactor) -> String {
        self.swallows = None;
        let found = redactor.find(&self.text, self.held);
        self.let_go(redactor, self.text.len(), &found)
    }

    fn let_go(&mut self, redactor: &Redactor, end: usize, found: &[super::Finding]) -> String {
        let mut clean = String::with_capacity(end - self.held);
        let mut done = self.held;
        for finding in found.iter().filter(|finding| finding.range.end <= end) {
            clean.push_str(self.text.get(done..finding.range.start).unwrap_or_default());
            redactor.replacement(finding.rule, &mut clean);
            done = finding.range.end;
        }
        clean.push_str(self.text.get(done..end).unwrap_or_default());
        self.held = end;
        let mut old = self.held.saturating_sub(CONTEXT);
        while !self.text.is_char_boundary(old) {
            old -= 1;
        }
        self.text.drain(..old);
        self.held -= old;
        clean
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redactor() -> Redactor {
        Redactor::standard().pattern("customer", r"\bC-\d{4,6}\b", 8).unwrap()
    }

    fn in_pieces<'a>(pieces: impl IntoIterator<Item = &'a str>) -> String {
        let (mut window, redactor) = (Window::default(), redactor());
        let mut all: String = pieces.into_iter().map(|piece| window.push(&redactor, piece)).collect();
        all.push_str(&window.end(&redactor));
        all
    }

    #[test]
    fn words_are_let_go_when_they_can_be_nothing_else() {
        let (mut window, redactor) = (Window::default(), Redactor::standard());
        assert_eq!(window.push(&redactor, "Write to"), "Write ");
        assert_eq!(window.push(&redactor, " ana@exa"), "to ");
        assert_eq!(window.push(&redactor, "mple.com"), "");
        assert_eq!(window.push(&redactor, " now. "), "[redacted:email] now. ".trim_end());
        assert_eq!(window.end(&redactor), " ");
    }

    #[test]
    fn a_key_without_an_end_is_held_back_no_longer_than_needed() {
        let (mut window, redactor) = (Window::default(), Redactor::standard());
        let mut all = window.push(&redactor, "sk-");
        for _ in 0..10_000 {
            all.push_str(&window.push(&redactor, "abcdefghij"));
            assert!(window.text.len() < 2_000);
        }
        all.push_str(&window.push(&redactor, " and more"));
        all.push_str(&window.end(&redactor));
        assert_eq!(all, "[redacted:api_key] and more");
    }

    #[test]
    fn what_was_let_go_hides_nothing_that_follows() {
        let (keys, card) = ("sk-test-0123456789abcdefghij".repeat(2), "4111 1111 1111 1111");
        let text = format!("{keys}{card}ana@example.com");
        assert_eq!(redactor().text(&text), "[redacted:api_key] 1111 1111 [redacted:email]");
        assert_eq!(in_pieces(text.split_inclusive("")), redactor().text(&text));
    }

    #[test]
    fn a_word_without_an_end_is_let_go() {
        let (mut window, redactor) = (Window::default(), Redactor::standard());
        let all: String = (0..1_000).map(|_| window.push(&redactor, "abcdefghij")).collect();
        assert!(all.len() > 9_000);
        assert_eq!(all + &window.end(&redactor), "abcdefghij".repeat(1_000));
    }

    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            3 => "[a-z ]{0,12}",
            1 => Just("ana@example.com".to_owned()),
            1 => Just("sk-test-0123456789abcdefghij".to_owned()),
            1 => Just("4111 1111 1111 1111".to_owned()),
            1 => Just("5555555555554444".to_owned()),
            1 => Just("C-12345".to_owned()),
            1 => "[0-9 -]{0,8}",
            1 => "[.@_é€-]{0,3}",
            1 => Just("\n".to_owned()),
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        #[test]
        fn wherever_it_is_cut_the_same_is_found(text in text(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6)) {
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).filter(|at| text.is_char_boundary(*at)).collect();
            places.extend([0, text.len()]);
            places.sort_unstable();
            let pieces = places.windows(2).map(|pair| &text[pair[0]..pair[1]]);
            prop_assert_eq!(in_pieces(pieces), redactor().text(&text).into_owned());
            let letters: Vec<String> = text.chars().map(String::from).collect();
            prop_assert_eq!(in_pieces(letters.iter().map(String::as_str)), redactor().text(&text).into_owned());
        }
    }
}
