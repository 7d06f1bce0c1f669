//! Expectation suites of Great Expectations, as JSON.

use serde_json::{Value as Json, json};

use super::draft::{Draft, mapping, type_of};
use super::{ImportError, items, texts};

pub(super) fn import(tree: &Json, draft: &mut Draft) -> Result<(), ImportError> {
    let expectations = tree["expectations"].as_array().ok_or(ImportError::Lacks("expectations"))?;
    let mut existing = Vec::new();
    for expectation in expectations {
        let name = expectation["type"].as_str().or(expectation["expectation_type"].as_str());
        let name = name.unwrap_or("an expectation without a type");
        let of = Expectation { name, given: &expectation["kwargs"] };
        if name == "expect_column_to_exist" {
            existing.extend(of.text("column").map(str::to_owned));
        } else if let Err(reason) = of.add_to(draft) {
            draft.leave_out(name, of.text("column"), reason);
        }
    }
    if !existing.is_empty() {
        draft.table("columns", json!({"match": "superset", "names": existing}));
    }
    Ok(())
}

struct Expectation<'a> {
    name: &'a str,
    given: &'a Json,
}

const NO_CHECK: &str = "there is no check that means the same";

impl<'a> Expectation<'a> {
    fn text(&self, key: &str) -> Option<&'a str> {
        self.given[key].as_str()
    }

    /// Returns the mapping of these keys of ours with the values of those of theirs.
    fn mapped(&self, pairs: &[(&str, &str)]) -> Result<Json, String> {
        let mut pairs: Vec<(&str, &Json)> =
            pairs.iter().map(|(ours, theirs)| (*ours, &self.given[*theirs])).collect();
        pairs.push(("mostly", &self.given["mostly"]));
        mapping(&pairs).ok_or_else(|| "it says nothing that could be checked".to_owned())
    }

    /// Returns the same with the ends of a range.
    fn between(&self) -> Result<Json, String> {
        self.mapped(&[("min", "min_value"), ("max", "max_value")])
    }

    /// Returns what a check is given that needs nothing.
    fn plain(&self) -> Json {
        mapping(&[("mostly", &self.given["mostly"])]).unwrap_or(json!(true))
    }

    fn add_to(&self, draft: &mut Draft) -> Result<(), String> {
        if !self.given["row_condition"].is_null() {
            return Err("it holds of some rows only (`row_condition`)".to_owned());
        }
        match self.text("column") {
            Some(column) => {
                let (check, value) = self.of_column()?;
                draft.column(column, check, value);
            }
            None => {
                let (check, value) = self.of_table()?;
                draft.table(check, value);
            }
        }
        Ok(())
    }

    fn of_table(&self) -> Result<(&'static str, Json), String> {
        let names = |key: &str| json!(texts(&self.given[key]));
        Ok(match self.name {
            "expect_table_columns_to_match_ordered_list" => {
                ("columns", json!({"match": "exact", "names": names("column_list")}))
            }
            "expect_table_columns_to_match_set" => {
                let how = if self.given["exact_match"] == false { "superset" } else { "equal" };
                ("columns", json!({"match": how, "names": names("column_set")}))
            }
            "expect_table_row_count_to_be_between" => ("row_count", self.between()?),
            "expect_table_row_count_to_equal" => ("row_count", self.mapped(&[("equal", "value")])?),
            "expect_compound_columns_to_be_unique" => {
                ("unique", self.mapped(&[("columns", "column_list")])?)
            }
            "expect_column_pair_values_to_be_equal" => self.pair("=="),
            "expect_column_pair_values_a_to_be_greater_than_b" => {
                self.pair(if self.given["or_equal"] == true { ">=" } else { ">" })
            }
            _ => return Err(NO_CHECK.to_owned()),
        })
    }

    fn pair(&self, op: &str) -> (&'static str, Json) {
        let (left, right) = (&self.given["column_A"], &self.given["column_B"]);
        let op = json!(op);
        let pairs =
            [("left", left), ("op", &op), ("right", right), ("mostly", &self.given["mostly"])];
        ("pair", mapping(&pairs).unwrap_or_default())
    }

    fn of_column(&self) -> Result<(&'static str, Json), String> {
        let rest = self.name.strip_prefix("expect_column_").unwrap_or(self.name);
        Ok(match rest {
            "values_to_not_be_null" => ("not_null", self.plain()),
            "values_to_be_unique" => ("unique", self.plain()),
            "values_to_be_in_set" => ("in_set", self.mapped(&[("values", "value_set")])?),
            "values_to_not_be_in_set" => ("not_in_set", self.mapped(&[("values", "value_set")])?),
            "values_to_be_between" => ("range", self.range()?),
            "values_to_match_regex" => ("regex", self.mapped(&[("pattern", "regex")])?),
            "values_to_not_match_regex" => ("not_regex", self.mapped(&[("pattern", "regex")])?),
            "value_lengths_to_be_between" => ("length", self.between()?),
            "value_lengths_to_equal" => ("length", self.mapped(&[("equal", "value")])?),
            "values_to_match_strftime_format" => {
                ("date_format", self.mapped(&[("format", "strftime_format")])?)
            }
            "values_to_be_of_type" => {
                let theirs = self.text("type_").unwrap_or_default();
                let ours = type_of(theirs).ok_or_else(|| format!("`{theirs}` is no type here"))?;
                ("type", json!(ours))
            }
            "values_to_be_increasing" => ("increasing", self.increasing()),
            "values_to_match_json_schema" => {
                ("json_schema", self.mapped(&[("schema", "json_schema")])?)
            }
            "min_to_be_between" => ("min", self.between()?),
            "max_to_be_between" => ("max", self.between()?),
            "mean_to_be_between" => ("mean", self.between()?),
            "median_to_be_between" => ("median", self.between()?),
            "stdev_to_be_between" => ("stdev", self.between()?),
            "sum_to_be_between" => ("sum", self.between()?),
            "unique_value_count_to_be_between" => ("distinct", self.between()?),
            "proportion_of_unique_values_to_be_between" => (
                "distinct",
                self.mapped(&[("min_ratio", "min_value"), ("max_ratio", "max_value")])?,
            ),
            "value_z_scores_to_be_less_than" if self.given["double_sided"] == true => {
                ("z_score", self.mapped(&[("max", "threshold")])?)
            }
            "quantile_values_to_be_between" => ("quantile", self.quantile()?),
            _ => return Err(NO_CHECK.to_owned()),
        })
    }

    fn range(&self) -> Result<Json, String> {
        self.mapped(&[
            ("min", "min_value"),
            ("max", "max_value"),
            ("strict_min", "strict_min"),
            ("strict_max", "strict_max"),
        ])
    }

    fn increasing(&self) -> Json {
        let strict = [("strict", &self.given["strictly"]), ("mostly", &self.given["mostly"])];
        mapping(&strict).unwrap_or(json!(true))
    }

    fn quantile(&self) -> Result<Json, String> {
        let ranges = &self.given["quantile_ranges"];
        let ([q], [range]) = (items(&ranges["quantiles"]), items(&ranges["value_ranges"])) else {
            return Err("it is of several quantiles: write `quantile` once for each".to_owned());
        };
        let pairs = [("q", q), ("min", &range[0]), ("max", &range[1])];
        mapping(&pairs).ok_or_else(|| NO_CHECK.to_owned())
    }
}
