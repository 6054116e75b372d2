//! The window and its handle for other threads.

use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slint::{ComponentHandle, PhysicalSize, SharedString};

use crate::generated::{FrameState, LanguageSwitch, MainWindow, ReadingsScreenState, Theme};
use crate::language::Language;
use crate::mapping;
use crate::picture::Picture;
use crate::touches;
use crate::view::{Action, Kind, MeasureView, Screen};
use crate::words::Words;

/// The tablet's one window. Lives on the thread that made it.
pub struct Window {
    main: MainWindow,
    state: Arc<Mutex<State>>,
}

/// Updates the window from any thread.
#[derive(Clone)]
pub struct WindowHandle {
    main: slint::Weak<MainWindow>,
    state: Arc<Mutex<State>>,
}

/// Why the window could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UiError {
    /// There is no display, or the drawing library failed on it.
    #[error("the window could not be opened or drawn: {0}")]
    Display(String),
    /// libfontconfig is installed, but not one font.
    #[error("no font is installed; install one, such as DejaVu (fonts-dejavu-core)")]
    NoFont,
    /// The catalogue bundled with the screens lacks this language.
    #[error("the screens have no words in the language {0:?}")]
    Language(Language),
    /// The window has been closed.
    #[error("the window is closed")]
    Closed,
}

/// How large the words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TextScale {
    /// 100 %.
    #[default]
    Normal,
    /// 125 %.
    Large,
    /// 150 %.
    Largest,
}

/// What is shown now, kept to be worded again when the language changes.
struct State {
    language: Language,
    view: Screen,
}

impl TextScale {
    /// All sizes, smallest first.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Large, Self::Largest];

    /// In per cent.
    #[must_use]
    pub const fn percent(self) -> u16 {
        match self {
            Self::Normal => 100,
            Self::Large => 125,
            Self::Largest => 150,
        }
    }
}

impl Window {
    /// Makes the window, not yet visible, with the measuring screen.
    ///
    /// # Errors
    /// When there is no display (see [`crate::display_available`] and [`crate::headless`]).
    pub fn new(language: Language) -> Result<Self, UiError> {
        let main = starting(MainWindow::new)?;
        let view = Screen::Measure(MeasureView::looking_for(Kind::PulseOximetry, ""));
        let state = Arc::new(Mutex::new(State { language, view }));
        let window = Self { main, state };
        let names = Language::ALL.map(|language| SharedString::from(language.own_name()));
        window.main.global::<LanguageSwitch>().set_names(Rc::new(slint::VecModel::from(names.to_vec())).into());
        let readings = window.main.global::<ReadingsScreenState>();
        readings.on_commands(|joins, width, height| mapping::commands(&joins, width, height));
        window.set_language(language)?;
        window.on_language(|_| ());
        Ok(window)
    }

    /// Shows this.
    pub fn show(&self, view: &Screen) {
        lock(&self.state).view.clone_from(view);
        refresh(&self.main, &self.state);
    }

    /// Speaks this language from now on.
    ///
    /// # Errors
    /// When the screens have no words in it.
    pub fn set_language(&self, language: Language) -> Result<(), UiError> {
        set_language(&self.main, &self.state, language)
    }

    /// The language the window speaks now.
    #[must_use]
    pub fn language(&self) -> Language {
        lock(&self.state).language
    }

    /// Calls this after the person has chosen a language. The screen has changed already.
    pub fn on_language(&self, chosen: impl Fn(Language) + 'static) {
        let main = self.main.as_weak();
        let state = Arc::clone(&self.state);
        self.main.global::<LanguageSwitch>().on_chosen(move |place| {
            let language = usize::try_from(place).ok().and_then(|at| Language::ALL.get(at)).copied();
            let (Some(language), Some(main)) = (language, main.upgrade()) else { return };
            if set_language(&main, &state, language).is_ok() {
                chosen(language);
            }
        });
    }

    /// Calls this when the person has asked for something.
    pub fn on_action(&self, asked: impl Fn(Action) + 'static) {
        touches::connect(&self.main.global(), asked);
    }

