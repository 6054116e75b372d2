//! The patient's tablet: who has access, one-time codes, and the state of the kit as its Devices say.

use serde_json::json;

use super::{
    html::{Frame, Html},
    says,
};
use crate::{
    fhir::codes::{MDC, URI},
    one_time_code::OneTimeCode,
    service::{
        PageWords, TabletAccess,
        extension::{self, DEVICE_FAULT, DEVICE_PROPERTY},
        fhir::{search, store::Store},
        json::Json,
        problem::Problem,
        sign_in::tablets::{Code, Tablet, Tablets},
    },
};

/// A Device that is a tablet (MDC_MOC_VMS_MDS_AHD).
const TABLET: &str = "531981";
/// How full a battery is (MDC_ATTR_VAL_BATT_CHARGE).
const BATTERY: &str = "67996";

/// What the section shows.
pub(super) struct Shown {
    access: TabletAccess,
    tablet: Option<Tablet>,
    code: Option<Code>,
    kit: Vec<Json>,
}

pub(super) fn read(store: &Store<'_>, patient: &str, access: TabletAccess) -> Result<Shown, Problem> {
    let tablets = Tablets(store);
    let tablet = tablets.of_patient(patient)?;
    let devices = search::found(store, "Device", &[("patient", format!("Patient/{patient}"))])?;
    let mut kit = devices.iter().map(|device| device.json()).collect::<Result<Vec<_>, _>>()?;
    // The one before this tablet is no part of the kit any more.
    if let Some(name) = tablet.as_ref().and_then(|tablet| tablet.name.as_deref()) {
        kit.retain(|device| !is_tablet(device) || is_named(device, name));
    }
    kit.sort_by_key(|device| !is_tablet(device));
    Ok(Shown { access, tablet, code: tablets.open_code(patient)?, kit })
}

fn is_tablet(device: &Json) -> bool {
    device.get("type").and_then(|kind| extension::code(kind, MDC)) == Some(TABLET)
}

fn is_named(device: &Json, name: &str) -> bool {
    let is = |id: &Json| id.get_text("system") == Some(URI) && id.get_text("value") == Some(name);
    device.get_list("identifier").iter().any(is)
}

pub(super) fn show(html: &mut Html, frame: Frame<'_>, shown: &Shown) {
    let signs_in = shown.access == TabletAccess::SignIn;
    if !signs_in && shown.kit.is_empty() {
        return;
    }
    html.section(&frame.words.text("service-page", "Tablet and sensors", &[]));
    if signs_in {
        show_access(html, frame, shown);
    }
    if !shown.kit.is_empty() {
        show_kit(html, frame, shown);
    }
    if signs_in {
        show_code(html, frame, shown);
        if let Some(tablet) = &shown.tablet {
            show_revoke(html, frame, tablet);
        }
    }
    html.raw("</section>");
}

fn show_access(html: &mut Html, frame: Frame<'_>, shown: &Shown) {
    let words = frame.words;
    let Some(tablet) = &shown.tablet else {
        html.paragraph(&words.text("service-page", "No tablet has access.", &[]));
        return;
    };
    let (since, contact) = (says::milliseconds(tablet.since), says::milliseconds(tablet.contact));
    html.paragraph(&words.text("service-page", "A tablet has had access since {time}.", &[("time", &since)]));
    html.paragraph(&words.text("service-page", "Last contact {time}", &[("time", &contact)]));
    let said = shown.kit.iter().any(|device| is_tablet(device) && !version(device).is_empty());
    if let Some(version) = tablet.version.as_deref().filter(|_| !said) {
        html.paragraph(&words.text("service-page", "Version {version}", &[("version", version)]));
    }
}

fn show_kit(html: &mut Html, frame: Frame<'_>, shown: &Shown) {
    let words = frame.words;
    html.columns([
        words.text("service-page", "Device", &[]),
        words.text("service-page", "Battery", &[]),
        words.text("service-page", "Version", &[]),
        words.text("service-page", "Last heard", &[]),
        words.text("service-page", "Remarks", &[]),
    ]);
    for device in &shown.kit {
        html.raw("<tr><td>").text(&name(words, device)).raw("</td><td>").text(&battery(words, device));
        html.raw("</td><td>").text(&version(device)).raw("</td><td>").text(&last_heard(device)).raw("</td><td>");
        for remark in remarks(words, device) {
            html.raw("<div>").text(&remark).raw("</div>");
        }
        for fault in faults(words, device) {
            html.raw("<div class=\"note\">").text(&fault).raw("</div>");
        }
        html.raw("</td></tr>");
    }
    html.raw("</tbody></table>");
}

