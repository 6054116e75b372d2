//! The nurse's page as a browser uses it.

use reqwest::StatusCode;

use super::Rig;

/// A page, which must be there.
pub async fn page(rig: &Rig, path: &str) -> String {
    let response = rig.http.get(format!("{}{path}", rig.service.page())).send().await.unwrap();
    let status = response.status();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let html = response.text().await.unwrap();
    assert_eq!(status, 200, "{path}: {html}");
    html
}

/// The value of the first field of this name.
pub fn field<'a>(html: &'a str, name: &str) -> &'a str {
    fields(html, name)[0]
}

/// The values of all fields of this name.
pub fn fields<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let found: Vec<&str> = html.split(&format!("name=\"{name}\" value=\"")).skip(1).collect();
    assert!(!found.is_empty(), "no field {name} in {html}");
    found.into_iter().map(|rest| rest.split_once('"').unwrap().0).collect()
}

/// The form with this action that holds this text, to its end.
pub fn form<'a>(html: &'a str, action: &str, holds: &str) -> &'a str {
    let forms = html.split("<form ").skip(1).map(|rest| rest.split_once("</form>").unwrap().0);
    let mut wanted = forms.filter(|form| form.contains(&format!("/{action}\"")) && form.contains(holds));
    wanted.next().unwrap_or_else(|| panic!("no form {action} with {holds} in {html}"))
}

/// Posts a form; one that is taken leads back to the patient.
pub async fn submit(rig: &Rig, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
    let body: String = fields.iter().map(|(name, value)| format!("{name}={}&", percent(value))).collect();
    let request = rig.http.post(format!("{}{path}", rig.service.page())).body(body);
    let response = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    let status = response.status();
    if status == StatusCode::SEE_OTHER {
        assert!(response.headers()["location"].to_str().unwrap().starts_with("/patient/"));
    }
    (status, response.text().await.unwrap())
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
