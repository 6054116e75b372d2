//! Draws the real screens without a display.

use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use slint::platform::software_renderer::{MinimalSoftwareWindow, RepaintBufferType};
use slint::platform::{EventLoopProxy, Platform, WindowAdapter};
use slint::{EventLoopError, PhysicalSize, PlatformError};

use crate::window::{UiError, starting};

/// The size a window has until [`crate::Window::resize`] gives it another.
const SIZE: (u32, u32) = (1280, 800);

/// Makes windows of this thread exist in memory only. To be called before the first [`crate::Window::new`].
///
/// # Errors
/// When this thread draws on a display already.
pub fn install() -> Result<(), UiError> {
    let (sender, receiver) = mpsc::channel();
    let platform = Headless { sender, receiver, started: Instant::now() };
    starting(|| slint::platform::set_platform(Box::new(platform)))
}

type Task = Box<dyn FnOnce() + Send>;

enum Message {
    Task(Task),
    Quit,
}

struct Headless {
    sender: Sender<Message>,
    receiver: Receiver<Message>,
    started: Instant,
}

struct Proxy(Sender<Message>);

impl Platform for Headless {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        let window = MinimalSoftwareWindow::new(RepaintBufferType::NewBuffer);
        window.set_size(PhysicalSize::new(SIZE.0, SIZE.1));
        Ok(window)
    }

    fn run_event_loop(&self) -> Result<(), PlatformError> {
        loop {
            slint::platform::update_timers_and_animations();
            // Nobody watches: waking a few times a second is enough when no timer is due.
            let wait = slint::platform::duration_until_next_timer_update().unwrap_or(Duration::from_millis(250));
            match self.receiver.recv_timeout(wait) {
                Ok(Message::Task(task)) => task(),
                Ok(Message::Quit) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => (),
            }
        }
    }

    fn new_event_loop_proxy(&self) -> Option<Box<dyn EventLoopProxy>> {
        Some(Box::new(Proxy(self.sender.clone())))
    }

    fn duration_since_start(&self) -> Duration {
        self.started.elapsed()
    }
}

impl EventLoopProxy for Proxy {
    fn quit_event_loop(&self) -> Result<(), EventLoopError> {
        self.0.send(Message::Quit).map_err(|_| EventLoopError::EventLoopTerminated)
    }

    fn invoke_from_event_loop(&self, event: Task) -> Result<(), EventLoopError> {
        self.0.send(Message::Task(event)).map_err(|_| EventLoopError::EventLoopTerminated)
    }
}
