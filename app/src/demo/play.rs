//! A day at the tablet, played through the real program without a display: every screen, each as a picture.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use dagsform_care::Meal;
use dagsform_sensors::radio::Radio;
use dagsform_ui::{self as ui, Action, Kind, Language, Place, Screen, Stage};
use tokio::sync::{mpsc, watch};

use super::{
    camera::Camera,
    home::{Hands, Home},
    plans::Patient,
};
use crate::{
    command::{open_window, runtime},
    exit::{Exit, failure},
    screen::driver::{Driver, Person},
    tablet::Parts,
};

/// Plays the day in a home, and leaves the pictures in a folder.
pub(crate) fn pictures(home: &Home, language: Language, pictures: &Path) -> Result<()> {
    std::fs::create_dir_all(pictures)
        .map_err(|e| failure(Exit::InputOutput, format!("the folder {} cannot be made: {e}", pictures.display())))?;
    ui::headless::install().map_err(|e| failure(Exit::Unavailable, e.to_string()))?;
    let window = open_window(language)?;
    let handle = window.handle();
    let (shown, seen) = watch::channel(None);
    let show = {
        let handle = handle.clone();
        move |screen: Screen| {
            let _ = handle.show(screen.clone());
            shown.send_replace(Some(screen));
        }
    };
    let (touch, actions) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let person = Person { actions, stop: stopped };
    let parts = Parts { sending: true };
    let radio: Arc<dyn Radio> = Arc::new(home.radio.clone());
    let driver = Driver { folder: home.folder.clone(), radio, parts, show, person, language };
    let runtime = runtime()?;
    let tablet = runtime.spawn(driver.run());
    let camera = Camera { handle: handle.clone(), seen, folder: pictures.to_owned(), taken: 0 };
    let (radio, hands, who) = (home.radio.clone(), home.hands.clone(), home.who);
    let play = runtime.spawn(async move {
        let day = Day { camera, touch, hands, who };
        let played = day.play(|on| radio.switch(on)).await;
        let _ = handle.close();
        played
    });
    window.run().map_err(|e| failure(Exit::Unavailable, e.to_string()))?;
    runtime.block_on(play)??;
    let _ = stop.send(true);
    runtime.block_on(tablet)?;
    Ok(())
}

/// The person's day. What the hands do goes on beside it, as it does at home.
struct Day {
    camera: Camera,
    touch: mpsc::UnboundedSender<Action>,
    hands: Hands,
    who: Patient,
}

impl Day {
    fn touch(&self, action: Action) -> Result<()> {
        self.touch.send(action).context("the program has ended")
    }

    fn type_in(&self, number: &str) -> Result<()> {
        for key in number.chars() {
            let key = match key.to_digit(10).and_then(|digit| u8::try_from(digit).ok()) {
                Some(digit) => ui::Key::Digit(digit),
                None => ui::Key::Decimal,
            };
            self.touch(Action::Key(key))?;
        }
        Ok(())
    }

    async fn play(mut self, switch: impl Fn(bool)) -> Result<()> {
        let today = |screen: &Screen| matches!(screen, Screen::Today(view) if view.waiting_to_send == 0 && !view.tasks.is_empty());
        self.camera.take("today", today).await?;
        self.guided().await?;
        self.by_themselves().await?;
        self.visitor().await?;
        self.by_hand().await?;
        self.outside_green().await?;
        self.questions().await?;
        self.messages().await?;
        self.looking_back().await?;
        self.touch(Action::Go(Place::Equipment))?;
        self.camera.take("equipment", |screen| matches!(screen, Screen::Equipment(_))).await?;
        self.touch(Action::Go(Place::Today))?;
        self.camera.take("today-later", |screen| matches!(screen, Screen::Today(_))).await?;
        switch(false);
        self.camera
            .take("today-bluetooth-off", |screen| matches!(screen, Screen::Today(view) if view.faults.iter().any(off)))
            .await?;
        self.touch(Action::Measure(Kind::PulseOximetry))?;
        self.camera.take("bluetooth-off", |screen| measuring(screen, Kind::PulseOximetry, |_| true)).await
    }

    /// Led through a measurement, from the task to the delivery.
    async fn guided(&mut self) -> Result<()> {
        let kind = Kind::PulseOximetry;
        self.touch(Action::Measure(kind))?;
        self.camera.take("oximeter-looking", |s| measuring(s, kind, |view| view.stage == Stage::Looking)).await?;
        let oximeter = self.hands.oximeter.clone();
        tokio::spawn(async move { oximeter.measure(95, 74).await });
        self.camera.take("oximeter-measuring", |s| measuring(s, kind, |view| view.stage == Stage::Receiving)).await?;
        self.camera.take("oximeter-delivered", |s| measuring(s, kind, |view| view.stage == Stage::Delivered)).await?;
        self.touch(Action::Performer(ui::Performer::Relative))?;
        let said = |view: &ui::MeasureView| view.performer == ui::Performer::Relative;
        self.camera.take("oximeter-relative", |s| measuring(s, kind, said)).await?;
        self.touch(Action::Done)
    }

