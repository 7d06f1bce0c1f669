//! Drift: whether new data is distributed as a reference is, column by column.
