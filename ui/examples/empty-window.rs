//! An empty window, to compare the program's with: what is left is the drawing library's own share of
//! start-up time and memory.

// Code written by a machine.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::todo,
    clippy::unimplemented,
    clippy::unreachable,
    unsafe_code
)]
mod empty {
    slint::slint! {
        export component Empty inherits Window {
            preferred-width: 1280px;
            preferred-height: 800px;
            background: white;
        }
    }
}

use slint::ComponentHandle;

fn main() -> Result<(), slint::PlatformError> {
    empty::Empty::new()?.run()
}
