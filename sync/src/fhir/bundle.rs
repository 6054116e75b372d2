//! A transaction or a batch, and its answer.

use dagsform_care::Identity;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    model::{Identifier, ResourceType},
    outcome::OperationOutcome,
};

/// The address of a version of a resource within a bundle, and in the answer to it.
///
/// Each version has its own, so that an answer to an older one, given once more by something in between, is known as
/// that. Outside the bundle it means nothing.
pub(super) fn address(identity: Identity, version: u32) -> String {
    let uuid = if version <= 1 {
        identity.uuid()
    } else {
        let digest = Sha256::new().chain_update(identity.uuid()).chain_update(version.to_be_bytes()).finalize();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest).for_each(|(byte, of_digest)| *byte = of_digest);
        Uuid::new_v8(bytes)
    };
    format!("urn:uuid:{uuid}")
}

/// A resource ready to be sent: written once, so that its bytes are the same in every bundle.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its address within a bundle, `urn:uuid:…`.
    pub full_url: String,
    /// Its type.
    pub kind: ResourceType,
    /// Its identifier, `system|value`: by it the service finds what it has already.
    pub identifier: String,
    /// The resource, without an id.
    pub json: Box<RawValue>,
    /// What is asked for.
    pub request: Request,
}

/// What a bundle asks for with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// To create it, unless the service has one with its identifier (R4, 3.1.0.8.1 conditional create).
    Create,
    /// To put it in the place of the one with its identifier, or to create it (R4, 3.1.0.4.3 conditional update).
    /// Never by the place that the service told: one that was restored or moved may hold another reading there.
    Update,
}

impl Resource {
    /// Writes a resource, to be created.
    pub fn new<T: Serialize>(
        kind: ResourceType,
        full_url: String,
        identifier: &Identifier,
        resource: &T,
    ) -> serde_json::Result<Self> {
        let identifier = format!("{}|{}", identifier.system, identifier.value);
        let json = serde_json::value::to_raw_value(resource)?;
        Ok(Self { full_url, kind, identifier, json, request: Request::Create })
    }

    /// The same, to bring the service to a newer version.
    #[must_use]
    pub fn update(self) -> Self {
        Self { request: Request::Update, ..self }
    }

    /// About how many bytes it adds to a bundle.
    pub fn size(&self) -> usize {
        const ENVELOPE: usize = 128;
        self.json.get().len() + self.full_url.len() + self.identifier.len() + ENVELOPE
    }
}

/// A transaction or a batch, or the answer to one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle {
    /// Always `Bundle`.
    pub resource_type: ResourceType,
    /// `transaction`, `batch`, `transaction-response`, `batch-response` or another.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its entries, in order.
    #[serde(default)]
    pub entry: Vec<BundleEntry>,
}

/// An entry of a bundle.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleEntry {
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_url: Option<String>,
    /// The resource, unread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Box<RawValue>>,
    /// What is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<BundleRequest>,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<BundleResponse>,
}

/// What an entry asks for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleRequest {
    /// `POST` or `PUT`.
    pub method: String,
    /// The type to create; the place to update, or the search that finds it.
    pub url: String,
    /// Only if nothing matches this search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub if_none_exist: Option<String>,
}

/// What became of an entry.
#[derive(Debug, Serialize, Deserialize)]
pub struct BundleResponse {
    /// An HTTP status and perhaps words, `201 Created`.
    pub status: String,
    /// Where the resource is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// What was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OperationOutcome>,
}

impl BundleResponse {
    /// The number at the head of the status.
    pub fn code(&self) -> Option<u16> {
        self.status.split_whitespace().next()?.parse().ok()
    }
}

/// The transaction that does all that is asked for with these resources, or nothing (R4, 3.1.0.11.2).
pub fn transaction<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> Bundle {
    bundle("transaction", resources)
}

/// The batch that does what is asked for with each of these resources by itself (R4, 3.1.0.11.1; HL7 Norway,
/// PmdBundleObservation: every entry has a `fullUrl`, and a request that is POST or PUT).
pub fn batch<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> Bundle {
    bundle("batch", resources)
}

fn bundle<'a>(kind: &str, resources: impl IntoIterator<Item = &'a Resource>) -> Bundle {
    let entry = |resource: &Resource| BundleEntry {
        full_url: Some(resource.full_url.clone()),
        resource: Some(resource.json.clone()),
        request: Some(request(resource)),
        response: None,
    };
    Bundle {
        resource_type: ResourceType::Bundle,
        kind: kind.to_owned(),
        entry: resources.into_iter().map(entry).collect(),
    }
}

fn request(resource: &Resource) -> BundleRequest {
    let kind = resource.kind.name();
    let search = format!("identifier={}", resource.identifier);
    let (method, url, if_none_exist) = match resource.request {
        Request::Create => ("POST", kind.to_owned(), Some(search)),
        Request::Update => ("PUT", format!("{kind}?{search}"), None),
    };
    BundleRequest { method: method.to_owned(), url, if_none_exist }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_an_address_of_its_own_and_the_first_is_the_identity() {
        let identity = |n| Identity::by_hand(Uuid::from_u128(n));
        assert_eq!(address(identity(1), 1), "urn:uuid:00000000-0000-0000-0000-000000000001");
        let mut all: Vec<String> =
            (1..4).flat_map(|n| (1..9).map(move |version| address(identity(n), version))).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 24);
    }
}
