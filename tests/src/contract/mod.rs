//! What a tablet needs of a service: one list of checks, each by its name, run against servers that we did and did
//! not write.
//!
//! Where the tablet has a part that does it, that part is run: the engine, the fetcher and the record. Everything else
//! is asked plainly. A check that is not passed is no fault of the suite: which server does what is frozen by name in
//! [`expected`], and the table is made of it.
#![allow(clippy::indexing_slicing, reason = "JSON: a member that is not there is null")]

use anyhow::Result;
use futures::future::BoxFuture;

mod bundles;
pub mod expected;
mod fetching;
mod patient;
mod resources;
mod searching;
mod sending;
pub mod server;
mod sign_in;
mod signer;

use server::Server;

/// Something that a tablet needs of a service.
#[derive(Clone, Copy)]
pub struct Check {
    /// What, as a sentence about the service.
    pub name: &'static str,
    run: for<'a> fn(&'a Server) -> BoxFuture<'a, Result<()>>,
}

/// What became of a check: why it was not passed, if it was not.
pub type Verdict = Result<(), String>;

impl Check {
    /// Runs it with a patient of its own.
    pub async fn run(&self, server: &Server) -> Verdict {
        (self.run)(server).await.map_err(|why| format!("{why:#}"))
    }
}

macro_rules! checks {
    ($($name:literal => $run:path,)*) => {
        /// All checks.
        pub const CHECKS: &[Check] = &[$(Check { name: $name, run: |server| Box::pin($run(server)) }),*];
    };
}

checks! {
    "readings of every kind are taken and found again, each once" => sending::every_kind,
    "readings that are sent a second time are known and not doubled" => sending::twice,
    "a number keeps its value" => sending::value,
    "a number keeps its digits" => sending::digits,
    "a reading that is taken back becomes entered-in-error in its place" => sending::taken_back,
    "a number that hardly anyone can hold is kept, or refused alone" => sending::hardly_held,
    "a message is taken once" => sending::message,
    "answers are taken once" => sending::answers,
    "what was said of a medicine is taken, and what is said instead replaces it" => sending::medicine,

    "a transaction creates all that is new" => bundles::creates,
    "a transaction that is sent again creates nothing" => bundles::again,
    "a transaction is done whole or not at all" => bundles::whole,
    "references between entries become places" => bundles::references,
    "an update by identifier creates, then replaces" => bundles::update,
    "an update by an identifier that two have changes neither" => bundles::several,
    "in a batch each entry stands for itself" => bundles::batch,
    "a batch that is sent again creates nothing" => bundles::batch_again,
    "each entry of a batch's answer has the address of the entry that it answers" => bundles::batch_addresses,
    "each entry of an answer tells status and place" => bundles::places,

    "an Observation without a status is refused" => resources::without_status,
    "an Observation with a status that there is not is refused" => resources::wrong_status,
    "an element that there is not is refused" => resources::unknown_refused,
    "an element that there is not does not vanish in silence" => resources::unknown_not_lost,
    "what is no JSON is refused in FHIR's words" => resources::no_json,
    "a type that there is not is refused in FHIR's words" => resources::no_type,
    "what is not there is told in FHIR's words" => resources::not_there,
    "what was deleted is told in FHIR's words" => resources::deleted,
    "a resource comes with its version as the ETag" => resources::etag,
    "a version that is known costs no body" => resources::not_modified,
    "every answer tells the time of the service" => resources::date,

    "an identifier finds one" => searching::identifier,
    "a patient's readings are found" => searching::patient,
    "a code finds its readings" => searching::code,
    "what was stored since a time is found" => searching::since,
    "what was stored before a time is not found since" => searching::not_before,
    "pages in the order of storing give each once" => searching::pages,
    "a canonical address finds its list of questions" => searching::canonical,

    "a plan is fetched with all its parts and lists" => fetching::plan,
    "a change of the plan is fetched" => fetching::change_seen,
    "a plan that was deleted is no longer in force" => fetching::plan_deleted,
    "a plan that has ended is known to have ended" => fetching::plan_ended,
    "messages are fetched, each once" => fetching::messages,
    "more messages than a page holds are fetched" => fetching::many_messages,
    "a message that was taken back is marked" => fetching::message_withdrawn,
    "a message that was deleted is marked" => fetching::message_deleted,
    "what the service has seen is fetched" => fetching::seen,

    "without a token nothing is given" => sign_in::without,
    "with a token that was made up nothing is given" => sign_in::made_up,
    "the service tells where and how to sign in" => sign_in::discovery,
    "a tablet signs in with its key" => sign_in::with_its_key,
    "a Bundle is taken with the scope for creating alone" => sign_in::bundle,
    "what the scope does not hold is forbidden" => sign_in::scope,
    "more than was agreed is not granted" => sign_in::too_much,
    "another key is refused" => sign_in::wrong_key,
    "an unknown tablet is refused" => sign_in::unknown,
    "an assertion counts once" => sign_in::replayed,
    "an assertion that has expired is refused" => sign_in::expired,
    "an assertion that is good for too long is refused" => sign_in::too_long,
    "an assertion for another service is refused" => sign_in::wrong_audience,
    "a token reaches its own patient alone" => sign_in::other_patient,
}

/// All checks on one server, in order.
///
/// # Errors
/// The server does not start.
pub async fn run(which: server::Which) -> Result<Vec<(&'static str, Verdict)>> {
    let server = Server::start(which).await?;
    let mut verdicts = Vec::new();
    for check in CHECKS {
        verdicts.push((check.name, check.run(&server).await));
    }
    Ok(verdicts)
}

/// The table: a line for each check, a column for each server. What is known of a server is told in the words of
/// [`expected`], else in those of the check.
#[must_use]
pub fn table(columns: &[(server::Which, Vec<(&str, Verdict)>)]) -> String {
    let mut table = "| a service, for a tablet |".to_owned();
    columns.iter().for_each(|(server, _)| table.push_str(&format!(" {} |", server.name())));
    table.push_str("\n|---|");
    columns.iter().for_each(|_| table.push_str("---|"));
    for check in CHECKS {
        table.push_str(&format!("\n| {} |", check.name));
        for (server, verdicts) in columns {
            let verdict = verdicts.iter().find(|(name, _)| *name == check.name).map(|(_, verdict)| verdict);
            let known = expected::not_passed(*server).iter().find(|(name, _)| *name == check.name);
            table.push_str(&match (verdict, known) {
                (Some(Ok(())), _) => " passed |".to_owned(),
                (Some(Err(_)), Some((_, why))) => format!(" not: {why} |"),
                (Some(Err(why)), None) => format!(" not: {} |", one_line(why)),
                (None, _) => " |".to_owned(),
            });
        }
    }
    table.push_str("\n| **passed** |");
    for (_, verdicts) in columns {
        let passed = verdicts.iter().filter(|(_, verdict)| verdict.is_ok()).count();
        table.push_str(&format!(" **{passed} of {}** |", verdicts.len()));
    }
    table + "\n"
}

/// Why, short enough for a table.
fn one_line(why: &str) -> String {
    let line: String = why.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "/");
    if line.chars().count() <= 160 { line } else { line.chars().take(159).chain(['…']).collect() }
}
