//! Reading JSON that may not be what it should be: `null` for a list, a number for a text, members nobody announced.
//!
//! Everything borrows from the document, and nothing but broken JSON is an error. Public, but hidden, for the drivers of
//! this library; no part of this crate's promise.
#![allow(clippy::exhaustive_structs, reason = "hidden; the fields are what the types are for")]

mod counts;
mod value;
mod write;

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

pub use self::counts::each_count;
pub use self::value::{Number, Speech, Text, speech, text_of};
pub use self::write::{Base64, member, object};
// The macro lies at the root of the crate; here it is found beside what it needs.
pub use crate::wire;

/// A value as it is written; `None` for `null` and for what is not there.
pub type Raw<'a> = Option<&'a RawValue>;

/// Members that the type does not name.
pub type Members<'a> = Vec<(Key<'a>, &'a RawValue)>;

/// The methods of a visitor for all values but objects: each gives `$absent`.
macro_rules! tolerate {
    (scalars $absent:expr) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($absent)
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($absent)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($absent)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($absent)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($absent)
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($absent)
        }
    };
    ($absent:expr) => {
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("any JSON")
        }

        tolerate!(scalars $absent);

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok($absent)
        }
    };
}

/// Makes a struct that reads a JSON object, or stays empty at anything else.
#[doc(hidden)]
#[macro_export]
macro_rules! wire {
    ($(#[$meta:meta])* $vis:vis struct $name:ident<$lt:lifetime> {
        $($field:ident: $type:ty = $key:pat,)*
    } ignoring $ignored:pat) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        $vis struct $name<$lt> {
            $($vis $field: $type,)*
            /// What has no field.
            $vis other: $crate::wire::Members<$lt>,
        }

        impl<$lt> $crate::wire::Object<$lt> for $name<$lt> {
            fn member<A: serde::de::MapAccess<$lt>>(
                &mut self,
                key: $crate::wire::Key<$lt>,
                map: &mut A,
            ) -> Result<(), A::Error> {
                #[allow(unreachable_patterns, reason = "a type may ignore nothing")]
                match key.as_str() {
                    $($key => $crate::wire::Field::read(&mut self.$field, map)?,)*
                    $ignored => _ = map.next_value::<serde::de::IgnoredAny>()?,
                    _ => {
                        if let Some(value) = map.next_value::<$crate::wire::Raw<$lt>>()? {
                            self.other.push((key, value));
                        }
                    }
                }
                Ok(())
            }
        }

        impl<$lt> $crate::wire::Field<$lt> for $name<$lt> {
            fn read<A: serde::de::MapAccess<$lt>>(&mut self, map: &mut A) -> Result<(), A::Error> {
                map.next_value_seed($crate::wire::Fill(self))
            }
        }
    };
}

/// A struct that takes a JSON object member by member. It is filled where it lies: what a chunk of a stream is read into
/// is large, and each move of it would cost as much as reading a text.
pub trait Object<'de>: Default {
    fn member<A: MapAccess<'de>>(&mut self, key: Key<'de>, map: &mut A) -> Result<(), A::Error>;
}

/// What a member is read into.
pub trait Field<'de> {
    fn read<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error>;
}

macro_rules! fields {
    ($($type:ty),*) => {
        $(impl<'de> Field<'de> for $type {
            fn read<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
                *self = map.next_value()?;
                Ok(())
            }
        })*
    };
}

fields!(Text<'de>, Speech<'de>, Number, Raw<'de>, Elements<'de>);

impl<'de, T: Object<'de>> Field<'de> for Option<T> {
    fn read<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        map.next_value_seed(Fill(self.insert(T::default())))
    }
}

impl<'de, T: Object<'de>> Field<'de> for List<T> {
    fn read<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        map.next_value_seed(FillList(self))
    }
}

/// Reads a document as an object.
///
/// # Errors
/// When it is no JSON.
pub fn parse<'a, T: Object<'a>>(text: &'a str) -> serde_json::Result<T> {
    let mut object = T::default();
    // Some servers put a byte order mark in front, which RFC 8259 (section 8.1) lets a reader ignore.
    parse_into(text.strip_prefix('\u{feff}').unwrap_or(text), &mut object)?;
    Ok(object)
}

/// As [`parse`], into an object that is there.
pub fn parse_into<'a, T: Object<'a>>(text: &'a str, object: &mut T) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Fill(object).deserialize(&mut deserializer)?;
    deserializer.end()
}

/// Reads a value of a document as a list of objects.
pub fn parse_list<'a, T: Object<'a>>(raw: Raw<'a>) -> List<T> {
    let mut list = List::default();
    if let Some(raw) = raw {
        // It was read once, so it is JSON.
        _ = FillList(&mut list).deserialize(&mut serde_json::Deserializer::from_str(raw.get()));
    }
    list
}

/// Fills an object.
#[derive(Debug)]
pub struct Fill<'p, T>(pub &'p mut T);

impl<'de, T: Object<'de>> DeserializeSeed<'de> for Fill<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Object<'de>> Visitor<'de> for Fill<'_, T> {
    type Value = ();

    tolerate!(());

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key()? {
            self.0.member(key, &mut map)?;
        }
        Ok(())
    }
}

struct FillList<'p, T>(&'p mut List<T>);

impl<'de, T: Object<'de>> DeserializeSeed<'de> for FillList<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Object<'de>> Visitor<'de> for FillList<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    tolerate!(scalars());

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if list.next_element_seed(Fill(self.0.first.insert(T::default())))?.is_none() {
            self.0.first = None;
            return Ok(());
        }
        loop {
            let mut element = T::default();
            if list.next_element_seed(Fill(&mut element))?.is_none() {
                return Ok(());
            }
            self.0.rest.push(element);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        Fill(self.0.first.insert(T::default())).visit_map(map)
    }
}

/// An object's members as they are written, `null` included, in their order.
#[derive(Debug, Default)]
pub struct Verbatim<'a>(pub Members<'a>);

impl<'de> Object<'de> for Verbatim<'de> {
    fn member<A: MapAccess<'de>>(&mut self, key: Key<'de>, map: &mut A) -> Result<(), A::Error> {
        self.0.push((key, map.next_value()?));
        Ok(())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Verbatim<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Verbatim::default();
        Fill(&mut members).deserialize(deserializer)?;
        Ok(members)
    }
}

/// A list's elements as they are written; `None` for what is no list.
#[derive(Debug, Default)]
pub struct Elements<'a>(pub Option<Vec<&'a RawValue>>);

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON")
            }

            tolerate!(scalars Elements::default());

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element()? {
                    elements.push(element);
                }
                Ok(Elements(Some(elements)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Elements::default())
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// The name of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key<'a>(Cow<'a, str>);

impl Key<'_> {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::deserialize(deserializer).map(|text| Self(text.0.unwrap_or_default()))
    }
}

/// A list that is nearly always of one: the first element needs no allocation. A bare object is a list of itself.
#[derive(Debug)]
pub struct List<T> {
    first: Option<T>,
    rest: Vec<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { first: None, rest: Vec::new() }
    }
}

impl<T> List<T> {
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// The element of a list of one.
    pub fn only(&self) -> Option<&T> {
        self.first.as_ref().filter(|_| self.rest.is_empty())
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain(&self.rest)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.first.iter_mut().chain(&mut self.rest)
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::iter::Chain<std::option::IntoIter<T>, std::vec::IntoIter<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.rest)
    }
}
