//! What can be wrong, and what to do about it.

use crate::words::Words;

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What it is.
    pub kind: FaultKind,
    /// The sensor it concerns, if it is another than the screen's own.
    pub device_name: Option<String>,
    /// What the other side said, for the one who helps; shown small and untranslated.
    pub detail: Option<String>,
}

/// The kinds of fault a patient can meet. Each has one sentence for what it is and one for what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// Bluetooth is switched off.
    BluetoothOff,
    /// The tablet has no Bluetooth adapter that works.
    NoBluetooth,
    /// The tablet had a Bluetooth adapter, and it is gone.
    BluetoothGone,
    /// The sensor has lost its pairing, or never had one.
    SensorNotPaired,
    /// The sensor takes no new tablet now.
    SensorNotInPairingMode,
    /// The sensor is paired with another phone or tablet.
    SensorPairedElsewhere,
    /// The sensor did not accept the code that was given.
    WrongCode,
    /// The sensor asks for a code.
    CodeNeeded,
    /// Two sensors fit, and none is chosen by guessing.
    TwoAlike,
    /// The sensor sends to everybody, so that anyone could send in its name.
    SendsToEverybody,
    /// The sensor encrypts what it sends to everybody, and its key is not known.
    KeyNeeded,
    /// The key of the sensor is wrong.
    WrongKey,
    /// The sensor did not take the code that opens the patient's place among its users.
    UserCodeRefused,
    /// The sensor is of a kind that the program does not know.
    SensorUnsupported,
    /// The sensor was looked for until the deadline and not found.
    SensorNotFound,
    /// The sensor was there and went out of range, or was switched off.
    SensorGone,
    /// The sensor is connected and has sent nothing until the deadline.
    NoData,
    /// Something the sensor sent could not be decoded. It is kept as it came.
    PacketNotUnderstood,
    /// The record cannot be written because the disk is full.
    RecordFull,
    /// The record cannot be written for another reason.
    RecordNotWritable,
    /// The record is damaged.
    RecordDamaged,
    /// The record was written by a newer version.
    RecordTooNew,
    /// Another program has the record open.
    RecordInUse,
    /// The service cannot be reached.
    ServiceAway,
    /// The service answers, but does not know this tablet's key, or does not let it send.
    ServiceRefuses,
    /// The service has taken this tablet's access back.
    TabletRevoked,
    /// The service refused the signing in, for a reason that may pass.
    SignInRefused,
    /// What answers has not proven that it is the service.
    ServiceNotProven,
    /// The tablet's clock is wrong; the program knows the right time all the same.
    ClockWrong,
    /// The tablet's clock is wrong, and without the right time the service cannot prove who it is.
    ClockStopsSending,
    /// The tablet has not been enrolled with the service yet.
    NotSetUp,
    /// The service will not take these readings; they are kept and no longer sent.
    ReadingSetAside {
        /// How many.
        readings: u32,
    },
    /// The sensor's battery is low.
    SensorBatteryLow {
        /// What is left, if the sensor says so.
        percent: Option<u8>,
    },
}

impl Fault {
    /// A fault of the screen's own sensor, or of no sensor, without detail.
    #[must_use]
    pub const fn new(kind: FaultKind) -> Self {
        Self { kind, device_name: None, detail: None }
    }

