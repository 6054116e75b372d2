"""Reads schedules as JSON lines and answers each with its occurrences by dateutil's rrule, or with why rrule cannot.

The other side of timing_rrule.rs. It follows FHIR R4's Timing and the rules that care/src/timing.rs documents, and
shares no code with it: the days come from rrule, clock changes from dateutil.tz, calendar lengths from relativedelta.
"""

import json
import signal
import sys
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from functools import lru_cache

from dateutil.relativedelta import relativedelta
from dateutil.rrule import DAILY, HOURLY, MONTHLY, SECONDLY, WEEKLY, YEARLY, rrule, rruleset, weekday
from dateutil.tz import gettz, resolve_imaginary

OSLO = gettz("Europe/Oslo")
SECONDS = {"s": 1, "min": 60, "h": 3600}
WEEKDAYS = {name: weekday(place) for place, name in enumerate(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])}
CODES = {
    "BID": (2, 1, "d", []), "TID": (3, 1, "d", []), "QID": (4, 1, "d", []), "QD": (1, 1, "d", []),
    "QOD": (1, 2, "d", []), "AM": (1, 1, "d", ["MORN"]), "PM": (1, 1, "d", ["AFT"]), "BED": (1, 1, "d", ["HS"]),
    "Q1H": (1, 1, "h", []), "Q2H": (1, 2, "h", []), "Q3H": (1, 3, "h", []), "Q4H": (1, 4, "h", []),
    "Q6H": (1, 6, "h", []), "Q8H": (1, 8, "h", []), "WK": (1, 1, "wk", []), "MO": (1, 1, "mo", []),
}
MEALS = {"M": "breakfast", "D": "lunch", "V": "dinner"}


class CannotExpress(Exception):
    """What rrule has no words for."""


@lru_cache(maxsize=None)
def offset_of(day):
    """The offset from UTC of a local day; none for one on which the clock changes."""
    begin = midnight(day).replace(tzinfo=OSLO)
    end = (midnight(day) + timedelta(days=1)).replace(tzinfo=OSLO)
    return begin.utcoffset() if begin.utcoffset() == end.utcoffset() else None


def instant(local):
    """The instant of a naive local time."""
    offset = offset_of(local.date())
    if offset is not None:
        return (local - offset).replace(tzinfo=timezone.utc)
    return resolve_imaginary(local.replace(tzinfo=OSLO)).astimezone(timezone.utc)


def local(at):
    return at.astimezone(OSLO).replace(tzinfo=None, fold=0)


def midnight(day):
    return datetime(day.year, day.month, day.day)


def number(decimal):
    return Fraction(decimal["mantissa"]) * Fraction(10) ** decimal["exponent"]


def moment(value):
    """A date, or an aware datetime."""
    if "date" in value:
        return date.fromisoformat(value["date"])
    return datetime.fromisoformat(value["instant"].replace("Z", "+00:00"))


def as_instant(value):
    return value if isinstance(value, datetime) else instant(midnight(value))


def later(begins, value, unit):
    """An instant and a length: elapsed, or by the calendar."""
    if unit in SECONDS:
        return begins + timedelta(seconds=int(value * SECONDS[unit]))
    step = {"d": "days", "wk": "weeks", "mo": "months", "a": "years"}[unit]
    return instant(local(begins) + relativedelta(**{step: int(value)}))


