//! Fields whose value is one of a list, of which the rest is reserved.

/// Defines such a field. A value outside the list is kept as `Reserved`.
macro_rules! code {
    ($(#[$docs:meta])* $name:ident { $($number:literal $(#[$meaning:meta])* $value:ident,)+ }) => {
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$meaning])* $value,)+
            /// Any other value.
            Reserved(u8),
        }

        impl From<u8> for $name {
            fn from(number: u8) -> Self {
                match number {
                    $($number => Self::$value,)+
                    other => Self::Reserved(other),
                }
            }
        }

        impl $name {
            /// The number on the air.
            pub fn number(self) -> u8 {
                match self {
                    $(Self::$value => $number,)+
                    Self::Reserved(other) => other,
                }
            }
        }
    };
}

pub(super) use code;
