//! The program that has the record open takes requests of commands.

use std::{io, path::Path, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::timeout,
};

use super::{ANSWER, Refusal, Request, SOCKET, answer::answer};
use crate::{
    exit::{self, Exit, failure},
    record::Record,
};

/// How long a request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(5);
/// How long a request may be, in bytes: an enrolment file with the certificates of an authority, as JSON within JSON.
const LONGEST: u64 = 256 * 1024;
/// So many commands at once.
const COMMANDS: usize = 8;

/// Has the sending try now; whether there is one.
type Send = Arc<dyn Fn() -> bool + std::marker::Send + Sync>;

/// Takes requests until it is told to stop. Without the socket the tablet works all the same.
pub(crate) async fn serve(record: Record, send: Send, mut stopped: watch::Receiver<bool>) {
    let Some(folder) = record.path().parent().map(Path::to_owned) else { return };
    let socket = folder.join(SOCKET);
    // The record's lock is ours: whoever left a socket here is gone.
    let listener = match remove(&socket).and_then(|()| UnixListener::bind(&socket)) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(%error, "commands cannot be handed to this program");
            return;
        }
    };
    let places = Arc::new(Semaphore::new(COMMANDS));
    let mut commands = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            // The command is told that nobody answered.
            continue;
        };
        while commands.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                let (record, send) = (record.clone(), Arc::clone(&send));
                commands.spawn(async move {
                    if let Err(error) = one(stream, &record, &*send).await {
                        tracing::warn!(%error, "a command went away before its answer");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a command could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    // What was taken is done and answered; each has a deadline of its own.
    while commands.join_next().await.is_some() {}
    if let Err(error) = remove(&socket) {
        tracing::warn!(%error, "the socket for commands could not be removed");
    }
}

async fn one(
    mut stream: UnixStream,
    record: &Record,
    send: &(dyn Fn() -> bool + std::marker::Send + Sync),
) -> io::Result<()> {
    let mut line = String::new();
    let arrived = timeout(ARRIVAL, BufReader::new((&mut stream).take(LONGEST)).read_line(&mut line)).await;
    let done = match arrived {
        Ok(read) => {
            read?;
            done(&line, record, send).await
        }
        Err(_) => Err(Refusal { exit: Exit::Data, message: "the command did not arrive whole".to_owned() }),
    };
    let mut answer = serde_json::to_vec(&done)?;
    answer.push(b'\n');
    timeout(ANSWER, stream.write_all(&answer)).await.map_err(|_| io::ErrorKind::TimedOut)?
}

async fn done(
    line: &str,
    record: &Record,
    send: &(dyn Fn() -> bool + std::marker::Send + Sync),
) -> Result<Value, Refusal> {
    let request: Request = serde_json::from_str(line).map_err(|_| Refusal {
        exit: Exit::Data,
        message: "the running Dagsform program does not know this command; it may be of another version".to_owned(),
    })?;
    let patience = request.patience();
    timeout(patience, answer(record, request, send))
        .await
        .unwrap_or_else(|_| Err(failure(Exit::TryAgain, "it took too long; look whether it was done")))
        .map_err(|error| Refusal { exit: exit::status(&error), message: format!("{error:#}") })
}

fn remove(socket: &Path) -> io::Result<()> {
    match std::fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
