//! A profile as bytes, for a cache: what is damaged, or of another version, is no profile.
//!
//! `mlvprof1`, kind (1), flags (1), rows (8), count (8), then numbers (8 each) or texts (length 4, bytes,
//! count 8), then the BLAKE3 hash of all before. Numbers are little-endian.

use crate::check::drift::category::Categories;
use crate::check::drift::profile::{Profile, Values};
use crate::check::stats::Sample;

const MAGIC: &[u8; 8] = b"mlvprof1";
const HASH: usize = 32;

const NONE: u8 = 0;
const NUMBERS: u8 = 1;
const TEXTS: u8 = 2;
const MANY_TEXTS: u8 = 3;
const TIMES: u8 = 4;

/// Returns a profile as bytes.
pub fn encode(profile: &Profile) -> Vec<u8> {
    let (kind, flag, count) = match &profile.values {
        Values::None => (NONE, false, 0),
        Values::Numbers { sample, integers } => (NUMBERS, *integers, sample.len()),
        Values::Texts(categories) => (TEXTS, false, categories.iter().len()),
        Values::ManyTexts => (MANY_TEXTS, false, 0),
        Values::Times => (TIMES, false, 0),
    };
    let mut bytes = MAGIC.to_vec();
    bytes.extend([kind, u8::from(flag)]);
    bytes.extend(profile.rows.to_le_bytes());
    bytes.extend((count as u64).to_le_bytes());
    match &profile.values {
        Values::Numbers { sample, .. } => {
            bytes.extend(sample.numbers().iter().flat_map(|number| number.to_le_bytes()));
        }
        Values::Texts(categories) => {
            for (text, count) in categories.iter() {
                bytes.extend((text.len() as u32).to_le_bytes());
                bytes.extend(text.as_bytes());
                bytes.extend(count.to_le_bytes());
            }
        }
        Values::None | Values::ManyTexts | Values::Times => {}
    }
    let hash = blake3::hash(&bytes);
    bytes.extend(hash.as_bytes());
    bytes
}

/// Returns the profile that bytes are of; nothing where they are of none.
pub fn decode(bytes: &[u8]) -> Option<Profile> {
    let (bytes, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH)?)?;
    if blake3::hash(bytes).as_bytes() != hash {
        return None;
    }
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let [kind, flag] = take(&mut rest)?;
    let rows = u64::from_le_bytes(take(&mut rest)?);
    let count = u64::from_le_bytes(take(&mut rest)?);
    let values = match kind {
        NONE => Values::None,
        NUMBERS => Values::Numbers { sample: numbers(&mut rest, count)?, integers: flag == 1 },
        TEXTS => Values::Texts(texts(&mut rest, count)?),
        MANY_TEXTS => Values::ManyTexts,
        TIMES => Values::Times,
        _ => return None,
    };
    rest.is_empty().then_some(Profile { rows, values })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
}

fn numbers(rest: &mut &[u8], count: u64) -> Option<Sample> {
    let (chunks, left) = rest.as_chunks::<8>();
    if chunks.len() as u64 != count || !left.is_empty() {
        return None;
    }
    *rest = left;
    Sample::from_sorted(chunks.iter().copied().map(f64::from_le_bytes).collect())
}

fn texts(rest: &mut &[u8], count: u64) -> Option<Categories> {
    let mut counts = Vec::new();
    for _ in 0..count {
        let len = u32::from_le_bytes(take(rest)?) as usize;
        let (text, after) = rest.split_at_checked(len)?;
        *rest = after;
        counts.push((std::str::from_utf8(text).ok()?.into(), u64::from_le_bytes(take(rest)?)));
    }
    Categories::from_sorted(counts)
}

#[cfg(test)]
mod tests {
    use arrow_array::StringArray;
    use proptest::prelude::*;

    use super::*;
    use crate::check::drift::Collector;
    use crate::format::table::Column;

    fn profile() -> impl Strategy<Value = Profile> {
        let number = any::<f64>().prop_map(|number| number.to_string());
        let cell = prop_oneof![number, "[0-9]{1,3}", ".{0,8}"];
        let cells = proptest::collection::vec(proptest::option::of(cell), 0..50);
        (cells, any::<bool>()).prop_map(|(cells, as_text)| {
            let mut collector = if as_text { Collector::of_texts() } else { Collector::default() };
            collector.take(&Column::Text(cells.into_iter().collect::<StringArray>()));
            collector.finish().expect("one batch is of one kind")
        })
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_back(profile in profile()) {
            prop_assert_eq!(decode(&encode(&profile)), Some(profile));
        }

        #[test]
        fn what_is_damaged_or_cut_is_no_profile(profile in profile(), at: usize, bit in 0..8_u32) {
            let mut bytes = encode(&profile);
            let at = at % bytes.len();
            prop_assert_eq!(decode(&bytes[..at]), None);
            bytes[at] ^= 1_u8 << bit;
            prop_assert_eq!(decode(&bytes), None);
        }

        #[test]
        fn any_bytes_can_be_read(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(decode(&bytes), None);
            // With a sound hash what lies inside is looked at.
            bytes.splice(0..0, *MAGIC);
            let hash = blake3::hash(&bytes);
            bytes.extend(hash.as_bytes());
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn kinds_without_values_are_stored_too() {
        for values in [Values::None, Values::ManyTexts, Values::Times] {
            let profile = Profile { rows: 7, values };
            assert_eq!(decode(&encode(&profile)), Some(profile));
        }
    }
}
