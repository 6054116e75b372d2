//! Record Access Control Point (0x2A52): asking for the device's memory, and its answers
//! (GATT Specification Supplement, Record Access Control Point; Pulse Oximeter Service 1.0.1, 3.4;
//! Glucose Service 1.0.1, 3.4).

use serde::Serialize;

use super::{
    date_time::DateTime,
    glucose_measurement::GlucoseMeasurement,
    plx_spot_check_measurement::PlxSpotCheckMeasurement,
    reader::{DecodeError, Reader},
};

/// Whether the service of these readings has a control point that reports them. The others have none: their
/// devices send by themselves what they have kept, and forget it.
pub fn reports(characteristic: u16) -> bool {
    [PlxSpotCheckMeasurement::CHARACTERISTIC, GlucoseMeasurement::CHARACTERISTIC].contains(&characteristic)
}

/// What is asked of a device's memory. The Pulse Oximeter Service knows only "all records".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// How many records there are.
    CountAll,
    /// How many records there are from this sequence number on.
    CountFrom(u16),
    /// All records.
    ReportAll,
    /// The records from this sequence number on.
    ReportFrom(u16),
    /// The most recent record.
    ReportLast,
    /// Stop.
    Abort,
}

impl Request {
    /// The bytes to write to the characteristic.
    pub fn bytes(self) -> Vec<u8> {
        let from = |op: OpCode, sequence: u16| {
            let [low, high] = sequence.to_le_bytes();
            let operator = Operator::GreaterThanOrEqual.number();
            vec![op.number(), operator, FilterType::SequenceNumber.number(), low, high]
        };
        let plain = |op: OpCode, operator: Operator| vec![op.number(), operator.number()];
        match self {
            Self::CountAll => plain(OpCode::ReportNumberOfStoredRecords, Operator::AllRecords),
            Self::CountFrom(sequence) => from(OpCode::ReportNumberOfStoredRecords, sequence),
            Self::ReportAll => plain(OpCode::ReportStoredRecords, Operator::AllRecords),
            Self::ReportFrom(sequence) => from(OpCode::ReportStoredRecords, sequence),
            Self::ReportLast => plain(OpCode::ReportStoredRecords, Operator::LastRecord),
            Self::Abort => plain(OpCode::AbortOperation, Operator::Null),
        }
    }
}

/// A value of the control point: a request, or a device's answer to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordAccessControlPoint {
    /// Op Code: what is to be done, or what kind of answer this is.
    pub op_code: OpCode,
    /// Operator: which records; null in an answer.
    pub operator: Operator,
    /// Operand, as the op code and the operator demand it.
    pub operand: Operand,
}

/// Operand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operand {
    /// None.
    None,
    /// Which records: those whose value, of the kind that the filter type names, compares with these.
    Filter {
        /// What is compared.
        filter_type: FilterType,
        /// The one value, or the least and the greatest.
        values: Vec<FilterValue>,
    },
    /// The number of records. How wide it is, is the service's to say: two bytes in the Pulse Oximeter,
    /// Glucose and CGM services; one and four are understood too.
    NumberOfRecords(u32),
    /// The result of a request.
    Response {
        /// The op code of the request.
        request: OpCode,
        /// What became of it.
        result: ResponseCode,
    },
    /// The operand of an op code or operator that is reserved here, as sent.
    Unknown(Vec<u8>),
}

/// A value that a filter compares records with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilterValue {
    /// A sequence number (in the CGM service a time offset in minutes).
    Number(u16),
    /// A user-facing time.
    Time(DateTime),
    /// The values of a filter type that is reserved here, as sent.
    Unknown(Vec<u8>),
}

impl RecordAccessControlPoint {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A52;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Record Access Control Point", bytes);
        let op_code = OpCode::from(reader.u8("op_code")?);
        let operator = Operator::from(reader.u8("operator")?);
        let operand = Operand::read(&mut reader, op_code, operator)?;
        reader.finish()?;
        Ok(Self { op_code, operator, operand })
    }
}

