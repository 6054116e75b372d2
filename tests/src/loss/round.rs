//! One life of the program that is meant to end badly.

use std::{os::unix::process::ExitStatusExt as _, time::Duration};

use anyhow::{Context as _, Result, ensure};
use rand::Rng as _;
use rustix::process::{Pid, Signal, kill_process};

use super::{Place, Run, Saying};
use crate::tablet::SOON;

/// A life that is not ended ends by itself when nothing new has come for so many seconds.
const IDLE: &str = "2";
/// So long it may have nothing to tell. How long it lives depends on the machine and on how much the sensors hold.
const QUIET: Duration = Duration::from_secs(120);
/// So many lives are tried for one kill.
const LIVES: usize = 40;
/// The most answers of a list, each kept as a draft.
const DRAFTS: usize = 3;

impl Run {
    /// Lets the program live until it was killed at this place; what people say is said once.
    pub(super) fn kill_at(&mut self, place: Place, due: Vec<Saying>) -> Result<()> {
        let mut due = due;
        for _ in 0..LIVES {
            if self.live(place, std::mem::take(&mut due))? {
                *self.killed.entry(place).or_default() += 1;
                return Ok(());
            }
        }
        anyhow::bail!("the program was never killed")
    }

    /// One life; whether it was killed.
    fn live(&mut self, place: Place, due: Vec<Saying>) -> Result<bool> {
        self.lives += 1;
        let program = match place {
            Place::Anywhere => self.tablet.program().clone(),
            Place::Reading(gap) | Place::Answering(gap) => {
                let passing = self.random.random_range(1..=self.passings(gap));
                self.tablet.program().clone().with("DAGSFORM_GAP", &format!("{gap}:{passing}"))
            }
        };
        let mut running = program.collect(&["--idle", IDLE])?;
        // Before that a command would find the record free, and take it. The program may be killed on the way there.
        running.wait_for_event("ready", SOON).ok();
        let process = Pid::from_raw(running.process().try_into()?).context("a process without a number")?;
        let moment = Duration::from_millis(self.random.random_range(0..self.sensors.longest()));
        std::thread::scope(|scope| {
            if place == Place::Anywhere {
                scope.spawn(move || {
                    std::thread::sleep(moment);
                    // It may have ended by itself; nobody has asked for its status yet, so the number is its own.
                    kill_process(process, Signal::KILL).ok();
                });
            }
            due.into_iter().try_for_each(|saying| self.diary.say(&self.tablet, saying))
        })?;
        let status = running.ended(QUIET)?;
        ensure!(status.success() || status.signal().is_some(), "it ended with {status}");
        Ok(status.signal() == Some(9))
    }

    /// How often a gap is passed in a life at least, more or less.
    fn passings(&self, gap: &str) -> usize {
        let known = self.sensors.held().max(1);
        match gap {
            "frame-received" => known,
            "transfer-complete" => self.sensors.addresses().len(),
            "before-post" | "after-post" | "after-settle" => 2,
            "draft-kept" => DRAFTS,
            "answers-said" => 1,
            _ => self.sensors.newest().max(1),
        }
    }
}
