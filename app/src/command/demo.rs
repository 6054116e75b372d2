//! stub
use anyhow::Result;
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {}
pub(super) fn run(_: Option<std::path::PathBuf>, _: dagsform_ui::Language, _: Arguments) -> Result<()> { Ok(()) }