    /// One sentence: what it is. `sensor` is the name used when the fault has none of its own.
    #[must_use]
    pub fn what(&self, words: Words, sensor: &str) -> String {
        let name = self.device_name.as_deref().unwrap_or(sensor);
        let name = if name.is_empty() { words.text("fault", "The sensor", &[]) } else { name.to_owned() };
        let name = name.as_str();
        match self.kind {
            FaultKind::BluetoothOff => words.text("fault", "Bluetooth is turned off.", &[]),
            FaultKind::NoBluetooth => words.text("fault", "The tablet cannot use its Bluetooth.", &[]),
            FaultKind::SensorNotPaired => words.text("fault", "{} is not connected to this tablet.", &[name]),
            FaultKind::BluetoothGone => words.text("fault", "The tablet has lost its Bluetooth.", &[]),
            FaultKind::SensorNotInPairingMode => words.text("fault", "{} is not ready to be connected.", &[name]),
            FaultKind::SensorPairedElsewhere => words.text("fault", "{} waits for another phone or tablet.", &[name]),
            FaultKind::WrongCode => words.text("fault", "{} did not accept the code.", &[name]),
            FaultKind::CodeNeeded => words.text("fault", "{} asks for a code.", &[name]),
            FaultKind::TwoAlike => words.text("fault", "Two sensors of the same kind are close by.", &[]),
            FaultKind::SendsToEverybody => {
                words.text("fault", "{} sends openly to everyone. The tablet does not take that in.", &[name])
            }
            FaultKind::KeyNeeded => {
                words.text("fault", "{} sends in code, and the tablet does not have the key.", &[name])
            }
            FaultKind::WrongKey => words.text("fault", "{} sends in code, and the tablet's key does not fit.", &[name]),
            FaultKind::UserCodeRefused => words.text("fault", "{} did not accept the user's code.", &[name]),
            FaultKind::SensorUnsupported => {
                words.text("fault", "{} is of a kind that the tablet does not know.", &[name])
            }
            FaultKind::SensorNotFound => words.text("fault", "{} does not answer.", &[name]),
            FaultKind::SensorGone => words.text("fault", "{} went away too soon.", &[name]),
            FaultKind::NoData => words.text("fault", "{} is connected, but sends no values.", &[name]),
            FaultKind::PacketNotUnderstood => {
                words.text("fault", "{} sent something the tablet could not read.", &[name])
            }
            FaultKind::RecordFull => words.text("fault", "There is no more room on the tablet.", &[]),
            FaultKind::RecordNotWritable => words.text("fault", "The tablet is not able to save right now.", &[]),
            FaultKind::RecordDamaged => words.text("fault", "The tablet cannot open the saved readings.", &[]),
            FaultKind::RecordTooNew => {
                words.text("fault", "The saved readings belong to a newer version of Dagsform.", &[])
            }
            FaultKind::RecordInUse => words.text("fault", "Dagsform is already running on this tablet.", &[]),
            FaultKind::ServiceAway => words.text("fault", "The tablet cannot send right now.", &[]),
            FaultKind::ServiceRefuses => {
                words.text("fault", "The follow-up service does not recognise this tablet.", &[])
            }
            FaultKind::TabletRevoked => {
                words.text("fault", "This tablet is no longer connected to the follow-up service.", &[])
            }
            FaultKind::SignInRefused => words.text("fault", "The follow-up service did not let the tablet in.", &[]),
            FaultKind::ServiceNotProven => {
                words.text("fault", "The tablet is not sure that it is the follow-up service that answers.", &[])
            }
            FaultKind::ClockWrong => words.text("fault", "The tablet's clock is wrong.", &[]),
            FaultKind::ClockStopsSending => {
                words.text("fault", "The tablet's clock is wrong, so nothing can be sent.", &[])
            }
            FaultKind::NotSetUp => {
                words.text("fault", "The tablet is not connected to the follow-up service yet.", &[])
            }
            FaultKind::ReadingSetAside { readings } => words.count(
                "fault",
                "One reading could not be delivered.",
                "{n} readings could not be delivered.",
                readings,
                &[],
            ),
            FaultKind::SensorBatteryLow { percent: None } => {
                words.text("fault", "{}: the battery is almost empty.", &[name])
            }
            FaultKind::SensorBatteryLow { percent: Some(percent) } => {
                let percent = percent.to_string();
                words.text("fault", "{0}: {1} % left on the battery.", &[name, &percent])
            }
        }
    }

