//! The state of tablet and sensors, as far as it helps the service to help (brief R28): never where they are, never what
//! else the tablet is used for.

use chrono::{DateTime, Utc};
use dagsform_care::{DeviceId, DeviceInformation, Kind};

/// The state of the kit at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The tablet's battery; `None` without one, or where the system does not tell.
    pub battery: Option<Charge>,
    /// Free space for the record, in MiB.
    pub storage_free: Option<u64>,
    /// How much waits to be sent: readings and answers.
    pub waiting: u64,
    /// How much the service refused or the tablet could not express.
    pub set_aside: u64,
    /// Its own clock is in doubt.
    pub clock_in_doubt: bool,
    /// The sensors of the kit.
    pub sensors: Vec<SensorCondition>,
}

/// A battery that changed by so many points of a per cent is news.
const BATTERY_STEP: u8 = 5;

impl Condition {
    /// Whether the service should hear of it before its time: a battery changed by five points, or is being charged or
    /// no longer; a fault came or went; something was set aside; a sensor came, went or has another version.
    pub fn differs_in_what_matters(&self, before: &Self) -> bool {
        let charging = |condition: &Self| condition.battery.map(|charge| charge.charging);
        let percent = |condition: &Self| condition.battery.map(|charge| charge.percent);
        self.clock_in_doubt != before.clock_in_doubt
            || self.set_aside != before.set_aside
            || charging(self) != charging(before)
            || is_another_level(percent(self), percent(before))
            || self.sensors.len() != before.sensors.len()
            || self.sensors.iter().any(|sensor| {
                before.sensors.iter().find(|it| it.id == sensor.id).is_none_or(|before| sensor.is_news_after(before))
            })
    }
}

impl SensorCondition {
    fn is_news_after(&self, before: &Self) -> bool {
        let versions = |it: &Self| {
            let DeviceInformation { firmware, hardware, software, .. } = &it.information;
            [firmware.clone(), hardware.clone(), software.clone()]
        };
        self.fault != before.fault
            || versions(self) != versions(before)
            || is_another_level(self.information.battery, before.information.battery)
    }
}

fn is_another_level(now: Option<u8>, before: Option<u8>) -> bool {
    match (now, before) {
        (Some(now), Some(before)) => now.abs_diff(before) >= BATTERY_STEP,
        (now, before) => now.is_some() != before.is_some(),
    }
}

/// How full a battery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// In per cent, 0 to 100.
    pub percent: u8,
    /// It is being charged.
    pub charging: bool,
}

/// The state of a sensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SensorCondition {
    /// The sensor.
    pub id: DeviceId,
    /// What it measures.
    pub kind: Kind,
    /// What it said of itself, its battery among it.
    pub information: DeviceInformation,
    /// When it was last heard.
    pub last_contact: Option<DateTime<Utc>>,
    /// What is wrong with it.
    pub fault: Option<SensorFault>,
}

/// What can be wrong with a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SensorFault {
    /// The pairing is lost: it has to be paired again.
    NotPaired,
    /// It was not found when it was looked for.
    NotFound,
    /// It connects and sends nothing, or what nobody understands.
    NoData,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sensor() -> SensorCondition {
        SensorCondition {
            id: DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap(),
            kind: Kind::PulseOximetry,
            information: DeviceInformation { battery: Some(80), ..DeviceInformation::default() },
            last_contact: None,
            fault: None,
        }
    }

    fn condition() -> Condition {
        Condition {
            battery: Some(Charge { percent: 70, charging: false }),
            storage_free: Some(900),
            waiting: 3,
            set_aside: 0,
            clock_in_doubt: false,
            sensors: vec![sensor()],
        }
    }

    fn is_news(change: impl FnOnce(&mut Condition)) -> bool {
        let mut changed = condition();
        change(&mut changed);
        let news = changed.differs_in_what_matters(&condition());
        assert_eq!(news, condition().differs_in_what_matters(&changed), "it is news in both directions");
        news
    }

    fn charge(percent: u8, charging: bool) -> Option<Charge> {
        Some(Charge { percent, charging })
    }

    #[test]
    fn five_points_of_a_battery_a_fault_and_a_version_are_news_and_all_else_can_wait() {
        assert!(!is_news(|_| {}));
        assert!(!is_news(|it| it.battery = charge(66, false)));
        assert!(is_news(|it| it.battery = charge(65, false)));
        assert!(is_news(|it| it.battery = charge(70, true)));
        assert!(is_news(|it| it.battery = None));
        assert!(!is_news(|it| (it.waiting, it.storage_free) = (500, Some(10))));
        assert!(is_news(|it| it.set_aside = 1));
        assert!(is_news(|it| it.clock_in_doubt = true));
        assert!(is_news(|it| it.sensors.clear()));
        assert!(is_news(|it| it.sensors[0].id = DeviceId::parse("F0:F1:F2:F3:F4:F6").unwrap()));
        assert!(is_news(|it| it.sensors[0].fault = Some(SensorFault::NotPaired)));
        assert!(is_news(|it| it.sensors[0].information.firmware = Some("1.11".to_owned())));
        assert!(!is_news(|it| it.sensors[0].information.battery = Some(84)));
        assert!(is_news(|it| it.sensors[0].information.battery = Some(85)));
        assert!(!is_news(|it| it.sensors[0].last_contact = Some(DateTime::UNIX_EPOCH)));
    }
}
