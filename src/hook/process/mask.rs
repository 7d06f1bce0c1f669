//! Hides secrets in a stream of bytes, also where a read cuts one in two.

const STARS: &[u8] = b"***";

/// Lines of a secret shorter than this are hidden only as part of the whole.
const SHORTEST_LINE: usize = 6;

/// Replaces secrets by `***`; what may be the beginning of one is held back until more comes.
#[derive(Debug, Default)]
pub struct Masker {
    secrets: Vec<Vec<u8>>,
    held: Vec<u8>,
}

impl Masker {
    /// Returns a masker of these secrets, and of each long enough line of one that has several.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut all: Vec<Vec<u8>> = Vec::new();
        for secret in secrets {
            all.push(secret.to_vec());
            all.push(secret.trim_ascii().to_vec());
            let lines = secret.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
            all.extend(lines.filter(|line| line.len() >= SHORTEST_LINE).map(<[u8]>::to_vec));
        }
        all.retain(|secret| !secret.is_empty());
        // The longest first: a secret that begins with another is hidden whole.
        all.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        all.dedup();
        Self { secrets: all, held: Vec::new() }
    }

    /// Returns what of the stream is certain, with `bytes` added to it.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.secrets.is_empty() {
            return bytes.to_vec();
        }
        self.held.extend_from_slice(bytes);
        self.pass(false)
    }

    /// Returns what was held back, as the stream has ended.
    pub fn finish(&mut self) -> Vec<u8> {
        self.pass(true)
    }

    /// Returns `bytes`, which are a whole, with every secret hidden.
    pub fn mask(&self, bytes: &[u8]) -> Vec<u8> {
        let mut whole = Self { secrets: self.secrets.clone(), held: bytes.to_vec() };
        whole.pass(true)
    }

    fn pass(&mut self, last: bool) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        let mut out = Vec::with_capacity(held.len());
        let mut at = 0;
        while at < held.len() {
            let rest = &held[at..];
            let undecided =
                |secret: &Vec<u8>| rest.len() < secret.len() && secret.starts_with(rest);
            if !last && self.secrets.iter().any(undecided) {
                self.held = rest.to_vec();
                break;
            }
            if let Some(secret) = self.secrets.iter().find(|secret| rest.starts_with(secret)) {
                out.extend_from_slice(STARS);
                at += secret.len();
            } else {
                out.push(held[at]);
                at += 1;
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_secret_cut_by_a_read_is_hidden() {
        let mut masker = Masker::new([&b"hunter2"[..]]);
        let mut out = masker.feed(b"password hunt");
        assert_eq!(out, b"password ");
        out.extend(masker.feed(b"er2 and hunt"));
        out.extend(masker.finish());
        assert_eq!(out, b"password *** and hunt");
    }

    #[test]
    fn the_longer_of_two_secrets_and_the_lines_of_one_are_hidden() {
        let masker = Masker::new([&b"abc"[..], b"abcdef", b"first-line\nsecond-line"]);
        assert_eq!(masker.mask(b"abcdef abc second-line"), b"*** *** ***");
        assert_eq!(Masker::new([&b""[..]]).mask(b"free"), b"free");
    }

    proptest! {
        #[test]
        fn where_the_stream_is_cut_does_not_matter(
            text in "[abc]{0,40}",
            secrets in proptest::collection::vec("[abc]{1,4}", 0..3),
            cuts in proptest::collection::vec(0_usize..40, 0..5),
        ) {
            let mut masker = Masker::new(secrets.iter().map(String::as_bytes));
            let whole = masker.mask(text.as_bytes());
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
            cuts.sort_unstable();
            let mut out = Vec::new();
            let mut from = 0;
            for cut in cuts {
                out.extend(masker.feed(&text.as_bytes()[from..cut]));
                from = cut;
            }
            out.extend(masker.feed(&text.as_bytes()[from..]));
            out.extend(masker.finish());
            prop_assert_eq!(out, whole);
        }
    }
}
