//! The samples that activate each unit most.

use crate::codec::{Codec, sealed::Computation};
use crate::error::{Error, at_least_one, same_size};
use crate::memory::zeros;
use crate::pieces::encode_in_pieces;
use crate::samples::Samples;
use crate::scalar::{Real, compiled};

/// For each hidden unit, the k samples with the largest codes h_j, the largest first; of equal ones
/// the earlier sample. A code that is not positive is none: a unit that is off for all but two samples has two.
///
/// It takes m · k entries of memory, however many samples are looked at: a data set that does not
/// fit into memory is given piece by piece to [`extend`](Self::extend).
///
/// ```
/// use nalgebra::{DVector, dmatrix};
/// use regularized_autoencoder::inspect::TopSamples;
/// use regularized_autoencoder::{Parameters, RegularizedAutoEncoder, Relu};
/// // h = max(0, x), max(0, −x)
/// let model = RegularizedAutoEncoder::builder(1, 2)
///     .activation(Relu)
///     .parameters(Parameters::new(dmatrix![1.0, -1.0], DVector::zeros(2), None)?)
///     .build()?;
/// let mut top = TopSamples::of(&model, &dmatrix![2.0, -1.0, 3.0, 0.0], 2)?;
/// assert_eq!(top.unit(0)?, [(2, 3.0), (0, 2.0)]);
/// assert_eq!(top.unit(1)?, [(1, 1.0)]);
/// top.extend(&model, &dmatrix![5.0, 2.0])?; // samples 4 and 5
/// assert_eq!(top.unit(0)?, [(4, 5.0), (2, 3.0)]);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TopSamples<T> {
    k: usize,
    n_samples: usize,
    /// k places for each unit.
    best: Vec<(usize, T)>,
    /// How many places of each unit are taken.
    taken: Vec<usize>,
    /// What a code has to exceed to get a place; −∞ while there are free ones.
    bounds: Vec<T>,
}

impl<T: Real> TopSamples<T> {
    /// No sample yet, with room for `k` a unit.
    ///
    /// # Errors
    /// [`Error::Zero`] without units or if k is 0, [`Error::TooLarge`] if m · k entries do not fit
    /// into memory.
    pub fn new(n_hidden: usize, k: usize) -> Result<Self, Error> {
        at_least_one("n_hidden", n_hidden)?;
        at_least_one("k", k)?;
        let what = "top samples";
        let too_large = || Error::TooLarge { what, rows: k, columns: n_hidden };
        let length = k.checked_mul(n_hidden).ok_or_else(too_large)?;
        let mut best = Vec::new();
        best.try_reserve_exact(length).map_err(|_| too_large())?;
        best.resize(length, (0, T::zero()));
        let mut bounds = zeros(what, n_hidden, 1)?;
        bounds.fill(T::of(f64::NEG_INFINITY));
        Ok(Self { k, n_samples: 0, best, taken: zeros(what, n_hidden, 1)?, bounds })
    }

    /// Those of a data set (n × N), encoded in pieces on the model's threads.
    ///
    /// # Errors
    /// Those of [`new`](Self::new) and [`extend`](Self::extend).
    pub fn of<'a>(
        model: &impl Codec<Scalar = T>,
        samples: impl Into<Samples<'a, T>>,
        k: usize,
    ) -> Result<Self, Error> {
        let mut top = Self::new(model.n_hidden(), k)?;
        top.extend(model, samples)?;
        Ok(top)
    }

    /// Looks at further samples (n × N), which are counted on from the last one.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the model has another number of units, and those of
    /// [`encode`](crate::RegularizedAutoEncoder::encode); after an error in a code or in starting threads
    /// some of the samples may have been looked at.
    pub fn extend<'a>(
        &mut self,
        model: &impl Codec<Scalar = T>,
        samples: impl Into<Samples<'a, T>>,
    ) -> Result<(), Error> {
        let samples = &samples.into();
        same_size("number of hidden units", self.n_hidden(), model.n_hidden())?;
        same_size("values per sample", model.n_features(), samples.n_inputs())?;
        samples.check("samples")?;
        let (top, computation, threads) = (self, model.parts(), model.threads());
        compiled!(T, extend_in(
            top: &mut TopSamples<T>,
            computation: Computation<'_, T>,
            samples: &Samples<'_, T>,
            threads: usize,
        ) -> Result<(), Error>)
    }

    /// Number of hidden units, m.
    pub fn n_hidden(&self) -> usize {
        self.taken.len()
    }

    /// How many samples have been looked at.
    pub fn n_samples(&self) -> usize {
        self.n_samples
    }

    /// The samples of one unit and its codes there, the largest first; k of them or, where fewer
    /// codes are positive, fewer.
    ///
    /// # Errors
    /// [`Error::NotEnough`] if there are not so many units.
    pub fn unit(&self, unit: usize) -> Result<&[(usize, T)], Error> {
        let available = self.n_hidden();
        if unit >= available {
            let (what, asked) = ("hidden units".into(), unit.saturating_add(1));
            return Err(Error::NotEnough { what, asked, available });
        }
        Ok(&self.best[unit * self.k..][..self.taken[unit]])
    }

    /// Looks at the code of the next sample.
    fn take(&mut self, code: &[T]) {
        for (unit, (&h, bound)) in code.iter().zip(&mut self.bounds).enumerate() {
            if h > *bound && h > T::zero() {
                let best = &mut self.best[unit * self.k..][..self.k];
                let taken = &mut self.taken[unit];
                *taken = (*taken + 1).min(self.k);
                let best = &mut best[..*taken];
                // Behind those that are as large.
                let place = best[..*taken - 1].partition_point(|(_, other)| *other >= h);
                best[place..].rotate_right(1);
                best[place] = (self.n_samples, h);
                if *taken == self.k {
                    *bound = best[self.k - 1].1;
                }
            }
        }
        self.n_samples += 1;
    }
}

fn extend_in<T: Real>(
    top: &mut TopSamples<T>,
    Computation { encoder, activation, .. }: Computation<'_, T>,
    samples: &Samples<'_, T>,
    threads: usize,
) -> Result<(), Error> {
    encode_in_pieces(
        encoder,
        activation,
        samples,
        threads,
        || Ok(()),
        |(), _| Ok(()),
        |(), codes| {
            codes.chunks_exact(encoder.filters.ncols()).for_each(|code| top.take(code));
            Ok(())
        },
    )
}
