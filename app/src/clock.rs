//! The tablet's clock. All of the program asks here what time it is.

use chrono::{DateTime, FixedOffset, Local};

/// What the tablet's clock shows, in the tablet's zone. Whether it can be believed, the record judges.
pub fn now() -> DateTime<FixedOffset> {
    let now = Local::now();
    let set = now.checked_add_signed(set_ahead()).unwrap_or(now);
    set.fixed_offset()
}

/// With the feature `gaps` a test may set the clock: `DAGSFORM_CLOCK` names a file that says by how many
/// seconds it is ahead of the machine's. It is read each time, so that a clock can be put right meanwhile.
#[cfg(feature = "gaps")]
fn set_ahead() -> chrono::TimeDelta {
    let seconds = || {
        let file = std::env::var_os("DAGSFORM_CLOCK")?;
        let text = std::fs::read_to_string(&file).ok()?;
        chrono::TimeDelta::try_seconds(text.trim().parse().ok()?)
    };
    seconds().unwrap_or_default()
}

#[cfg(not(feature = "gaps"))]
fn set_ahead() -> chrono::TimeDelta {
    chrono::TimeDelta::zero()
}
