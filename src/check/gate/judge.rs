//! From evidence to a report.

use std::borrow::Cow;

use crate::check::gate::contest::{Contest, Opponent, all_metrics};
use crate::check::gate::evidence::{Champion, Evidence, Side};
use crate::check::gate::report::{Report, RuleResult, as_json};
use crate::check::gate::rows::{Groups, Rows, Texts, Wanted};
use crate::check::gate::spec::GateSpec;
use crate::check::gate::{sets, slices, verdict};
use crate::check::metrics::Predictions;
use crate::format::FormatError;

/// Judges a candidate.
pub fn judge(spec: &GateSpec, evidence: &Evidence) -> Result<Report, FormatError> {
    let mut trial = Trial::new(spec, evidence);
    trial.results.extend(evidence.findings.iter().cloned());
    let candidate = trial.read_candidate()?;
    let opponent = trial.read_champion(candidate.as_ref())?;
    Ok(trial.report(candidate.as_ref(), &opponent))
}

struct Trial<'a> {
    spec: &'a GateSpec,
    evidence: &'a Evidence,
    labels: Texts,
    results: Vec<RuleResult>,
    notes: Vec<String>,
}

/// The candidate's predictions, sound.
#[derive(Debug)]
pub struct Predicted {
    pub rows: Rows,
    pub answers: Predictions,
    /// The groups of each column that rules name; nothing where no table has it.
    pub groups: Vec<(String, Option<Groups>)>,
}

/// The champion's predictions, beside the candidate's.
enum Rival {
    Absent(String),
    Unfit,
    Present {
        name: String,
        measured: Option<Vec<(String, f64)>>,
        /// The candidate's rows that both have, and both on them.
        shared: Option<Shared>,
    },
}

struct Shared {
    rows: Vec<u32>,
    candidate: Option<Predictions>,
    champion: Predictions,
}

impl<'a> Trial<'a> {
    fn new(spec: &'a GateSpec, evidence: &'a Evidence) -> Self {
        let labels = Texts::default();
        Self { spec, evidence, labels, results: Vec::new(), notes: Vec::new() }
    }

    fn fail(&mut self, rule: &'static str, message: impl Into<String>) {
        self.results.push(RuleResult::failed(rule, message));
    }

    /// Reads the predictions of one side; nothing where they are unfit, which is noted.
    fn read(
        &mut self,
        rule: &'static str,
        side: &Side,
        groups: &[&str],
    ) -> Result<Option<Rows>, FormatError> {
        let Some(table) = &side.predictions else { return Ok(None) };
        let columns = &self.spec.columns;
        let whose = format!("predictions of {}", side.name);
        for needed in [&columns.id, &columns.y_true] {
            if !sets::has_column(table, needed) {
                self.fail(rule, format!("{whose}: there is no column `{needed}`"));
                return Ok(None);
            }
        }
        let wanted = Wanted {
            id: &columns.id,
            truth: Some(&columns.y_true),
            predicted: Some(&columns.y_pred),
            score: Some(&columns.y_score),
            groups,
            task: self.spec.task(),
        };
        let rows = Rows::read(table, wanted, &mut self.labels)?;
        let mut faults = rows.faults.sentences(&whose);
        if rows.ids.is_empty() {
            faults.push(format!("{whose}: there is no row"));
        }
        let is_sound = faults.is_empty();
        for fault in faults {
            self.fail(rule, fault);
        }
        Ok(is_sound.then_some(rows))
    }

    fn read_candidate(&mut self) -> Result<Option<Predicted>, FormatError> {
        let columns = slices::columns(self.spec);
        let evidence = self.evidence;
        let Some(rows) = self.read("predictions", &evidence.candidate, &columns)? else {
            return Ok(None);
        };
        let (labels, results) = (&mut self.labels, &mut self.results);
        let eval = sets::read_eval(self.spec, evidence, &columns, labels, results)?;
        if let (Some(set), Some(eval)) = (&self.spec.eval_set, &eval) {
            results.extend(sets::compare(set, eval, &rows));
        }
        if let Some(table) = &evidence.train_table {
            let evaluated = eval.as_ref().map_or(&rows.ids, |eval| &eval.ids);
            results.extend(sets::train_overlap(self.spec, table, evaluated)?);
        }
        let groups = slices::groups(&columns, &rows, eval.as_ref());
        let truth = rows.truth.as_ref().expect("predictions without it are not read");
        let (said, score) = (rows.predicted.as_ref(), rows.score.as_deref());
        match self.spec.answers(truth, said, score, &self.labels) {
            Ok(answers) => Ok(Some(Predicted { rows, answers, groups })),
            Err(why) => {
                self.fail(
                    "predictions",
                    format!("predictions of {}: {why}", evidence.candidate.name),
                );
                Ok(None)
            }
        }
    }

    fn read_champion(&mut self, candidate: Option<&Predicted>) -> Result<Rival, FormatError> {
        let side = match &self.evidence.champion {
            Champion::Absent(why) => return Ok(Rival::Absent(why.clone())),
            Champion::Present(side) => side,
        };
        let present = |shared| Rival::Present {
            name: side.name.clone(),
            measured: side.measured.clone(),
            shared,
        };
        let (Some(candidate), true) = (candidate, side.predictions.is_some()) else {
            return Ok(present(None));
        };
        let Some(rows) = self.read("champion_predictions", side, &[])? else {
            return Ok(Rival::Unfit);
        };
        Ok(self.share(side, candidate, &rows).map_or(Rival::Unfit, |shared| present(Some(shared))))
    }

