//! The doorbell: everything lives in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    mlv::cli::main()
}