    /// What to do about it, in a sentence or two.
    #[must_use]
    pub fn what_to_do(&self, words: Words) -> String {
        match self.kind {
            FaultKind::BluetoothOff => {
                words.text("fault", "Touch “Try again”. If that does not help, call the follow-up service.", &[])
            }
            FaultKind::NoBluetooth => words.text(
                "fault",
                "Turn the tablet off and on again. If that does not help, call the follow-up service.",
                &[],
            ),
            FaultKind::SensorNotPaired => {
                words.text("fault", "Call the follow-up service. They will help you connect it.", &[])
            }
            FaultKind::BluetoothGone => words.text(
                "fault",
                "Has a small plug come out of the tablet? Put it back in, or call the follow-up service.",
                &[],
            ),
            FaultKind::SensorNotInPairingMode => words.text(
                "fault",
                "Make it ready as its instructions say, or call the follow-up service. They will help you.",
                &[],
            ),
            FaultKind::SensorPairedElsewhere => {
                words.text("fault", "Call the follow-up service. They will help you connect it to this tablet.", &[])
            }
            FaultKind::WrongCode => words.text(
                "fault",
                "Read the code on the sensor once more. If that does not help, call the follow-up service.",
                &[],
            ),
            FaultKind::CodeNeeded => words.text(
                "fault",
                "It stands on the sensor or in its display. The follow-up service can help you find it.",
                &[],
            ),
            FaultKind::TwoAlike => {
                words.text("fault", "Turn one of them off, or take it to another room. Then touch “Try again”.", &[])
            }
            FaultKind::KeyNeeded | FaultKind::WrongKey | FaultKind::UserCodeRefused => {
                words.text("fault", "Enter the values yourself for now, and call the follow-up service.", &[])
            }
            FaultKind::SendsToEverybody | FaultKind::SensorUnsupported => {
                words.text("fault", "Enter the values yourself, and ask the follow-up service for another sensor.", &[])
            }
            FaultKind::SensorGone => {
                words.text("fault", "Leave it on and close to the tablet, and measure once more.", &[])
            }
            FaultKind::SensorNotFound => {
                words.text("fault", "Hold the sensor close to the tablet. If it stays dark, change its batteries.", &[])
            }
            FaultKind::NoData => words.text("fault", "Measure once more. You can also enter the values yourself.", &[]),
            FaultKind::PacketNotUnderstood => words.text("fault", "It has been kept. Please measure once more.", &[]),
            FaultKind::RecordFull => {
                words.text("fault", "Write the values down on paper, and call the follow-up service.", &[])
            }
            FaultKind::RecordNotWritable => {
                words.text("fault", "Write the values down on paper. Then touch “Try again”.", &[])
            }
            FaultKind::RecordDamaged | FaultKind::RecordTooNew => {
                words.text("fault", "Nothing has been erased. Call the follow-up service.", &[])
            }
            FaultKind::RecordInUse => words.text("fault", "Close the other window. Then touch “Try again”.", &[]),
            FaultKind::ServiceAway => {
                words.text("fault", "Measure as usual. The readings are kept here and sent later.", &[])
            }
            FaultKind::SignInRefused => {
                words.text("fault", "The tablet tries again by itself. The readings are kept here.", &[])
            }
            FaultKind::ServiceNotProven => words.text(
                "fault",
                "Nothing is sent until that is clear. Call the follow-up service. The readings are kept here.",
                &[],
            ),
            FaultKind::ClockWrong => {
                words.text("fault", "You need not do anything. Dagsform goes by the follow-up service's clock.", &[])
            }
            FaultKind::ClockStopsSending => words.text(
                "fault",
                "Turn the tablet off and on again where it has network, or call the follow-up service.",
                &[],
            ),
            FaultKind::ServiceRefuses | FaultKind::TabletRevoked | FaultKind::NotSetUp => words.text(
                "fault",
                "Call the follow-up service. The readings are kept here, and you can measure as usual.",
                &[],
            ),
            FaultKind::ReadingSetAside { .. } => {
                words.text("fault", "It is kept here. Tell the follow-up service the next time you talk.", &[])
            }
            FaultKind::SensorBatteryLow { .. } => words.text("fault", "Change the battery soon.", &[]),
        }
    }
}

impl FaultKind {
    /// One of each kind.
    pub const ALL: [Self; 33] = [
        Self::BluetoothOff,
        Self::NoBluetooth,
        Self::BluetoothGone,
        Self::SensorNotPaired,
        Self::SensorNotInPairingMode,
        Self::SensorPairedElsewhere,
        Self::WrongCode,
        Self::CodeNeeded,
        Self::TwoAlike,
        Self::SendsToEverybody,
        Self::KeyNeeded,
        Self::WrongKey,
        Self::UserCodeRefused,
        Self::SensorUnsupported,
        Self::SensorNotFound,
        Self::SensorGone,
        Self::NoData,
        Self::PacketNotUnderstood,
        Self::RecordFull,
        Self::RecordNotWritable,
        Self::RecordDamaged,
        Self::RecordTooNew,
        Self::RecordInUse,
        Self::ServiceAway,
        Self::ServiceRefuses,
        Self::TabletRevoked,
        Self::SignInRefused,
        Self::ServiceNotProven,
        Self::ClockWrong,
        Self::ClockStopsSending,
        Self::NotSetUp,
        Self::ReadingSetAside { readings: 1 },
        Self::SensorBatteryLow { percent: Some(10) },
    ];

