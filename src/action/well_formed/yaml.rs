//! YAML, one document or several. Values are looked at, never kept.

use std::io::BufRead;

use serde::de::IgnoredAny;

use super::Fault;
use crate::hook::spec::yaml_fault;

/// Aliases can make a small file large: this much is followed.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: 200,
            max_documents: 100_000,
            max_nodes: 20_000_000,
            max_events: 40_000_000,
            max_total_scalar_bytes: 2 << 30,
        },
    }
}

pub(super) fn faults(mut reader: impl BufRead) -> Vec<Fault> {
    let mut documents = serde_saphyr::read_with_options::<_, IgnoredAny>(&mut reader, options());
    let fault = documents.find_map(Result::err).map(|error| {
        let (place, message) = yaml_fault(&error);
        Fault { row: place.line.max(1) as u64, message: format!("no YAML: {message}") }
    });
    fault.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> Vec<String> {
        faults(text.as_bytes()).iter().map(|f| format!("{}: {}", f.row, f.message)).collect()
    }

    #[test]
    fn documents_tags_and_anchors_are_read() {
        for sound in
            ["", "a: 1\n", "a: 1\n---\nb: [x, {y: z}]\n", "a: !Ref x\n", "a: &x [1]\nb: *x\n"]
        {
            assert!(told(sound).is_empty(), "{sound:?}: {:?}", told(sound));
        }
    }

    #[test]
    fn a_fault_is_told_with_its_line_whichever_document_it_is_in() {
        for (text, row) in [("a: 1\nb: [1,\n", 3), ("a: 1\n---\nb: 'x\n", 3), ("a: 1\na: 2\n", 2)] {
            let faults = faults(text.as_bytes());
            assert_eq!(faults.len(), 1, "{text:?}");
            assert!(faults[0].row.abs_diff(row) <= 1, "{text:?}: {:?}", faults[0]);
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_looked_at(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(faults(&bytes[..]).len() <= 1);
        }
    }
}
