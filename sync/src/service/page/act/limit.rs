//! The form of the limits of one number.

use dagsform_care::Decimal;

use super::{Action, Desk, Fault, Form};
use crate::service::{
    fhir::store::{Store, instant},
    limit::{Change, DIRECTIONS, Limits, MEALS, MEASURABLES, Number, ZONES},
    page::limits,
    problem::Problem,
    write,
};

/// The most days that a limit over time looks back.
const MOST_DAYS: u16 = 366;

pub(super) fn read(form: &Form) -> Result<Action, Fault> {
    let key = form.needs("measurement")?;
    let measurable = MEASURABLES.iter().find(|measurable| measurable.key == key).ok_or(Fault::NotFound)?;
    let meal = match form.get("meal").unwrap_or_default() {
        "" => None,
        code => Some(MEALS.into_iter().find(|meal| *meal == code).ok_or(Fault::NotFound)?),
    };
    let version = form.get("version").and_then(|text| text.parse().ok()).ok_or(Fault::Changed)?;
    let number = |name| Form::number(form.get(name).unwrap_or_default());
    let all = [number("red-low")?, number("yellow-low")?, number("yellow-high")?, number("red-high")?];
    let given: Vec<Decimal> = all.iter().copied().flatten().collect();
    if !given.is_sorted_by(|a, b| a.compare(*b).is_le()) {
        return Err(Fault::Order);
    }
    let [red_low, yellow_low, yellow_high, red_high] = all.map(|number| number.map(|number| number.to_string()));
    let limits = Limits { red_low, yellow_low, yellow_high, red_high, changes: changes(form)? };
    let order = form.get("order").filter(|id| !id.is_empty()).map(str::to_owned);
    Ok(Action::Limit { order, version, number: Number { measurable, meal }, limits })
}

/// The limits over time, a line each; a line without an amount is none.
fn changes(form: &Form) -> Result<Vec<Change>, Fault> {
    let lines = form.all("change-by").into_iter().zip(form.all("change-days"));
    let codes = form.all("change-zone").into_iter().zip(form.all("change-direction"));
    let mut changes = Vec::new();
    for ((by, days), (zone, direction)) in lines.zip(codes) {
        let Some(by) = Form::number(by)? else { continue };
        let days = days.parse::<u16>().ok().filter(|days| (1..=MOST_DAYS).contains(days));
        let days = days.filter(|_| by.compare(Decimal::new(0, 0)).is_gt()).ok_or(Fault::OverTime)?.to_string();
        let one_of = |all: [&'static str; 2], code| all.into_iter().find(|known| *known == code);
        let (zone, direction) = one_of(ZONES, zone).zip(one_of(DIRECTIONS, direction)).ok_or(Fault::NotFound)?;
        changes.push(Change { zone, direction, by: by.to_string(), days });
    }
    Ok(changes)
}

/// Changes the limits: a new version of the same order, or the first one, and of the plan that points to it.
pub(super) fn change(
    store: &Store<'_>,
    desk: &Desk,
    order: Option<&str>,
    version: i64,
    number: Number,
    limits: &Limits,
) -> Result<(), Problem> {
    let mut plan = desk.plan(store)?;
    let mut orders = limits::orders(store, &desk.patient)?;
    orders.retain(|(stored, body)| match order {
        Some(id) => stored.id == id,
        None => Number::all(body).iter().any(|one| one.measurable.key == number.measurable.key),
    });
    let old = orders.pop();
    if old.as_ref().map_or(0, |(old, _)| old.version) != version {
        return Err(Problem::conflict("the order has another version"));
    }
    let path = match old {
        Some((old, mut body)) => {
            if number.read(&body).is_none() {
                return Err(Problem::conflict("the order has limits that this form did not show"));
            }
            number.replace(&mut body, limits);
            write::replace(store, &old, body)?;
            old.path()
        }
        None => {
            let subject = format!("Patient/{}", desk.patient);
            let mut body = number.measurable.order(&subject, &instant(store.now.timestamp_millis()));
            number.replace(&mut body, limits);
            write::create(store, "ServiceRequest", body, None)?.path()
        }
    };
    plan.point_to(&path);
    plan.save(store)
}
