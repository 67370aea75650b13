//! Numbers with a fraction, kept to the last bit: as text of their bits. What is read back is what was written, so a fold
//! that goes on from a kept state is the fold that never stopped; and a record, which holds no fractions, can hold them.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub fn serialize<S: Serializer>(value: &f64, out: S) -> Result<S::Ok, S::Error> {
    write(*value).serialize(out)
}

pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    read(&String::deserialize(input)?)
}

/// A number that may be missing.
pub mod maybe {
    use super::{Deserialize, Deserializer, Serialize, Serializer, read, write};

    pub fn serialize<S: Serializer>(value: &Option<f64>, out: S) -> Result<S::Ok, S::Error> {
        value.map(write).serialize(out)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<f64>, D::Error> {
        Option::<String>::deserialize(input)?.as_deref().map(read).transpose()
    }
}

/// Three of them.
pub mod three {
    use super::{Deserialize, Deserializer, Serialize, Serializer, read, write};

    pub fn serialize<S: Serializer>(value: &[f64; 3], out: S) -> Result<S::Ok, S::Error> {
        value.map(write).serialize(out)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<[f64; 3], D::Error> {
        let [a, b, c] = <[String; 3]>::deserialize(input)?;
        Ok([read(&a)?, read(&b)?, read(&c)?])
    }
}

fn write(value: f64) -> String {
    format!("{:x}", value.to_bits())
}

fn read<E: Error>(text: &str) -> Result<f64, E> {
    u64::from_str_radix(text, 16).map(f64::from_bits).map_err(E::custom)
}
