"""The same characteristics decoded in Python, for the comparison that codec.rs prints.

Reads lines of "number hex repetitions" and answers each with the nanoseconds of one decoding. It tells flags, fields,
units and special values as the codecs do, keeps mantissa and exponent, and refuses a frame that is cut or goes on.
"""

import struct
import sys
import time

SHORT = {0x07FF: "nan", 0x07FE: "+inf", 0x0800: "nres", 0x0801: "reserved", 0x0802: "-inf"}
LONG = {0x007FFFFF: "nan", 0x007FFFFE: "+inf", 0x00800000: "nres", 0x00800001: "reserved", 0x00800002: "-inf"}


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, layout):
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values if len(values) > 1 else values[0]

    def sfloat(self, unit):
        word = self.take("H")
        if word in SHORT:
            return SHORT[word], unit
        mantissa, exponent = word & 0x0FFF, word >> 12
        return (mantissa - 0x1000 * (mantissa >> 11), exponent - 0x10 * (exponent >> 3)), unit

    def float(self, unit):
        word = self.take("I")
        if word in LONG:
            return LONG[word], unit
        mantissa, exponent = word & 0xFFFFFF, word >> 24
        return (mantissa - 0x1000000 * (mantissa >> 23), exponent - 0x100 * (exponent >> 7)), unit

    def time(self):
        return dict(zip(("year", "month", "day", "hours", "minutes", "seconds"), self.take("HBBBBB")))

    def end(self, decoded):
        if self.at != len(self.data):
            raise ValueError("bytes left over")
        return decoded


def oximeter(r):
    flags = r.take("B")
    decoded = {"spo2": r.sfloat("%"), "pulse_rate": r.sfloat("/min")}
    if flags & 1:
        decoded["timestamp"] = r.time()
    if flags & 2:
        decoded["measurement_status"] = r.take("H")
    if flags & 4:
        decoded["device_and_sensor_status"] = r.take("HB")
    if flags & 8:
        decoded["pulse_amplitude_index"] = r.sfloat("%")
    return r.end(decoded)


def cuff(r):
    flags = r.take("B")
    unit = "kPa" if flags & 1 else "mm[Hg]"
    decoded = {"systolic": r.sfloat(unit), "diastolic": r.sfloat(unit), "mean_arterial_pressure": r.sfloat(unit)}
    if flags & 2:
        decoded["timestamp"] = r.time()
    if flags & 4:
        decoded["pulse_rate"] = r.sfloat("/min")
    if flags & 8:
        decoded["user_id"] = r.take("B")
    if flags & 16:
        decoded["measurement_status"] = r.take("H")
    return r.end(decoded)


def glucose(r):
    flags = r.take("B")
    decoded = {"sequence_number": r.take("H"), "base_time": r.time()}
    if flags & 1:
        decoded["time_offset"] = r.take("h")
    if flags & 2:
        decoded["glucose_concentration"] = r.sfloat("mol/L" if flags & 4 else "kg/L")
        sample = r.take("B")
        decoded["fluid_type"], decoded["sample_location"] = sample & 15, sample >> 4
    if flags & 8:
        decoded["sensor_status_annunciation"] = r.take("H")
    return r.end(decoded)


def scale(r):
    flags = r.take("B")
    steps = r.take("H")
    unit = "[lb_av]" if flags & 1 else "kg"
    decoded = {"weight": ("nan" if steps == 0xFFFF else (steps, -2) if flags & 1 else (steps * 5, -3), unit)}
    if flags & 2:
        decoded["timestamp"] = r.time()
    if flags & 4:
        decoded["user_id"] = r.take("B")
    if flags & 8:
        decoded["bmi"], decoded["height"] = r.take("HH")
    return r.end(decoded)


def thermometer(r):
    flags = r.take("B")
    decoded = {"temperature": r.float("[degF]" if flags & 1 else "Cel")}
    if flags & 2:
        decoded["timestamp"] = r.time()
    if flags & 4:
        decoded["temperature_type"] = r.take("B")
    return r.end(decoded)


def composition(r):
    flags = r.take("H")
    decoded = {"body_fat_percentage": r.take("H")}
    if flags & 2:
        decoded["timestamp"] = r.time()
    if flags & 4:
        decoded["user_id"] = r.take("B")
    for bit, name in enumerate(
        ("basal_metabolism", "muscle_percentage", "muscle_mass", "fat_free_mass", "soft_lean_mass", "body_water_mass",
         "impedance", "weight", "height"), 3,
    ):
        if flags >> bit & 1:
            decoded[name] = r.take("H")
    return r.end(decoded)


def heart(r):
    flags = r.take("B")
    decoded = {"heart_rate": r.take("H" if flags & 1 else "B"), "sensor_contact": flags >> 1 & 3}
    if flags & 8:
        decoded["energy_expended"] = r.take("H")
    if flags & 16:
        decoded["rr_intervals"] = []
        while r.at < len(r.data):
            decoded["rr_intervals"].append(r.take("H"))
    return r.end(decoded)


DECODERS = {
    "2A18": glucose, "2A1C": thermometer, "2A35": cuff, "2A37": heart, "2A5E": oximeter, "2A9C": composition,
    "2A9D": scale,
}

for line in sys.stdin:
    number, frame, repetitions = line.split()
    decode, data, repetitions = DECODERS[number], bytes.fromhex(frame), int(repetitions)
    began = time.perf_counter_ns()
    for _ in range(repetitions):
        decode(Reader(data))
    print(number, (time.perf_counter_ns() - began) / repetitions, flush=True)