impl Operand {
    fn read(r: &mut Reader<'_>, op_code: OpCode, operator: Operator) -> Result<Self, DecodeError> {
        Ok(match op_code {
            OpCode::NumberOfStoredRecordsResponse => {
                let field = "number_of_records";
                Self::NumberOfRecords(match r.remaining() {
                    1 => r.u8(field)?.into(),
                    4 => r.u32(field)?,
                    _ => r.u16(field)?.into(),
                })
            }
            OpCode::ResponseCode => {
                Self::Response { request: r.u8("request_op_code")?.into(), result: r.u8("response_code")?.into() }
            }
            OpCode::AbortOperation => Self::None,
            OpCode::ReportStoredRecords | OpCode::DeleteStoredRecords | OpCode::ReportNumberOfStoredRecords => {
                Self::read_filter(r, operator)?
            }
            OpCode::Reserved(_) => Self::Unknown(r.rest("operand")),
        })
    }

    fn read_filter(r: &mut Reader<'_>, operator: Operator) -> Result<Self, DecodeError> {
        let names: &[&'static str] = match operator {
            Operator::Null | Operator::AllRecords | Operator::FirstRecord | Operator::LastRecord => {
                return Ok(Self::None);
            }
            Operator::Reserved(_) => return Ok(Self::Unknown(r.rest("operand"))),
            Operator::LessThanOrEqual => &["maximum"],
            Operator::GreaterThanOrEqual => &["minimum"],
            Operator::WithinRange => &["minimum", "maximum"],
        };
        let filter_type = FilterType::from(r.u8("filter_type")?);
        let values = match filter_type {
            FilterType::SequenceNumber => {
                names.iter().map(|name| r.u16(name).map(FilterValue::Number)).collect::<Result<_, _>>()?
            }
            FilterType::UserFacingTime => {
                names.iter().map(|name| DateTime::read(r, name).map(FilterValue::Time)).collect::<Result<_, _>>()?
            }
            FilterType::Reserved(_) => vec![FilterValue::Unknown(r.rest("filter_values"))],
        };
        Ok(Self::Filter { filter_type, values })
    }
}

/// Op Code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpCode {
    /// 1.
    ReportStoredRecords,
    /// 2.
    DeleteStoredRecords,
    /// 3.
    AbortOperation,
    /// 4.
    ReportNumberOfStoredRecords,
    /// 5: an answer.
    NumberOfStoredRecordsResponse,
    /// 6: an answer.
    ResponseCode,
    /// Any other byte.
    Reserved(u8),
}

impl From<u8> for OpCode {
    fn from(number: u8) -> Self {
        match number {
            1 => Self::ReportStoredRecords,
            2 => Self::DeleteStoredRecords,
            3 => Self::AbortOperation,
            4 => Self::ReportNumberOfStoredRecords,
            5 => Self::NumberOfStoredRecordsResponse,
            6 => Self::ResponseCode,
            other => Self::Reserved(other),
        }
    }
}

impl OpCode {
    /// The byte on the air.
    pub fn number(self) -> u8 {
        match self {
            Self::ReportStoredRecords => 1,
            Self::DeleteStoredRecords => 2,
            Self::AbortOperation => 3,
            Self::ReportNumberOfStoredRecords => 4,
            Self::NumberOfStoredRecordsResponse => 5,
            Self::ResponseCode => 6,
            Self::Reserved(other) => other,
        }
    }
}

/// Operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// 0.
    Null,
    /// 1.
    AllRecords,
    /// 2.
    LessThanOrEqual,
    /// 3.
    GreaterThanOrEqual,
    /// 4: within range, both ends included.
    WithinRange,
    /// 5: the oldest record.
    FirstRecord,
    /// 6: the most recent record.
    LastRecord,
    /// Any other byte.
    Reserved(u8),
}

impl From<u8> for Operator {
    fn from(number: u8) -> Self {
        match number {
            0 => Self::Null,
            1 => Self::AllRecords,
            2 => Self::LessThanOrEqual,
            3 => Self::GreaterThanOrEqual,
            4 => Self::WithinRange,
            5 => Self::FirstRecord,
            6 => Self::LastRecord,
            other => Self::Reserved(other),
        }
    }
}

impl Operator {
    /// The byte on the air.
    pub fn number(self) -> u8 {
        match self {
            Self::Null => 0,
            Self::AllRecords => 1,
            Self::LessThanOrEqual => 2,
            Self::GreaterThanOrEqual => 3,
            Self::WithinRange => 4,
            Self::FirstRecord => 5,
            Self::LastRecord => 6,
            Self::Reserved(other) => other,
        }
    }
}

/// Filter Type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilterType {
    /// 1: sequence number (in the CGM service the time offset).
    SequenceNumber,
    /// 2: user-facing time.
    UserFacingTime,
    /// Any other byte.
    Reserved(u8),
}

