//! A transaction and its answer.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    model::{Identifier, ResourceType},
    outcome::OperationOutcome,
};

/// A resource ready to be sent: written once, so that its bytes are the same in every bundle.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its address within a bundle, `urn:uuid:…`.
    pub full_url: String,
    /// Its type.
    pub kind: ResourceType,
    /// It is created unless the service has one with this identifier (`system|value`).
    pub identifier: String,
    /// The resource.
    pub json: Box<RawValue>,
}

impl Resource {
    /// Writes a resource.
    pub fn new<T: Serialize>(
        kind: ResourceType,
        full_url: String,
        identifier: &Identifier,
        resource: &T,
    ) -> serde_json::Result<Self> {
        let identifier = format!("{}|{}", identifier.system, identifier.value);
        Ok(Self { full_url, kind, identifier, json: serde_json::value::to_raw_value(resource)? })
    }

    /// About how many bytes it adds to a bundle.
    pub fn size(&self) -> usize {
        const ENVELOPE: usize = 128;
        self.json.get().len() + self.full_url.len() + self.identifier.len() + ENVELOPE
    }
}

/// A transaction, or the answer to one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle {
    /// Always `Bundle`.
    pub resource_type: ResourceType,
    /// `transaction`, `transaction-response` or another.
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
    /// `POST`.
    pub method: String,
    /// The type to create.
    pub url: String,
    /// Only if nothing matches this search (R4, 3.1.0.8.1 conditional create).
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

/// The transaction that creates all of these resources, or none (R4, 3.1.0.11.2), each only if the
/// service has none with its identifier.
pub fn transaction<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> Bundle {
    let entry = |resource: &Resource| BundleEntry {
        full_url: Some(resource.full_url.clone()),
        resource: Some(resource.json.clone()),
        request: Some(BundleRequest {
            method: "POST".to_owned(),
            url: resource.kind.name().to_owned(),
            if_none_exist: Some(format!("identifier={}", resource.identifier)),
        }),
        response: None,
    };
    Bundle {
        resource_type: ResourceType::Bundle,
        kind: "transaction".to_owned(),
        entry: resources.into_iter().map(entry).collect(),
    }
}
