//! Whether the follow-up service is there, and who is when it is not.

use super::day;
use crate::view::{OpeningDay, ServiceHours};
use crate::words::Words;

/// Whether it is there, in a sentence or two; empty where that is not known.
pub(super) fn hours(service: ServiceHours, words: Words) -> String {
    match service {
        ServiceHours::Unknown => String::new(),
        ServiceHours::Open { until } => {
            words.text("service", "The follow-up service is open until {}.", &[&day::clock(until)])
        }
        ServiceHours::Closed { opens: None } => words.text("service", "The follow-up service is closed now.", &[]),
        ServiceHours::Closed { opens: Some(opening) } => {
            let at = day::clock(opening.at);
            match opening.day {
                OpeningDay::Today => {
                    words.text("service", "The follow-up service is closed now. It opens today at {}.", &[&at])
                }
                OpeningDay::Tomorrow => {
                    words.text("service", "The follow-up service is closed now. It opens tomorrow at {}.", &[&at])
                }
                OpeningDay::On(date) => words.text(
                    "service",
                    "The follow-up service is closed now. It opens {0} at {1}.",
                    &[&day::in_sentence(date, words), &at],
                ),
            }
        }
    }
}

/// The numbers that always answer, unless the service is known to be there.
pub(super) fn otherwise(service: ServiceHours, words: Words) -> String {
    match service {
        ServiceHours::Open { .. } => String::new(),
        ServiceHours::Unknown | ServiceHours::Closed { .. } => {
            words.text("service", "Out-of-hours clinic: call 116 117. Danger to life: call 113.", &[])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::view::{Date, Opening, TimeOfDay};

    const WORDS: Words = Words::in_language(Language::En);

    #[test]
    fn a_closed_service_says_when_it_opens_and_who_is_there_until_then() {
        let closed = |day| ServiceHours::Closed { opens: Some(Opening { day, at: TimeOfDay { hour: 8, minute: 0 } }) };
        let monday = OpeningDay::On(Date { weekday: 1, day: 30, month: 11 });
        for (service, ending) in [
            (closed(OpeningDay::Today), "It opens today at 08.00."),
            (closed(OpeningDay::Tomorrow), "It opens tomorrow at 08.00."),
            (closed(monday), "It opens Monday 30 November at 08.00."),
            (ServiceHours::Closed { opens: None }, "is closed now."),
        ] {
            assert!(hours(service, WORDS).ends_with(ending), "{}", hours(service, WORDS));
            assert!(otherwise(service, WORDS).contains("113"));
        }
    }

    #[test]
    fn an_open_service_is_the_one_to_call_and_an_unknown_one_is_not_promised() {
        let open = ServiceHours::Open { until: TimeOfDay { hour: 15, minute: 30 } };
        assert_eq!(hours(open, WORDS), "The follow-up service is open until 15.30.");
        assert_eq!(otherwise(open, WORDS), "");
        assert_eq!(hours(ServiceHours::Unknown, WORDS), "");
        assert!(otherwise(ServiceHours::Unknown, WORDS).contains("113"));
    }
}
