//! What a verb does, as a function that returns a value; nothing here prints.
