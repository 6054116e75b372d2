//! What is measured: the kinds of reading, and the single numbers in them.

use serde::{Deserialize, Serialize};

/// A kind of reading: what one use of one device gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Oxygen saturation with pulse, from a pulse oximeter.
    PulseOximetry,
}

impl Kind {
    /// A stable word for it, as in the record and in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::PulseOximetry => "pulse-oximetry",
        }
    }
}

/// A single number of a reading (a Metric of ISO/IEEE 11073-10101).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Peripheral oxygen saturation by pulse oximetry, normal response.
    OxygenSaturation,
    /// Pulse rate by pulse oximetry, normal response.
    PulseRate,
    /// Oxygen saturation, fast response.
    OxygenSaturationFast,
    /// Pulse rate, fast response.
    PulseRateFast,
    /// Oxygen saturation, slow response.
    OxygenSaturationSlow,
    /// Pulse rate, slow response.
    PulseRateSlow,
    /// Pulse amplitude index (perfusion).
    PulseAmplitudeIndex,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::OxygenSaturation,
        Self::PulseRate,
        Self::OxygenSaturationFast,
        Self::PulseRateFast,
        Self::OxygenSaturationSlow,
        Self::PulseRateSlow,
        Self::PulseAmplitudeIndex,
    ];

    /// The reference identifier's code in ISO/IEEE 11073-10101 (partition × 65536 + term).
    pub fn mdc(self) -> u32 {
        match self {
            // MDC_PULS_OXIM_SAT_O2
            Self::OxygenSaturation | Self::OxygenSaturationFast | Self::OxygenSaturationSlow => 150_456,
            // MDC_PULS_OXIM_PULS_RATE
            Self::PulseRate | Self::PulseRateFast | Self::PulseRateSlow => 149_530,
            // MDC_PULS_OXIM_PERF_REL
            Self::PulseAmplitudeIndex => 150_488,
        }
    }

    /// The supplemental type that tells fast and slow response from the normal one
    /// (ISO/IEEE 11073-10404: MDC_MODALITY_FAST, MDC_MODALITY_SLOW).
    pub fn modality(self) -> Option<u32> {
        match self {
            Self::OxygenSaturationFast | Self::PulseRateFast => Some(150_580),
            Self::OxygenSaturationSlow | Self::PulseRateSlow => Some(150_584),
            _ => None,
        }
    }

    /// A stable word for it, as in the record and in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::OxygenSaturation => "spo2",
            Self::PulseRate => "pulse_rate",
            Self::OxygenSaturationFast => "spo2_fast",
            Self::PulseRateFast => "pulse_rate_fast",
            Self::OxygenSaturationSlow => "spo2_slow",
            Self::PulseRateSlow => "pulse_rate_slow",
            Self::PulseAmplitudeIndex => "pulse_amplitude_index",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_metrics_share_code_and_modality() {
        let mut seen = std::collections::HashSet::new();
        for metric in Metric::ALL {
            assert!(seen.insert((metric.mdc(), metric.modality())), "{metric:?}");
        }
    }
}
