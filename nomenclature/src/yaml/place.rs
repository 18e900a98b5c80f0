//! Where a key path stands in a YAML text.
//!
//! The parser tells places only in its errors, so the walk fails on purpose once it has arrived:
//! the place is right in any style (block, flow, quoted, multi-line), because the parser says it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The message with which the walk stops at its goal.
const ARRIVED: &str = "\u{1}arrived\u{1}";

/// Line and column, both from 1, of a key path such as `["classes", "cs", "3", "code"]`.
///
/// A step is a key of a map or an index (from 0) in a list. The place is that of the key, or of
/// the item in a list; the empty path is the root value. `None` when the path is not in the text.
pub fn locate(text: &str, path: &[&str]) -> Option<(usize, usize)> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parsed = Seek { path }.deserialize(serde_yaml::Deserializer::from_str(body));
    let error = parsed.err()?;
    let place = error.location()?;
    error.to_string().contains(ARRIVED).then(|| (place.line(), place.column()))
}

/// The place of a key path, or of the longest part of it that exists; line 1, column 1 at worst.
pub fn locate_nearest(text: &str, path: &[&str]) -> (usize, usize) {
    (0..=path.len()).rev().find_map(|steps| locate(text, &path[..steps])).unwrap_or((1, 1))
}

/// Walks one value towards the rest of the path.
#[derive(Clone, Copy)]
struct Seek<'p> {
    path: &'p [&'p str],
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A scalar ends the walk here: at its goal, or on a path that leads nowhere.
        f.write_str(if self.path.is_empty() { ARRIVED } else { "a map or a list" })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Some((step, rest)) = self.path.split_first() else {
            return Err(A::Error::custom(ARRIVED));
        };
        let Ok(goal) = step.parse::<usize>() else { return Err(A::Error::custom("a list")) };
        for _ in 0..goal {
            if items.next_element::<IgnoredAny>()?.is_none() {
                return Err(A::Error::custom("a shorter list"));
            }
        }
        match items.next_element_seed(Seek { path: rest })? {
            Some(()) => Ok(()),
            None => Err(A::Error::custom("a shorter list")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let Some((step, rest)) = self.path.split_first() else {
            return Err(A::Error::custom(ARRIVED));
        };
        while let Some(met) = entries.next_key_seed(Key { step, last: rest.is_empty() })? {
            if met {
                return entries.next_value_seed(Seek { path: rest });
            }
            entries.next_value::<IgnoredAny>()?;
        }
        Err(A::Error::custom("no such key"))
    }
}

/// Reads one key and says whether it is the step; stops there when it is the last one.
struct Key<'p> {
    step: &'p str,
    last: bool,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        if key == self.step && self.last {
            return Err(E::custom(ARRIVED));
        }
        Ok(key == self.step)
    }
}

/// Reads the value at a key path into a type, with the places of the whole text in its errors.
pub(super) fn read_at<T: serde::de::DeserializeOwned>(
    text: &str,
    path: &[&str],
) -> Option<Result<T, serde_yaml::Error>> {
    let mut found = None;
    let read = Reach { path, found: &mut found };
    let walked = read.deserialize(serde_yaml::Deserializer::from_str(text));
    match (found, walked) {
        (Some(value), _) => Some(Ok(value)),
        (None, Err(error)) => Some(Err(error)),
        (None, Ok(())) => None,
    }
}

/// Walks towards the rest of the path and keeps the value found at its end.
struct Reach<'p, 'f, T> {
    path: &'p [&'p str],
    found: &'f mut Option<T>,
}

impl<'de, T: serde::de::DeserializeOwned> DeserializeSeed<'de> for Reach<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.path.is_empty() {
            *self.found = Some(T::deserialize(deserializer)?);
            return Ok(());
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: serde::de::DeserializeOwned> Visitor<'de> for Reach<'_, '_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map or a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let goal = self.path[0].parse::<usize>().unwrap_or(usize::MAX);
        for _ in 0..goal {
            if items.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        items.next_element_seed(Reach { path: &self.path[1..], found: self.found })?;
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(met) = entries.next_key_seed(Key { step: self.path[0], last: false })? {
            if met {
                let rest = Reach { path: &self.path[1..], found: &mut *self.found };
                entries.next_value_seed(rest)?;
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
