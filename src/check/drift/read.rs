//! Reads the columns of a table into profiles, in one pass.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::base::interrupt::{self, Interrupted};
use crate::check::drift::collect::Collector;
use crate::check::drift::profile::Profile;
use crate::format::FormatError;
use crate::format::table::Table;

/// Returns the profiles of these columns. Those that begin with numbers and go on with texts are read a
/// second time, as texts.
pub fn profiles<E: From<FormatError> + From<Interrupted>>(
    table: &Table,
    columns: &[String],
) -> Result<BTreeMap<String, Profile>, E> {
    let mut profiles = BTreeMap::new();
    let mut again = Vec::new();
    for (column, profile) in collect::<E>(table, columns, Collector::default)? {
        match profile {
            Some(profile) => {
                profiles.insert(column, profile);
            }
            None => again.push(column),
        }
    }
    if !again.is_empty() {
        for (column, profile) in collect::<E>(table, &again, Collector::of_texts)? {
            profiles.insert(column, profile.expect("all that is taken as text is text"));
        }
    }
    Ok(profiles)
}

type Collected = Vec<(String, Option<Profile>)>;

fn collect<E: From<FormatError> + From<Interrupted>>(
    table: &Table,
    columns: &[String],
    collector: fn() -> Collector,
) -> Result<Collected, E> {
    let table = table.with_columns(columns)?;
    let names = table.fields().iter().map(|field| field.name.clone());
    let mut collectors: Vec<(String, Collector)> = names.map(|name| (name, collector())).collect();
    table.for_each(&mut |batch| -> Result<(), E> {
        interrupt::check()?;
        let pairs = collectors.par_iter_mut().zip(&batch.columns);
        pairs.for_each(|((_, collector), column)| collector.take(column));
        Ok(())
    })?;
    let finished = collectors.into_par_iter().map(|(name, collector)| (name, collector.finish()));
    Ok(finished.collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::check::drift::Values;
    use crate::format::table::{TableFile, TableOptions};

    fn table(files: &[(&str, &str)], batch_rows: usize) -> Table {
        let files = files.iter().map(|(name, text)| TableFile {
            name: (*name).to_owned(),
            source: Arc::new(text.as_bytes().to_vec()),
        });
        let options = TableOptions { batch_rows, ..TableOptions::default() };
        Table::open(files.collect(), options).unwrap()
    }

    fn read(table: &Table, columns: &[&str]) -> BTreeMap<String, Profile> {
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        #[derive(Debug)]
        struct Failed;
        impl From<FormatError> for Failed {
            fn from(error: FormatError) -> Self {
                panic!("{error}")
            }
        }
        impl From<Interrupted> for Failed {
            fn from(_: Interrupted) -> Self {
                Self
            }
        }
        profiles::<Failed>(table, &columns).unwrap()
    }

    #[test]
    fn the_size_of_batches_and_the_cut_into_files_do_not_matter() {
        let whole = [("a.csv", "n,t,m\n1,x,1\n2,y,2\n,z,3\n4,x,w\n")];
        let parts = [("a.csv", "n,t,m\n1,x,1\n2,y,2\n"), ("b.csv", "n,t,m\n,z,3\n4,x,w\n")];
        let expected = read(&table(&whole, 100), &["n", "t", "m"]);
        for rows in 1..4 {
            assert_eq!(read(&table(&whole, rows), &["n", "t", "m"]), expected);
            assert_eq!(read(&table(&parts, rows), &["n", "t", "m"]), expected);
        }
        assert!(matches!(expected["n"].values, Values::Numbers { integers: true, .. }));
        // Numbers that are followed by a text are counted as the texts that they were.
        let Values::Texts(texts) = &expected["m"].values else { panic!("{expected:?}") };
        let counted: Vec<_> = texts.iter().collect();
        assert_eq!(counted, [("1", 1), ("2", 1), ("3", 1), ("w", 1)]);
    }

    #[test]
    fn only_what_is_asked_for_is_read() {
        let table = table(&[("a.csv", "n,t\n1,x\n")], 10);
        assert_eq!(read(&table, &["t"]).into_keys().collect::<Vec<_>>(), ["t"]);
    }
}
