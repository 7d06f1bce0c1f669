//! Whether what a hook is told to do can be done on its events.

use crate::hook::spec::read_hook::HookDraft;
use crate::hook::spec::reader::Reader;
use crate::hook::spec::types::Hook;

/// Notes outputs that could go nowhere, and gates that nobody would wait for.
pub(super) fn fitting(reader: &mut Reader<'_>, hooks: &[HookDraft]) {
    for draft in hooks {
        let Some(hook) = draft.cells.first() else { continue };
        let writes = draft.cells.iter().any(|cell| !cell.outputs.is_empty());
        if let Some(event) = hook.on.iter().find(|event| writes && !event.takes_outputs()) {
            let message = format!(
                "hook `{}` runs on {event}, which makes no commit for its outputs",
                draft.id
            );
            let help = "hooks of `post-` events and of those that make a commit have `outputs`";
            let help = help.to_owned();
            reader.fault_with(draft.outputs, message, Some(help));
        }
        if let Some(event) = hook.on.iter().find(|event| hook.background && event.may_refuse()) {
            let message = format!("hook `{}` is `async`, but {event} waits for it", draft.id);
            let help = "only hooks of `post-` events and triggers are queued".to_owned();
            reader.fault_with(draft.background, message, Some(help));
        }
        triggered(reader, draft, hook);
        if hook.auto_merge && !writes {
            let message = format!("hook `{}` has no `outputs` that could be merged", draft.id);
            reader.fault(draft.auto_merge, message);
        } else if hook.auto_merge && hook.on.iter().all(|event| event.may_refuse()) {
            let message = format!(
                "what `{}` makes enters the deed itself: there is no commit to merge",
                draft.id
            );
            let help = "hooks of `post-` events and triggers make commits that follow".to_owned();
            reader.fault_with(draft.auto_merge, message, Some(help));
        }
    }
}

/// Notes limits on triggers of a hook that has none.
fn triggered(reader: &mut Reader<'_>, draft: &HookDraft, hook: &Hook) {
    let has_trigger = !hook.schedules.is_empty() || !hook.watches.is_empty();
    let said = [
        ("cooldown", hook.cooldown.is_some(), draft.cooldown),
        ("max_in_flight", hook.max_in_flight.is_some(), draft.max_in_flight),
    ];
    for (key, _, place) in said.into_iter().filter(|(_, is_said, _)| *is_said && !has_trigger) {
        let message =
            format!("`{key}` of hook `{}` limits triggers, of which it has none", draft.id);
        let help = "triggers are `schedule`, `metric` and `drift`".to_owned();
        reader.fault_with(place, message, Some(help));
    }
}
