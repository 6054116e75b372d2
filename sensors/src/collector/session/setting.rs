//! Looking at a device's clock, and setting it: once a link, and never while a reading is on its way.

use std::time::Duration;

use chrono::{DateTime, FixedOffset};

use super::{Deadline, Effect, Phase, Session};
use crate::{
    collector::clock::{self, Shown},
    event::{CollectorEvent, RadioFault},
};

/// What is being done about the device's clock; all of it happens once a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// Nothing yet.
    Untouched,
    /// It is read.
    Read,
    /// It was this and is being set.
    Set(Shown),
    /// It was this, has been set, and is read once more.
    Checked(Shown),
    /// Nothing more.
    Done,
}

impl Session {
    /// The clock is looked at when the device has been quiet for so long.
    pub(super) fn clock_after(&self, quiet: Duration) -> Option<Effect> {
        self.clock_due().then_some(Effect::Arm(Deadline::Quiet, quiet))
    }

    /// Whether the clock is to be looked at, and no reading is still to be fetched or on its way.
    pub(super) fn clock_due(&self) -> bool {
        let untouched = self.clock == Setting::Untouched && self.profile.clock.is_some();
        let through = self.phase == Phase::Live && (self.fetched || !self.profile.memory);
        untouched && through && self.waiting.is_none()
    }

    pub(super) fn look_at_clock(&mut self) -> Vec<Effect> {
        let Some(place) = self.profile.clock else { return Vec::new() };
        self.clock = Setting::Read;
        vec![Effect::ReadClock(place)]
    }

    pub(super) fn clock_read(
        &mut self,
        shown: Result<Vec<u8>, RadioFault>,
        now: DateTime<FixedOffset>,
        trusted: bool,
    ) -> Vec<Effect> {
        let before = std::mem::replace(&mut self.clock, Setting::Done);
        let Some(place) = self.profile.clock else { return Vec::new() };
        let shown = shown.ok().and_then(|bytes| clock::read(place, &bytes, now));
        let device = self.device.clone();
        match (before, shown) {
            (Setting::Read, Some(Shown::Right) | None) => Vec::new(),
            (Setting::Read, Some(_)) if !trusted => Vec::new(),
            (Setting::Read, Some(wrong)) => {
                self.clock = Setting::Set(wrong);
                vec![Effect::SetClock(place, clock::written(place, self.profile.model, now))]
            }
            (Setting::Checked(was), Some(Shown::Right)) => {
                vec![Effect::Tell(CollectorEvent::ClockSet { device, was_off_seconds: was.seconds() })]
            }
            (Setting::Checked(was), shown) => {
                let off_seconds = shown.unwrap_or(was).seconds();
                vec![Effect::Tell(CollectorEvent::ClockOff { device, off_seconds })]
            }
            _ => Vec::new(),
        }
    }

    /// A refusal is no fault: a device may take the date and leave the day of the week (Current Time Service 1.1,
    /// 3.1.2: data field ignored). What it then shows decides.
    pub(super) fn clock_written(&mut self, outcome: Result<(), RadioFault>) -> Vec<Effect> {
        let (Setting::Set(was), Some(place)) = (self.clock, self.profile.clock) else { return Vec::new() };
        if let Err(fault) = outcome {
            tracing::debug!(device = %self.device, %fault, "clock not written as it was asked to be");
        }
        self.clock = Setting::Checked(was);
        vec![Effect::ReadClock(place)]
    }
}
