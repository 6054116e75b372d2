//! Days and times as the screens say them.

use crate::view::{CalendarDay, Date, TimeOfDay};
use crate::words::Words;

/// "08.05"
pub(super) fn clock(time: TimeOfDay) -> String {
    format!("{:02}.{:02}", time.hour, time.minute)
}

/// "Monday 23 November", standing alone
pub(super) fn heading(date: Date, words: Words) -> String {
    let weekday = match date.weekday {
        1 => words.text("date", "Monday", &[]),
        2 => words.text("date", "Tuesday", &[]),
        3 => words.text("date", "Wednesday", &[]),
        4 => words.text("date", "Thursday", &[]),
        5 => words.text("date", "Friday", &[]),
        6 => words.text("date", "Saturday", &[]),
        _ => words.text("date", "Sunday", &[]),
    };
    words.text("date", "{0} {1} {2}", &[&weekday, &date.day.to_string(), &month(date.month, words)])
}

/// "Monday 23 November", in a sentence
pub(super) fn in_sentence(date: Date, words: Words) -> String {
    let weekday = match date.weekday {
        1 => words.text("weekday", "Monday", &[]),
        2 => words.text("weekday", "Tuesday", &[]),
        3 => words.text("weekday", "Wednesday", &[]),
        4 => words.text("weekday", "Thursday", &[]),
        5 => words.text("weekday", "Friday", &[]),
        6 => words.text("weekday", "Saturday", &[]),
        _ => words.text("weekday", "Sunday", &[]),
    };
    words.text("weekday", "{0} {1} {2}", &[&weekday, &date.day.to_string(), &month(date.month, words)])
}

/// "23 November 2026"
pub(super) fn calendar(day: CalendarDay, words: Words) -> String {
    let month = month(day.month, words);
    words.text("calendar", "{0} {1} {2}", &[&day.day.to_string(), &month, &day.year.to_string()])
}

/// "November"
pub(super) fn month(month: u8, words: Words) -> String {
    match month {
        1 => words.text("date", "January", &[]),
        2 => words.text("date", "February", &[]),
        3 => words.text("date", "March", &[]),
        4 => words.text("date", "April", &[]),
        5 => words.text("date", "May", &[]),
        6 => words.text("date", "June", &[]),
        7 => words.text("date", "July", &[]),
        8 => words.text("date", "August", &[]),
        9 => words.text("date", "September", &[]),
        10 => words.text("date", "October", &[]),
        11 => words.text("date", "November", &[]),
        _ => words.text("date", "December", &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    const WORDS: Words = Words::in_language(Language::Nb);

    #[test]
    fn a_day_is_written_as_one_says_it() {
        let date = Date { weekday: 1, day: 23, month: 11 };
        assert_eq!(heading(date, WORDS), "Mandag 23. november");
        assert_eq!(in_sentence(date, WORDS), "mandag 23. november");
        assert_eq!(calendar(CalendarDay { day: 3, month: 2, year: 2026 }, WORDS), "3. februar 2026");
    }
}
