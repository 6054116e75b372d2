//! What the screens and the program both name.

use crate::generated as drawn;
use crate::view::{Answer, DatePart, Kind, Meal, Performer, Place, Span, Why, Wish};

/// Each variant into its twin, both ways.
macro_rules! twins {
    ($name:ident: $($variant:ident)*) => {
        impl From<$name> for drawn::$name {
            fn from(one: $name) -> Self {
                match one { $($name::$variant => Self::$variant),* }
            }
        }

        impl From<drawn::$name> for $name {
            fn from(one: drawn::$name) -> Self {
                match one { $(drawn::$name::$variant => Self::$variant),* }
            }
        }
    };
}

twins!(Answer: Mine Anothers NotSure);
twins!(DatePart: Day Month Year);
twins!(Kind: PulseOximetry BloodPressure BodyWeight BloodGlucose BodyTemperature Spirometry);
twins!(Performer: Unknown Patient Relative Staff);
twins!(Place: Today Readings Messages Equipment);
twins!(Span: Week Month Year);
twins!(Why: WrongPerson Mistyped MeasuringError);
twins!(Wish: LessMeasuring FewerQuestions Pause);

impl From<Option<Meal>> for drawn::Meal {
    fn from(meal: Option<Meal>) -> Self {
        match meal {
            None => Self::None,
            Some(Meal::Before) => Self::Before,
            Some(Meal::After) => Self::After,
            Some(Meal::Fasting) => Self::Fasting,
            Some(Meal::Bedtime) => Self::Bedtime,
        }
    }
}

impl From<drawn::Meal> for Option<Meal> {
    fn from(meal: drawn::Meal) -> Self {
        match meal {
            drawn::Meal::None => None,
            drawn::Meal::Before => Some(Meal::Before),
            drawn::Meal::After => Some(Meal::After),
            drawn::Meal::Fasting => Some(Meal::Fasting),
            drawn::Meal::Bedtime => Some(Meal::Bedtime),
        }
    }
}
