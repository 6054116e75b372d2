//! Named gaps between two steps of a reading's way, for the whole-system tests that kill the program
//! in each of them. Without the cargo feature `gaps` nothing of this is in the program.

/// The gaps, in the order of a reading's way.
pub const NAMES: [&str; 8] = [
    // The bytes are in memory; nothing is stored.
    "frame-received",
    // The raw frame is committed; nothing has been made of it.
    "frame-stored",
    // The reading is made, not committed.
    "decoded",
    // The reading and its outbox entry are committed; nothing has been sent.
    "reading-stored",
    // The sensor's memory has been fetched to the end.
    "transfer-complete",
    // The request is built, not sent.
    "before-post",
    // The service has answered; nothing is marked.
    "after-post",
    // The delivery is committed.
    "after-settle",
];

/// The gaps on the way of answers.
pub const ANSWERING: [&str; 2] = [
    // An answer is committed in the draft.
    "draft-kept",
    // The answers and their outbox entry are committed, and the draft is gone.
    "answers-said",
];

/// Passes a gap. With the feature `gaps`, the program kills itself (SIGKILL, as a power cut would) at
/// the n-th passing of the gap that `DAGSFORM_GAP=name:n` names.
#[cfg(feature = "gaps")]
pub fn pass(name: &'static str) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };
    static ARMED: OnceLock<Option<(String, AtomicU64)>> = OnceLock::new();
    let armed = ARMED.get_or_init(|| {
        let text = std::env::var("DAGSFORM_GAP").ok()?;
        let (gap, count) = text.split_once(':')?;
        Some((gap.to_owned(), AtomicU64::new(count.parse().ok()?)))
    });
    if let Some((gap, left)) = armed
        && gap == name
        && left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Passes a gap: nothing happens in a patient's build.
#[cfg(not(feature = "gaps"))]
#[inline]
pub fn pass(_name: &'static str) {}
