"""The device's end of the Record Access Control Point (2A52), as `tests/src/rig/racp.rs` has it."""

REPORT, DELETE, ABORT, COUNT, COUNT_RESPONSE, RESPONSE = 1, 2, 3, 4, 5, 6
ALL, AT_MOST, AT_LEAST, RANGE, FIRST, LAST = 1, 2, 3, 4, 5, 6
SUCCESS, OPERATION_NOT_SUPPORTED, INVALID_OPERATOR, OPERATOR_NOT_SUPPORTED = 1, 2, 3, 4
INVALID_OPERAND, NO_RECORDS, OPERAND_NOT_SUPPORTED = 5, 6, 9
FILTER_SEQUENCE_NUMBER = 1


class Refused(Exception):
    """The operation has no answer but a response code."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def response(operation, code=SUCCESS):
    return bytes([RESPONSE, 0, operation, code])


def answer(operation, numbers, operators, deletable):
    """What to do: ('respond', bytes), ('report', places), ('delete', places) or ('abort', None)."""
    code = operation[0] if operation else 0
    try:
        if len(operation) < 2:
            raise Refused(INVALID_OPERAND)
        operator, operand = operation[1], operation[2:]
        if code == ABORT:
            if operator or operand:
                raise Refused(INVALID_OPERATOR)
            return 'abort', None
        if code not in (REPORT, DELETE, COUNT) or (code == DELETE and not deletable):
            raise Refused(OPERATION_NOT_SUPPORTED)
        places = choose(operator, operand, numbers, operators)
        if code == COUNT:
            return 'respond', bytes([COUNT_RESPONSE, 0]) + len(places).to_bytes(2, 'little')
        if not places:
            raise Refused(NO_RECORDS)
        return ('delete' if code == DELETE else 'report'), places
    except Refused as refused:
        return 'respond', response(code, refused.code)


def choose(operator, operand, numbers, operators):
    """The places of the records that an operator and its operand select."""
    if not ALL <= operator <= LAST:
        raise Refused(INVALID_OPERATOR)
    if operators and operator not in operators:
        raise Refused(OPERATOR_NOT_SUPPORTED)
    places = list(range(len(numbers)))
    if operator in (ALL, FIRST, LAST):
        if operand:
            raise Refused(INVALID_OPERAND)
        return {ALL: places, FIRST: places[:1], LAST: places[-1:]}[operator]
    if operand and operand[0] != FILTER_SEQUENCE_NUMBER:
        raise Refused(OPERAND_NOT_SUPPORTED)
    if len(operand) != (5 if operator == RANGE else 3):
        raise Refused(INVALID_OPERAND)
    first = int.from_bytes(operand[1:3], 'little')
    low, high = {
        AT_MOST: (0, first),
        AT_LEAST: (first, 0xFFFF),
        RANGE: (first, int.from_bytes(operand[3:5], 'little')),
    }[operator]
    if low > high:
        raise Refused(INVALID_OPERAND)
    return [place for place in places if low <= numbers[place] <= high]
