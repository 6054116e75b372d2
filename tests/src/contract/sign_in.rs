//! Signing in, as SMART Backend Services asks for it (SMART App Launch 2.2.0; RFC 6749, RFC 6750, RFC 7523).

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::json;

use super::{
    bundles,
    server::{Server, SignIn, discovered, token},
    signer::{Claims, Signer},
};
use crate::rest::{Rest, Said};

/// What a tablet asks for.
const SCOPE: &str = "system/*.cruds";

/// An answer without a token (RFC 6749, 5.2).
fn refused(said: &Said, error: &str) -> Result<()> {
    ensure!(matches!(said.status, 400 | 401), "{}: {}", said.status, said.text);
    let json = said.json();
    ensure!(json["error"] == error && json["access_token"].is_null(), "{json}");
    Ok(())
}

async fn assertion_refused(sign_in: &SignIn, claims: Claims) -> Result<()> {
    let said = sign_in.ask(&sign_in.tablet.assertion(&claims)?, SCOPE).await?;
    refused(&said, "invalid_client")
}

pub(super) async fn without(server: &Server) -> Result<()> {
    nothing_for(server, &Rest::new()?).await
}

pub(super) async fn made_up(server: &Server) -> Result<()> {
    nothing_for(server, &Rest::with_token("made-up")?).await
}

async fn nothing_for(server: &Server, rest: &Rest) -> Result<()> {
    let base = &server.place.base;
    for (method, path) in [(Method::GET, "/Observation"), (Method::GET, "/Patient/1"), (Method::POST, "")] {
        let said = rest.ask(method.clone(), &format!("{base}{path}"), &[], None).await?;
        ensure!(said.status == 401, "{method} {path}: {}", said.status);
        // RFC 6750, 3.
        ensure!(said.header("www-authenticate").starts_with("Bearer"), "no challenge");
    }
    Ok(())
}

pub(super) async fn discovery(server: &Server) -> Result<()> {
    let discovered = discovered(&server.place).await?;
    let names =
        |member: &str, value: &str| discovered[member].as_array().is_some_and(|all| all.contains(&json!(value)));
    ensure!(discovered["token_endpoint"].is_string(), "no token_endpoint");
    ensure!(names("grant_types_supported", "client_credentials"), "no client_credentials");
    ensure!(names("token_endpoint_auth_signing_alg_values_supported", "ES384"), "no ES384");
    ensure!(names("capabilities", "client-confidential-asymmetric"), "no client-confidential-asymmetric");
    Ok(())
}

pub(super) async fn with_its_key(server: &Server) -> Result<()> {
    let sign_in = server.sign_in()?;
    let said = sign_in.ask(&sign_in.tablet.assertion(&sign_in.claims())?, SCOPE).await?;
    ensure!(said.json()["expires_in"].is_u64() && said.header("cache-control").contains("no-store"), "{}", said.text);
    let rest = Rest::with_token(&token(&said)?)?;
    let said = rest.ask(Method::GET, &format!("{}/Observation", server.place.base), &[], None).await?;
    ensure!(said.status == 200, "{}: {}", said.status, said.text);
    Ok(())
}

pub(super) async fn bundle(server: &Server) -> Result<()> {
    let rest = server.sign_in()?.with_scope("system/*.c").await?;
    bundles::creates_as(&server.place, &rest).await
}

pub(super) async fn scope(server: &Server) -> Result<()> {
    let rest = server.sign_in()?.with_scope("system/Observation.rs").await?;
    let base = &server.place.base;
    let allowed = rest.ask(Method::GET, &format!("{base}/Observation"), &[], None).await?;
    ensure!(allowed.status == 200, "{}: {}", allowed.status, allowed.text);
    let body = json!({"resourceType": "Observation", "status": "final", "code": {"text": "x"}}).to_string();
    for said in [
        rest.ask(Method::POST, &format!("{base}/Observation"), &[], Some(&body)).await?,
        rest.ask(Method::GET, &format!("{base}/Patient"), &[], None).await?,
    ] {
        ensure!(said.status == 403, "{}: {}", said.status, said.text);
    }
    Ok(())
}

pub(super) async fn too_much(server: &Server) -> Result<()> {
    let sign_in = server.sign_in()?;
    let said = sign_in.ask(&sign_in.tablet.assertion(&sign_in.claims())?, "user/*.cruds").await?;
    refused(&said, "invalid_scope")
}

pub(super) async fn wrong_key(server: &Server) -> Result<()> {
    let sign_in = server.sign_in()?;
    let other = Signer::new(&sign_in.tablet.client_id)?;
    refused(&sign_in.ask(&other.assertion(&sign_in.claims())?, SCOPE).await?, "invalid_client")
}

pub(super) async fn unknown(server: &Server) -> Result<()> {
    let sign_in = server.sign_in()?;
    let other = Signer::new("someone-else")?;
    refused(&sign_in.ask(&other.assertion(&sign_in.claims())?, SCOPE).await?, "invalid_client")
}

pub(super) async fn replayed(server: &Server) -> Result<()> {
    let sign_in = server.sign_in()?;
    let assertion = sign_in.tablet.assertion(&sign_in.claims())?;
    token(&sign_in.ask(&assertion, SCOPE).await?)?;
    refused(&sign_in.ask(&assertion, SCOPE).await?, "invalid_client")
}

pub(super) async fn expired(server: &Server) -> Result<()> {
    let sign_in = server.sign_in()?;
    // More than a minute ago: so far clocks may differ.
    assertion_refused(sign_in, Claims { lives: -120, ..sign_in.claims() }).await
}

pub(super) async fn too_long(server: &Server) -> Result<()> {
    let sign_in = server.sign_in()?;
    assertion_refused(sign_in, Claims { lives: 900, ..sign_in.claims() }).await
}

pub(super) async fn wrong_audience(server: &Server) -> Result<()> {
    let sign_in = server.sign_in()?;
    assertion_refused(sign_in, Claims { audience: "https://other.example/token".to_owned(), ..sign_in.claims() }).await
}

pub(super) async fn other_patient(server: &Server) -> Result<()> {
    let rest = server.sign_in()?.with_scope(SCOPE).await?;
    let other = super::patient::add(&server.place).await?;
    let said = rest.ask(Method::GET, &format!("{}/{other}", server.place.base), &[], None).await?;
    ensure!(said.status == 403, "{} to the record of another patient", said.status);
    Ok(())
}