    /// Puts both on the rows that both have.
    fn share(&mut self, side: &Side, candidate: &Predicted, rows: &Rows) -> Option<Shared> {
        let rule = "champion_predictions";
        let ids = &candidate.rows.ids;
        let pairs: Vec<(u32, u32)> = (0..)
            .zip(ids.iter())
            .filter_map(|(row, id)| Some((row, rows.ids.row_of(id)?)))
            .collect();
        for (one, other, who) in
            [(ids, &rows.ids, &self.evidence.candidate.name), (&rows.ids, ids, &side.name)]
        {
            let only = sets::without(one, other);
            if !only.is_empty() {
                let counted = only.counted("row");
                self.notes.push(format!("{counted} only in the predictions of {who}, as {only}"));
            }
        }
        if pairs.is_empty() {
            self.fail(rule, format!("no prediction is of a row that {} predicted too", side.name));
            return None;
        }
        let other = sets::other_truth(&candidate.rows, rows);
        if !other.is_empty() {
            let counted = other.counted("row");
            let message =
                format!("{counted} had another truth when {} was scored, as {other}", side.name);
            if !self.spec.allow_new_eval_set {
                self.fail(rule, message);
                return None;
            }
            self.notes.push(message);
        }
        let ours: Vec<u32> = pairs.iter().map(|(row, _)| *row).collect();
        let theirs = || pairs.iter().map(|(_, row)| *row);
        let truth = candidate.rows.truth.as_ref()?.rows(ours.iter().copied());
        let said = rows.predicted.as_ref().map(|values| values.rows(theirs()));
        let score = rows.score.as_ref();
        let score = score.map(|score| theirs().map(|row| score[row as usize]).collect::<Vec<_>>());
        match self.spec.answers(&truth, said.as_ref(), score.as_deref(), &self.labels) {
            Ok(champion) => {
                let is_part = ours.len() < candidate.rows.ids.len();
                let own = is_part.then(|| candidate.answers.rows(&ours));
                Some(Shared { rows: ours, candidate: own, champion })
            }
            Err(why) => {
                self.fail(rule, format!("predictions of {}: {why}", side.name));
                None
            }
        }
    }

    fn report(mut self, candidate: Option<&Predicted>, rival: &Rival) -> Report {
        let evidence = self.evidence;
        let answers = candidate.map(|candidate| &candidate.answers);
        let lacking = self.lacking(candidate.is_some());
        let contest = rival.contest(answers, evidence, &lacking);
        for rules in &self.spec.metrics {
            self.results.extend(verdict::judge(&contest, rules));
        }
        if let Some(candidate) = candidate {
            let shared = rival.shared().map(|shared| (shared.rows.as_slice(), &shared.champion));
            let scene = slices::Scene { contest: &contest, candidate, shared };
            let (results, notes) = (&mut self.results, &mut self.notes);
            slices::judge(self.spec, &scene, results);
            slices::judge_fairness(self.spec, &scene, results, notes);
        }
        let metrics = all_metrics(answers, evidence.candidate.measured.as_deref());
        let champion_metrics = match rival {
            Rival::Present { measured, shared, .. } => {
                let champion = shared.as_ref().map(|shared| &shared.champion);
                Some(as_json(&all_metrics(champion, measured.as_deref())))
            }
            _ => None,
        };
        let report = Report {
            passed: false,
            reason: None,
            spec: evidence.spec.clone(),
            candidate: evidence.candidate.name.clone(),
            champion: match &evidence.champion {
                Champion::Present(side) => Some(side.name.clone()),
                Champion::Absent(_) => None,
            },
            rows: candidate.map_or(0, |candidate| candidate.rows.ids.len() as u64),
            shared_rows: rival.shared().map_or(0, |shared| shared.rows.len() as u64),
            metrics: as_json(&metrics),
            champion_metrics,
            eval_set: evidence.eval_set.clone(),
            rules: self.results,
            notes: self.notes,
        };
        report.settle()
    }

    /// Says after the name of a metric why it is missing.
    fn lacking(&self, is_predicted: bool) -> String {
        match (&self.spec.metrics_file, is_predicted) {
            (Some(file), _) => format!("is not in `{file}`"),
            (None, true) => "is not a metric of these predictions".to_owned(),
            (None, false) => "cannot be computed: the predictions are not fit".to_owned(),
        }
    }
}

impl Rival {
    fn shared(&self) -> Option<&Shared> {
        match self {
            Self::Present { shared, .. } => shared.as_ref(),
            _ => None,
        }
    }

    /// Sets both on all rows.
    fn contest<'a>(
        &'a self,
        answers: Option<&'a Predictions>,
        evidence: &'a Evidence,
        lacking: &'a str,
    ) -> Contest<'a> {
        let (champion_name, opponent) = match self {
            Self::Absent(why) => ("the champion", Opponent::Absent(why)),
            Self::Unfit => ("the champion", Opponent::Unfit),
            Self::Present { name, measured, shared } => {
                let pair = shared.as_ref().zip(answers).map(|(shared, answers)| {
                    let own = shared.candidate.as_ref().unwrap_or(answers);
                    (Cow::Borrowed(own), Cow::Borrowed(&shared.champion))
                });
                (name.as_str(), Opponent::Present { shared: pair, measured: measured.as_deref() })
            }
        };
        Contest {
            slice: None,
            candidate: answers.map(Cow::Borrowed),
            measured: evidence.candidate.measured.as_deref(),
            lacking,
            champion_name,
            opponent,
        }
    }
}
