//! A method call, and the ways to answer it.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zbus::message::{Flags, Message};
use zbus::zvariant::{DynamicType, Type};

use super::world::{Saying, Shared};

/// A method call from the bus.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) client: String,
    pub(super) path: String,
    pub(super) interface: String,
    pub(super) member: String,
    message: Message,
}

/// An error as BlueZ words it.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    name: &'static str,
    text: String,
}

/// The answer to a call.
pub(super) enum Answer {
    /// This, now.
    Now(Message),
    /// Another task answers.
    Later,
}

/// What a handler gives.
pub(super) type Outcome = Result<Answer, Refusal>;

impl Call {
    pub(super) fn new(message: Message) -> Option<Self> {
        let header = message.header();
        Some(Self {
            client: header.sender()?.to_string(),
            path: header.path()?.to_string(),
            interface: header.interface().map(ToString::to_string).unwrap_or_default(),
            member: header.member()?.to_string(),
            message: message.clone(),
        })
    }

    /// The arguments.
    pub(super) fn arguments<T: DeserializeOwned + Type>(&self) -> Result<T, Refusal> {
        let wrong = |error: zbus::Error| Refusal::invalid_arguments(&error.to_string());
        self.message.body().deserialize().map_err(wrong)
    }

    /// Answers with a value.
    pub(super) fn with<B: Serialize + DynamicType>(&self, body: &B) -> Outcome {
        let message = Message::method_return(&self.message.header()).and_then(|reply| reply.build(body));
        message.map(Answer::Now).map_err(|error| Refusal::failed(&error.to_string()))
    }

    /// Answers with nothing.
    pub(super) fn done(&self) -> Outcome {
        self.with(&())
    }

    /// Queues the answer.
    pub(super) fn settle(&self, shared: &Shared, outcome: Outcome) {
        if self.message.primary_header().flags().contains(Flags::NoReplyExpected) {
            return;
        }
        let message = match outcome {
            Ok(Answer::Later) => return,
            Ok(Answer::Now(message)) => Ok(message),
            Err(refusal) => {
                Message::error(&self.message.header(), refusal.name).and_then(|error| error.build(&(refusal.text,)))
            }
        };
        match message {
            Ok(message) => shared.world().say(Saying::Message(message)),
            Err(error) => eprintln!("bluez-emulator: could not answer {}: {error}", self.member),
        }
    }

    /// Lets a task answer.
    pub(super) fn later(
        &self,
        shared: &Arc<Shared>,
        work: impl Future<Output = Result<(), Refusal>> + Send + 'static,
    ) -> Outcome {
        let (call, shared) = (self.clone(), shared.clone());
        tokio::spawn(async move {
            let outcome = match work.await {
                Ok(()) => call.done(),
                Err(refusal) => Err(refusal),
            };
            call.settle(&shared, outcome);
        });
        Ok(Answer::Later)
    }
}

/// Makes one constructor for each error of BlueZ.
macro_rules! refusals {
    ($($function:ident, $name:literal, $text:literal;)*) => {
        $(pub(super) fn $function() -> Self {
            Self { name: concat!("org.bluez.Error.", $name), text: $text.to_owned() }
        })*
    };
}

impl Refusal {
    refusals! {
        not_ready, "NotReady", "Resource Not Ready";
        in_progress, "InProgress", "In Progress";
        already_exists, "AlreadyExists", "Already Exists";
        does_not_exist, "DoesNotExist", "Does Not Exist";
        not_supported, "NotSupported", "Operation is not supported";
        not_connected, "NotConnected", "Not Connected";
        not_paired, "NotPermitted", "Not paired";
        read_not_permitted, "NotPermitted", "Read not permitted";
        write_not_permitted, "NotPermitted", "Write not permitted";
        authentication_failed, "AuthenticationFailed", "Authentication Failed";
        authentication_rejected, "AuthenticationRejected", "Authentication Rejected";
        authentication_canceled, "AuthenticationCanceled", "Authentication Canceled";
        authentication_timeout, "AuthenticationTimeout", "Authentication Timeout";
        connection_attempt_failed, "ConnectionAttemptFailed", "Page Timeout";
    }

    pub(super) fn failed(text: &str) -> Self {
        Self { name: "org.bluez.Error.Failed", text: text.to_owned() }
    }

    pub(super) fn att(code: u8) -> Self {
        Self::failed(&format!("Operation failed with ATT error: 0x{code:02x}"))
    }

    pub(super) fn invalid_arguments(text: &str) -> Self {
        Self { name: "org.bluez.Error.InvalidArguments", text: text.to_owned() }
    }

    pub(super) fn unknown_object(path: &str) -> Self {
        Self { name: "org.freedesktop.DBus.Error.UnknownObject", text: format!("{path} does not exist") }
    }

    pub(super) fn unknown_method(call: &Call) -> Self {
        let text = format!("Method \"{}\" on interface \"{}\" doesn't exist", call.member, call.interface);
        Self { name: "org.freedesktop.DBus.Error.UnknownMethod", text }
    }
}