    /// How large the words are.
    pub fn set_text_scale(&self, scale: TextScale) {
        self.main.global::<Theme>().set_text_scale(f32::from(scale.percent()) / 100.0);
    }

    /// Fills the display, without a frame. To be called before [`Window::run`].
    pub fn full_screen(&self, full: bool) {
        self.main.window().set_fullscreen(full);
    }

    /// Gives the window this size in pixels.
    pub fn resize(&self, width: u32, height: u32) {
        self.main.window().set_size(PhysicalSize::new(width, height));
    }

    /// How many pixels of the content have to be reached by scrolling; none where all of it fits.
    #[must_use]
    pub fn hidden_below(&self) -> f32 {
        self.main.global::<FrameState<'_>>().get_hidden_below()
    }

    /// Shows the window and returns when it is closed.
    ///
    /// # Errors
    /// When the display fails.
    pub fn run(&self) -> Result<(), UiError> {
        self.main.run().map_err(display)
    }

    /// A handle for other threads.
    #[must_use]
    pub fn handle(&self) -> WindowHandle {
        WindowHandle { main: self.main.as_weak(), state: Arc::clone(&self.state) }
    }

    /// The drawn elements, for tests that look for them as a screen reader does.
    #[doc(hidden)]
    #[must_use]
    pub const fn elements(&self) -> &impl ComponentHandle {
        &self.main
    }

    pub(crate) fn picture(&self) -> Result<Picture, UiError> {
        let pixels = self.main.window().take_snapshot().map_err(display)?;
        Ok(Picture { width: pixels.width(), height: pixels.height(), rgba: pixels.as_bytes().to_vec() })
    }
}

impl WindowHandle {
    /// Shows this, soon: the window's own thread does it.
    ///
    /// # Errors
    /// When the window is gone.
    pub fn show(&self, view: Screen) -> Result<(), UiError> {
        let state = Arc::clone(&self.state);
        lock(&state).view = view;
        self.main.upgrade_in_event_loop(move |main| refresh(&main, &state)).map_err(|_| UiError::Closed)
    }

    /// Closes the window, so that [`Window::run`] returns.
    ///
    /// # Errors
    /// When the window is gone already.
    pub fn close(&self) -> Result<(), UiError> {
        slint::invoke_from_event_loop(|| {
            let _ = slint::quit_event_loop();
        })
        .map_err(|_| UiError::Closed)
    }

    /// Does this on the window's own thread, with the picture of what it shows then.
    ///
    /// # Errors
    /// When the window is gone.
    pub fn with_picture(&self, look: impl FnOnce(Result<Picture, UiError>) + Send + 'static) -> Result<(), UiError> {
        let state = Arc::clone(&self.state);
        self.main.upgrade_in_event_loop(move |main| look(Window { main, state }.picture())).map_err(|_| UiError::Closed)
    }
}

fn set_language(main: &MainWindow, state: &Mutex<State>, language: Language) -> Result<(), UiError> {
    slint::select_bundled_translation(language.tag()).map_err(|_| UiError::Language(language))?;
    lock(state).language = language;
    let place = Language::ALL.iter().position(|known| *known == language);
    let place = place.and_then(|place| i32::try_from(place).ok()).unwrap_or_default();
    main.global::<LanguageSwitch>().set_selected(place);
    refresh(main, state);
    Ok(())
}

fn refresh(main: &MainWindow, state: &Mutex<State>) {
    let state = lock(state);
    let words = Words::in_language(state.language);
    mapping::apply(main, &state.view, words);
}

/// A panic elsewhere must not take the screen with it: the state is replaced whole, never half written.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the drawing library. It panics where libfontconfig finds no font at all, before ours could be added
/// (fontique 0.11.1); without libfontconfig it does not.
pub(crate) fn starting<T, E: ToString>(start: impl FnOnce() -> Result<T, E>) -> Result<T, UiError> {
    match panic::catch_unwind(AssertUnwindSafe(start)) {
        Ok(started) => started.map_err(|error| UiError::Display(error.to_string())),
        Err(_) => Err(UiError::NoFont),
    }
}

fn display(error: slint::PlatformError) -> UiError {
    UiError::Display(error.to_string())
}
