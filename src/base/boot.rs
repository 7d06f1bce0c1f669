//! Telling whether the machine was restarted: what was written before a restart and not forced to
//! the disk may be gone or torn, what was written since is there for every process.

/// Returns what names the time since the machine was started, where the system tells.
pub fn boot_id() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let id = text.trim();
    let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    plain.then(|| id.to_owned())
}
