//! The users of a device (User Data Service 1.1, 3.4): it gives nothing away before one of them has been chosen with
//! their code.

use std::collections::BTreeMap;

use crate::codec::{
    UserControlPoint,
    user_control_point::{OpCode, ResponseValue},
};

/// So many users have room.
const ROOM: u8 = 8;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Users {
    /// Their codes, by their place.
    codes: BTreeMap<u8, u16>,
    /// The one who was chosen over this link.
    chosen: Option<u8>,
}

impl Users {
    /// Keeps a user with this code.
    pub(super) fn add(&mut self, index: u8, code: u16) {
        self.codes.insert(index, code);
    }

    /// Whether a user has been chosen.
    pub(super) fn has_consent(&self) -> bool {
        self.chosen.is_some()
    }

    /// The link is gone.
    pub(super) fn forget(&mut self) {
        self.chosen = None;
    }

    /// Answers the User Control Point.
    pub(super) fn answer(&mut self, request: &[u8]) -> Vec<u8> {
        let (request, result, parameter) = match UserControlPoint::decode(request) {
            Ok(UserControlPoint::Consent { user_index, consent_code }) => {
                let right = self.codes.get(&user_index) == Some(&consent_code);
                self.chosen = right.then_some(user_index);
                let result = if right { ResponseValue::Success } else { ResponseValue::UserNotAuthorized };
                (OpCode::Consent, result, Vec::new())
            }
            Ok(UserControlPoint::RegisterNewUser { consent_code }) => {
                match (1..=ROOM).find(|index| !self.codes.contains_key(index)) {
                    Some(index) => {
                        self.add(index, consent_code);
                        (OpCode::RegisterNewUser, ResponseValue::Success, vec![index])
                    }
                    None => (OpCode::RegisterNewUser, ResponseValue::OperationFailed, Vec::new()),
                }
            }
            _ => {
                let op_code = request.first().copied().map_or(OpCode::Reserved(0), OpCode::from);
                (op_code, ResponseValue::OpCodeNotSupported, Vec::new())
            }
        };
        UserControlPoint::Response { request, result, parameter }.bytes()
    }
}
