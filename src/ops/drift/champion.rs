//! What models were trained on, as a reference: `churn@champion`.

use crate::ops::data::DataView;
use crate::ops::drift::data::{Data, in_view};
use crate::ops::{Context, OpsError, model};

/// The alias of the model that is in use.
const CHAMPION: &str = "champion";

/// Returns the reference where none is named: what the champion was trained on, where there is one
/// champion and no more.
pub(super) fn default(context: &Context) -> Result<Option<String>, OpsError> {
    let mut models = model::list(context, None)?;
    models.retain(|model| model.alias == CHAMPION);
    Ok(match models.as_slice() {
        [only] => Some(format!("{}@{CHAMPION}", only.model)),
        _ => None,
    })
}

/// Returns the data that the model of an alias was trained on; nothing where no alias is called so.
pub(super) fn trained_on(context: &Context, alias: &str) -> Result<Option<Data>, OpsError> {
    let Some(model) = model::resolve(context, alias)? else { return Ok(None) };
    let tree = context.repo.objects().commit(model.commit)?.tree;
    let view = DataView::of_tree(context, tree, &format!("`{alias}`"));
    let mut files = Vec::new();
    for path in model::training_data(context, &model)? {
        let found = in_view(&view, alias, &path.to_string())?;
        files.extend(found.into_iter().flat_map(|data| data.files));
    }
    if files.is_empty() {
        return Err(OpsError::NoTrainingData { model: alias.to_owned() });
    }
    Ok(Some(Data { name: alias.to_owned(), files }))
}
