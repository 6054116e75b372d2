//! What a tablet makes of a service that changes, fails and takes back while it is asked.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub, reason = "tests")]

use std::sync::Arc;

use chrono::Duration;
use common::{client, enrolment};
use dagsform_care::plan::Status;
use dagsform_sync::{Fetcher, NotUnderstood, SyncFault, Timing, fetch::FetchFault};
use scripted::{Answer, ByTime, Service, State, answer, inbox::MemoryInbox, outcome};
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;

mod common;
mod scripted;

const PATIENT: &str = "Patient/123";

/// A service with a tablet that has fetched nothing yet.
struct Rig {
    service: Service,
    inbox: Arc<MemoryInbox>,
    fetcher: Fetcher<MemoryInbox>,
}

impl Rig {
    async fn start() -> Self {
        let service = Service::start().await;
        let inbox = Arc::new(MemoryInbox::default());
        let fetcher = fetcher(&service, &inbox);
        Self { service, inbox, fetcher }
    }

    /// With a plan of two measurements and a list of questions, which the tablet has.
    async fn with_plan() -> Self {
        let mut rig = Self::start().await;
        put_plan(&mut rig.service.state());
        rig.pass().await;
        assert_eq!(rig.plans(), [("CarePlan/plan/_history/1".to_owned(), Status::Active)]);
        rig
    }

    async fn pass(&mut self) {
        self.fetcher.pass().await.unwrap();
    }

    async fn fault(&mut self) -> FetchFault {
        self.fetcher.pass().await.unwrap_err()
    }

    /// The program ends and starts again: it compares all that it has.
    fn restart(&mut self) {
        self.fetcher = fetcher(&self.service, &self.inbox);
    }

    /// Version and status of each plan that was taken.
    fn plans(&self) -> Vec<(String, Status)> {
        self.inbox.kept().plans.iter().map(|(plan, _)| (plan.version.0.clone(), plan.status)).collect()
    }

    fn newest_plan(&self) -> (String, Status) {
        self.plans().pop().unwrap()
    }

    fn refused(&self) -> Vec<String> {
        self.inbox.kept().refused.iter().map(|(version, _)| version.clone()).collect()
    }

    /// How many marks of the service are known.
    fn seen(&self) -> usize {
        self.inbox.kept().seen.len()
    }

    fn changes(&self) -> usize {
        self.inbox.kept().changes
    }

    /// The service stores this some time later.
    fn later(&self, minutes: i64, resource: Json) {
        let mut state = self.service.state();
        state.clock += Duration::minutes(minutes);
        state.put(resource);
    }
}

fn fetcher(service: &Service, inbox: &Arc<MemoryInbox>) -> Fetcher<MemoryInbox> {
    let enrolment = enrolment(&service.address);
    Fetcher::new(inbox.clone(), client(&enrolment), enrolment, Timing::default())
}

fn order(id: &str, code: &str) -> Json {
    json!({"resourceType": "ServiceRequest", "id": id, "status": "active", "intent": "order",
        "subject": {"reference": PATIENT}, "authoredOn": "2026-11-01",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "occurrenceTiming": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}})
}

fn plan(id: &str, orders: &[&str]) -> Json {
    let activity: Vec<Json> =
        orders.iter().map(|order| json!({"reference": {"reference": format!("ServiceRequest/{order}")}})).collect();
    json!({"resourceType": "CarePlan", "id": id, "status": "active", "intent": "plan",
        "subject": {"reference": PATIENT}, "created": "2026-11-01", "activity": activity})
}

fn put_plan(state: &mut State) {
    state.put(json!({"resourceType": "Questionnaire", "id": "q", "url": "https://x.example/q", "version": "1",
        "status": "active", "item": [{"linkId": "1", "text": "Hvordan går det?", "type": "text"}]}));
    let mut list = order("list", "-");
    list["code"] = json!({"text": "Spørsmål"});
    list["category"] =
        json!([{"coding": [{"system": "https://dagsform.example/fhir/CodeSystem/task", "code": "questions"}]}]);
    list["instantiatesCanonical"] = json!(["https://x.example/q|1"]);
    for part in [order("weight", "29463-7"), order("oxygen", "59408-5"), list] {
        state.put(part);
    }
    state.put(plan("plan", &["weight", "oxygen", "list"]));
}

