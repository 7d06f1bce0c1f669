use proptest::prelude::*;

use super::*;

/// Returns bytes that look random, the same for the same seed.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

/// The rule of `docs/format.md`, word by word: one byte, one decision.
fn slow_cuts(data: &[u8], hints: &[u64]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut start = 0;
    for place in 1..=data.len() {
        let window = &data[place.saturating_sub(WINDOW)..place];
        let candidate = || {
            let hash = window
                .iter()
                .rev()
                .enumerate()
                .fold(0u64, |sum, (age, b)| sum.wrapping_add(GEAR[usize::from(*b)] << age));
            hash >> 48 == 0
        };
        let length = place - start;
        let small = data.len() <= MAX_CHUNK;
        let hinted = !small && hints.contains(&(place as u64));
        let natural = !small && length >= MIN_CHUNK && (length == MAX_CHUNK || candidate());
        if hinted || natural || place == data.len() {
            ends.push(place);
            start = place;
        }
    }
    ends
}

fn cuts_in_blocks(data: &[u8], hints: &[u64], block: usize) -> Vec<usize> {
    let mut cutter = Cutter::new(hints);
    let (mut ends, mut start, mut found) = (Vec::new(), 0, Vec::new());
    let mut seen = 0;
    while seen < data.len() {
        let next = (seen + block).min(data.len());
        candidates(&data[..next], seen, &mut found);
        let ahead: Vec<usize> = found.iter().filter(|c| **c > start).map(|c| c - start).collect();
        let cuts = cutter.cut(next - start, &ahead, next == data.len());
        ends.extend(cuts.iter().map(|end| start + end));
        start = ends.last().copied().unwrap_or(0);
        seen = next;
    }
    ends
}

#[test]
fn the_cuts_of_a_known_stream_are_the_golden_ones() {
    let golden = include_str!("../../../tests/golden/store/chunker.txt");
    let data = noise(1, 2 << 20);
    let ends = |hints: &[u64]| -> Vec<String> {
        cut_all(&data, hints).iter().map(ToString::to_string).collect()
    };
    let expected = [
        format!("gear {:016x} {:016x}", GEAR[0], GEAR[255]),
        format!("cuts {}", ends(&[]).join(" ")),
        format!("hinted {}", ends(&[100_000, 100_001, 1_500_000]).join(" ")),
    ];
    let lines: Vec<&str> = golden.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines, expected);
}

#[test]
fn a_small_file_is_one_chunk_whatever_it_holds() {
    assert_eq!(cut_all(&[], &[]), Vec::<usize>::new());
    assert_eq!(cut_all(&noise(2, MAX_CHUNK), &[5]), [MAX_CHUNK]);
    assert_eq!(cut_all(&vec![0; MAX_CHUNK + 1], &[]), [MAX_CHUNK, MAX_CHUNK + 1]);
}

#[test]
fn an_insertion_changes_as_few_chunks_as_with_fastcdc() {
    let old = noise(3, 16 << 20);
    let mut new = old.clone();
    new.splice(8 << 20..8 << 20, noise(4, 1000));
    let ours = fresh_bytes(&pieces(&old, &cut_all(&old, &[])), &pieces(&new, &cut_all(&new, &[])));
    let theirs = |data: &[u8]| -> Vec<usize> {
        let chunker = fastcdc::v2020::FastCDC::new(data, MIN_CHUNK, TARGET_CHUNK, MAX_CHUNK);
        chunker.map(|chunk| chunk.offset + chunk.length).collect()
    };
    let peer = fresh_bytes(&pieces(&old, &theirs(&old)), &pieces(&new, &theirs(&new)));
    assert!(ours <= peer.max(2 * MAX_CHUNK), "{ours} bytes are new, {peer} with fastcdc");
}

fn pieces(data: &[u8], ends: &[usize]) -> Vec<Vec<u8>> {
    let mut start = 0;
    let piece = |end: &usize| data[std::mem::replace(&mut start, *end)..*end].to_vec();
    ends.iter().map(piece).collect()
}

fn fresh_bytes(old: &[Vec<u8>], new: &[Vec<u8>]) -> usize {
    new.iter().filter(|piece| !old.contains(piece)).map(Vec::len).sum()
}

#[test]
fn the_mean_length_is_near_the_target() {
    let data = noise(5, 32 << 20);
    let mean = data.len() / cut_all(&data, &[]).len();
    assert!((TARGET_CHUNK..TARGET_CHUNK * 3 / 2).contains(&mean), "{mean}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn lanes_and_blocks_cut_where_the_written_rule_does(
        seed in any::<u64>(),
        len in 0usize..1_500_000,
        zeros in 0usize..600_000,
        block in 1_000usize..500_000,
        hints in proptest::collection::vec(0u64..1_600_000, 0..6),
    ) {
        let mut data = noise(seed, len);
        let zeros = zeros.min(len);
        data[..zeros].fill(0);
        let mut hints = hints;
        hints.sort_unstable();
        let expected = slow_cuts(&data, &hints);
        prop_assert_eq!(&cut_all(&data, &hints), &expected);
        if len > MAX_CHUNK {
            prop_assert_eq!(&cuts_in_blocks(&data, &hints, block), &expected);
        }
    }
}
