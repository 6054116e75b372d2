//! What is measured: the kinds of reading, and the single numbers in them.

use serde::{Deserialize, Serialize};

use crate::{quantity::Unit, shown::shown_unit};

/// A kind of reading: what one use of one device gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Oxygen saturation with pulse, from a pulse oximeter.
    PulseOximetry,
    /// Blood pressure with pulse, from a cuff.
    BloodPressure,
    /// Body weight, from a scale.
    BodyWeight,
    /// Blood glucose, from a glucose meter.
    BloodGlucose,
    /// Body temperature, from a thermometer.
    BodyTemperature,
    /// Peak expiratory flow and forced expiratory volume in one second, from a spirometer.
    Spirometry,
}

impl Kind {
    /// All of them, in the order of the screens.
    pub const ALL: [Self; 6] = [
        Self::PulseOximetry,
        Self::BloodPressure,
        Self::BodyWeight,
        Self::BloodGlucose,
        Self::BodyTemperature,
        Self::Spirometry,
    ];

    /// A stable word for it, as in the record and in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::PulseOximetry => "pulse-oximetry",
            Self::BloodPressure => "blood-pressure",
            Self::BodyWeight => "body-weight",
            Self::BloodGlucose => "blood-glucose",
            Self::BodyTemperature => "body-temperature",
            Self::Spirometry => "spirometry",
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
    /// Systolic blood pressure, non-invasive.
    Systolic,
    /// Diastolic blood pressure, non-invasive.
    Diastolic,
    /// Mean arterial pressure, non-invasive.
    MeanArterialPressure,
    /// Pulse rate by a cuff.
    PulseRateByCuff,
    /// Body weight.
    BodyWeight,
    /// Body mass index.
    BodyMassIndex,
    /// Body height, as the scale has it stored.
    BodyHeight,
    /// Glucose in capillary whole blood.
    GlucoseCapillaryWholeBlood,
    /// Glucose in capillary plasma.
    GlucoseCapillaryPlasma,
    /// Glucose in venous whole blood.
    GlucoseVenousWholeBlood,
    /// Glucose in venous plasma.
    GlucoseVenousPlasma,
    /// Glucose in arterial whole blood.
    GlucoseArterialWholeBlood,
    /// Glucose in arterial plasma.
    GlucoseArterialPlasma,
    /// Glucose in control solution.
    GlucoseControlSolution,
    /// Glucose in interstitial fluid.
    GlucoseInterstitialFluid,
    /// Glucose in whole blood of undetermined origin.
    GlucoseUndeterminedWholeBlood,
    /// Glucose in plasma of undetermined origin.
    GlucoseUndeterminedPlasma,
    /// Body temperature.
    BodyTemperature,
    /// Peak expiratory flow.
    PeakExpiratoryFlow,
    /// Forced expiratory volume in one second.
    ForcedExpiratoryVolume,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 27] = [
        Self::OxygenSaturation,
        Self::PulseRate,
        Self::OxygenSaturationFast,
        Self::PulseRateFast,
        Self::OxygenSaturationSlow,
        Self::PulseRateSlow,
        Self::PulseAmplitudeIndex,
        Self::Systolic,
        Self::Diastolic,
        Self::MeanArterialPressure,
        Self::PulseRateByCuff,
        Self::BodyWeight,
        Self::BodyMassIndex,
        Self::BodyHeight,
        Self::GlucoseCapillaryWholeBlood,
        Self::GlucoseCapillaryPlasma,
        Self::GlucoseVenousWholeBlood,
        Self::GlucoseVenousPlasma,
        Self::GlucoseArterialWholeBlood,
        Self::GlucoseArterialPlasma,
        Self::GlucoseControlSolution,
        Self::GlucoseInterstitialFluid,
        Self::GlucoseUndeterminedWholeBlood,
        Self::GlucoseUndeterminedPlasma,
        Self::BodyTemperature,
        Self::PeakExpiratoryFlow,
        Self::ForcedExpiratoryVolume,
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
            // MDC_PRESS_BLD_NONINV_SYS, _DIA, _MEAN
            Self::Systolic => 150_021,
            Self::Diastolic => 150_022,
            Self::MeanArterialPressure => 150_023,
            // MDC_PULS_RATE_NON_INV
            Self::PulseRateByCuff => 149_546,
            // MDC_MASS_BODY_ACTUAL, MDC_RATIO_MASS_BODY_LEN_SQ, MDC_LEN_BODY_ACTUAL
            Self::BodyWeight => 188_736,
            Self::BodyMassIndex => 188_752,
            Self::BodyHeight => 188_740,
            // MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD and its like
            Self::GlucoseCapillaryWholeBlood => 160_184,
            Self::GlucoseCapillaryPlasma => 160_188,
            Self::GlucoseVenousWholeBlood => 160_192,
            Self::GlucoseVenousPlasma => 160_196,
            Self::GlucoseArterialWholeBlood => 160_200,
            Self::GlucoseArterialPlasma => 160_204,
            Self::GlucoseControlSolution => 160_208,
            Self::GlucoseInterstitialFluid => 160_212,
            Self::GlucoseUndeterminedWholeBlood => 160_364,
            Self::GlucoseUndeterminedPlasma => 160_368,
            // MDC_TEMP_BODY
            Self::BodyTemperature => 150_364,
            // MDC_FLOW_AWAY_EXP_FORCED_PEAK, MDC_VOL_AWAY_EXP_FORCED_1S
            Self::PeakExpiratoryFlow => 152_584,
            Self::ForcedExpiratoryVolume => 152_586,
        }
    }

    /// Whether a reading is taken for the sake of this number; of a reading without any of them nothing came out.
    pub fn is_main(self) -> bool {
        !matches!(
            self,
            Self::PulseAmplitudeIndex
                | Self::MeanArterialPressure
                | Self::PulseRateByCuff
                | Self::BodyMassIndex
                | Self::BodyHeight
        )
    }

    /// Whether it is a concentration of glucose.
    pub fn is_glucose(self) -> bool {
        shown_unit(self) == Unit::MillimolePerLitre
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
            Self::Systolic => "systolic",
            Self::Diastolic => "diastolic",
            Self::MeanArterialPressure => "mean_arterial_pressure",
            Self::PulseRateByCuff => "pulse_rate_by_cuff",
            Self::BodyWeight => "body_weight",
            Self::BodyMassIndex => "body_mass_index",
            Self::BodyHeight => "body_height",
            Self::GlucoseCapillaryWholeBlood => "glucose_capillary_whole_blood",
            Self::GlucoseCapillaryPlasma => "glucose_capillary_plasma",
            Self::GlucoseVenousWholeBlood => "glucose_venous_whole_blood",
            Self::GlucoseVenousPlasma => "glucose_venous_plasma",
            Self::GlucoseArterialWholeBlood => "glucose_arterial_whole_blood",
            Self::GlucoseArterialPlasma => "glucose_arterial_plasma",
            Self::GlucoseControlSolution => "glucose_control_solution",
            Self::GlucoseInterstitialFluid => "glucose_interstitial_fluid",
            Self::GlucoseUndeterminedWholeBlood => "glucose_undetermined_whole_blood",
            Self::GlucoseUndeterminedPlasma => "glucose_undetermined_plasma",
            Self::BodyTemperature => "body_temperature",
            Self::PeakExpiratoryFlow => "peak_expiratory_flow",
            Self::ForcedExpiratoryVolume => "forced_expiratory_volume_1s",
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

    #[test]
    fn no_two_metrics_share_a_name() {
        let names: std::collections::HashSet<_> = Metric::ALL.iter().map(|metric| metric.name()).collect();
        assert_eq!(names.len(), Metric::ALL.len());
    }
}
