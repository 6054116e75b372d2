//! What is wrong, as the screens show it.

use dagsform_care::DeviceId;
use dagsform_sensors::RadioFault;
use dagsform_ui as ui;

use crate::flow::{
    measure::{RecordTrouble, ServiceTrouble, State, Trouble},
    tablet,
};

/// What is wrong and told where the person is; the place is what "understood" names.
pub(super) fn faults(state: &tablet::State) -> Vec<ui::Fault> {
    let troubles = state.told_here().into_iter().filter_map(|place| state.measure.troubles.get(place));
    troubles.map(|trouble| fault(&state.measure, trouble)).collect()
}

/// What people call a sensor.
pub(super) fn name(state: &State, device: &DeviceId) -> String {
    state.sensors.iter().find(|(known, _)| known == device).map(|(_, name)| name.clone()).unwrap_or_default()
}

fn fault(state: &State, trouble: &Trouble) -> ui::Fault {
    let of = |device: &DeviceId, kind| ui::Fault { kind, device_name: Some(name(state, device)), detail: None };
    let told = |kind, said: &String| ui::Fault { detail: Some(said.clone()), ..ui::Fault::new(kind) };
    match trouble {
        Trouble::Radio(Some(device), fault) => of(device, of_sensor(*fault)),
        Trouble::Radio(None, fault) => ui::Fault::new(of_radio(*fault)),
        Trouble::Record(why) => ui::Fault::new(match why {
            RecordTrouble::Full => ui::FaultKind::RecordFull,
            RecordTrouble::NotWritable => ui::FaultKind::RecordNotWritable,
            RecordTrouble::Damaged => ui::FaultKind::RecordDamaged,
            RecordTrouble::Newer => ui::FaultKind::RecordTooNew,
            RecordTrouble::InUse => ui::FaultKind::RecordInUse,
        }),
        Trouble::Service(ServiceTrouble::Away) => ui::Fault::new(ui::FaultKind::ServiceAway),
        Trouble::Service(ServiceTrouble::Refuses(said)) => told(ui::FaultKind::ServiceRefuses, said),
        Trouble::Service(ServiceTrouble::Revoked(said)) => told(ui::FaultKind::TabletRevoked, said),
        Trouble::Service(ServiceTrouble::SignIn(said)) => told(ui::FaultKind::SignInRefused, said),
        Trouble::Service(ServiceTrouble::NotProven(said)) => told(ui::FaultKind::ServiceNotProven, said),
        Trouble::Service(ServiceTrouble::Clock) => ui::Fault::new(ui::FaultKind::ClockStopsSending),
        Trouble::ClockWrong => ui::Fault::new(ui::FaultKind::ClockWrong),
        Trouble::NotUnderstood(device) => of(device, ui::FaultKind::PacketNotUnderstood),
        Trouble::SetAside(readings, said) => ui::Fault {
            detail: Some(said.clone()),
            ..ui::Fault::new(ui::FaultKind::ReadingSetAside { readings: *readings })
        },
        Trouble::BatteryLow(device, percent) => of(device, ui::FaultKind::SensorBatteryLow { percent: *percent }),
        Trouble::NotEnrolled => ui::Fault::new(ui::FaultKind::NotSetUp),
    }
}

/// A fault of a sensor. Where the radio itself is what failed, nothing can be said of the sensor but that it does
/// not answer; the radio's own fault stands beside.
fn of_sensor(fault: RadioFault) -> ui::FaultKind {
    use ui::FaultKind as Kind;
    match fault {
        RadioFault::BondLost => Kind::SensorNotPaired,
        RadioFault::NotInPairingMode => Kind::SensorNotInPairingMode,
        RadioFault::BondedElsewhere => Kind::SensorPairedElsewhere,
        RadioFault::WrongCode => Kind::WrongCode,
        RadioFault::CodeNeeded => Kind::CodeNeeded,
        RadioFault::TwoAlike => Kind::TwoAlike,
        RadioFault::NotAllowed => Kind::SendsToEverybody,
        RadioFault::KeyNeeded => Kind::KeyNeeded,
        RadioFault::WrongKey => Kind::WrongKey,
        RadioFault::ConsentRefused => Kind::UserCodeRefused,
        RadioFault::Unsupported => Kind::SensorUnsupported,
        RadioFault::Silent => Kind::NoData,
        RadioFault::Gone => Kind::SensorGone,
        RadioFault::NotFound
        | RadioFault::Timeout
        | RadioFault::Failed
        | RadioFault::NoService
        | RadioFault::NoAdapter
        | RadioFault::AdapterGone
        | RadioFault::AdapterOff => Kind::SensorNotFound,
    }
}

