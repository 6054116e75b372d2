//! CGM Specific Ops Control Point (0x2AAC): a glucose sensor's settings, and its answers (Continuous Glucose
//! Monitoring Service 1.0.2, 3.7; GATT Specification Supplement, CGM Specific Ops Control Point). Decoded only:
//! continuous glucose is not in the kit.

use bitflags::bitflags;
use serde::{Serialize, Serializer};

use super::{
    amount::Amount,
    cgm_feature::CgmSample,
    code::code,
    e2e_crc::E2eCrc,
    json,
    reader::{DecodeError, Reader},
};

/// A value of the control point: a request, or a device's answer to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CgmSpecificOpsControlPoint {
    /// Op Code: what is to be done, or what kind of answer this is.
    pub op_code: OpCode,
    /// Operand, as the op code demands it.
    pub operand: Operand,
    /// E2E-CRC.
    pub e2e_crc: Option<E2eCrc>,
}

/// Operand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operand {
    /// None.
    None,
    /// CGM Communication Interval: minutes; 0 is never, 255 as often as the device can.
    CommunicationInterval(u8),
    /// Glucose Calibration Value.
    Calibration(Calibration),
    /// Calibration Data Record Number that is asked for; 0xFFFF is the last one.
    CalibrationRecordNumber(u16),
    /// A level at which the device alerts: mg/dL, or mg/dL a minute.
    Level(Amount),
    /// The result of a request.
    Response {
        /// The op code of the request.
        request: OpCode,
        /// What became of it.
        result: ResponseCode,
    },
    /// The operand of an op code that is reserved here, as sent.
    Unknown(Vec<u8>),
}

/// Glucose Calibration Value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Calibration {
    /// Glucose Concentration of Calibration: mg/dL.
    pub glucose_concentration: Amount,
    /// Calibration Time: minutes since the session began.
    pub time_minutes: u16,
    /// Type and sample location of the blood.
    #[serde(flatten)]
    pub sample: CgmSample,
    /// Next Calibration Time: minutes since the session began.
    pub next_time_minutes: u16,
    /// Calibration Data Record Number.
    pub record_number: u16,
    /// Calibration Status.
    pub status: CalibrationStatus,
}

bitflags! {
    /// Calibration Status, 8 bits. Bits 3 to 7 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct CalibrationStatus: u8 {
        /// It was rejected.
        const REJECTED = 1;
        /// Its value is out of range.
        const OUT_OF_RANGE = 1 << 1;
        /// It is being worked on.
        const PENDING = 1 << 2;
    }
}

code! {
    /// Op Code.
    OpCode {
        1 /// 1.
        SetCommunicationInterval,
        2 /// 2.
        GetCommunicationInterval,
        3 /// 3: an answer.
        CommunicationIntervalResponse,
        4 /// 4.
        SetCalibration,
        5 /// 5.
        GetCalibration,
        6 /// 6: an answer.
        CalibrationResponse,
        7 /// 7.
        SetPatientHighAlertLevel,
        8 /// 8.
        GetPatientHighAlertLevel,
        9 /// 9: an answer.
        PatientHighAlertLevelResponse,
        10 /// 10.
        SetPatientLowAlertLevel,
        11 /// 11.
        GetPatientLowAlertLevel,
        12 /// 12: an answer.
        PatientLowAlertLevelResponse,
        13 /// 13.
        SetHypoAlertLevel,
        14 /// 14.
        GetHypoAlertLevel,
        15 /// 15: an answer.
        HypoAlertLevelResponse,
        16 /// 16.
        SetHyperAlertLevel,
        17 /// 17.
        GetHyperAlertLevel,
        18 /// 18: an answer.
        HyperAlertLevelResponse,
        19 /// 19.
        SetRateOfDecreaseAlertLevel,
        20 /// 20.
        GetRateOfDecreaseAlertLevel,
        21 /// 21: an answer.
        RateOfDecreaseAlertLevelResponse,
        22 /// 22.
        SetRateOfIncreaseAlertLevel,
        23 /// 23.
        GetRateOfIncreaseAlertLevel,
        24 /// 24: an answer.
        RateOfIncreaseAlertLevelResponse,
        25 /// 25.
        ResetDeviceSpecificAlert,
        26 /// 26.
        StartSession,
        27 /// 27.
        StopSession,
        28 /// 28: an answer.
        ResponseCode,
    }
}