impl From<u8> for FilterType {
    fn from(number: u8) -> Self {
        match number {
            1 => Self::SequenceNumber,
            2 => Self::UserFacingTime,
            other => Self::Reserved(other),
        }
    }
}

impl FilterType {
    /// The byte on the air.
    pub fn number(self) -> u8 {
        match self {
            Self::SequenceNumber => 1,
            Self::UserFacingTime => 2,
            Self::Reserved(other) => other,
        }
    }
}

/// Response Code Value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResponseCode {
    /// 1.
    Success,
    /// 2.
    OpCodeNotSupported,
    /// 3.
    InvalidOperator,
    /// 4.
    OperatorNotSupported,
    /// 5.
    InvalidOperand,
    /// 6.
    NoRecordsFound,
    /// 7.
    AbortUnsuccessful,
    /// 8.
    ProcedureNotCompleted,
    /// 9.
    OperandNotSupported,
    /// Any other byte.
    Reserved(u8),
}

impl From<u8> for ResponseCode {
    fn from(number: u8) -> Self {
        match number {
            1 => Self::Success,
            2 => Self::OpCodeNotSupported,
            3 => Self::InvalidOperator,
            4 => Self::OperatorNotSupported,
            5 => Self::InvalidOperand,
            6 => Self::NoRecordsFound,
            7 => Self::AbortUnsuccessful,
            8 => Self::ProcedureNotCompleted,
            9 => Self::OperandNotSupported,
            other => Self::Reserved(other),
        }
    }
}

impl ResponseCode {
    /// The byte on the air.
    pub fn number(self) -> u8 {
        match self {
            Self::Success => 1,
            Self::OpCodeNotSupported => 2,
            Self::InvalidOperator => 3,
            Self::OperatorNotSupported => 4,
            Self::InvalidOperand => 5,
            Self::NoRecordsFound => 6,
            Self::AbortUnsuccessful => 7,
            Self::ProcedureNotCompleted => 8,
            Self::OperandNotSupported => 9,
            Self::Reserved(other) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_is_written_as_the_services_say() {
        for (request, bytes) in [
            (Request::CountAll, &[4, 1][..]),
            (Request::CountFrom(0x0102), &[4, 3, 1, 2, 1]),
            (Request::ReportAll, &[1, 1]),
            (Request::ReportFrom(0x0102), &[1, 3, 1, 2, 1]),
            (Request::ReportLast, &[1, 6]),
            (Request::Abort, &[3, 0]),
        ] {
            assert_eq!(request.bytes(), bytes);
            assert!(RecordAccessControlPoint::decode(bytes).is_ok());
        }
    }

    #[test]
    fn a_reserved_code_is_told_with_its_number() {
        for number in 0..=u8::MAX {
            assert_eq!(OpCode::from(number).number(), number);
            assert_eq!(Operator::from(number).number(), number);
            assert_eq!(FilterType::from(number).number(), number);
            assert_eq!(ResponseCode::from(number).number(), number);
        }
    }

    #[test]
    fn the_number_of_records_has_one_two_or_four_bytes() {
        let operand = |bytes: &[u8]| RecordAccessControlPoint::decode(bytes).map(|p| p.operand);
        assert_eq!(operand(&[5, 0, 1]), Ok(Operand::NumberOfRecords(1)));
        assert_eq!(operand(&[5, 0, 2, 1]), Ok(Operand::NumberOfRecords(258)));
        assert_eq!(operand(&[5, 0, 4, 3, 2, 1]), Ok(Operand::NumberOfRecords(0x0102_0304)));
        assert!(operand(&[5, 0]).is_err());
        assert!(operand(&[5, 0, 3, 2, 1]).is_err());
    }

    #[test]
    fn a_range_of_sequence_numbers_has_two_ends() {
        let decoded = RecordAccessControlPoint::decode(&[1, 4, 1, 5, 0, 9, 0]).unwrap();
        assert_eq!(
            decoded.operand,
            Operand::Filter {
                filter_type: FilterType::SequenceNumber,
                values: vec![FilterValue::Number(5), FilterValue::Number(9)],
            }
        );
        let cut = RecordAccessControlPoint::decode(&[1, 4, 1, 5, 0, 9]).unwrap_err();
        assert!(cut.to_string().contains("'maximum' at byte 5"), "{cut}");
    }
}
