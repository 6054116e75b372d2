//! Where a service lets tablets sign in and register: its SMART configuration (SMART App Launch 2.2.0, "Using
//! `.well-known`").

use reqwest::header::ACCEPT;
use serde::Deserialize;

use super::LARGEST_ANSWER;
use crate::{
    client::connection::{Connection, json, sorted},
    enrolment::ServiceAddress,
    fault::{NotUnderstood, SyncFault},
};

const PLACE: &str = ".well-known/smart-configuration";
/// How the tablet signs (RFC 7518, 3.4).
const ALGORITHM: &str = "ES384";

/// The addresses as the service writes them: the token's is also the audience of an assertion, letter by letter.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    pub(crate) token: String,
    pub(crate) registration: Option<String>,
}

#[derive(Deserialize)]
struct Configuration {
    token_endpoint: Option<String>,
    registration_endpoint: Option<String>,
    token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
}

/// Asks a service for its endpoints.
pub(crate) async fn discover(connection: &Connection, service: &ServiceAddress) -> Result<Endpoints, SyncFault> {
    let request = connection.http.get(service.below(PLACE)).header(ACCEPT, "application/json");
    let response = sorted(connection.send(request).await?)?;
    if !response.status().is_success() {
        return Err(SyncFault::NoSignIn);
    }
    let body = json(response, LARGEST_ANSWER).await?;
    let said = |problem: String| NotUnderstood::SignIn(format!("the service's SMART configuration: {problem}"));
    let configuration: Configuration = serde_json::from_slice(&body).map_err(|error| said(error.to_string()))?;
    let algorithms = configuration.token_endpoint_auth_signing_alg_values_supported;
    if algorithms.is_some_and(|algorithms| algorithms.iter().all(|algorithm| algorithm != ALGORITHM)) {
        return Err(said(format!("{ALGORITHM} is not among the algorithms that it takes")).into());
    }
    let endpoint = |name: &str, address: Option<String>| match address {
        Some(address) => match service.endpoint(&address) {
            Ok(_) => Ok(Some(address)),
            Err(bad) => Err(said(format!("{name}: {bad}"))),
        },
        None => Ok(None),
    };
    let registration = endpoint("registration_endpoint", configuration.registration_endpoint)?;
    match endpoint("token_endpoint", configuration.token_endpoint)? {
        Some(token) => Ok(Endpoints { token, registration }),
        None => Err(SyncFault::NoSignIn),
    }
}