code! {
    /// Response Code Value.
    ResponseCode {
        1 /// 1.
        Success,
        2 /// 2.
        OpCodeNotSupported,
        3 /// 3.
        InvalidOperand,
        4 /// 4.
        ProcedureNotCompleted,
        5 /// 5.
        ParameterOutOfRange,
    }
}

impl CgmSpecificOpsControlPoint {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2AAC;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("CGM Specific Ops Control Point", bytes);
        let op_code = OpCode::from(reader.u8("op_code")?);
        let operand = Operand::read(&mut reader, op_code)?;
        let e2e_crc = E2eCrc::read_if_any(&mut reader, bytes)?;
        reader.finish()?;
        Ok(Self { op_code, operand, e2e_crc })
    }
}

impl Operand {
    fn read(r: &mut Reader<'_>, op_code: OpCode) -> Result<Self, DecodeError> {
        let level = |r: &mut Reader<'_>, unit| r.sfloat("level").map(|value| Self::Level(Amount { value, unit }));
        Ok(match op_code {
            OpCode::SetCommunicationInterval | OpCode::CommunicationIntervalResponse => {
                Self::CommunicationInterval(r.u8("communication_interval")?)
            }
            OpCode::SetCalibration | OpCode::CalibrationResponse => Self::Calibration(Calibration::read(r)?),
            OpCode::GetCalibration => Self::CalibrationRecordNumber(r.u16("record_number")?),
            OpCode::SetPatientHighAlertLevel
            | OpCode::PatientHighAlertLevelResponse
            | OpCode::SetPatientLowAlertLevel
            | OpCode::PatientLowAlertLevelResponse
            | OpCode::SetHypoAlertLevel
            | OpCode::HypoAlertLevelResponse
            | OpCode::SetHyperAlertLevel
            | OpCode::HyperAlertLevelResponse => level(r, "mg/dL")?,
            OpCode::SetRateOfDecreaseAlertLevel
            | OpCode::RateOfDecreaseAlertLevelResponse
            | OpCode::SetRateOfIncreaseAlertLevel
            | OpCode::RateOfIncreaseAlertLevelResponse => level(r, "mg/dL/min")?,
            OpCode::ResponseCode => {
                Self::Response { request: r.u8("request_op_code")?.into(), result: r.u8("response_code")?.into() }
            }
            OpCode::GetCommunicationInterval
            | OpCode::GetPatientHighAlertLevel
            | OpCode::GetPatientLowAlertLevel
            | OpCode::GetHypoAlertLevel
            | OpCode::GetHyperAlertLevel
            | OpCode::GetRateOfDecreaseAlertLevel
            | OpCode::GetRateOfIncreaseAlertLevel
            | OpCode::ResetDeviceSpecificAlert
            | OpCode::StartSession
            | OpCode::StopSession => Self::None,
            OpCode::Reserved(_) => Self::Unknown(r.rest("operand")),
        })
    }
}

impl Calibration {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            glucose_concentration: Amount { value: r.sfloat("glucose_concentration")?, unit: "mg/dL" },
            time_minutes: r.u16("calibration_time")?,
            sample: CgmSample::read(r)?,
            next_time_minutes: r.u16("next_calibration_time")?,
            record_number: r.u16("record_number")?,
            status: CalibrationStatus::from_bits_retain(r.u8("calibration_status")?),
        })
    }
}

impl Serialize for CalibrationStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
