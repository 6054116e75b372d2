//! Pictures, sounds and films (R4 Attachment).

use dagsform_care::questionnaire::{Media, MediaSource};

use super::{extensions, text};
use crate::fhir::{
    element::{Element, Harmless, NOTHING},
    fault::{Fault, FaultKind},
};

/// The attachment of an extension.
pub(super) fn read(holder: &Element<'_>, url: &str, language: Option<&str>) -> Result<Option<Media>, Fault> {
    let Some(extension) = holder.extension(url)? else { return Ok(None) };
    let attachment = extension.child("valueAttachment")?;
    extension.finish(&NOTHING)?;
    let attachment = attachment.ok_or_else(|| extension.missing("valueAttachment", "write what is shown"))?;
    let source = match (attachment.text("data")?, attachment.text("url")?) {
        (Some(data), _) => MediaSource::Data(base64(&data).ok_or_else(|| {
            attachment.fault("data", FaultKind::Unreadable, "it is not base64 (RFC 4648, section 4)")
        })?),
        (None, Some(url)) => MediaSource::Url(url),
        (None, None) => return Err(attachment.missing("url", "write where it is, or the data")),
    };
    let content_type = attachment.text("contentType")?;
    let content_type = content_type.ok_or_else(|| attachment.missing("contentType", "write it, such as image/png"))?;
    let title = text::read(&attachment, "title", language)?;
    let harmless = &["language", "size", "hash", "creation"];
    attachment.finish(&Harmless { members: harmless, extension: extensions::of_items })?;
    Ok(Some(Media { content_type, title, source }))
}

/// Decodes base64 (RFC 4648, section 4), in which FHIR allows white space.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let (groups, rest) = digits.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(groups.len() * 3);
    for (place, group) in groups.iter().enumerate() {
        let padding = group.iter().rev().take_while(|byte| **byte == b'=').count();
        if padding > 2 || (padding > 0 && place + 1 < groups.len()) {
            return None;
        }
        let mut bits = 0_u32;
        for byte in group.iter().take(4 - padding) {
            bits = bits << 6 | sextet(*byte)?;
        }
        let [_, first, second, third] = (bits << (6 * padding)).to_be_bytes();
        bytes.extend([first, second, third].iter().take(3 - padding));
    }
    Some(bytes)
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_reads_as_in_rfc_4648_section_10() {
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9v\n YmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(base64(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        assert_eq!(base64("+/+/"), Some(vec![0xfb, 0xff, 0xbf]));
        for text in ["Z", "Zg=", "Z===", "Zg==Zg==", "Zm9*", "Z=g="] {
            assert_eq!(base64(text), None, "{text}");
        }
    }
}