/// A fault of the tablet's radio, or of a sensor that nobody named.
fn of_radio(fault: RadioFault) -> ui::FaultKind {
    match fault {
        RadioFault::AdapterOff => ui::FaultKind::BluetoothOff,
        RadioFault::AdapterGone => ui::FaultKind::BluetoothGone,
        RadioFault::NoService | RadioFault::NoAdapter | RadioFault::Failed | RadioFault::Timeout => {
            ui::FaultKind::NoBluetooth
        }
        of_a_sensor => of_sensor(of_a_sensor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::measure;

    /// What stands on the screen of a fault, in English and in Norwegian.
    fn said(device: Option<DeviceId>, fault: RadioFault) -> [String; 2] {
        let sensor = DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap();
        let sensors = vec![(sensor, "Nonin 3230".to_owned())];
        let measure = measure::State { sensors, troubles: vec![Trouble::Radio(device, fault)], ..Default::default() };
        let mut state = tablet::State::in_language("nb");
        state.measure = measure;
        let faults = faults(&state);
        [ui::Language::En, ui::Language::Nb].map(|language| {
            let words = ui::Words::in_language(language);
            let said: Vec<String> =
                faults.iter().map(|fault| format!("{} {}", fault.what(words, ""), fault.what_to_do(words))).collect();
            said.join(" ")
        })
    }

    #[test]
    fn every_fault_of_a_sensor_has_words_of_its_own_and_a_way_out() {
        let call = "Call the follow-up service. They will help you connect it.";
        let table = |fault| match fault {
            RadioFault::BondLost => format!("Nonin 3230 is not connected to this tablet. {call}"),
            RadioFault::NotInPairingMode => "Nonin 3230 is not ready to be connected. Make it ready as its \
                instructions say, or call the follow-up service. They will help you."
                .to_owned(),
            RadioFault::BondedElsewhere => "Nonin 3230 waits for another phone or tablet. Call the follow-up \
                service. They will help you connect it to this tablet."
                .to_owned(),
            RadioFault::WrongCode => "Nonin 3230 did not accept the code. Read the code on the sensor once more. If \
                that does not help, call the follow-up service."
                .to_owned(),
            RadioFault::CodeNeeded => "Nonin 3230 asks for a code. It stands on the sensor or in its display. The \
                follow-up service can help you find it."
                .to_owned(),
            RadioFault::TwoAlike => "Two sensors of the same kind are close by. Turn one of them off, or take it to \
                another room. Then touch “Try again”."
                .to_owned(),
            RadioFault::NotAllowed => "Nonin 3230 sends openly to everyone. The tablet does not take that in. Enter \
                the values yourself, and ask the follow-up service for another sensor."
                .to_owned(),
            RadioFault::KeyNeeded => "Nonin 3230 sends in code, and the tablet does not have the key. Enter the \
                values yourself for now, and call the follow-up service."
                .to_owned(),
            RadioFault::WrongKey => "Nonin 3230 sends in code, and the tablet's key does not fit. Enter the values \
                yourself for now, and call the follow-up service."
                .to_owned(),
            RadioFault::ConsentRefused => "Nonin 3230 did not accept the user's code. Enter the values yourself for \
                now, and call the follow-up service."
                .to_owned(),
            RadioFault::Unsupported => "Nonin 3230 is of a kind that the tablet does not know. Enter the values \
                yourself, and ask the follow-up service for another sensor."
                .to_owned(),
            RadioFault::Silent => "Nonin 3230 is connected, but sends no values. Measure once more. You can also \
                type the number yourself."
                .to_owned(),
            RadioFault::Gone => "Nonin 3230 went away too soon. Leave it on and close to the tablet, and measure \
                once more."
                .to_owned(),
            RadioFault::NotFound
            | RadioFault::Timeout
            | RadioFault::Failed
            | RadioFault::NoService
            | RadioFault::NoAdapter
            | RadioFault::AdapterGone
            | RadioFault::AdapterOff => "Nonin 3230 does not answer. Hold the sensor close to the tablet. If it \
                stays dark, change its batteries."
                .to_owned(),
        };
        let sensor = DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap();
        for fault in RadioFault::ALL {
            let [english, norwegian] = said(Some(sensor.clone()), fault);
            assert_eq!(english, table(fault), "{fault:?}");
            assert!(!norwegian.is_empty() && norwegian != english, "{fault:?}: {norwegian}");
        }
    }

    #[test]
    fn every_fault_of_the_radio_has_words_and_a_way_out() {
        let restart = "The tablet cannot use its Bluetooth. Turn the tablet off and on again. If that does not \
            help, call the follow-up service.";
        let rows = [
            (
                RadioFault::AdapterOff,
                "Bluetooth is turned off. Touch “Try again”. If that does not help, call the \
                follow-up service.",
            ),
            (
                RadioFault::AdapterGone,
                "The tablet has lost its Bluetooth. Has a small plug come out of the tablet? \
                Put it back in, or call the follow-up service.",
            ),
            (RadioFault::NoAdapter, restart),
            (RadioFault::NoService, restart),
            (RadioFault::Timeout, restart),
            (RadioFault::Failed, restart),
        ];
        for (fault, english) in rows {
            assert_eq!(said(None, fault)[0], english, "{fault:?}");
        }
        for fault in RadioFault::ALL {
            assert!(said(None, fault).iter().all(|words| !words.is_empty()), "{fault:?}");
        }
    }
}
