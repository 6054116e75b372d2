//! A nurse at the page of the embedded service: reads it, fills in a form, sends it.

use anyhow::{Context as _, Result, ensure};

use crate::follow_up::FollowUp;

/// Fills in the first form of an action that holds a text, and sends it. Fields that are not named keep what the page
/// put there; a box is ticked only if it is named.
///
/// # Errors
/// There is no such form, or the service does not take it.
pub async fn fill_in(service: &FollowUp, action: &str, holds: &str, fields: &[(&str, &str)]) -> Result<()> {
    let patient = service.patient().rsplit('/').next().unwrap_or_default();
    let path = format!("patient/{patient}/{action}");
    let page = service.page(&format!("patient/{patient}")).await?;
    let forms = page.split("<form ").skip(1).filter_map(|rest| rest.split_once("</form>").map(|(form, _)| form));
    let form = forms.filter(|form| form.contains(&format!("/{action}\""))).find(|form| form.contains(holds));
    let mut filled = given(form.with_context(|| format!("there is no form {action} with {holds}"))?);
    for (name, value) in fields {
        filled.retain(|(known, _)| known != name);
        filled.push(((*name).to_owned(), (*value).to_owned()));
    }
    let status = service.post_form(&path, &filled).await?;
    ensure!(status == 303, "{action}: the page answers {status}");
    Ok(())
}

/// What the page has put into a form.
fn given(form: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for tag in form.split('<').skip(1) {
        let attribute = |name: &str| {
            let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
            rest.split_once('"').map(|(value, _)| value.replace("&amp;", "&"))
        };
        match tag.split([' ', '>']).next() {
            Some("input") if attribute("type").as_deref() != Some("checkbox") => {
                fields.extend(attribute("name").map(|name| (name, attribute("value").unwrap_or_default())));
            }
            Some("select") => fields.extend(attribute("name").map(|name| (name, String::new()))),
            Some("option") => {
                if let (Some((_, chosen)), Some(value)) = (fields.last_mut(), attribute("value"))
                    && (chosen.is_empty() || tag.contains(" selected"))
                {
                    *chosen = value;
                }
            }
            _ => {}
        }
    }
    fields
}

/// Marks all that is on the page as seen.
///
/// # Errors
/// The service does not take it.
pub async fn mark_all_seen(service: &FollowUp) -> Result<usize> {
    let patient = service.patient().rsplit('/').next().unwrap_or_default();
    let page = service.page(&format!("patient/{patient}")).await?;
    let token = page.split_once("name=\"token\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    let token = token.context("the page has no token")?.0;
    let mut fields = vec![("token".to_owned(), token.to_owned())];
    for target in page.split("name=\"target\" value=\"").skip(1).filter_map(|rest| rest.split_once('"')) {
        fields.push(("target".to_owned(), target.0.to_owned()));
    }
    let count = fields.len() - 1;
    let status = service.post_form(&format!("patient/{patient}/seen"), &fields).await?;
    ensure!(status == 303, "seen: the page answers {status}");
    Ok(count)
}
