//! Serde's view of the inside of tables and arrays.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::deserializer::Reader;
use super::fault::Fault;
use crate::tree::{Entry, Node, Table, Value};

type Outcome<T> = Result<T, Fault>;

/// The entries of a table. With `fields`, those are the only keys it may have: others are noted and left out.
pub(super) struct Keys<'a> {
    table: Reader<'a>,
    entries: std::slice::Iter<'a, Entry>,
    fields: Option<&'static [&'static str]>,
    current: Option<&'a Entry>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(
        reader: &Reader<'a>,
        table: &'a Table,
        fields: Option<&'static [&'static str]>,
    ) -> Self {
        Self { table: reader.clone(), entries: table.entries.iter(), fields, current: None }
    }
}

impl<'de> MapAccess<'de> for Keys<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Outcome<Option<K::Value>> {
        for entry in self.entries.by_ref() {
            let child = self.table.child(&entry.node, &entry.key);
            if let Some(fields) = self.fields
                && !fields.contains(&entry.key.as_str())
            {
                self.table.session.unknown(&entry.key, &self.table.path, &entry.origin, fields);
            } else if !child.session.is_skipped(&child.path) {
                self.current = Some(entry);
                let key: StrDeserializer<'_, Fault> = entry.key.as_str().into_deserializer();
                return seed
                    .deserialize(key)
                    .map(Some)
                    .map_err(|fault| fault.within(&entry.node, &child.path));
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Outcome<V::Value> {
        let Some(entry) = self.current.take() else {
            return Err(serde::de::Error::custom("a value was asked for before its key"));
        };
        let child = self.table.child(&entry.node, &entry.key);
        let path = child.path.clone();
        seed.deserialize(child).map_err(|fault| fault.within(&entry.node, &path))
    }
}

/// The items of an array.
pub(super) struct Items<'a> {
    array: Reader<'a>,
    items: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
}

impl<'a> Items<'a> {
    pub(super) fn new(reader: &Reader<'a>, items: &'a [Node]) -> Self {
        Self { array: reader.clone(), items: items.iter().enumerate() }
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Outcome<Option<T::Value>> {
        for (index, node) in self.items.by_ref() {
            let path = format!("{}[{index}]", self.array.path);
            if self.array.session.is_skipped(&path) {
                continue;
            }
            let item = Reader { node, path: path.clone(), session: self.array.session };
            return seed.deserialize(item).map(Some).map_err(|fault| fault.within(node, &path));
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        self.items.size_hint().1
    }
}

/// An enum variant with content: `{ variant = content }`.
pub(super) struct EnumOfTable<'a> {
    content: Reader<'a>,
    name: &'a str,
}

impl<'a> EnumOfTable<'a> {
    pub(super) fn new(reader: &Reader<'a>, entry: &'a Entry) -> Self {
        Self { content: reader.child(&entry.node, &entry.key), name: &entry.key }
    }
}

impl<'de, 'a> EnumAccess<'de> for EnumOfTable<'a> {
    type Error = Fault;
    type Variant = Reader<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Outcome<(V::Value, Self::Variant)> {
        let name: StrDeserializer<'_, Fault> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Reader<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Outcome<()> {
        Err(Fault::expected("only the variant's name, as a string", self.node.value.kind()))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Outcome<T::Value> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Outcome<V::Value> {
        serde::Deserializer::deserialize_seq(self, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        match &self.node.value {
            Value::Table(table) => visitor.visit_map(Keys::new(&self, table, Some(fields))),
            other => Err(Fault::expected("a table", other.kind())),
        }
    }
}
