//! The device's end of the Record Access Control Point (2A52): what an operation asks for, and how
//! a device answers it. Pure: the rigs do the sending.

/// What a device does about an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Indicate these bytes.
    Respond(Vec<u8>),
    /// Send the records at these places, then indicate success.
    Report(Vec<usize>),
    /// Forget the records at these places, then indicate success.
    Delete(Vec<usize>),
    /// Stop what is being sent.
    Abort,
}

/// What a device allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// The operators it knows; all when empty.
    pub operators: Vec<u8>,
    /// Whether records may be deleted.
    pub deletable: bool,
}

/// Operation codes.
const REPORT: u8 = 1;
const DELETE: u8 = 2;
const ABORT: u8 = 3;
const COUNT: u8 = 4;
const COUNT_RESPONSE: u8 = 5;
const RESPONSE: u8 = 6;

/// Operators.
const ALL: u8 = 1;
const AT_MOST: u8 = 2;
const AT_LEAST: u8 = 3;
const RANGE: u8 = 4;
const FIRST: u8 = 5;
const LAST: u8 = 6;

/// Response codes.
pub(crate) const SUCCESS: u8 = 1;
const OPERATION_NOT_SUPPORTED: u8 = 2;
const INVALID_OPERATOR: u8 = 3;
const OPERATOR_NOT_SUPPORTED: u8 = 4;
const INVALID_OPERAND: u8 = 5;
const NO_RECORDS: u8 = 6;
const OPERAND_NOT_SUPPORTED: u8 = 9;

const FILTER_SEQUENCE_NUMBER: u8 = 1;

/// The answer to an operation, given the sequence numbers of the records in the order of memory.
#[must_use]
pub fn answer(operation: &[u8], numbers: &[u16], abilities: &Abilities) -> Answer {
    let (Some(code), Some(operator)) = (operation.first().copied(), operation.get(1).copied()) else {
        return refuse(operation.first().copied().unwrap_or(0), INVALID_OPERAND);
    };
    let operand = operation.get(2..).unwrap_or_default();
    match code {
        ABORT if operator == 0 && operand.is_empty() => return Answer::Abort,
        ABORT => return refuse(code, INVALID_OPERATOR),
        DELETE if !abilities.deletable => return refuse(code, OPERATION_NOT_SUPPORTED),
        REPORT | DELETE | COUNT => {}
        _ => return refuse(code, OPERATION_NOT_SUPPORTED),
    }
    let chosen = match choose(operator, operand, numbers, abilities) {
        Ok(chosen) => chosen,
        Err(fault) => return refuse(code, fault),
    };
    match code {
        COUNT => {
            let [low, high] = u16::try_from(chosen.len()).unwrap_or(u16::MAX).to_le_bytes();
            Answer::Respond(vec![COUNT_RESPONSE, 0, low, high])
        }
        _ if chosen.is_empty() => refuse(code, NO_RECORDS),
        DELETE => Answer::Delete(chosen),
        _ => Answer::Report(chosen),
    }
}

/// The response that ends an operation well.
#[must_use]
pub fn success(operation: u8) -> Vec<u8> {
    vec![RESPONSE, 0, operation, SUCCESS]
}

fn refuse(operation: u8, fault: u8) -> Answer {
    Answer::Respond(vec![RESPONSE, 0, operation, fault])
}

fn choose(operator: u8, operand: &[u8], numbers: &[u16], abilities: &Abilities) -> Result<Vec<usize>, u8> {
    if !(ALL..=LAST).contains(&operator) {
        return Err(INVALID_OPERATOR);
    }
    if !abilities.operators.is_empty() && !abilities.operators.contains(&operator) {
        return Err(OPERATOR_NOT_SUPPORTED);
    }
    let all = 0..numbers.len();
    match operator {
        ALL if operand.is_empty() => return Ok(all.collect()),
        FIRST if operand.is_empty() => return Ok(all.take(1).collect()),
        LAST if operand.is_empty() => return Ok(all.rev().take(1).collect()),
        ALL | FIRST | LAST => return Err(INVALID_OPERAND),
        _ => {}
    }
    let (low, high) = match (operator, operand) {
        (_, [filter, ..]) if *filter != FILTER_SEQUENCE_NUMBER => return Err(OPERAND_NOT_SUPPORTED),
        (AT_MOST, [_, a, b]) => (0, u16::from_le_bytes([*a, *b])),
        (AT_LEAST, [_, a, b]) => (u16::from_le_bytes([*a, *b]), u16::MAX),
        (RANGE, [_, a, b, c, d]) => (u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d])),
        _ => return Err(INVALID_OPERAND),
    };
    if low > high {
        return Err(INVALID_OPERAND);
    }
    let within = numbers.iter().enumerate().filter(|(_, number)| (low..=high).contains(*number));
    Ok(within.map(|(place, _)| place).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(operation: &[u8]) -> Answer {
        answer(operation, &[10, 11, 12, 20], &Abilities { operators: vec![], deletable: true })
    }

    #[test]
    fn records_are_counted_and_reported_by_every_operator() {
        assert_eq!(asked(&[4, 1]), Answer::Respond(vec![5, 0, 4, 0]));
        assert_eq!(asked(&[4, 3, 1, 12, 0]), Answer::Respond(vec![5, 0, 2, 0]));
        assert_eq!(asked(&[1, 1]), Answer::Report(vec![0, 1, 2, 3]));
        assert_eq!(asked(&[1, 2, 1, 11, 0]), Answer::Report(vec![0, 1]));
        assert_eq!(asked(&[1, 3, 1, 12, 0]), Answer::Report(vec![2, 3]));
        assert_eq!(asked(&[1, 4, 1, 11, 0, 12, 0]), Answer::Report(vec![1, 2]));
        assert_eq!(asked(&[1, 5]), Answer::Report(vec![0]));
        assert_eq!(asked(&[1, 6]), Answer::Report(vec![3]));
        assert_eq!(asked(&[2, 1]), Answer::Delete(vec![0, 1, 2, 3]));
        assert_eq!(asked(&[3, 0]), Answer::Abort);
    }

    #[test]
    fn each_refusal_has_its_own_code() {
        let cases: [(&[u8], u8); 8] = [
            (&[9, 1], OPERATION_NOT_SUPPORTED),
            (&[1, 0], INVALID_OPERATOR),
            (&[1, 7], INVALID_OPERATOR),
            (&[1, 1, 5], INVALID_OPERAND),
            (&[1, 3, 1, 12], INVALID_OPERAND),
            (&[1, 4, 1, 12, 0, 11, 0], INVALID_OPERAND),
            (&[1, 3, 2, 12, 0], OPERAND_NOT_SUPPORTED),
            (&[1, 3, 1, 21, 0], NO_RECORDS),
        ];
        for (operation, code) in cases {
            assert_eq!(asked(operation), Answer::Respond(vec![6, 0, operation[0], code]), "{operation:?}");
        }
    }

    #[test]
    fn a_device_may_know_fewer_operators_and_keep_its_records() {
        let abilities = Abilities { operators: vec![1], deletable: false };
        assert_eq!(answer(&[1, 3, 1, 0, 0], &[1], &abilities), Answer::Respond(vec![6, 0, 1, OPERATOR_NOT_SUPPORTED]));
        assert_eq!(answer(&[2, 1], &[1], &abilities), Answer::Respond(vec![6, 0, 2, OPERATION_NOT_SUPPORTED]));
        assert_eq!(answer(&[1, 1], &[], &abilities), Answer::Respond(vec![6, 0, 1, NO_RECORDS]));
    }
}
