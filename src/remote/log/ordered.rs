//! Maps and sets in canonical CBOR: arrays in strictly ascending order. What is not in order is
//! refused at the first such element, before the rest takes memory.

use minicbor::decode::{Decode, Decoder, Error};

/// Reads an array whose elements have strictly ascending keys.
fn ascending<'b, C, T: Decode<'b, C>>(
    decoder: &mut Decoder<'b>,
    context: &mut C,
    mut put: impl FnMut(T) -> bool,
) -> Result<(), Error> {
    let len = decoder.array()?.ok_or_else(|| Error::message("an array without its length"))?;
    for _ in 0..len {
        if !put(decoder.decode_with(context)?) {
            return Err(Error::message("the elements are not in order").at(decoder.position()));
        }
    }
    Ok(())
}

pub mod map {
    //! An array of pairs.

    use std::collections::BTreeMap;

    use minicbor::decode::{self, Decode, Decoder};
    use minicbor::encode::{self, Encode, Encoder, Write};

    pub fn encode<C, K: Encode<C>, V: Encode<C>, W: Write>(
        map: &BTreeMap<K, V>,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        encoder.array(map.len() as u64)?;
        map.iter().try_for_each(|pair| encoder.encode_with(pair, context).map(|_| ()))
    }

    pub fn decode<'b, C, K: Decode<'b, C> + Ord, V: Decode<'b, C>>(
        decoder: &mut Decoder<'b>,
        context: &mut C,
    ) -> Result<BTreeMap<K, V>, decode::Error> {
        let mut map = BTreeMap::new();
        super::ascending(decoder, context, |(key, value): (K, V)| {
            let follows = map.last_key_value().is_none_or(|(last, _)| *last < key);
            map.insert(key, value);
            follows
        })?;
        Ok(map)
    }
}

pub mod set {
    //! An array of what the set holds.

    use std::collections::BTreeSet;

    use minicbor::decode::{self, Decode, Decoder};
    use minicbor::encode::{self, Encode, Encoder, Write};

    pub fn encode<C, T: Encode<C>, W: Write>(
        set: &BTreeSet<T>,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        encoder.array(set.len() as u64)?;
        set.iter().try_for_each(|item| encoder.encode_with(item, context).map(|_| ()))
    }

    pub fn decode<'b, C, T: Decode<'b, C> + Ord>(
        decoder: &mut Decoder<'b>,
        context: &mut C,
    ) -> Result<BTreeSet<T>, decode::Error> {
        let mut set = BTreeSet::new();
        super::ascending(decoder, context, |item: T| {
            let follows = set.last().is_none_or(|last| *last < item);
            set.insert(item);
            follows
        })?;
        Ok(set)
    }
}
