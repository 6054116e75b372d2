//! The tablet's clock. All of the program asks here what time it is.

use chrono::{DateTime, FixedOffset, SubsecRound, TimeDelta, Utc};
use dagsform_care::time::ZONE;
use rustix::time::{ClockId, clock_gettime};
use uuid::Uuid;

/// What the tablet's clock shows, in the patient's zone, to the millisecond. Whether it can be believed, the
/// record judges.
pub fn now() -> DateTime<FixedOffset> {
    at_home(Utc::now(), shift().tablet)
}

/// What the follow-up service says the time is.
pub fn by_service(says: DateTime<Utc>) -> DateTime<FixedOffset> {
    at_home(says, shift().service)
}

fn at_home(time: DateTime<Utc>, ahead: TimeDelta) -> DateTime<FixedOffset> {
    let set = time.checked_add_signed(ahead).unwrap_or(time);
    set.with_timezone(&ZONE).fixed_offset().trunc_subsecs(3)
}

/// Milliseconds since the tablet was started, its sleep among them. No setting of the clock changes it.
pub fn since_boot() -> i64 {
    let time = clock_gettime(ClockId::Boottime);
    let since = time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000);
    // In a test the time that truly passes is the service's.
    since.saturating_add(shift().service.num_milliseconds())
}

/// This start of the tablet. Where the system does not say, this start of the program stands for it.
pub fn boot() -> Uuid {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or_else(Uuid::now_v7)
}

/// How far the clocks of a test are ahead of the machine's.
#[derive(Clone, Copy, Default)]
struct Shift {
    tablet: TimeDelta,
    service: TimeDelta,
}

/// How far the clocks of the pictures are ahead of the machine's.
#[cfg(feature = "demo")]
static PICTURES: std::sync::OnceLock<TimeDelta> = std::sync::OnceLock::new();

/// It is nine in the morning from now on: whenever the pictures are drawn, and whatever the weekday, the day's
/// measurements are still to be made.
#[cfg(feature = "demo")]
pub fn set_to_morning() {
    let ahead = set_by_test().tablet;
    let now = at_home(Utc::now(), ahead).naive_local();
    let morning = now.date().and_hms_opt(9, 0, 0).unwrap_or(now);
    // Once it is set it stays.
    let _ = PICTURES.set(ahead.checked_add(&(morning - now)).unwrap_or(ahead));
}

fn shift() -> Shift {
    #[cfg(feature = "demo")]
    if let Some(ahead) = PICTURES.get() {
        return Shift { tablet: *ahead, service: *ahead };
    }
    set_by_test()
}

/// With the feature `gaps` a test may set the clocks: `DAGSFORM_CLOCK` names a file that says by how many
/// seconds the tablet's is ahead of the machine's, and, if another number follows, by how many the service's
/// is; with one number the two agree. It is read each time, so that a clock can be put right meanwhile.
#[cfg(feature = "gaps")]
fn set_by_test() -> Shift {
    let read = || {
        let file = std::env::var_os("DAGSFORM_CLOCK")?;
        let text = std::fs::read_to_string(&file).ok()?;
        let mut seconds = text.split_whitespace().map(|word| TimeDelta::try_seconds(word.parse().ok()?));
        let tablet = seconds.next()??;
        let service = seconds.next().flatten().unwrap_or(tablet);
        Some(Shift { tablet, service })
    };
    read().unwrap_or_default()
}

#[cfg(not(feature = "gaps"))]
fn set_by_test() -> Shift {
    Shift::default()
}
