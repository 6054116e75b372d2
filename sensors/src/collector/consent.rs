//! Devices with several users: which of them the patient is, and the code that opens that user's data (User Data
//! Service 1.1, 3.4). The code is made once, by whoever pairs the device.

use std::time::Duration;

use futures::StreamExt;
use tokio::time::timeout;

use crate::{
    characteristic::Characteristic,
    codec::{
        UserControlPoint,
        user_control_point::{OpCode, ResponseValue},
    },
    event::RadioFault,
    radio::Link,
};

/// How long the answer to a request is waited for.
pub const ANSWER: Duration = Duration::from_secs(5);

/// The greatest consent code.
pub const GREATEST_CODE: u16 = 9999;

/// The patient's place among a device's users, and the code that opens it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Consent {
    index: u8,
    code: u16,
}

/// A user index or consent code that no device can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoConsent {
    /// 255 stands for a user whom the device does not know.
    #[error("a user index is 0 to 254")]
    Index,
    /// More than four digits.
    #[error("a consent code is 0 to 9999")]
    Code,
}

impl Consent {
    /// `index`: 0 to 254; `code`: 0 to 9999.
    pub fn new(index: u8, code: u16) -> Result<Self, NoConsent> {
        if index == u8::MAX {
            return Err(NoConsent::Index);
        }
        if code > GREATEST_CODE {
            return Err(NoConsent::Code);
        }
        Ok(Self { index, code })
    }

    /// The patient's place among the users, 0 to 254.
    pub fn index(self) -> u8 {
        self.index
    }

    /// The code, 0 to 9999.
    pub fn code(self) -> u16 {
        self.code
    }

    /// What is written to the control point to be this user.
    pub(super) fn request(self) -> Vec<u8> {
        UserControlPoint::Consent { user_index: self.index, consent_code: self.code }.bytes()
    }
}

/// The code is a secret of the patient's.
impl std::fmt::Debug for Consent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consent").field("index", &self.index).finish_non_exhaustive()
    }
}

/// Whether the device took the consent; `None` if these bytes are no answer to it.
pub(super) fn given(answer: &[u8]) -> Option<bool> {
    match UserControlPoint::decode(answer).ok()? {
        UserControlPoint::Response { request: OpCode::Consent, result, .. } => Some(result == ResponseValue::Success),
        _ => None,
    }
}

/// Makes a new user of the device, whose data only this code opens from then on.
///
/// # Errors
/// [`RadioFault::Unsupported`]: the device has no users. [`RadioFault::ConsentRefused`]: it takes no more of them, or
/// not this code. [`RadioFault::Timeout`]: it did not answer. Otherwise what the radio reported.
pub async fn register(link: &dyn Link, code: u16) -> Result<Consent, RadioFault> {
    let place = Characteristic::assigned(UserControlPoint::CHARACTERISTIC);
    if !link.characteristics().contains(&place) {
        return Err(RadioFault::Unsupported);
    }
    // The stream first: an answer between subscribing and listening would be lost.
    let mut values = link.notifications().await?;
    link.subscribe(place).await?;
    link.write(place, &UserControlPoint::RegisterNewUser { consent_code: code }.bytes()).await?;
    let answer = async {
        while let Some((characteristic, bytes)) = values.next().await {
            let answered = (characteristic == place).then(|| UserControlPoint::decode(&bytes).ok()).flatten();
            if let Some(UserControlPoint::Response { request: OpCode::RegisterNewUser, result, parameter }) = answered {
                let index = parameter.first().copied().filter(|_| result == ResponseValue::Success);
                let consent = index.and_then(|index| Consent::new(index, code).ok());
                return consent.ok_or(RadioFault::ConsentRefused);
            }
        }
        Err(RadioFault::Gone)
    };
    timeout(ANSWER, answer).await.unwrap_or(Err(RadioFault::Timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consent_is_written_as_the_service_says() {
        assert_eq!(Consent::new(1, 0x1234).unwrap().request(), [0x02, 1, 0x34, 0x12]);
    }

    #[test]
    fn an_index_or_a_code_that_no_device_can_have_is_refused() {
        for (index, code, verdict) in
            [(0, 0, Ok(())), (254, 9999, Ok(())), (255, 0, Err(NoConsent::Index)), (1, 10_000, Err(NoConsent::Code))]
        {
            assert_eq!(Consent::new(index, code).map(|_| ()), verdict, "{index} {code}");
        }
    }

    #[test]
    fn only_success_is_consent_and_only_an_answer_to_it_is_an_answer() {
        for (answer, consent) in [
            (&[0x20, 2, 1][..], Some(true)),
            (&[0x20, 2, 2], Some(false)),
            (&[0x20, 2, 3], Some(false)),
            (&[0x20, 2, 4], Some(false)),
            (&[0x20, 2, 5], Some(false)),
            (&[0x20, 2, 0x77], Some(false)),
            (&[0x20, 1, 1, 3], None),
            (&[0x20], None),
            (&[], None),
        ] {
            assert_eq!(given(answer), consent, "{answer:02X?}");
        }
    }

    #[test]
    fn the_code_is_not_written_into_a_log() {
        assert_eq!(format!("{:?}", Consent::new(3, 4711).unwrap()), "Consent { index: 3, .. }");
    }
}