    /// The plain use of a sensor is enough.
    async fn by_themselves(&mut self) -> Result<()> {
        let saved = |view: &ui::MeasureView| view.stage >= Stage::Saved;
        self.camera.wait("today", |screen| matches!(screen, Screen::Today(_))).await?;
        let cuff = self.hands.cuff.clone();
        tokio::spawn(async move { cuff.measure(131, 79, 71).await });
        self.camera.take("cuff", |s| measuring(s, Kind::BloodPressure, saved)).await?;
        self.touch(Action::Measure(Kind::BloodGlucose))?;
        self.camera.take("glucose-looking", |s| measuring(s, Kind::BloodGlucose, |_| true)).await?;
        let meter = self.hands.meter.clone();
        tokio::spawn(async move { meter.measure(74, Some(Meal::Postprandial)).await });
        self.camera.take("glucose", |s| measuring(s, Kind::BloodGlucose, saved)).await?;
        self.touch(Action::Measure(Kind::BodyWeight))?;
        self.camera.take("scale-looking", |s| measuring(s, Kind::BodyWeight, |_| true)).await?;
        self.touch(Action::Back)?;
        self.camera.wait("today", |screen| matches!(screen, Screen::Today(_))).await?;
        let thermometer = self.hands.thermometer.clone();
        tokio::spawn(async move { thermometer.measure(369).await });
        self.camera.take("thermometer", |s| measuring(s, Kind::BodyTemperature, saved)).await?;
        self.touch(Action::Done)
    }

    /// A visitor on the scale: kept apart, asked about, erased.
    async fn visitor(&mut self) -> Result<()> {
        let scale = self.hands.scale.clone();
        tokio::spawn(async move { scale.measure(6240, None).await });
        self.camera.take("today-asks", |s| matches!(s, Screen::Today(view) if view.asking > 0)).await?;
        self.touch(Action::AskWhose)?;
        self.camera.take("whose", |s| matches!(s, Screen::Whose(v) if v.stage == ui::WhoseStage::Asking)).await?;
        read().await;
        self.touch(Action::Whose(ui::Answer::Anothers))?;
        self.camera.take("whose-erase", |s| matches!(s, Screen::Whose(v) if v.stage == ui::WhoseStage::Erase)).await?;
        read().await;
        self.touch(Action::Erase)?;
        self.camera.wait("today", |s| matches!(s, Screen::Today(view) if view.asking == 0)).await
    }

    /// Entered by hand, with a slip of the finger.
    async fn by_hand(&mut self) -> Result<()> {
        let kind = Kind::BodyWeight;
        self.touch(Action::ByHand(kind))?;
        self.camera.take("entry", |s| matches!(s, Screen::Entry(_))).await?;
        self.type_in("38.3")?;
        self.touch(Action::Save)?;
        self.camera.take("entry-check", |s| matches!(s, Screen::Entry(v) if v.stage == ui::EntryStage::Check)).await?;
        self.touch(Action::Correct)?;
        for _ in 0..4 {
            self.touch(Action::Key(ui::Key::Delete))?;
        }
        self.type_in("83.3")?;
        self.touch(Action::Performer(ui::Performer::Patient))?;
        self.camera
            .take("entry-typed", |s| matches!(s, Screen::Entry(v) if v.performer == ui::Performer::Patient))
            .await?;
        self.touch(Action::Save)?;
        self.camera.take("entry-saved", |s| measuring(s, kind, |view| view.stage >= Stage::Saved)).await?;
        self.touch(Action::ByHand(Kind::BloodPressure))?;
        self.type_in("82")?;
        self.touch(Action::Field(1))?;
        self.type_in("131")?;
        self.touch(Action::Save)?;
        let wrong = |v: &ui::EntryView| v.fields.iter().any(|field| field.problem.is_some());
        self.camera.take("entry-wrong", |s| matches!(s, Screen::Entry(v) if wrong(v))).await?;
        self.touch(Action::Back)?;
        self.touch(Action::Back)
    }

    /// A reading outside the patient's own limits: is it real, a rest, and the plan's own words.
    async fn outside_green(&mut self) -> Result<()> {
        let step = |s: &Screen, wanted: fn(ui::AfterStep) -> bool| matches!(s, Screen::After(v) if wanted(v.step));
        self.touch(Action::Go(Place::Today))?;
        self.camera.wait("today", |screen| matches!(screen, Screen::Today(_))).await?;
        let hands = self.hands.clone();
        // What the plan has limits for.
        match self.who {
            Patient::Copd => tokio::spawn(async move { hands.oximeter.measure(88, 82).await }),
            Patient::Diabetes | Patient::HeartFailure => {
                tokio::spawn(async move { hands.cuff.measure(164, 96, 88).await })
            }
        };
        self.camera.take("after-asks", |s| step(s, |step| step == ui::AfterStep::RealOrError)).await?;
        self.touch(Action::AfterError)?;
        let resting = |step| matches!(step, ui::AfterStep::Resting { .. });
        self.camera.take("after-rest", |s| step(s, resting)).await?;
        self.touch(Action::AfterWords)?;
        self.camera.take("after-words", |s| step(s, |step| step == ui::AfterStep::Advice)).await?;
        self.touch(Action::Done)
    }

