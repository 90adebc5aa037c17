//! Serde's view of one value of the tree.

use std::borrow::Cow;

use serde::Deserializer;
use serde::de::{Error as _, IntoDeserializer, Visitor};

use super::Session;
use super::access::{EnumOfTable, Items, Keys};
use super::fault::Fault;
use crate::Origin;
use crate::tree::{Node, Value};

/// One value, read as the type that asks for it: text from the environment or a file becomes a number or a flag
/// where one is wanted, and a `{ env = … }` is a reference where a scalar is wanted and a table where a table is.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    pub(super) node: &'a Node,
    pub(super) path: String,
    pub(super) session: &'a Session<'a>,
}

type Outcome<T> = Result<T, Fault>;

impl<'a> Reader<'a> {
    pub(super) fn root(node: &'a Node, session: &'a Session<'a>) -> Self {
        Self { node, path: String::new(), session }
    }

    pub(super) fn child(&self, node: &'a Node, key: &str) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Self { node, path, session: self.session }
    }

    fn failed(&self) -> impl Fn(Fault) -> Fault + '_ {
        |fault| fault.within(self.node, &self.path)
    }

    /// The text of a value that has no type of its own: of a variable or a file.
    fn untyped(&self) -> Outcome<Option<Cow<'a, str>>> {
        if let Some(reference) = self.node.as_reference() {
            let text = self.session.resolver.resolve(reference).map_err(Fault::custom);
            return text.map(|text| Some(text.into())).map_err(self.failed());
        }
        Ok(match (&self.node.value, &self.node.origin) {
            (Value::String(text), Origin::Variable(_)) => Some(text.into()),
            _ => None,
        })
    }

    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        let Some(text) = self.untyped()? else { return self.any(visitor) };
        match text.trim().parse() {
            Ok(number) => visit_integer(number, visitor).map_err(self.failed()),
            Err(_) => Err(self.failed()(Fault::expected("an integer", "other text"))),
        }
    }

    fn float<'de, V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        let Some(text) = self.untyped()? else { return self.any(visitor) };
        match text.trim().parse() {
            Ok(number) => visitor.visit_f64(number).map_err(self.failed()),
            Err(_) => Err(self.failed()(Fault::expected("a number", "other text"))),
        }
    }

    fn any<'de, V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        if let Some(text) = self.untyped()? {
            return visitor.visit_str(&text).map_err(self.failed());
        }
        match &self.node.value {
            Value::String(text) | Value::Datetime(text) => visitor.visit_str(text),
            Value::Integer(number) => visit_integer(*number, visitor),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(flag) => visitor.visit_bool(*flag),
            Value::Array(items) => visitor.visit_seq(Items::new(&self, items)),
            Value::Table(table) => visitor.visit_map(Keys::new(&self, table, None)),
        }
        .map_err(self.failed())
    }
}

fn visit_integer<'de, V: Visitor<'de>>(number: i128, visitor: V) -> Outcome<V::Value> {
    if let Ok(number) = i64::try_from(number) {
        visitor.visit_i64(number)
    } else if let Ok(number) = u64::try_from(number) {
        visitor.visit_u64(number)
    } else {
        visitor.visit_i128(number)
    }
}

macro_rules! as_one {
    ($one:ident: $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
            self.$one(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    as_one! { any: deserialize_any deserialize_char deserialize_str deserialize_string deserialize_bytes
    deserialize_byte_buf deserialize_unit deserialize_identifier deserialize_seq }
    as_one! { integer: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
    deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 }
    as_one! { float: deserialize_f32 deserialize_f64 }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        let Some(text) = self.untyped()? else { return self.any(visitor) };
        let flag = match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => return Err(self.failed()(Fault::expected("true or false", "other text"))),
        };
        visitor.visit_bool(flag).map_err(self.failed())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Outcome<V::Value> {
        let (node, path) = (self.node, self.path.clone());
        visitor.visit_newtype_struct(self).map_err(|fault| fault.within(node, &path))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        match &self.node.value {
            Value::Table(table) => {
                visitor.visit_map(Keys::new(&self, table, Some(fields))).map_err(self.failed())
            }
            _ => self.any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match &self.node.value {
            Value::Table(table) => visitor.visit_map(Keys::new(&self, table, None)).map_err(self.failed()),
            _ => self.any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Outcome<V::Value> {
        self.any(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Outcome<V::Value> {
        self.any(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Outcome<V::Value> {
        self.any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        let is_variant = |key: &str| variants.contains(&key);
        if let Value::Table(table) = &self.node.value
            && let [entry] = table.entries.as_slice()
            && (is_variant(&entry.key) || self.node.as_reference().is_none())
        {
            return visitor.visit_enum(EnumOfTable::new(&self, entry)).map_err(self.failed());
        }
        let text = match (self.untyped()?, &self.node.value) {
            (Some(text), _) => text,
            (None, Value::String(text)) => text.into(),
            (None, other) => return Err(self.failed()(Fault::expected("a string", other.kind()))),
        };
        visitor.visit_enum(text.into_deserializer()).map_err(self.failed())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        visitor.visit_unit()
    }
}
