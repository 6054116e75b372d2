//! The zones of the self-treatment plan, in the words that the patient reads.

use super::{
    html::{Frame, Html},
    says,
};
use crate::service::{
    extension::{self, ZONE, ZONE_PART},
    fhir::{search, store::Store},
    json::Json,
    plan::Plan,
    problem::Problem,
};

/// The zones of a plan, in their order: CarePlans that are a part of it.
pub(super) fn read(store: &Store<'_>, plan: &Plan) -> Result<Vec<Json>, Problem> {
    let conditions = [("part-of", plan.path()), ("status", "active".to_owned())];
    let mut zones = Vec::new();
    for stored in search::found(store, "CarePlan", &conditions)? {
        zones.push(stored.json()?);
    }
    zones.sort_by_cached_key(|zone| (order(zone), colour(zone).map(says::severity)));
    Ok(zones)
}

/// Zones that say no place come last.
fn order(zone: &Json) -> u32 {
    match extension::one(zone, "order").and_then(|order| order.get("valuePositiveInt")) {
        Some(Json::Number(place)) => place.parse().unwrap_or(u32::MAX),
        _ => u32::MAX,
    }
}

fn colour(zone: &Json) -> Option<&str> {
    let conditions = zone.get_list("contained").iter();
    conditions.filter_map(|condition| condition.get("severity")).find_map(|severity| extension::code(severity, ZONE))
}

pub(super) fn show(html: &mut Html, frame: Frame<'_>, zones: &[Json]) {
    let words = frame.words;
    for zone in zones {
        html.raw(match colour(zone) {
            Some("green") => "<div class=\"zone green\"><h3>",
            Some("yellow") => "<div class=\"zone yellow\"><h3>",
            Some("red") => "<div class=\"zone red\"><h3>",
            _ => "<div class=\"zone\"><h3>",
        });
        let title = zone.get_text("title").unwrap_or_default();
        html.text(title);
        if let Some(colour) = colour(zone).map(|colour| says::zone(words, colour)).filter(|colour| colour != title) {
            html.raw(" <small>").text(&colour).raw("</small>");
        }
        html.raw("</h3>");
        for (code, heading) in [
            ("notice", words.text("service-page", "What I notice", &[])),
            ("act", words.text("service-page", "What I do", &[])),
            ("prescribed", words.text("service-page", "What the doctor has prescribed for this", &[])),
            ("call", words.text("service-page", "Whom I call", &[])),
        ] {
            show_part(html, zone, code, &heading);
        }
        html.raw("</div>");
    }
}

fn show_part(html: &mut Html, zone: &Json, code: &str, heading: &str) {
    let is_it =
        |detail: &&Json| detail.get("code").and_then(|concept| extension::code(concept, ZONE_PART)) == Some(code);
    let details: Vec<&Json> =
        zone.get_list("activity").iter().filter_map(|activity| activity.get("detail")).filter(is_it).collect();
    if details.is_empty() {
        return;
    }
    html.raw("<h4>").text(heading).raw("</h4><ul>");
    for detail in details {
        let who = detail.get_list("performer").iter().filter_map(|who| who.get_text("display"));
        let phone = extension::one(detail, "phone").and_then(|phone| phone.get_text("valueString"));
        let said: Vec<&str> = detail.get_text("description").into_iter().chain(who).chain(phone).collect();
        html.raw("<li>").text(&said.join(" · ")).raw("</li>");
    }
    html.raw("</ul>");
}
