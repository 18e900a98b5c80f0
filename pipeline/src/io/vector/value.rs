//! The value of a column, whatever the format wrote it as.

/// A value of a feature.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Absent.
    #[default]
    Null,
    /// A whole number or a boolean.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// A text, without the spaces at its ends.
    Text(String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(is_true: bool) -> Self {
        Self::Integer(i64::from(is_true))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Value {
    /// The value as text: numbers in their shortest form; `None` when absent or empty.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Integer(v) => Some(v.to_string()),
            Self::Real(v) => Some(v.to_string()),
            Self::Text(v) => (!v.is_empty()).then(|| v.clone()),
        }
    }

    /// The value as a number: texts are parsed, with a decimal point or comma.
    pub fn real(&self) -> Option<f64> {
        match self {
            Self::Null => None,
            Self::Integer(v) => Some(*v as f64),
            Self::Real(v) => v.is_finite().then_some(*v),
            Self::Text(v) => v.replace(',', ".").parse().ok().filter(|v: &f64| v.is_finite()),
        }
    }

    /// The value as a whole number, when it is one.
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(v) => Some(*v),
            Self::Null | Self::Real(_) | Self::Text(_) => {
                self.real().filter(|v| v.fract() == 0.0 && v.abs() < 9e15).map(|v| v as i64)
            }
        }
    }
}