class Day:
    """The patient's day in minutes since midnight."""

    def __init__(self, hours):
        minutes = {}
        for name, text in hours.items():
            hour, minute = text.split(":")[:2]
            minutes[name] = int(hour) * 60 + int(minute)
        for name in minutes:
            if minutes[name] < minutes["wakes"]:
                minutes[name] += 1440
        self.__dict__.update(minutes)

    def begins(self, code, offset):
        """When the windows of a code begin."""
        if code in ("AC", "PC", "C"):
            return [begin for meal in "MDV" for begin in self.begins(code + meal, offset)]
        if code == "HS":
            return [self.sleeps - (60 if offset is None else offset)]
        if code.startswith("AC"):
            return [getattr(self, MEALS[code[2]]) - (60 if offset is None else offset)]
        if code.startswith("PC"):
            begin = getattr(self, MEALS[code[2]])
        elif code.startswith("C"):
            begin = getattr(self, MEALS[code[1]])
        else:
            middle = lambda a, b: a + (b - a) // 2
            begin = {
                "MORN": self.wakes, "MORN.early": self.wakes, "MORN.late": middle(self.wakes, self.noon),
                "NOON": self.noon, "AFT": self.noon, "AFT.early": self.noon,
                "AFT.late": middle(self.noon, self.evening), "EVE": self.evening, "EVE.early": self.evening,
                "EVE.late": middle(self.evening, self.sleeps), "NIGHT": self.sleeps, "PHS": self.sleeps,
                "WAKE": self.wakes,
            }[code]
        return [begin + (offset or 0)]

    def shares(self, among):
        return [self.wakes + (self.sleeps - self.wakes) * place // among for place in range(among)]


def dates(every, unit, weekdays, anchor, end):
    """The days of a rule."""
    start = midnight(anchor)
    if unit == "d":
        return rrule(DAILY, start, interval=every, byweekday=weekdays or None, until=end)
    if unit == "wk":
        return rrule(WEEKLY, start, interval=every, wkst=0, byweekday=weekdays or None, until=end)
    # A month without the day takes its last: of the days from 28 to it, the last that there is.
    last = {"bymonthday": range(28, anchor.day + 1), "bysetpos": -1} if anchor.day > 28 else {}
    if unit == "mo":
        return rrule(MONTHLY, start, interval=every, until=end, **last)
    return rrule(YEARLY, start, interval=every, until=end, bymonth=anchor.month if last else None, **last)


def begins(timing, repeat, day, since, until):
    """The begins in order from the first of all, and what they are counted from."""
    if not repeat:
        events = [moment(event) for event in timing["event"]]
        wakes = timedelta(minutes=day.wakes)
        at = [e if isinstance(e, datetime) else instant(midnight(e) + wakes) for e in events]
        # An rruleset sorts and joins; the events are distinct.
        single = rruleset()
        for one in at:
            single.rdate(one.astimezone(timezone.utc))
        return list(single), None

    anchor = since
    if timing.get("event"):
        anchor = moment(timing["event"][0])
    elif "period" in repeat.get("bounds", {}) and repeat["bounds"]["period"]["start"]:
        anchor = moment(repeat["bounds"]["period"]["start"])
    exact = isinstance(anchor, datetime)
    first = local(anchor).date() if exact else anchor
    clock = local(anchor) if exact else midnight(anchor) + timedelta(minutes=day.wakes)
    end = local(until) + timedelta(days=2)
    weekdays = [WEEKDAYS[name] for name in repeat.get("day_of_week", [])]
    frequency = repeat.get("frequency", 1)
    unit = repeat.get("period_unit", "d")
    period = number(repeat.get("period_max", repeat.get("period", {"mantissa": 1, "exponent": 0})))

    if unit in SECONDS:
        interval = int(period * SECONDS[unit] / frequency)
        if (86400 % interval == 0 and interval >= 7200) or interval % 86400 == 0:
            # By the clock on the wall.
            kind, step = (HOURLY, interval // 3600) if interval % 3600 == 0 else (SECONDLY, interval)
            naive = rrule(kind, clock, interval=step, byweekday=weekdays or None, until=end)
            return (instant(at) for at in naive), anchor
        if weekdays:
            raise CannotExpress("local days of the week beside elapsed time")
        start = anchor.astimezone(timezone.utc) if exact else instant(clock)
        return rrule(SECONDLY, start, interval=interval, until=until), anchor

    every = int(period)
    if weekdays and unit == "d" and every % 7 == 0:
        every, unit = every // 7, "wk"
    minutes = None
    if repeat.get("time_of_day"):
        clocks = [datetime.strptime(text, "%H:%M:%S") for text in repeat["time_of_day"]]
        minutes = [at.hour * 60 + at.minute + Fraction(at.second, 60) for at in clocks]
    elif repeat.get("when"):
        minutes = [at for code in repeat["when"] for at in day.begins(code, repeat.get("offset"))]
    elif timing.get("event") and exact:
        minutes = [clock.hour * 60 + clock.minute + Fraction(clock.second, 60)]
    elif weekdays:
        share = frequency if unit == "d" or frequency == 1 else frequency // len(weekdays)
        minutes = day.shares(share)
    elif frequency == 1:
        minutes = [day.wakes]
    if minutes is not None:
        minutes = sorted(set(minutes))
        days = dates(every, unit, weekdays, first, end)
        return (instant(at + timedelta(seconds=int(m * 60))) for at in days for m in minutes), anchor

    if unit not in ("d", "wk"):
        raise CannotExpress("several times spread over months of unequal length")
    length = every * (7 if unit == "wk" else 1)
    places = [place * length // frequency for place in range(frequency)]
    spread = rruleset()
    for place in set(places):
        for m in day.shares(places.count(place)):
            start = midnight(first) + timedelta(days=place, minutes=m)
            spread.rrule(rrule(DAILY, start, interval=length, until=end + timedelta(days=1)))
    return (instant(at) for at in spread), anchor


def answer(case):
    timing, day = case["timing"], Day(case["day"])
    since = date.fromisoformat(case["since"])
    asked, until = (datetime.fromisoformat(case[name]) for name in ("from", "until"))
    if timing.get("as_needed"):
        raise CannotExpress("as needed")
    repeat = timing.get("repeat")
    if timing.get("code"):
        times, every, unit, when = CODES[timing["code"]]
        repeat = {"bounds": repeat["bounds"]} if repeat and "bounds" in repeat else {}
        repeat |= {"frequency": times, "period": {"mantissa": every, "exponent": 0}, "period_unit": unit, "when": when}
    every, anchor = begins(timing, repeat, day, since, until)
    repeat = repeat or {}

    lower, upper = as_instant(anchor) if anchor else None, None
    bounds = repeat.get("bounds", {})
    if "period" in bounds:
        if bounds["period"]["start"]:
            lower = max(lower, as_instant(moment(bounds["period"]["start"])))
        if bounds["period"]["end"]:
            last = moment(bounds["period"]["end"])
            exact = isinstance(last, datetime)
            upper = last + timedelta(seconds=1) if exact else instant(midnight(last) + timedelta(days=1))
    elif "duration" in bounds or "range" in bounds:
        length = bounds.get("duration") or bounds["range"]["low"] or bounds["range"]["high"]
        upper = later(as_instant(anchor), number(length["value"]), length["unit"])

    found, count = [], repeat.get("count", sys.maxsize)
    lasts = repeat.get("duration_max", repeat.get("duration"))
    for at in every:
        if (lower and at < lower) or (upper and at >= upper):
            continue
        if count == 0:
            break
        count -= 1
        if asked <= at < until:
            ends = later(at, number(lasts), repeat["duration_unit"]) if lasts else None
            if ends and upper:
                ends = min(ends, upper)
            found.append((int(at.timestamp()), int(ends.timestamp()) if ends else None))
    return sorted(found)


def main():
    # No line may keep the test waiting for ever.
    signal.alarm(300)
    for line in sys.stdin:
        try:
            print(json.dumps({"occurrences": answer(json.loads(line))}))
        except CannotExpress as why:
            print(json.dumps({"cannot": str(why)}))


main()
