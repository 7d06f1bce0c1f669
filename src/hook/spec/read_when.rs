//! Reads when a hook runs, and when it runs again: `on`, `if`, durations, `retries`. What triggers
//! watch is read by `read_watch`.

use std::time::Duration;

use crate::base::duration::{format_duration, parse_duration};
use crate::base::suggest;
use crate::base::yaml::Place;
use crate::base::yaml::{Key, Node, Value};
use crate::hook::condition::Condition;
use crate::hook::event::{EVENTS, Event, UnknownEvent};
use crate::hook::spec::keys::RETRY_KEYS;
use crate::hook::spec::reader::Reader;
use crate::hook::spec::schedule::Schedule;
use crate::hook::spec::types::Retries;
use crate::hook::spec::watch::Watch;

/// No hook is run at more times than this.
const MAX_SCHEDULES: usize = 100;

/// When a hook runs: what stands behind `on`.
#[derive(Debug, Default)]
pub(super) struct When {
    pub(super) events: Vec<Event>,
    pub(super) schedules: Vec<Schedule>,
    pub(super) watches: Vec<Watch>,
}

impl When {
    /// Returns an event that never fires, since nothing is said of when.
    fn unsaid(&self) -> Option<Event> {
        let is_said = |event: &Event| match event {
            Event::Schedule => !self.schedules.is_empty(),
            Event::Metric | Event::Drift => self.watches.iter().any(|w| w.event() == *event),
            _ => true,
        };
        self.events.iter().copied().find(|event| !is_said(event))
    }
}