fn name(words: &dyn PageWords, device: &Json) -> String {
    let said: Vec<&str> =
        ["manufacturer", "modelNumber"].into_iter().filter_map(|part| device.get_text(part)).collect();
    match (is_tablet(device), said.as_slice()) {
        (true, _) => words.text("service-page", "The tablet", &[]),
        (false, []) => words.text("service-page", "A sensor", &[]),
        (false, said) => said.join(" "),
    }
}

/// A property by the code of its type in one of the systems.
fn properties<'a>(device: &'a Json, system: &'a str, code: &'a str) -> impl Iterator<Item = &'a Json> {
    let is = move |property: &&Json| property.get("type").and_then(|kind| extension::code(kind, system)) == Some(code);
    device.get_list("property").iter().filter(is)
}

/// The number of a property that has one.
fn number<'a>(device: &'a Json, system: &'a str, code: &'a str) -> Option<&'a str> {
    match properties(device, system, code).next()?.get_list("valueQuantity").first()?.get("value")? {
        Json::Number(digits) => Some(digits),
        _ => None,
    }
}

fn battery(words: &dyn PageWords, device: &Json) -> String {
    let Some(percent) = number(device, MDC, BATTERY) else { return String::new() };
    let charging = properties(device, DEVICE_PROPERTY, "charging").flat_map(|property| property.get_list("valueCode"));
    let mut codings = charging.flat_map(|value| value.get_list("coding"));
    match codings.any(|coding| coding.get_text("code") == Some("Y")) {
        true => words.text("service-page", "{percent} %, charging", &[("percent", percent)]),
        false => format!("{percent} %"),
    }
}

fn version(device: &Json) -> String {
    let all: Vec<&str> = device.get_list("version").iter().filter_map(|version| version.get_text("value")).collect();
    all.join(", ")
}

fn last_heard(device: &Json) -> String {
    let said = extension::one(device, "last-contact").and_then(|extension| extension.get_text("valueDateTime"));
    // A tablet is heard whenever it says how it is.
    let told = || is_tablet(device).then(|| device.get("meta")?.get_text("lastUpdated")).flatten();
    said.or_else(told).map(says::fhir_time).unwrap_or_default()
}

fn remarks(words: &dyn PageWords, device: &Json) -> Vec<String> {
    let some = |code| number(device, DEVICE_PROPERTY, code).filter(|number| *number != "0");
    let waiting =
        some("waiting").map(|number| words.text("service-page", "Waits to be sent: {number}", &[("number", number)]));
    let aside = some("set-aside")
        .map(|number| words.text("service-page", "Could not be sent: {number}", &[("number", number)]));
    let free = number(device, DEVICE_PROPERTY, "storage-free")
        .map(|number| words.text("service-page", "Free space: {number} MiB", &[("number", number)]));
    [waiting, aside, free].into_iter().flatten().collect()
}

fn faults(words: &dyn PageWords, device: &Json) -> Vec<String> {
    let values = properties(device, DEVICE_PROPERTY, "fault").flat_map(|property| property.get_list("valueCode"));
    let said = |value: &Json| match extension::code(value, DEVICE_FAULT) {
        Some("clock-in-doubt") => words.text("service-page", "The tablet's clock is in doubt", &[]),
        Some("not-paired") => words.text("service-page", "The pairing is lost: pair it again", &[]),
        Some("not-found") => words.text("service-page", "The tablet does not find it", &[]),
        Some("no-data") => words.text("service-page", "It sends nothing that the tablet understands", &[]),
        _ => words.text("service-page", "Another fault", &[]),
    };
    values.map(said).collect()
}

fn show_code(html: &mut Html, frame: Frame<'_>, shown: &Shown) {
    let words = frame.words;
    if let Some(code) = &shown.code {
        let until = says::milliseconds(code.ends);
        html.paragraph(&words.text(
            "service-page",
            "A one-time code that nobody has used is valid until {time}. A new code replaces it.",
            &[("time", &until)],
        ));
    }
    if shown.tablet.is_some() {
        html.paragraph(&words.text(
            "service-page",
            "For another tablet, make a code. When that tablet is taken into use, this one loses its access.",
            &[],
        ));
    }
    html.form(frame, "code").button(&words.text("service-page", "Make a one-time code", &[]));
}

