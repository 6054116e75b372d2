//! What the page says when something did not work.

use super::html::Html;
use crate::service::{PageWords, problem::Problem};

/// Why a request to the page was not carried out.
#[derive(Debug)]
pub(super) enum Fault {
    NotFound,
    /// A form of an earlier start, or of another site.
    Token,
    /// A message without words.
    EmptyMessage,
    LongMessage,
    /// A limit that is no number.
    NotANumber,
    /// Limits that contradict each other.
    Order,
    /// A limit over time without a sensible amount or number of days.
    OverTime,
    NotADate,
    /// A pause that ends before it begins.
    Backwards,
    /// An end that nobody confirmed.
    NotSure,
    /// A revocation that nobody confirmed.
    NotSureToRevoke,
    /// Someone else was faster.
    Changed,
    Other(Problem),
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        match problem.status {
            404 => Self::NotFound,
            409 => Self::Changed,
            _ => Self::Other(problem),
        }
    }
}

impl Fault {
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Token => 403,
            Self::EmptyMessage
            | Self::LongMessage
            | Self::NotANumber
            | Self::Order
            | Self::OverTime
            | Self::NotADate
            | Self::Backwards
            | Self::NotSure
            | Self::NotSureToRevoke => 400,
            Self::Changed => 409,
            Self::Other(problem) => problem.status,
        }
    }

    pub(super) fn show(&self, words: &dyn PageWords) -> Html {
        let heading = words.text("service-page", "This did not work", &[]);
        let said = match self {
            Self::NotFound => words.text("service-page", "There is nothing at this address.", &[]),
            Self::Token => words.text("service-page", "This form is too old. Load the page and try again.", &[]),
            Self::EmptyMessage => words.text("service-page", "Write a message first.", &[]),
            Self::LongMessage => words.text("service-page", "The message is too long.", &[]),
            Self::NotANumber => words.text("service-page", "A limit is a number, such as 92 or 5.6.", &[]),
            Self::Order => words.text("service-page", "The limits must rise from the lowest to the highest.", &[]),
            Self::OverTime => words.text(
                "service-page",
                "A limit over time needs an amount above 0 and a number of days from 1 to 366.",
                &[],
            ),
            Self::NotADate => words.text("service-page", "A date is written as 2026-11-23.", &[]),
            Self::Backwards => words.text("service-page", "The last day cannot be before the first day.", &[]),
            Self::NotSure => words.text("service-page", "Tick first that the follow-up is to end.", &[]),
            Self::NotSureToRevoke => {
                words.text("service-page", "Tick first that the tablet is to lose its access.", &[])
            }
            Self::Changed => words.text("service-page", "This has changed in the meantime. Look at it again.", &[]),
            Self::Other(_) => words.text("service-page", "The service could not do this. Try again.", &[]),
        };
        Html::page(words, &heading, |html| {
            html.raw("<p>").text(&said).raw("</p>");
            if let Self::Other(problem) = self {
                html.raw("<p lang=\"en\"><small>").text(problem.text()).raw("</small></p>");
            }
            html.raw("<p><a href=\"/\">");
            html.text(&words.text("service-page", "To the list of patients", &[])).raw("</a></p>");
        })
    }
}
