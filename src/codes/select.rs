//! Which codes of a sample are kept.

use crate::error::{Error, at_least_one, non_negative};
use crate::kernels::any_above;
use crate::scalar::Real;
use std::cmp::Ordering;

/// The codes that are kept, |h| deciding.
#[derive(Clone, Copy, Debug)]
pub(super) enum Keep {
    /// The k largest that are not 0; of equal ones those of the lower indices.
    Largest(usize),
    /// Those above the threshold.
    Above(f64),
}

impl Keep {
    /// The k largest of `n_hidden` codes.
    pub fn largest(k: usize, n_hidden: usize) -> Result<Self, Error> {
        at_least_one("k", k)?;
        if k > n_hidden {
            let what = "largest codes (k)".into();
            return Err(Error::NotEnough { what, asked: k, available: n_hidden });
        }
        Ok(Self::Largest(k))
    }

    /// Those above this threshold.
    pub fn above(threshold: f64) -> Result<Self, Error> {
        Ok(Self::Above(non_negative("threshold of the codes", threshold)?))
    }
}

/// A code that may be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<T> {
    pub index: usize,
    pub value: T,
}

impl<T: Real> Candidate<T> {
    /// Larger magnitudes first, then lower indices.
    fn order(&self, other: &Self) -> Ordering {
        let magnitudes = other.value.abs().partial_cmp(&self.value.abs());
        magnitudes.unwrap_or(Ordering::Equal).then(self.index.cmp(&other.index))
    }

    /// Sorts the largest magnitudes to the front.
    pub fn rank(candidates: &mut [Self]) {
        candidates.sort_unstable_by(Self::order);
    }
}

/// Codes that are looked at together.
const BLOCK: usize = 64;

/// Leaves in `kept` those of a sample's codes that are to be kept, by ascending index.
///
/// It takes time in proportion to the number of codes: at most 2k candidates are collected before
/// all but the k largest are dropped, and then only those count that are larger than these. `kept`
/// grows to at most min(2k, m) or, with a threshold, m entries.
pub(super) fn select<T: Real>(codes: &[T], keep: Keep, kept: &mut Vec<Candidate<T>>) {
    kept.clear();
    let (k, mut bound) = match keep {
        Keep::Largest(k) => (Some(k), T::zero()),
        Keep::Above(threshold) => (None, T::of(threshold)),
    };
    for (block, values) in codes.chunks(BLOCK).enumerate() {
        if !any_above(values, bound) {
            continue;
        }
        for (offset, &value) in values.iter().enumerate() {
            if value.abs() > bound {
                kept.push(Candidate { index: block * BLOCK + offset, value });
                if let Some(k) = k
                    && kept.len() == k.saturating_mul(2)
                {
                    bound = drop_all_but(k, kept);
                }
            }
        }
    }
    if let Some(k) = k
        && kept.len() > k
    {
        drop_all_but(k, kept);
    }
    if k.is_some() {
        kept.sort_unstable_by_key(|candidate| candidate.index);
    }
}

/// Drops all but the k largest, of which there are more; gives the smallest magnitude that is left.
fn drop_all_but<T: Real>(k: usize, kept: &mut Vec<Candidate<T>>) -> T {
    let (_, smallest, _) = kept.select_nth_unstable_by(k - 1, Candidate::order);
    let bound = smallest.value.abs();
    kept.truncate(k);
    bound
}
