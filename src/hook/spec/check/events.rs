//! Whether what a hook is told to do can be done on its events.

use crate::hook::event::{Event, Phase};
use crate::hook::spec::read_hook::HookDraft;
use crate::hook::spec::reader::Reader;

/// Notes outputs that could go nowhere, and gates that nobody would wait for.
pub(super) fn fitting(reader: &mut Reader<'_>, hooks: &[HookDraft]) {
    for draft in hooks {
        let Some(hook) = draft.cells.first() else { continue };
        let writes = draft.cells.iter().any(|cell| !cell.outputs.is_empty());
        if let Some(event) = hook.on.iter().find(|event| writes && !takes_outputs(**event)) {
            let message = format!("hook `{}` has outputs, but {event} takes none", draft.id);
            let help = "they enter commits and merges, or are committed after the event, on its \
                        branch"
                .to_owned();
            reader.fault_with(draft.outputs, message, Some(help));
        }
        if let Some(event) = hook.on.iter().find(|event| hook.background && event.may_refuse()) {
            let message = format!("hook `{}` is `async`, but {event} waits for it", draft.id);
            let help = "only hooks of `post-` events and triggers are queued".to_owned();
            reader.fault_with(draft.background, message, Some(help));
        }
    }
}

/// Tells whether outputs can enter what the event makes, or follow it on the branch it happens on.
fn takes_outputs(event: Event) -> bool {
    match event.info().phase {
        Phase::Pre => matches!(
            event,
            Event::PreCommit | Event::PreMerge | Event::PreRevert | Event::PreCherryPick
        ),
        Phase::Post => {
            // Nothing to commit to: a tag is on no branch, and a deleted branch is gone.
            !matches!(event, Event::PostBranchDelete | Event::PostTag | Event::PostTagDelete)
        }
        Phase::Trigger => true,
    }
}
