//! User Control Point (0x2A9F): choosing one of a device's users, and the device's answers (User Data Service
//! 1.1, 3.4; GATT Specification Supplement, User Control Point).

use serde::Serialize;

use super::{
    code::code,
    reader::{DecodeError, Reader},
};

/// A value of the control point: a request, or a device's answer to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "op_code", rename_all = "kebab-case")]
pub enum UserControlPoint {
    /// 0x01: makes a new user, whose data only this code opens from then on.
    RegisterNewUser {
        /// Consent Code, 0 to 9999.
        consent_code: u16,
    },
    /// 0x02: chooses a user.
    Consent {
        /// The device's number of the user.
        user_index: u8,
        /// Consent Code, 0 to 9999.
        consent_code: u16,
    },
    /// 0x03: deletes what the device knows of the chosen user.
    DeleteUserData,
    /// 0x04: asks for the users.
    ListAllUsers,
    /// 0x05: deletes a user, or all.
    DeleteUsers {
        /// The device's number of the user; 255 is all of them.
        user_index: u8,
    },
    /// 0x20: what became of a request.
    Response {
        /// The request.
        request: OpCode,
        /// What became of it.
        result: ResponseValue,
        /// What the request asked for, as sent: the new user's number (0x01), the number of users (0x04), the
        /// deleted user's number (0x05).
        parameter: Vec<u8>,
    },
    /// A value with an op code that is reserved here.
    Reserved {
        /// The op code.
        number: u8,
        /// What follows it.
        parameter: Vec<u8>,
    },
}

code! {
    /// Op Code.
    OpCode {
        1 /// 1.
        RegisterNewUser,
        2 /// 2.
        Consent,
        3 /// 3.
        DeleteUserData,
        4 /// 4.
        ListAllUsers,
        5 /// 5.
        DeleteUsers,
        0x20 /// 0x20: an answer.
        Response,
    }
}

code! {
    /// Response Value.
    ResponseValue {
        1 /// 1.
        Success,
        2 /// 2.
        OpCodeNotSupported,
        3 /// 3.
        InvalidParameter,
        4 /// 4.
        OperationFailed,
        5 /// 5: the consent code was wrong, or no user is chosen.
        UserNotAuthorized,
    }
}

impl UserControlPoint {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A9F;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("User Control Point", bytes);
        let r = &mut reader;
        let decoded = match OpCode::from(r.u8("op_code")?) {
            OpCode::RegisterNewUser => Self::RegisterNewUser { consent_code: r.u16("consent_code")? },
            OpCode::Consent => Self::Consent { user_index: r.u8("user_index")?, consent_code: r.u16("consent_code")? },
            OpCode::DeleteUserData => Self::DeleteUserData,
            OpCode::ListAllUsers => Self::ListAllUsers,
            OpCode::DeleteUsers => Self::DeleteUsers { user_index: r.u8("user_index")? },
            OpCode::Response => Self::Response {
                request: r.u8("request_op_code")?.into(),
                result: r.u8("response_value")?.into(),
                parameter: r.rest("response_parameter"),
            },
            OpCode::Reserved(number) => Self::Reserved { number, parameter: r.rest("parameter") },
        };
        reader.finish()?;
        Ok(decoded)
    }

    /// The bytes to write to the characteristic.
    pub fn bytes(&self) -> Vec<u8> {
        let code = |consent_code: u16| consent_code.to_le_bytes();
        match self {
            Self::RegisterNewUser { consent_code } => {
                [&[OpCode::RegisterNewUser.number()][..], &code(*consent_code)].concat()
            }
            Self::Consent { user_index, consent_code } => {
                [&[OpCode::Consent.number(), *user_index][..], &code(*consent_code)].concat()
            }
            Self::DeleteUserData => vec![OpCode::DeleteUserData.number()],
            Self::ListAllUsers => vec![OpCode::ListAllUsers.number()],
            Self::DeleteUsers { user_index } => vec![OpCode::DeleteUsers.number(), *user_index],
            Self::Response { request, result, parameter } => {
                [&[OpCode::Response.number(), request.number(), result.number()][..], parameter].concat()
            }
            Self::Reserved { number, parameter } => [&[*number][..], parameter].concat(),
        }
    }
}
