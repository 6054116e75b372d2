//! What people say on the tablet meanwhile, and what is known to have been taken.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context as _, Result, bail};
use rand::{Rng as _, rngs::StdRng};
use serde_json::Value;

use crate::tablet::Tablet;

/// The list of questions, by its id in the plan.
const LIST: &str = "kari-symptoms";
/// The medicine that is taken as needed.
const MEDICINE: &str = "kari-reliever";
/// For so many answered lists one message and one medicine.
const ANSWERS_A_MESSAGE: usize = 10;
/// So often something is said again of which the record holds nothing.
const TIMES: usize = 20;

/// Something to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Saying {
    /// Answers by question; the text among them is like no other.
    Answers(BTreeMap<&'static str, String>),
    /// A message like no other.
    Message(String),
    /// A medicine was taken, or not.
    Medicine {
        /// It was.
        taken: bool,
    },
}

/// What is to be said, and what was.
pub(super) struct Diary {
    answers: usize,
    to_come: VecDeque<Saying>,
    /// By identity.
    said: BTreeMap<String, Saying>,
}

impl Diary {
    /// So many answered lists, with messages and medicines among them; without `lists` only those.
    pub(super) fn new(answers: usize, lists: bool, random: &mut StdRng) -> Self {
        let mut to_come = VecDeque::new();
        for number in 0..answers {
            let mut yes = || if random.random_bool(0.5) { "true" } else { "false" }.to_owned();
            let given = [("more-breathless", yes()), ("cough", yes())];
            let breath = ("breath", random.random_range(1..=10).to_string());
            let more = ("more", format!("Det {number}. svaret, «{:x}».", random.random::<u32>()));
            if lists {
                to_come.push_back(Saying::Answers(given.into_iter().chain([breath, more]).collect()));
            }
            if number % ANSWERS_A_MESSAGE == ANSWERS_A_MESSAGE / 2 {
                to_come.push_back(Saying::Message(format!("Den {number}. meldingen: når ringer dere?")));
                to_come.push_back(Saying::Medicine { taken: random.random_bool(0.5) });
            }
        }
        Self { answers: to_come.len(), to_come, said: BTreeMap::new() }
    }

    /// What is due in this of so many rounds; with an answered list in any case, if one is wanted and left.
    pub(super) fn due(&mut self, round: usize, rounds: usize, answers: bool) -> Vec<Saying> {
        let left = self.answers - self.answers * (round + 1) / rounds;
        let mut due: Vec<Saying> = self.to_come.drain(..self.to_come.len().saturating_sub(left)).collect();
        if answers && !due.iter().any(|saying| matches!(saying, Saying::Answers(_))) {
            let next = self.to_come.iter().position(|saying| matches!(saying, Saying::Answers(_)));
            due.extend(next.and_then(|next| self.to_come.remove(next)));
        }
        // In the gaps of answers the program is killed by the first list.
        due.sort_by_key(|saying| answers && !matches!(saying, Saying::Answers(_)));
        due
    }

    /// Says what is left.
    pub(super) fn rest(&mut self, tablet: &Tablet) -> Result<()> {
        while let Some(saying) = self.to_come.pop_front() {
            self.say(tablet, saying)?;
        }
        Ok(())
    }

    /// All that was said, by identity.
    pub(super) fn said(&self) -> &BTreeMap<String, Saying> {
        &self.said
    }

    /// Says something as a person would: who is not told that it was taken looks, and says it again if it was not.
    pub(super) fn say(&mut self, tablet: &Tablet, saying: Saying) -> Result<()> {
        let arguments = saying.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut problem = None;
        for _ in 0..TIMES {
            match tablet.ask(&arguments) {
                Ok(told) => {
                    let identity = told["identity"].as_str().with_context(|| format!("no identity: {told}"))?;
                    self.said.insert(identity.to_owned(), saying);
                    return Ok(());
                }
                Err(error) => problem = Some(error),
            }
            // To look may fail as well.
            if let Ok(lines) = tablet.said()
                && let Some(identity) = lines.iter().find_map(|line| self.unknown(line, &saying))
            {
                self.said.insert(identity, saying);
                return Ok(());
            }
        }
        bail!("{saying:?} is never taken: {problem:?}")
    }

    /// The identity of a line of the record that says this and is not known yet.
    fn unknown(&self, line: &Value, saying: &Saying) -> Option<String> {
        let identity = line["identity"].as_str()?;
        let new = !self.said.contains_key(identity) && saying.is_said_by(line);
        new.then(|| identity.to_owned())
    }
}

impl Saying {
    /// The kind of the lines that say such things, and of the resources that they become.
    pub(super) fn resource(&self) -> &'static str {
        match self {
            Self::Answers(_) => "QuestionnaireResponse",
            Self::Message(_) => "Communication",
            Self::Medicine { .. } => "MedicationStatement",
        }
    }

    fn arguments(&self) -> Vec<String> {
        match self {
            Self::Answers(answers) => {
                let answers = answers.iter().map(|(question, answer)| format!("{question}={answer}"));
                ["answer", LIST, "--send"].into_iter().map(str::to_owned).chain(answers).collect()
            }
            Self::Message(text) => vec!["message".to_owned(), text.clone()],
            Self::Medicine { taken } => {
                let not = (!taken).then_some("--not-taken");
                ["medicine", MEDICINE].into_iter().chain(not).map(str::to_owned).collect()
            }
        }
    }

    /// Whether a line of the record says this, by what is like no other.
    fn is_said_by(&self, line: &Value) -> bool {
        let said = &line["said"];
        match self {
            Self::Answers(answers) => answers.get("more").is_some_and(|more| said.to_string().contains(more.as_str())),
            Self::Message(text) => said["message"]["text"] == text.as_str(),
            Self::Medicine { taken } => said["medicine"]["taken"] == *taken,
        }
    }

    /// What a resource says otherwise.
    pub(super) fn differences(&self, resource: &Value) -> Vec<String> {
        let expected = match self {
            Self::Answers(answers) => {
                answers.iter().map(|(name, answer)| ((*name).to_owned(), answer.clone())).collect()
            }
            Self::Message(text) => BTreeMap::from([("text".to_owned(), text.clone())]),
            Self::Medicine { taken } => {
                let status = if *taken { "completed" } else { "not-taken" };
                BTreeMap::from([("status".to_owned(), status.to_owned())])
            }
        };
        let found = match self {
            Self::Answers(_) => answered(&resource["item"]),
            Self::Message(_) => {
                let texts = resource["payload"].as_array().into_iter().flatten();
                texts.map(|one| ("text".to_owned(), word(&one["contentString"]))).collect()
            }
            Self::Medicine { .. } => BTreeMap::from([("status".to_owned(), word(&resource["status"]))]),
        };
        let names = expected.keys().chain(found.keys().filter(|name| !expected.contains_key(*name)));
        let differing = names.filter(|name| expected.get(*name) != found.get(*name));
        differing.map(|name| format!("{name}: said {:?}, held {:?}", expected.get(name), found.get(name))).collect()
    }
}

/// The answers of a QuestionnaireResponse by their questions.
fn answered(items: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for item in items.as_array().into_iter().flatten() {
        let answers = item["answer"].as_array().into_iter().flatten();
        let values = answers.filter_map(|answer| {
            let mut values = answer.as_object()?.iter().filter(|(name, _)| name.starts_with("value"));
            values.next().map(|(_, value)| word(value))
        });
        let values: Vec<String> = values.collect();
        if !values.is_empty() {
            found.insert(word(&item["linkId"]), values.join(", "));
        }
        found.extend(answered(&item["item"]));
    }
    found
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
