//! `dagsform today`: what the plan asks for today.

use anyhow::Result;
use chrono::{DateTime, FixedOffset};

use crate::{
    control::Request,
    exit::{Exit, failure},
};

/// Show what the plan asks for today, or put a reminder off.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Be reminded of this occurrence, as it is named here, no sooner than `--until`
    #[arg(long, value_name = "OCCURRENCE", requires = "until")]
    put_off: Option<String>,
    /// Such as 2026-11-23T09:30:00+01:00
    #[arg(long, value_name = "TIME", requires = "put_off")]
    until: Option<DateTime<FixedOffset>>,
}

impl Arguments {
    pub(super) fn request(self) -> Result<Request> {
        match (self.put_off, self.until) {
            (None, None) => Ok(Request::Today),
            (Some(occurrence), Some(until)) => Ok(Request::PutOff(occurrence, until)),
            _ => Err(failure(Exit::Usage, "say both --put-off and --until")),
        }
    }
}