impl Reader<'_> {
    pub(super) fn events(&mut self, node: &Node) -> When {
        let mut when = When::default();
        let before = self.faults();
        let one = std::slice::from_ref(node);
        let items = if let Value::List(items) = &node.value { items } else { one };
        for item in items {
            if let Value::Map(entries) = &item.value {
                for (key, value) in entries {
                    self.event_with(key, value, &mut when);
                }
            } else if let Some(text) = item.value.scalar() {
                self.event(item.place, text, &mut when.events);
            } else {
                self.wrong(item, "`on`", "an event or a list of events");
            }
        }
        if items.is_empty() || matches!(&node.value, Value::Map(entries) if entries.is_empty()) {
            self.fault(node.place, "`on` names no event");
        }
        if let Some(event) = when.unsaid().filter(|_| self.faults() == before) {
            let (message, help) = unsaid(event);
            self.fault_with(node.place, message, Some(help.to_owned()));
        }
        when
    }

    fn event(&mut self, place: Place, text: &str, events: &mut Vec<Event>) {
        match Event::parse(text) {
            Ok(event) if events.contains(&event) => {
                self.fault(place, format!("event `{text}` is named twice"));
            }
            Ok(event) => events.push(event),
            Err(error) => self.fault_with(place, error.to_string(), event_help(&error)),
        }
    }

    /// Reads an event that is a key: a trigger has behind it what fires it, the others have nothing.
    fn event_with(&mut self, key: &Key, node: &Node, when: &mut When) {
        self.event(key.place, &key.text, &mut when.events);
        match Event::known(&key.text) {
            Some(Event::Schedule) => self.schedules(node, &mut when.schedules),
            Some(Event::Metric) => when.watches.extend(self.watches(node, Self::metric_watch)),
            Some(Event::Drift) => when.watches.extend(self.watches(node, Self::drift_watch)),
            _ if matches!(node.value, Value::Null) => {}
            _ => self.fault(node.place, format!("event `{}` has no settings", key.text)),
        }
    }

    fn schedules(&mut self, node: &Node, schedules: &mut Vec<Schedule>) {
        for (place, text) in self.texts(node, "`schedule`") {
            match Schedule::parse(text) {
                Ok(schedule) => schedules.push(schedule),
                Err(error) => {
                    let help = "minute, hour, day of the month, month, day of the week".to_owned();
                    self.fault_with(place, error.to_string(), Some(help));
                }
            }
        }
        if schedules.len() > MAX_SCHEDULES {
            self.fault(node.place, format!("more than {MAX_SCHEDULES} schedules"));
        }
    }

    pub(super) fn duration(&mut self, node: &Node, what: &str) -> Option<Duration> {
        let text = self.text(node, what)?;
        match parse_duration(text) {
            Ok(span) => Some(span),
            Err(error) => {
                self.fault(node.place, error.to_string());
                None
            }
        }
    }

    pub(super) fn retries(&mut self, node: &Node) -> Retries {
        let mut retries = Retries { max: 0, backoff: Retries::USUAL_BACKOFF };
        if let Value::Number(_) = node.value {
            retries.max = self.tries(node, "`retries`");
        } else if let Value::Map(entries) = &node.value {
            for (key, value) in entries {
                match key.text.as_str() {
                    "max" => retries.max = self.tries(value, "`max`"),
                    "backoff" => retries.backoff = self.backoff(value),
                    _ => self.stray_key(key, "`retries`", RETRY_KEYS),
                }
            }
            if !entries.iter().any(|(key, _)| key.text == "max") {
                self.fault(node.place, "`retries` has no `max`");
            }
        } else {
            self.wrong(node, "`retries`", "a number, or `{max: 3, backoff: 10s}`");
        }
        if retries.max == 0 { Retries::default() } else { retries }
    }

    fn tries(&mut self, node: &Node, what: &str) -> u32 {
        let tries = match &node.value {
            Value::Number(text) => text.parse().ok().filter(|tries| *tries <= Retries::MOST),
            _ => None,
        };
        tries.unwrap_or_else(|| {
            self.fault(node.place, format!("{what} must be a number from 0 to {}", Retries::MOST));
            0
        })
    }

    fn backoff(&mut self, node: &Node) -> Duration {
        let span = self.duration(node, "`backoff`").unwrap_or_default();
        if span > Retries::LONGEST_BACKOFF {
            let most = format_duration(Retries::LONGEST_BACKOFF);
            self.fault(node.place, format!("no pause before a further try is longer than {most}"));
        }
        span
    }

    pub(super) fn condition(&mut self, node: &Node) -> Option<Condition> {
        let text = self.words(node, "`if`")?;
        let read = self.conditions.entry(text.to_owned());
        match read.or_insert_with(|| Condition::parse(text)).clone() {
            Ok(condition) => Some(condition),
            Err(fault) => {
                let place = self.place_within(node.place, text, fault.at);
                self.fault_with(place, format!("`if` {}", fault.reason), fault.help);
                None
            }
        }
    }

    /// Returns the place of a stretch of a text, where the text stands on one line of the file as
    /// it is; otherwise the place of the text.
    fn place_within(&self, place: Place, text: &str, at: Option<(usize, usize)>) -> Place {
        let inner = || {
            let (offset, width) = at?;
            let line: Vec<char> = self.line(place)?.chars().collect();
            let from = place.column.checked_sub(1)?;
            let quoted = line.get(from).is_some_and(|c| matches!(c, '"' | '\''));
            let start = from + usize::from(quoted);
            let found: String = line.iter().skip(start).take(text.chars().count()).collect();
            (found == text).then_some(Place { column: start + offset + 1, width, ..place })
        };
        inner().unwrap_or(place)
    }
}

/// Returns what is missing where a trigger stands alone, and an example of it.
fn unsaid(event: Event) -> (&'static str, &'static str) {
    match event {
        Event::Metric => (
            "`metric` names no bound",
            "as in `on: {metric: {file: metrics/live.json, name: auc, below: 0.7}}`",
        ),
        Event::Drift => (
            "`drift` names no data",
            "as in `on: {drift: {data: data/live/**, reference: \"main:data/train.csv\"}}`",
        ),
        _ => (
            "`schedule` has no times",
            "as in `on: {schedule: \"0 3 * * *\"}`, at three o'clock UTC",
        ),
    }
}

fn event_help(error: &UnknownEvent) -> Option<String> {
    let known = || EVENTS.iter().map(|info| info.name);
    suggest::did_you_mean(&error.candidates)
        .or_else(|| Some(format!("known events: {}", known().collect::<Vec<_>>().join(", "))))
}
