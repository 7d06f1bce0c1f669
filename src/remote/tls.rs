//! Who does the cryptography of TLS: ring, which a C compiler builds in seconds.

use std::sync::Once;

use rustls::crypto::ring;

/// Makes TLS ready for the clients that are made next.
pub(super) fn prepare() {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        // Refused where the process has chosen already, which is as good.
        let _chosen = ring::default_provider().install_default();
    });
}
