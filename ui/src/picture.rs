//! A picture of a screen.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::window::{UiError, Window};

/// Pixels from the top left, row by row, four bytes each (red, green, blue, opacity).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height * 4` bytes.
    pub rgba: Vec<u8>,
}

impl Picture {
    /// What this window shows now, at its present size.
    ///
    /// # Errors
    /// When the window cannot be drawn.
    pub fn of(window: &Window) -> Result<Self, UiError> {
        window.picture()
    }

    /// Writes it as PNG.
    ///
    /// # Errors
    /// When the writer fails, or the size does not fit the pixels.
    pub fn write_png(&self, writer: impl Write) -> io::Result<()> {
        let mut encoder = png::Encoder::new(writer, self.width, self.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgba)?;
        writer.finish()?;
        Ok(())
    }

    /// Writes it as a PNG file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        self.write_png(&mut file)?;
        file.flush()
    }
}
