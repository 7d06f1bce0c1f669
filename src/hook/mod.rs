//! The hook engine: events, `mlv.yaml`, plans, processes.
