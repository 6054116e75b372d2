//! An X display of its own for a program under test: starts it there, sees what it draws, touches it,
//! and measures how soon and with how much memory it does so.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use dagsform_ui::Picture;
use rustix::process::{Pid, Signal, kill_process};
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
            .args(["-nocursor", "-nolisten", "tcp", "-noreset", "-fbdir"])
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

    /// Starts a program here, drawing in software. Arguments, other variables and outputs are the command's own.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(&self, mut command: Command) -> Result<Program> {
        command
            .env("DISPLAY", self.name())
            .env("SLINT_BACKEND", "winit-software")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null());
        let started = Instant::now();
        let child = command.spawn().with_context(|| format!("starting {command:?}"))?;
        Ok(Program { child, started })
    }

    /// What is on the screen now as the server keeps it, sooner read than [`Display::picture`]: to see whether
    /// anything has changed.
    ///
    /// # Errors
    /// When the server's screen cannot be read.
    pub fn raw(&self) -> Result<Vec<u8>> {
        fs::read(self.folder.path().join("Xvfb_screen0")).context("reading the display")
    }

    /// What is on the screen now.
    ///
    /// # Errors
    /// When the server's screen cannot be read.
    pub fn picture(&self) -> Result<Picture> {
        decode(&self.raw()?).context("the display's picture is not as expected")
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

    /// Closes the window with this title as its cross or the keyboard does: by asking its program.
    ///
    /// # Errors
    /// When there is no such window, `xdotool` is not installed, or the display refuses.
    pub fn close_window(&self, title: &str) -> Result<()> {
        let found = Command::new("xdotool")
            .args(["search", "--onlyvisible", "--name", title])
            .env("DISPLAY", self.name())
            .output()
            .context("starting xdotool")?;
        let found = String::from_utf8(found.stdout)?;
        let window = found.lines().next().with_context(|| format!("no window is called {title}"))?.trim().parse()?;
        ask_to_close(self.number, window)
    }

    /// Starts a program, waits for its first frame and weighs it.
    ///
    /// # Errors
    /// When it draws nothing in time or ends before.
    pub fn cost(&self, command: Command) -> Result<Cost> {
        let mut program = self.run(command)?;
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
        let mut blank = None;
        loop {
            let looked = Instant::now();
            let raw = display.raw()?;
            // Decoding takes longer than drawing: only what has changed is worth it.
            if blank.as_ref() != Some(&raw) {
                if !is_blank(&display.picture()?) {
                    return Ok(looked.duration_since(self.started));
                }
                blank = Some(raw);
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

    /// Processor time so far, of all its threads, to a hundredth of a second.
    ///
    /// # Errors
    /// When the program has ended.
    pub fn processor_time(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name before the last bracket may hold anything; user and system time are fields 14 and 15 of proc(5).
        let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
        let mut times = fields.split_whitespace().skip(11);
        let mut ticks = || -> Result<u64> { Ok(times.next().context("no times in stat")?.parse()?) };
        let ticks = ticks()? + ticks()?;
        // USER_HZ is 100 on x86 and ARM, whatever the kernel's own clock.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Asks it to end (SIGTERM).
    ///
    /// # Errors
    /// When it has ended.
    pub fn terminate(&self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).context("asking the program to end")
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it has not ended within this time.
    pub fn end(&mut self, within: Duration) -> Result<ExitStatus> {
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(asked.elapsed() < within, "the program has not ended within {within:?}");
            thread::sleep(LOOK_EVERY);
        }
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

/// Sends a window the message WM_DELETE_WINDOW (ICCCM 4.2.8.1), which takes a window manager otherwise.
fn ask_to_close(display: u32, window: u32) -> Result<()> {
    let mut server = UnixStream::connect(format!("/tmp/.X11-unix/X{display}")).context("the display's socket")?;
    server.set_read_timeout(Some(DEADLINE))?;
    // Lowest byte first, protocol 11.0, no authority.
    server.write_all(&[b'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
    let mut head = [0; 8];
    server.read_exact(&mut head)?;
    let [accepted, .., low, high] = head;
    ensure!(accepted == 1, "the display refuses the connection");
    server.read_exact(&mut vec![0; usize::from(u16::from_le_bytes([low, high])) * 4])?;
    let protocols = atom(&mut server, "WM_PROTOCOLS")?;
    let close = atom(&mut server, "WM_DELETE_WINDOW")?;
    // SendEvent of a ClientMessage with five words of data: the request, no time, nothing.
    let mut request = vec![25, 0, 11, 0];
    request.extend([window, 0].into_iter().flat_map(u32::to_le_bytes));
    request.extend([33, 32, 0, 0]);
    request.extend([window, protocols, close, 0, 0, 0, 0].into_iter().flat_map(u32::to_le_bytes));
    server.write_all(&request)?;
    // The answer to another request tells that this one was carried out.
    atom(&mut server, "WM_PROTOCOLS").map(drop)
}

/// The number of a name (InternAtom).
fn atom(server: &mut UnixStream, name: &str) -> Result<u32> {
    let length = u16::try_from(name.len())?;
    let mut request = vec![16, 0];
    request.extend([2 + length.div_ceil(4), length, 0].into_iter().flat_map(u16::to_le_bytes));
    request.extend(name.bytes());
    request.resize(request.len().next_multiple_of(4), 0);
    server.write_all(&request)?;
    let mut answer = [0; 32];
    server.read_exact(&mut answer)?;
    let [kind, _, _, _, _, _, _, _, a, b, c, d, ..] = answer;
    ensure!(kind == 1, "the display does not tell its number for {name}");
    Ok(u32::from_le_bytes([a, b, c, d]))
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
