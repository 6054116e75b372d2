//! Norway's public holidays: lov om helligdager og helligdagsfred (LOV-1995-02-24-12), § 2, and lov om 1 og 17 mai
//! som høgtidsdager (LOV-1947-04-26-1), § 1.

use chrono::{Datelike, NaiveDate, TimeDelta};

/// Whether a day is a public holiday in Norway. Ordinary Sundays, which § 2 names too, are left to the week.
pub fn is_public_holiday(date: NaiveDate) -> bool {
    // New Year's Day, 1 and 17 May, the two days of Christmas.
    let fixed = matches!((date.month(), date.day()), (1 | 5, 1) | (5, 17) | (12, 25 | 26));
    // Maundy Thursday, Good Friday, the two days of Easter; Ascension Day; the two days of Whitsun.
    let from_easter = easter(date.year()).map(|easter| date.signed_duration_since(easter).num_days());
    fixed || matches!(from_easter, Some(-3 | -2 | 0 | 1 | 39 | 49 | 50))
}

/// Easter Sunday of a year of the Gregorian calendar, by the anonymous algorithm (Meeus, Astronomical
/// Algorithms, 1991, chapter 8). `None` for a year that the calendar does not reach.
fn easter(year: i32) -> Option<NaiveDate> {
    let golden = year.rem_euclid(19);
    let (century, of_century) = (year.div_euclid(100), year.rem_euclid(100));
    // The century's years that are no leap years, and the moon's drift over 2500 years.
    let drift = (century - (century + 8).div_euclid(25) + 1).div_euclid(3);
    let moon = (19 * golden + century - century.div_euclid(4) - drift + 15).rem_euclid(30);
    let weekday =
        (32 + 2 * century.rem_euclid(4) + 2 * of_century.div_euclid(4) - moon - of_century.rem_euclid(4)).rem_euclid(7);
    let correction = (golden + 11 * moon + 22 * weekday).div_euclid(451);
    NaiveDate::from_ymd_opt(year, 3, 22)?
        .checked_add_signed(TimeDelta::days(i64::from(moon + weekday - 7 * correction)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Weekday;

    fn holidays(year: i32) -> Vec<String> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let days = first.iter_days().take_while(|date| date.year() == year);
        days.filter(|date| is_public_holiday(*date)).map(|date| date.format("%m-%d").to_string()).collect()
    }

    #[test]
    fn the_holidays_of_a_year_are_those_of_the_calendar() {
        let in_2026 = "01-01 04-02 04-03 04-05 04-06 05-01 05-14 05-17 05-24 05-25 12-25 12-26";
        assert_eq!(holidays(2026).join(" "), in_2026);
        // Ascension Day on 17 May: eleven days.
        let in_2012 = "01-01 04-05 04-06 04-08 04-09 05-01 05-17 05-27 05-28 12-25 12-26";
        assert_eq!(holidays(2012).join(" "), in_2012);
        // Ascension Day on 1 May.
        let in_2008 = "01-01 03-20 03-21 03-23 03-24 05-01 05-11 05-12 05-17 12-25 12-26";
        assert_eq!(holidays(2008).join(" "), in_2008);
        // Easter on its last day.
        let in_2038 = "01-01 04-22 04-23 04-25 04-26 05-01 05-17 06-03 06-13 06-14 12-25 12-26";
        assert_eq!(holidays(2038).join(" "), in_2038);
    }

    #[test]
    fn easter_eve_and_the_eves_of_whitsun_christmas_and_the_new_year_are_no_holidays() {
        for (month, day) in [(4, 4), (5, 23), (12, 24), (12, 31)] {
            assert!(!is_public_holiday(NaiveDate::from_ymd_opt(2026, month, day).unwrap()), "{month}-{day}");
        }
    }

    #[test]
    fn easter_is_the_sunday_after_the_full_moon_of_the_tables() {
        // The paschal full moons of 1900 to 2199 by golden number (Book of Common Prayer, "A Table to find
        // Easter-Day, from the year 1900 to the year 2199"): another way than that of the program.
        let full_moon = |golden: usize| {
            let days = [14, 3, 23, 11, 31, 18, 8, 28, 16, 5, 25, 13, 2, 22, 10, 30, 17, 7, 27];
            // Days of March up to 31 are those from 21 on, the others are of April.
            let day = days[golden];
            if day >= 21 { day - 21 } else { day + 10 }
        };
        for year in 1900..2200 {
            let golden = usize::try_from(year % 19).unwrap();
            let full = NaiveDate::from_ymd_opt(year, 3, 21).unwrap() + TimeDelta::days(full_moon(golden));
            let expected = full.iter_days().skip(1).find(|date| date.weekday() == Weekday::Sun);
            assert_eq!(easter(year), expected, "{year}");
        }
    }
}
