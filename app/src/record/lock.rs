//! The instance lock: one program at a time on one record.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use super::OpenError;

/// Held while the record is open. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct InstanceLock {
    file: File,
    /// The last holder did not say good-bye: power cut, kill or crash.
    pub(super) left_open: bool,
}

impl InstanceLock {
    /// Takes the lock of a folder, without waiting.
    pub(super) fn take(folder: &Path) -> Result<Self, OpenError> {
        let in_folder = |source| OpenError::folder(folder, source);
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(folder.join("lock"))
            .map_err(in_folder)?;
        let mut holder = String::new();
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                file.read_to_string(&mut holder).map_err(in_folder)?;
                let holder = if holder.is_empty() { "unknown".to_owned() } else { holder };
                return Err(OpenError::Locked { path: folder.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(in_folder(source)),
        }
        file.read_to_string(&mut holder).map_err(in_folder)?;
        let mut lock = Self { left_open: !holder.is_empty(), file };
        lock.say(&std::process::id().to_string()).map_err(in_folder)?;
        Ok(lock)
    }

    fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }

    /// Says that the record was closed in order.
    pub(super) fn release(mut self) {
        if let Err(error) = self.say("") {
            tracing::warn!(%error, "the lock file could not be cleared; the record is checked at the next start");
        }
    }
}
