//! The screen's one field of words.

use crate::generated::TypingState;
use crate::view::Draft;

/// Hands a draft to the field, unless it is the one that the person is typing in: then the field knows better.
pub(super) fn apply(typing: &TypingState<'_>, screen: &str, draft: &Draft) {
    let field = format!("{screen} {}", draft.edition);
    if typing.get_field() != field.as_str() {
        typing.set_field(field.into());
        typing.set_text(draft.text.as_str().into());
    }
}

/// The screen has no field: one that comes up later begins anew.
pub(super) fn none(typing: &TypingState<'_>) {
    typing.set_field(slint::SharedString::default());
    typing.set_text(slint::SharedString::default());
}