fn message(id: &str, text: &str) -> Json {
    json!({"resourceType": "Communication", "id": id, "status": "completed", "subject": {"reference": PATIENT},
        "recipient": [{"reference": PATIENT}], "sent": "2026-11-23T08:00:00Z", "payload": [{"contentString": text}]})
}

fn mark(id: &str, place: &str, recorded: &str) -> Json {
    json!({"resourceType": "Provenance", "id": id, "recorded": recorded,
        "target": [{"reference": place}, {"reference": PATIENT}], "agent": [{"who": {"display": "someone"}}],
        "activity": {"coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "code": "access"}]}})
}

/// Answers requests for which `of` holds in this way, once.
fn once(of: impl Fn(&str) -> bool + Send + 'static, with: Answer) -> impl FnMut(&str, &mut State) -> Option<Answer> {
    let mut with = Some(with);
    move |path, _| if of(path) { with.take() } else { None }
}

#[tokio::test]
async fn a_plan_that_changes_while_its_parts_are_fetched_is_fetched_anew() {
    let mut rig = Rig::start().await;
    put_plan(&mut rig.service.state());
    let mut changed = false;
    rig.service.script(move |path, state| {
        // The list of measurements has been given already, and is now another one.
        if path.starts_with("Appointment") && !std::mem::replace(&mut changed, true) {
            state.put(plan("plan", &["weight"]));
        }
        None
    });
    rig.pass().await;
    assert_eq!(rig.plans(), [("CarePlan/plan/_history/2".to_owned(), Status::Active)]);
    let taken = rig.inbox.kept().plans[0].clone();
    assert_eq!((taken.0.measurements.len(), taken.0.lists.len(), taken.1), (1, 0, 0));
}

#[tokio::test]
async fn a_plan_that_never_stands_still_is_left_for_later_and_messages_come_all_the_same() {
    let mut rig = Rig::start().await;
    put_plan(&mut rig.service.state());
    rig.service.state().put(message("1", "Hei"));
    rig.service.script(|path, state| {
        if path.starts_with("Appointment") {
            state.change("CarePlan/plan", "/created", json!("2026-11-02"));
        }
        None
    });
    rig.pass().await;
    assert_eq!((rig.plans(), rig.inbox.texts()), (vec![], vec!["Hei".to_owned()]));
    rig.service.behave();
    rig.pass().await;
    assert_eq!(rig.newest_plan().0, "CarePlan/plan/_history/4");
}

#[tokio::test]
async fn a_part_that_changes_behind_the_plans_back_is_found_when_all_is_compared() {
    let mut rig = Rig::with_plan().await;
    rig.service.state().change("ServiceRequest/weight", "/occurrenceTiming/repeat/period", json!(2));
    rig.pass().await;
    assert_eq!(rig.plans().len(), 1, "the parent alone is asked for");
    rig.restart();
    rig.pass().await;
    let (version, _) = rig.newest_plan();
    assert!(version.starts_with("CarePlan/plan/_history/1+"), "{version}");
    rig.restart();
    rig.pass().await;
    assert_eq!(rig.plans().len(), 2, "once");
}

#[tokio::test]
async fn what_the_plan_does_not_point_to_makes_no_new_plan() {
    let mut rig = Rig::with_plan().await;
    rig.service.state().put(order("pulse", "8867-4"));
    rig.restart();
    rig.pass().await;
    assert_eq!(rig.plans().len(), 1);
}

#[tokio::test]
async fn while_nothing_changes_the_plan_costs_one_request() {
    let mut rig = Rig::with_plan().await;
    rig.service.requests();
    rig.pass().await;
    let kinds = |requests: Vec<String>| requests.iter().map(|it| it[..4].to_owned()).collect::<Vec<String>>();
    assert_eq!(kinds(rig.service.requests()), ["Care", "Comm", "Prov"]);
    assert_eq!(rig.plans().len(), 1);
    assert!(rig.inbox.kept().marks["checked"].starts_with("2026-11-23T08:00:00"));
}

#[tokio::test]
async fn a_service_that_does_not_know_304_is_asked_for_the_plan_alone_too() {
    let mut rig = Rig::with_plan().await;
    rig.service.state().knows_etags = false;
    rig.service.requests();
    rig.pass().await;
    assert_eq!((rig.service.requests().len(), rig.plans().len()), (3, 1));
}

#[tokio::test]
async fn a_plan_that_was_deleted_asks_for_nothing_any_more() {
    for status in [404, 410] {
        let mut rig = Rig::with_plan().await;
        rig.service.state().delete("CarePlan/plan");
        rig.service.script(move |path, _| (path == "CarePlan/plan").then(|| outcome(status)));
        rig.pass().await;
        rig.pass().await;
        let plans = rig.plans();
        assert_eq!((plans.len(), plans[1].1), (2, Status::OnHold), "{status}, once");
        assert!(plans[1].0.starts_with("CarePlan/plan/withdrawn/"), "{}", plans[1].0);
        rig.service.behave();
        rig.service.state().put(plan("plan-2", &["weight"]));
        rig.pass().await;
        assert_eq!(rig.newest_plan(), ("CarePlan/plan-2/_history/1".to_owned(), Status::Active));
    }
}

#[tokio::test]
async fn a_deleted_plan_that_is_told_by_no_fhir_service_stays_in_force() {
    let mut rig = Rig::with_plan().await;
    rig.service.script(|path, _| path.starts_with("CarePlan").then(|| answer(404, json!({"message": "no route"}))));
    assert_eq!(rig.fault().await, FetchFault::Sync(SyncFault::NotFhir { status: 404 }));
    assert_eq!(rig.plans().len(), 1);
}

#[tokio::test]
async fn a_plan_goes_by_its_status() {
    for (status, expected) in [
        ("on-hold", Status::OnHold),
        ("completed", Status::Ended),
        ("revoked", Status::Ended),
        ("entered-in-error", Status::OnHold),
        ("draft", Status::OnHold),
    ] {
        let mut rig = Rig::with_plan().await;
        rig.service.state().change("CarePlan/plan", "/status", json!(status));
        rig.pass().await;
        rig.pass().await;
        assert_eq!((rig.plans().len(), rig.newest_plan().1), (2, expected), "{status}, once");
        rig.restart();
        rig.pass().await;
        assert_eq!(rig.plans().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn a_follow_up_ends_whatever_is_wrong_with_its_parts_but_not_by_a_status_that_says_nothing() {
    for (status, ends) in [("completed", true), ("unknown", false), ("finalx", false)] {
        let mut rig = Rig::with_plan().await;
        rig.service.state().delete("ServiceRequest/weight");
        rig.service.state().change("CarePlan/plan", "/status", json!(status));
        rig.pass().await;
        assert_eq!((rig.newest_plan().1 == Status::Ended, rig.refused().is_empty()), (ends, ends), "{status}");
    }
}

#[tokio::test]
async fn a_plan_that_follows_one_that_has_ended_comes_with_the_next_pass() {
    let mut rig = Rig::with_plan().await;
    rig.service.state().change("CarePlan/plan", "/status", json!("completed"));
    rig.pass().await;
    rig.service.requests();
    rig.pass().await;
    assert_eq!(rig.service.requests().len(), 4, "the plan, others, messages, marks");
    rig.later(1, plan("plan-2", &["oxygen"]));
    rig.pass().await;
    assert_eq!(rig.newest_plan(), ("CarePlan/plan-2/_history/1".to_owned(), Status::Active));
}

#[tokio::test]
async fn a_part_that_was_deleted_leaves_the_plan_before_in_force_and_the_service_is_told_once() {
    let mut rig = Rig::with_plan().await;
    rig.service.state().delete("ServiceRequest/weight");
    for _ in 0..2 {
        rig.restart();
        rig.pass().await;
    }
    assert_eq!((rig.plans().len(), rig.refused().len()), (1, 1));
    assert!(rig.inbox.kept().refused[0].1.contains("ServiceRequest/weight"));
    rig.service.state().put(plan("plan", &["oxygen", "list"]));
    rig.pass().await;
    assert_eq!(rig.newest_plan().0, "CarePlan/plan/_history/2");
}

#[tokio::test]
async fn a_page_that_fails_is_a_fault_and_nothing_is_passed_over() {
    let mut rig = Rig::start().await;
    for n in 0..5 {
        rig.later(10, message(&n.to_string(), &format!("Nummer {n}")));
    }
    rig.service.state().page = 2;
    rig.service.script(once(|path| path.contains("page=2"), outcome(500)));
    assert_eq!(rig.fault().await, FetchFault::Sync(SyncFault::ServerError { status: 500 }));
    rig.pass().await;
    assert_eq!(rig.inbox.texts().len(), 5);
    rig.pass().await;
    assert_eq!(rig.changes(), 5, "each once");
}

#[tokio::test]
async fn a_page_at_another_address_is_never_asked_for() {
    for elsewhere in ["https://other.example/fhir/Communication?page=2", "http://127.0.0.1:1/fhir?page=2", "?page=2"] {
        let mut rig = Rig::start().await;
        let bundle = json!({"resourceType": "Bundle", "type": "searchset",
            "link": [{"relation": "next", "url": elsewhere}], "entry": [{"resource": message("1", "Hei")}]});
        rig.service.script(move |path, _| path.starts_with("Comm").then(|| answer(200, bundle.clone())));
        let fault = rig.fault().await;
        assert!(matches!(fault, FetchFault::Sync(SyncFault::NotUnderstood(NotUnderstood::NotABundle(_)))), "{fault}");
        assert!(!rig.service.requests().iter().any(|request| request.contains("page")), "{elsewhere}");
    }
}

#[tokio::test]
async fn pages_that_lead_in_a_circle_end() {
    let mut rig = Rig::start().await;
    for n in 0..3 {
        rig.service.state().put(message(&n.to_string(), "Hei"));
    }
    rig.service.state().page = 1;
    rig.service.script(|path, state| {
        let back = path.contains("page=2").then(|| path.replace("page=2", "page=1"));
        back.map(|back| {
            let url = format!("{}/{back}", state.address());
            answer(200, json!({"resourceType": "Bundle", "link": [{"relation": "next", "url": url}]}))
        })
    });
    let fault = rig.fault().await;
    assert!(fault.to_string().contains("Communication has no end"), "{fault}");
    assert_eq!(rig.service.requests().iter().filter(|request| request.starts_with("Comm")).count(), 3);
}

#[tokio::test]
async fn messages_of_one_moment_all_come_though_one_was_known() {
    let mut rig = Rig::start().await;
    rig.service.state().put(message("1", "En"));
    rig.pass().await;
    rig.service.state().put(message("2", "To"));
    rig.service.state().put(message("3", "Tre"));
    rig.pass().await;
    assert_eq!(rig.inbox.texts(), ["En", "To", "Tre"]);
}

#[tokio::test]
async fn what_was_stored_out_of_order_is_found_within_the_overlap_and_nothing_comes_twice() {
    let mut rig = Rig::start().await;
    rig.later(60, message("1", "Sist"));
    rig.service.state().put(mark("1", "Observation/1", "2026-11-23T08:30:00Z"));
    rig.pass().await;
    // A transaction that took long: its time is from before the last message.
    rig.later(-4, message("2", "Først"));
    for _ in 0..3 {
        rig.pass().await;
    }
    assert_eq!((rig.inbox.texts().len(), rig.seen(), rig.changes()), (2, 1, 3));
}

#[tokio::test]
async fn only_what_is_new_is_asked_for() {
    let mut rig = Rig::start().await;
    rig.service.state().put(message("1", "Hei"));
    rig.pass().await;
    rig.later(60, message("2", "Hei igjen"));
    rig.service.requests();
    rig.pass().await;
    let asked = rig.service.requests();
    let expected = "_lastUpdated=ge2026-11-23T07%3A55%3A00.000Z";
    assert!(asked.iter().any(|it| it.starts_with("Comm") && it.contains(expected)), "{asked:?}");
}

#[tokio::test]
async fn what_could_not_be_kept_comes_again() {
    let mut rig = Rig::start().await;
    put_plan(&mut rig.service.state());
    rig.service.state().put(message("1", "Hei"));
    rig.inbox.kept().full = true;
    assert!(matches!(rig.fault().await, FetchFault::Inbox(_)));
    rig.inbox.kept().full = false;
    rig.pass().await;
    assert_eq!((rig.inbox.texts().len(), rig.plans().len()), (1, 1));
}

#[tokio::test]
async fn a_message_that_was_taken_back_is_marked_and_stays_so() {
    let mut rig = Rig::start().await;
    rig.service.state().put(message("1", "Feil"));
    rig.pass().await;
    rig.service.state().change("Communication/1", "/status", json!("entered-in-error"));
    rig.pass().await;
    rig.pass().await;
    assert_eq!((rig.inbox.texts().len(), rig.changes()), (0, 2));
}

#[tokio::test]
async fn a_message_that_is_gone_is_withdrawn_when_all_is_compared() {
    type Change = fn(&mut State);
    let gone: [(&str, Change); 3] = [
        ("deleted", |state| state.delete("Communication/1")),
        ("of another patient", |state| {
            state.change("Communication/1", "/recipient/0/reference", json!("Patient/9"));
        }),
        ("never sent", |state| state.change("Communication/1", "/status", json!("not-done"))),
    ];
    for (why, change) in gone {
        let mut rig = Rig::start().await;
        rig.service.state().put(message("1", "Hei"));
        rig.service.state().put(message("2", "Her"));
        rig.pass().await;
        change(&mut rig.service.state());
        for _ in 0..2 {
            rig.restart();
            rig.pass().await;
        }
        assert_eq!((rig.inbox.texts(), rig.changes()), (vec!["Her".to_owned()], 3), "{why}");
    }
}

#[tokio::test]
async fn a_message_is_not_withdrawn_because_a_search_does_not_find_it() {
    let mut rig = Rig::start().await;
    rig.service.state().put(message("1", "Hei"));
    rig.pass().await;
    let nothing = json!({"resourceType": "Bundle", "type": "searchset"});
    rig.service.script(move |path, _| path.starts_with("Communication?").then(|| answer(200, nothing.clone())));
    rig.restart();
    rig.pass().await;
    assert_eq!(rig.inbox.texts(), ["Hei"]);
}

#[tokio::test]
async fn a_message_that_the_tablet_may_no_longer_read_is_withdrawn_and_one_that_fails_is_not() {
    for (status, left) in [(403, ["Ny"].as_slice()), (500, ["Hei", "Ny"].as_slice())] {
        let mut rig = Rig::start().await;
        rig.service.state().put(message("1", "Hei"));
        rig.pass().await;
        rig.service.state().change("Communication/1", "/recipient/0/reference", json!("Patient/9"));
        rig.service.state().put(message("2", "Ny"));
        rig.service.script(move |path, _| (path == "Communication/1").then(|| outcome(status)));
        rig.restart();
        assert_eq!(rig.fetcher.pass().await.is_ok(), status == 403);
        assert_eq!(rig.inbox.texts(), left, "{status}");
    }
}

#[tokio::test]
async fn a_message_that_comes_back_is_shown_again() {
    let mut rig = Rig::start().await;
    rig.service.state().put(message("1", "Hei"));
    rig.pass().await;
    rig.service.state().delete("Communication/1");
    rig.restart();
    rig.pass().await;
    assert_eq!(rig.inbox.texts().len(), 0);
    // Out of a backup: in the version that the tablet had.
    rig.service.state().put(message("1", "Hei"));
    rig.pass().await;
    assert_eq!(rig.inbox.texts(), ["Hei"]);
}

#[tokio::test]
async fn a_service_whose_clock_is_set_back_is_still_heard() {
    let mut rig = Rig::start().await;
    rig.service.state().put(message("1", "Før"));
    rig.service.state().put(mark("1", "Observation/1", "2026-11-23T08:00:00Z"));
    rig.pass().await;
    rig.later(-120, message("2", "Etter"));
    rig.service.state().put(mark("2", "Observation/2", "2026-11-23T06:00:00Z"));
    rig.pass().await;
    assert_eq!((rig.inbox.texts(), rig.seen()), (vec!["Før".to_owned(), "Etter".to_owned()], 2));
}

#[tokio::test]
async fn what_was_stored_while_the_clock_was_behind_comes_when_all_is_compared() {
    let mut rig = Rig::start().await;
    rig.service.state().put(message("1", "Før"));
    rig.pass().await;
    rig.later(-120, message("2", "Etter"));
    rig.service.state().clock += Duration::minutes(180);
    rig.pass().await;
    assert_eq!(rig.inbox.texts(), ["Før"]);
    rig.restart();
    rig.pass().await;
    assert_eq!(rig.inbox.texts(), ["Før", "Etter"]);
}

#[tokio::test]
async fn a_service_that_cannot_search_by_time_gives_all_and_nothing_comes_twice() {
    for by_time in [ByTime::Ignored, ByTime::Refused] {
        let mut rig = Rig::start().await;
        rig.service.state().by_time = by_time;
        rig.service.state().put(message("1", "En"));
        rig.service.state().put(mark("1", "Observation/1", "2026-11-23T08:00:00Z"));
        rig.pass().await;
        rig.later(60, message("2", "To"));
        rig.pass().await;
        rig.pass().await;
        assert_eq!((rig.inbox.texts().len(), rig.changes()), (2, 3), "{by_time:?}");
    }
}

#[tokio::test]
async fn what_one_part_fails_on_does_not_keep_the_others_from_coming() {
    for failing in ["CarePlan", "Communication", "Provenance"] {
        let mut rig = Rig::start().await;
        put_plan(&mut rig.service.state());
        rig.service.state().put(message("1", "Hei"));
        rig.service.state().put(mark("1", "Observation/1", "2026-11-23T08:00:00Z"));
        rig.service.script(move |path, _| path.starts_with(failing).then(|| outcome(500)));
        assert_eq!(rig.fault().await, FetchFault::Sync(SyncFault::ServerError { status: 500 }));
        let had = [!rig.plans().is_empty(), !rig.inbox.texts().is_empty(), rig.seen() > 0];
        assert_eq!(had.iter().filter(|had| !**had).count(), 1, "{failing}: {had:?}");
        rig.service.behave();
        rig.pass().await;
        let had = (rig.plans().len(), rig.inbox.texts().len(), rig.seen());
        assert_eq!(had, (1, 1, 1), "{failing}");
    }
}

#[tokio::test]
async fn a_service_that_asks_for_patience_or_cannot_be_reached_is_asked_once() {
    for (failing, requests) in [("CarePlan", 1), ("Communication", 2)] {
        let mut rig = Rig::start().await;
        rig.service.script(move |path, _| path.starts_with(failing).then(|| outcome(503)));
        assert!(matches!(rig.fault().await, FetchFault::Sync(SyncFault::Busy { status: 503, .. })));
        assert_eq!(rig.service.requests().len(), requests, "{failing}");
    }
}

#[tokio::test]
async fn tablets_that_are_in_step_get_out_of_it_whether_all_goes_well_or_not() {
    for (status, chance, seconds) in [(None, 0, 30), (None, 1, 50), (Some(500), 0, 30), (Some(500), 1, 50)] {
        let rig = Rig::start().await;
        rig.service.script(move |_, _| status.map(outcome));
        let (told, mut waits) = mpsc::unbounded_channel();
        let timing = Timing {
            sleep: Arc::new(move |wait| {
                told.send(wait).unwrap();
                Box::pin(std::future::pending())
            }),
            jitter: Arc::new(move |most| most * chance),
        };
        let enrolment = enrolment(&rig.service.address);
        let fetcher = Fetcher::new(rig.inbox.clone(), client(&enrolment), enrolment, timing);
        let (wake, woken) = mpsc::channel(1);
        let running = tokio::spawn(fetcher.run(woken));
        assert_eq!(waits.recv().await, Some(std::time::Duration::from_secs(seconds)), "{status:?}");
        drop(wake);
        running.await.unwrap();
    }
}
