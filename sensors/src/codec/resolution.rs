//! How finely a scale weighs and measures: a few bits among its features (Weight Scale Service 1.0, 3.1; Body
//! Composition Service 1.0, 3.1).

use super::code::code;

code! {
    /// The step of a mass: in kilograms, and in pounds where the device sends these.
    MassResolution {
        0 /// 0: not said.
        NotSpecified,
        1 /// 1: 0.5 kg or 1 lb.
        HalfKilogramOrPound,
        2 /// 2: 0.2 kg or 0.5 lb.
        FifthOfKilogramOrHalfPound,
        3 /// 3: 0.1 kg or 0.2 lb.
        TenthOfKilogramOrFifthOfPound,
        4 /// 4: 0.05 kg or 0.1 lb.
        FiftyGramsOrTenthOfPound,
        5 /// 5: 0.02 kg or 0.05 lb.
        TwentyGramsOrTwentiethOfPound,
        6 /// 6: 0.01 kg or 0.02 lb.
        TenGramsOrFiftiethOfPound,
        7 /// 7: 0.005 kg or 0.01 lb.
        FiveGramsOrHundredthOfPound,
    }
}

code! {
    /// The step of a height: in metres, and in inches where the device sends these.
    HeightResolution {
        0 /// 0: not said.
        NotSpecified,
        1 /// 1: 0.01 m or 1 inch.
        CentimetreOrInch,
        2 /// 2: 0.005 m or 0.5 inch.
        HalfCentimetreOrHalfInch,
        3 /// 3: 0.001 m or 0.1 inch.
        MillimetreOrTenthOfInch,
    }
}

/// The number that `width` bits of `word` make from bit `lowest` on; 8 bits at most.
pub(super) fn bits(word: u32, lowest: u32, width: u32) -> u8 {
    let [low, ..] = (word >> lowest).to_le_bytes();
    low & (0xFF >> (8 - width))
}