fn show_revoke(html: &mut Html, frame: Frame<'_>, tablet: &Tablet) {
    let words = frame.words;
    let label = words.text("service-page", "End the tablet's access", &[]);
    html.raw("<details><summary>").text(&label).raw("</summary>");
    html.paragraph(&words.text(
        "service-page",
        "The tablet can then neither send nor fetch. What is saved on it stays there.",
        &[],
    ));
    html.form(frame, "revoke").hidden("client", &tablet.client);
    html.raw("<label><input type=\"checkbox\" name=\"sure\" value=\"yes\" required> ");
    html.text(&words.text("service-page", "This tablet is to lose its access now.", &[]));
    html.raw("</label>").button(&label).raw("</details>");
}

/// A code, as it is shown this once.
pub(super) struct Made {
    pub(super) code: OneTimeCode,
    /// Until when, in milliseconds since 1970 UTC.
    pub(super) ends: i64,
    /// Whose it is.
    pub(super) name: Option<String>,
    /// Another tablet will lose its access.
    pub(super) replaces: bool,
}

/// Makes a code.
pub(super) fn make(store: &Store<'_>, patient: &str) -> Result<Made, Problem> {
    let tablets = Tablets(store);
    let code = tablets.invite(patient)?;
    let name = super::patients::name(&store.read("Patient", patient)?.json()?);
    let ends = tablets.open_code(patient)?.map(|code| code.ends).unwrap_or_default();
    Ok(Made { code, ends, name, replaces: tablets.of_patient(patient)?.is_some() })
}

/// The page that shows a code.
pub(super) fn show_made(frame: Frame<'_>, base: &str, made: &Made) -> Html {
    let words = frame.words;
    Html::page(words, &words.text("service-page", "One-time code", &[]), |html| {
        html.raw("<section>");
        if let Some(name) = &made.name {
            html.raw("<p><b>").text(name).raw("</b></p>");
        }
        html.paragraph(&words.text(
            "service-page",
            "Type the address and the code on the tablet, or put the file on it. The code is shown only now, and works once.",
            &[],
        ));
        let until = says::milliseconds(made.ends);
        html.raw("<dl><dt>").text(&words.text("service-page", "The service's address", &[]));
        html.raw("</dt><dd>").text(base).raw("</dd><dt>").text(&words.text("service-page", "One-time code", &[]));
        html.raw("</dt><dd class=\"code\">").text(&made.code.to_string()).raw("</dd><dt>");
        html.text(&words.text("service-page", "Valid until", &[])).raw("</dt><dd>").text(&until).raw("</dd></dl>");
        if made.replaces {
            html.raw("<p class=\"note\">");
            html.text(&words.text(
                "service-page",
                "When the new tablet is taken into use, the old one loses its access.",
                &[],
            ));
            html.raw("</p>");
        }
        html.form(frame, "code-file").hidden("code", &made.code.to_string());
        html.button(&words.text("service-page", "Save as a file", &[]));
        html.raw("<p><a href=\"/patient/").text(frame.patient).raw("\">");
        html.text(&words.text("service-page", "To the patient", &[])).raw("</a></p></section>");
    })
}

/// The same as a file for the tablet, for whoever has the code.
pub(super) fn file(store: &Store<'_>, patient: &str, code: &str) -> Result<String, Problem> {
    let missing = || Problem::not_found("there is no such code");
    let code: OneTimeCode = code.parse().map_err(|_| missing())?;
    let known = Tablets(store).code(&code)?.filter(|known| known.patient == patient && known.client.is_none());
    known.ok_or_else(missing)?;
    Ok(format!("{:#}\n", json!({ "service": store.base, "code": code.to_string() })))
}

/// Takes the tablet that the form showed its access.
pub(super) fn revoke(store: &Store<'_>, patient: &str, client: &str) -> Result<(), Problem> {
    let tablets = Tablets(store);
    match tablets.of_patient(patient)? {
        Some(tablet) if tablet.client == client => tablets.revoke(patient),
        _ => Err(Problem::conflict("another tablet has access now, or none")),
    }
}
