//! Settings in layers: default < system < user < repository < environment < flag.