    /// Whether no reading can be taken and saved until this is put right.
    #[must_use]
    pub const fn blocks(self) -> bool {
        match self {
            Self::BluetoothOff
            | Self::NoBluetooth
            | Self::BluetoothGone
            | Self::SensorNotPaired
            | Self::SensorNotInPairingMode
            | Self::SensorPairedElsewhere
            | Self::WrongCode
            | Self::CodeNeeded
            | Self::TwoAlike
            | Self::SendsToEverybody
            | Self::KeyNeeded
            | Self::WrongKey
            | Self::UserCodeRefused
            | Self::SensorUnsupported
            | Self::SensorNotFound
            | Self::SensorGone
            | Self::NoData
            | Self::RecordFull
            | Self::RecordNotWritable
            | Self::RecordDamaged
            | Self::RecordTooNew
            | Self::RecordInUse => true,
            Self::PacketNotUnderstood
            | Self::ServiceAway
            | Self::ServiceRefuses
            | Self::TabletRevoked
            | Self::SignInRefused
            | Self::ServiceNotProven
            | Self::ClockWrong
            | Self::ClockStopsSending
            | Self::NotSetUp
            | Self::ReadingSetAside { .. }
            | Self::SensorBatteryLow { .. } => false,
        }
    }

    /// Whether trying again may help without anyone else's doing.
    #[must_use]
    pub const fn may_be_retried(self) -> bool {
        let for_someone_else = matches!(
            self,
            Self::RecordDamaged
                | Self::RecordTooNew
                | Self::SendsToEverybody
                | Self::KeyNeeded
                | Self::WrongKey
                | Self::UserCodeRefused
                | Self::SensorUnsupported
        );
        self.blocks() && !for_someone_else
    }

    /// Whether the person may put the message away. The others go when their cause does.
    #[must_use]
    pub const fn may_be_put_away(self) -> bool {
        matches!(self, Self::PacketNotUnderstood | Self::ReadingSetAside { .. })
    }

    /// Whether it concerns the tablet's own storage, and not the sensor.
    pub(crate) const fn is_of_the_record(self) -> bool {
        matches!(
            self,
            Self::RecordFull | Self::RecordNotWritable | Self::RecordDamaged | Self::RecordTooNew | Self::RecordInUse
        )
    }

    /// Whether nothing will be sent until a person has put it right.
    pub(crate) const fn stops_sending(self) -> bool {
        matches!(
            self,
            Self::ServiceRefuses
                | Self::TabletRevoked
                | Self::ServiceNotProven
                | Self::ClockStopsSending
                | Self::NotSetUp
        )
    }

    /// Whether the reading on the screen is at risk because it could not be stored.
    pub(crate) const fn threatens_reading(self) -> bool {
        matches!(self, Self::RecordFull | Self::RecordNotWritable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn every_kind_says_what_it_is_and_what_to_do_in_every_language() {
        for kind in FaultKind::ALL {
            for language in Language::ALL {
                let words = Words::in_language(language);
                let fault = Fault::new(kind);
                for text in [fault.what(words, ""), fault.what_to_do(words)] {
                    assert!(text.ends_with('.'), "{text}");
                    assert!(!text.contains(['{', '}']), "{text}");
                    assert!(text.len() < 120, "too long: {text}");
                }
            }
        }
    }

    #[test]
    fn only_what_blocks_can_be_retried_and_only_what_does_not_can_be_put_away() {
        for kind in FaultKind::ALL {
            assert!(kind.blocks() || !kind.may_be_retried(), "{kind:?}");
            assert!(!kind.blocks() || !kind.may_be_put_away(), "{kind:?}");
        }
    }
}
