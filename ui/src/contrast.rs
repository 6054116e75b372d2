//! Every text against every colour it stands on.

use slint::Color;

use crate::generated::{MainWindow, Theme};

/// The ratio of WCAG 2, from 1 to 21.
fn contrast(one: Color, other: Color) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(color: Color) -> f64 {
    let linear = |channel: u8| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(color.red()) + 0.7152 * linear(color.green()) + 0.0722 * linear(color.blue())
}

#[test]
fn every_text_stands_out_at_least_seven_to_one() {
    use slint::ComponentHandle;
    i_slint_backend_testing::init_no_event_loop();
    let main = MainWindow::new().expect("a window");
    let theme = main.global::<Theme<'_>>();
    let pairs = [
        ("ink on paper", theme.get_ink(), theme.get_paper()),
        ("ink on surface", theme.get_ink(), theme.get_surface()),
        ("soft ink on paper", theme.get_ink_soft(), theme.get_paper()),
        ("soft ink on surface", theme.get_ink_soft(), theme.get_surface()),
        ("title on paper", theme.get_primary(), theme.get_paper()),
        ("quiet button", theme.get_primary(), theme.get_surface()),
        ("quiet button, pressed", theme.get_primary(), theme.get_resting()),
        ("button", theme.get_on_primary(), theme.get_primary()),
        ("button, pressed", theme.get_on_primary(), theme.get_primary_pressed()),
        ("button at rest", theme.get_ink_resting(), theme.get_resting()),
        ("notice", theme.get_ink_notice(), theme.get_notice()),
        ("tick on paper", theme.get_done(), theme.get_paper()),
        ("green level", theme.get_ink(), theme.get_green()),
        ("yellow level", theme.get_ink(), theme.get_yellow()),
        ("red level", theme.get_ink(), theme.get_red()),
        ("sign of green", theme.get_done(), theme.get_green()),
        ("sign of yellow", theme.get_ink_yellow(), theme.get_yellow()),
        ("sign of red", theme.get_ink_red(), theme.get_red()),
        ("one's own message", theme.get_ink_soft(), theme.get_resting()),
    ];
    for (name, ink, ground) in pairs {
        let ratio = contrast(ink, ground);
        assert!(ratio >= 7.0, "{name}: {ratio:.1}");
    }
}

#[test]
fn the_measure_of_contrast_is_right_at_its_ends() {
    let (black, white) = (Color::from_rgb_u8(0, 0, 0), Color::from_rgb_u8(255, 255, 255));
    assert!((contrast(black, white) - 21.0).abs() < 0.01);
    assert!((contrast(white, white) - 1.0).abs() < 0.01);
}