    /// A list that is always there: a question of each look, the summary, the answers on their way.
    async fn questions(&mut self) -> Result<()> {
        self.camera.wait("today", |screen| matches!(screen, Screen::Today(_))).await?;
        self.touch(Action::OpenList(0))?;
        let page = |s: &Screen, number| matches!(s, Screen::Question(v) if v.place == number);
        self.camera.take("question", |s| page(s, 1)).await?;
        read().await;
        self.touch(Action::YesNo(true))?;
        self.camera.wait("question-line", |s| page(s, 2)).await?;
        self.touch(Action::Slide(5))?;
        let given = |v: &ui::QuestionView| matches!(&v.answer, ui::AnswerView::Slider { at: Some(_), .. });
        self.camera.take("question-line", |s| matches!(s, Screen::Question(v) if given(v))).await?;
        read().await;
        self.touch(Action::Next)?;
        for number in 3.. {
            let summary = |s: &Screen| matches!(s, Screen::Summary(_));
            self.camera.wait("the next question", |s| page(s, number) || summary(s)).await?;
            if self.camera.seen.borrow().as_ref().is_some_and(summary) {
                break;
            }
            read().await;
            self.touch(Action::DontKnow)?;
        }
        self.camera.take("summary", |s| matches!(s, Screen::Summary(_))).await?;
        read().await;
        self.touch(Action::SendAnswers)?;
        let delivered =
            |v: &ui::SummaryView| matches!(v.stage, ui::SummaryStage::Saved { delivery: ui::Delivery::Delivered, .. });
        self.camera.take("answers-delivered", |s| matches!(s, Screen::Summary(v) if delivered(v))).await?;
        self.touch(Action::Done)
    }

    /// "This is too much", and a message that asks to be contacted.
    async fn messages(&mut self) -> Result<()> {
        let stage = |s: &Screen, wanted| matches!(s, Screen::Messages(v) if v.stage == wanted);
        self.touch(Action::Go(Place::Messages))?;
        self.camera.take("messages", |s| stage(s, ui::MessagesStage::Reading)).await?;
        self.touch(Action::TooMuch)?;
        self.camera.take("too-much", |s| stage(s, ui::MessagesStage::TooMuch)).await?;
        read().await;
        self.touch(Action::Wish(ui::Wish::FewerQuestions))?;
        let sent = |v: &ui::MessagesView| !v.messages.is_empty() && v.stage == ui::MessagesStage::Reading;
        self.camera.take("message-sent", |s| matches!(s, Screen::Messages(v) if sent(v))).await?;
        self.touch(Action::Go(Place::Today))
    }

    /// Lists and trends, and a reading that is taken back.
    async fn looking_back(&mut self) -> Result<()> {
        self.touch(Action::Go(Place::Readings))?;
        let listed = |s: &Screen, kind| matches!(s, Screen::Readings(v) if v.kind == kind && !v.rows.is_empty());
        self.camera.take("readings", |s| listed(s, Kind::PulseOximetry)).await?;
        self.touch(Action::List(Kind::BloodPressure))?;
        self.camera.take("readings-pressure", |s| listed(s, Kind::BloodPressure)).await?;
        self.touch(Action::List(Kind::BodyWeight))?;
        self.touch(Action::Span(ui::Span::Year))?;
        let year = |v: &ui::ReadingsView| v.span == ui::Span::Year && v.trend.iter().any(|line| line.points.len() > 20);
        self.camera
            .take("readings-year", |s| listed(s, Kind::BodyWeight) && matches!(s, Screen::Readings(v) if year(v)))
            .await?;
        self.touch(Action::Open(0))?;
        let back =
            |s: &Screen, wanted: fn(ui::TakingBack) -> bool| matches!(s, Screen::Reading(v) if wanted(v.taking_back));
        self.camera.take("reading", |s| back(s, |t| t == ui::TakingBack::Possible)).await?;
        self.touch(Action::TakeBack)?;
        self.camera.take("reading-why", |s| back(s, |t| t == ui::TakingBack::Asking)).await?;
        read().await;
        self.touch(Action::TakeBackBecause(ui::Why::Mistyped))?;
        self.camera.take("reading-taken-back", |s| back(s, |t| t == ui::TakingBack::Done)).await?;
        self.touch(Action::Back)?;
        self.camera.take("readings-taken-back", |s| listed(s, Kind::BodyWeight)).await
    }
}

/// The person reads the question.
async fn read() {
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
}

fn off(fault: &ui::Fault) -> bool {
    fault.kind == ui::FaultKind::BluetoothOff
}

fn measuring(screen: &Screen, kind: Kind, wanted: impl Fn(&ui::MeasureView) -> bool) -> bool {
    matches!(screen, Screen::Measure(view) if view.kind == kind && wanted(view))
}
