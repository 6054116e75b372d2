//! Searches, page by page.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{FetchFault, Fetcher};
use crate::{client::Got, fault::NotUnderstood, inbox::Inbox};

/// So many pages of one search are read at most.
const PAGES: u32 = 200;
/// So many resources are asked for at a time.
const PAGE: u32 = 100;

/// What a search gives.
#[derive(Deserialize)]
struct SearchSet {
    #[serde(default)]
    link: Vec<Link>,
    #[serde(default)]
    entry: Vec<Found>,
}

#[derive(Deserialize)]
struct Link {
    relation: String,
    url: String,
}

#[derive(Deserialize)]
struct Found {
    resource: Option<Box<RawValue>>,
    search: Option<Mode>,
}

#[derive(Deserialize)]
struct Mode {
    mode: Option<String>,
}

impl<I: Inbox> Fetcher<I> {
    pub(super) fn of_patient(&self, parameter: &'static str) -> Vec<(&'static str, String)> {
        vec![(parameter, self.enrolment.patient_reference.to_string()), ("_count", PAGE.to_string())]
    }

    /// All that a search finds of a type that the service may not keep at all.
    pub(super) async fn search_if_kept(
        &self,
        kind: &str,
        query: &[(&str, String)],
    ) -> Result<Vec<Box<RawValue>>, FetchFault> {
        match self.client.search(kind, query).await? {
            Got::Missing => Ok(Vec::new()),
            got => self.pages(kind, got).await,
        }
    }

    /// All that a search finds, page by page.
    pub(super) async fn search(&self, kind: &str, query: &[(&str, String)]) -> Result<Vec<Box<RawValue>>, FetchFault> {
        let got = self.client.search(kind, query).await?;
        self.pages(kind, got).await
    }

    async fn pages(&self, kind: &str, mut got: Got) -> Result<Vec<Box<RawValue>>, FetchFault> {
        let (mut found, mut read) = (Vec::new(), BTreeSet::new());
        for _ in 0..PAGES {
            let Got::Resource { body, .. } = got else {
                return Err(NotUnderstood::NotABundle(format!("a search for {kind} has no answer")).into());
            };
            let page: SearchSet =
                serde_json::from_slice(&body).map_err(|error| NotUnderstood::NotABundle(error.to_string()))?;
            let matches = |found: &Found| {
                let mode = found.search.as_ref().and_then(|search| search.mode.as_deref());
                mode.is_none_or(|mode| mode == "match")
            };
            found.extend(page.entry.into_iter().filter(matches).filter_map(|found| found.resource));
            let Some(next) = page.link.into_iter().find(|link| link.relation == "next") else { return Ok(found) };
            if !read.insert(next.url.clone()) {
                break;
            }
            got = self.client.next_page(&next.url).await?;
        }
        Err(NotUnderstood::NotABundle(format!("a search for {kind} has no end")).into())
    }
}
