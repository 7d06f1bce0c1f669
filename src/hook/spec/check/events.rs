//! Whether what a hook is told to do can be done on its events.

use crate::hook::spec::read_hook::HookDraft;
use crate::hook::spec::reader::Reader;

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
    }
}
