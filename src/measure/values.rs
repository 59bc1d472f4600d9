//! Values that wait to be written: a few bytes each in memory, on disk where they are many.
//!
//! A record of millions of short lines has hundreds of values for each of them, many times the
//! bytes of the record; most are undefined, 0 or another small whole number.

use std::io::{self, BufReader, Read, Seek, Write};

use tempfile::{SpooledTempFile, spooled_tempfile};

/// Bytes of one document's values in memory.
const IN_MEMORY: usize = 8 << 20;
/// Undefined.
const UNDEFINED: u8 = 0;
/// A number of eight bytes follows.
const NUMBER: u8 = 1;
/// Marks from here on are whole numbers from 0.
const WHOLE: u8 = 2;
/// The largest whole number that is a mark.
const MOST_WHOLE: f64 = (u8::MAX - WHOLE) as f64;

/// Values that are being gathered.
#[derive(Debug)]
pub(super) struct Values {
    file: SpooledTempFile,
    /// The values of one target.
    row: Vec<u8>,
}

impl Values {
    pub(super) fn new() -> Self {
        Self { file: spooled_tempfile(IN_MEMORY), row: Vec::new() }
    }

    /// Adds the values of a target.
    pub(super) fn push(&mut self, values: impl Iterator<Item = Option<f64>>) -> io::Result<()> {
        self.row.clear();
        for value in values {
            match value {
                None => self.row.push(UNDEFINED),
                // -0.0 is no mark: it would come back as 0.0.
                Some(value)
                    if (0.0..=MOST_WHOLE).contains(&value)
                        && value.fract() == 0.0
                        && value.is_sign_positive() =>
                {
                    self.row.push(WHOLE + value as u8);
                }
                Some(value) => {
                    self.row.push(NUMBER);
                    self.row.extend_from_slice(&value.to_le_bytes());
                }
            }
        }
        self.file.write_all(&self.row)
    }

    /// The values again, in order.
    pub(super) fn read(mut self) -> io::Result<Reading> {
        self.file.rewind()?;
        Ok(Reading(BufReader::new(self.file)))
    }
}

/// Values that are being read.
pub(super) struct Reading(BufReader<SpooledTempFile>);

impl Reading {
    /// The next value.
    pub(super) fn next(&mut self) -> io::Result<Option<f64>> {
        let mut mark = [0];
        self.0.read_exact(&mut mark)?;
        match mark {
            [UNDEFINED] => Ok(None),
            [NUMBER] => {
                let mut number = [0; 8];
                self.0.read_exact(&mut number)?;
                Ok(Some(f64::from_le_bytes(number)))
            }
            [whole] => Ok(Some(f64::from(whole - WHOLE))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn there_and_back(values: &[Option<f64>]) -> Vec<Option<u64>> {
        let mut gathered = Values::new();
        gathered.push(values.iter().copied()).unwrap();
        let mut reading = gathered.read().unwrap();
        values.iter().map(|_| reading.next().unwrap().map(f64::to_bits)).collect()
    }

    #[test]
    fn values_at_the_edges_come_back_bit_for_bit() {
        let values =
            [0.0, -0.0, 1.0, 252.0, 253.0, 254.0, 255.0, 256.0, 0.5, -1.0, f64::MAX, 1e-320];
        let values: Vec<Option<f64>> = values.into_iter().map(Some).chain([None]).collect();
        let bits: Vec<Option<u64>> = values.iter().map(|value| value.map(f64::to_bits)).collect();
        assert_eq!(there_and_back(&values), bits);
    }

    #[test]
    fn more_values_than_are_kept_in_memory_come_back() {
        let mut gathered = Values::new();
        let rows = IN_MEMORY / 9 + 2;
        for n in 0..rows {
            gathered.push([Some(n as f64 + 0.25)].into_iter()).unwrap();
        }
        assert!(gathered.file.is_rolled());
        let mut reading = gathered.read().unwrap();
        assert!((0..rows).all(|n| reading.next().unwrap() == Some(n as f64 + 0.25)));
        assert!(reading.next().is_err());
    }

    proptest! {
        #[test]
        fn values_come_back(values in prop::collection::vec(prop::option::of(any::<f64>()), 0..50)) {
            let bits: Vec<Option<u64>> = values.iter().map(|v| v.map(f64::to_bits)).collect();
            prop_assert_eq!(there_and_back(&values), bits);
        }
    }
}
