//! Which request an answer is to (R4, 3.1.0.1, "Custom Headers"): the tablet gives each request an id. The service gives
//! it back as `X-Request-Id`, or as `X-Correlation-Id` beside an id of its own, or not at all.

use reqwest::header::HeaderMap;
use uuid::Uuid;

/// The header of a request.
pub(super) const REQUEST: &str = "x-request-id";
const CORRELATION: &str = "x-correlation-id";
/// Tells the tablet's ids from those that a service makes up for itself.
const OURS: &str = "dagsform-";

/// An id for one request.
pub(super) fn new() -> String {
    format!("{OURS}{}", Uuid::now_v7())
}

/// Whether an answer names another request of a tablet than this one: something in between gave an old answer again.
pub(super) fn names_another(headers: &HeaderMap, id: &str) -> bool {
    let named = [REQUEST, CORRELATION].into_iter().flat_map(|name| headers.get_all(name));
    named.filter_map(|named| named.to_str().ok()).any(|named| named.starts_with(OURS) && named != id)
}
