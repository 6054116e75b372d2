//! An X display of its own for a program under test: starts it there, sees what it draws, touches it,
//! and measures how soon and with how much memory it does so.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use dagsform_ui::Picture;
use tempfile::TempDir;

/// How long a display or a first frame may take before the test fails.
const DEADLINE: Duration = Duration::from_secs(30);

/// How often the display is looked at: the precision of [`Program::first_frame`].
const LOOK_EVERY: Duration = Duration::from_millis(4);

/// A display in memory. It ends with this value.
pub struct Display {
    server: Child,
    number: u32,
    /// Where the server keeps its screen, as a file in the format of `xwd`.
    folder: TempDir,
}

/// A program on a [`Display`]. It is ended with this value.
pub struct Program {
    child: Child,
    started: Instant,
}

/// What a program costs.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// From starting the program until something was drawn.
    pub first_frame: Duration,
    /// Resident memory a second later, in KiB.
    pub resident: u64,
}

impl Display {
    /// Starts a display of this size on a free number.
    ///
    /// # Errors
    /// When `Xvfb` is not installed or does not start in time.
    pub fn start(width: u32, height: u32) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24")])
            .args(["-nolisten", "tcp", "-noreset", "-fbdir"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting Xvfb; is the package xvfb installed?")?;
        let number = display_number(&mut server);
        if number.is_err() {
            let _ = server.kill();
            let _ = server.wait();
        }
        Ok(Self { number: number?, server, folder })
    }

    /// Its name, for the variable `DISPLAY`.
    #[must_use]
    pub fn name(&self) -> String {
        format!(":{}", self.number)
    }

    /// Starts a program here, drawing in software.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(&self, program: &Path, arguments: &[&OsStr]) -> Result<Program> {
        let started = Instant::now();
        let child = Command::new(program)
            .args(arguments)
            .env("DISPLAY", self.name())
            .env("SLINT_BACKEND", "winit-software")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        Ok(Program { child, started })
    }

    /// What is on the screen now.
    ///
    /// # Errors
    /// When the server's screen cannot be read.
    pub fn picture(&self) -> Result<Picture> {
        let file = self.folder.path().join("Xvfb_screen0");
        decode(&fs::read(&file).context("reading the display")?).context("the display's picture is not as expected")
    }

    /// Touches the screen here.
    ///
    /// # Errors
    /// When `xdotool` is not installed or fails.
    pub fn touch(&self, x: u32, y: u32) -> Result<()> {
        let status = Command::new("xdotool")
            .args(["mousemove", &x.to_string(), &y.to_string(), "click", "1"])
            .env("DISPLAY", self.name())
            .status()
            .context("starting xdotool")?;
        ensure!(status.success(), "xdotool ended with {status}");
        Ok(())
    }

    /// Starts a program, waits for its first frame and weighs it.
    ///
    /// # Errors
    /// When it draws nothing in time or ends before.
    pub fn cost(&self, program: &Path, arguments: &[&OsStr]) -> Result<Cost> {
        let mut program = self.run(program, arguments)?;
        let first_frame = program.first_frame(self)?;
        thread::sleep(Duration::from_secs(1));
        Ok(Cost { first_frame, resident: program.resident()? })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Program {
    /// Waits until something is drawn and tells how long after the start that was. The display must have
    /// been blank before.
    ///
    /// # Errors
    /// When nothing is drawn in time or the program ends before.
    pub fn first_frame(&mut self, display: &Display) -> Result<Duration> {
        loop {
            let looked = Instant::now();
            if !is_blank(&display.picture()?) {
                return Ok(looked.duration_since(self.started));
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the program ended with {status} before it drew anything");
            }
            ensure!(self.started.elapsed() < DEADLINE, "nothing was drawn in {DEADLINE:?}");
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Resident memory now, in KiB.
    ///
    /// # Errors
    /// When the program has ended.
    pub fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS: has it ended?")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse()?)
    }

    /// The process.
    #[must_use]
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The number the server has chosen, which it tells once it is ready.
fn display_number(server: &mut Child) -> Result<u32> {
    let output = server.stdout.take().context("the output of Xvfb")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(output).read_line(&mut line);
        let _ = sender.send(read.map(|_| line));
    });
    let line = receiver.recv_timeout(DEADLINE).context("Xvfb did not start in time")??;
    line.trim().parse().context("Xvfb did not tell its display")
}

/// Whether nothing has been drawn: a display starts black.
#[must_use]
pub fn is_blank(picture: &Picture) -> bool {
    picture.rgba.chunks_exact(4).all(|pixel| matches!(pixel, [0, 0, 0, _]))
}

/// A picture in the format of `xwd`, version 7, 32 bits a pixel, lowest byte first (blue, green, red, nothing):
/// what Xvfb keeps on the usual machines.
fn decode(file: &[u8]) -> Result<Picture> {
    let field = |index: usize| -> Result<usize> {
        let at = index * 4;
        let bytes = file.get(at..at + 4).context("the header is cut short")?;
        Ok(usize::try_from(u32::from_be_bytes(bytes.try_into()?))?)
    };
    let (header, version) = (field(0)?, field(1)?);
    let (width, height) = (field(4)?, field(5)?);
    let (byte_order, bits, line, colours) = (field(7)?, field(11)?, field(12)?, field(19)?);
    ensure!(version == 7 && byte_order == 0 && bits == 32, "version {version}, order {byte_order}, {bits} bits");
    let pixels = file.get(header + colours * 12..).context("no pixels")?;
    let mut rgba = Vec::with_capacity(width * height * 4);
    for row in pixels.chunks_exact(line).take(height) {
        for pixel in row.chunks_exact(4).take(width) {
            if let [blue, green, red, _] = pixel {
                rgba.extend_from_slice(&[*red, *green, *blue, u8::MAX]);
            }
        }
    }
    ensure!(rgba.len() == width * height * 4, "the picture is cut short");
    Ok(Picture { width: u32::try_from(width)?, height: u32::try_from(height)?, rgba })
}
