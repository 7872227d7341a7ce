//! Samples that were made from sparse codes, which are known.

use crate::error::{Error, at_least_one, non_negative};
use crate::memory::zero_matrix;
use crate::random::{Purpose, Random};
use crate::samples::check_finite;
use crate::scalar::{Real, compiled};
use nalgebra::DMatrix;

/// A source of data with known sparse codes: x = Dh + noise.
///
/// ```text
/// D    n × m, columns (atoms) uniform on the unit sphere
/// h_j  0 with probability 1 − p, else uniform on [0.5, 1.5), independently
/// x    Dh + σ N(0, I)
/// ```
/// Everything is a function of the seed: atom j of j, and sample i of i, so that more samples are
/// the same ones and more. Numbers are drawn and added in `f64`; `f32` data is that data rounded.
///
/// ```
/// use regularized_autoencoder::data::SparseDictionary;
/// let made = SparseDictionary::new(16, 32, 0.1)?.with_noise(0.01)?.generate::<f64>(100, 7)?;
/// assert_eq!(made.dictionary.shape(), (16, 32));
/// assert_eq!(made.codes.shape(), (32, 100));
/// assert_eq!(made.data.shape(), (16, 100));
/// let noise = &made.data - &made.dictionary * &made.codes;
/// let variance = noise.norm_squared() / 1600.0;
/// assert!((variance / 1e-4 - 1.0).abs() < 0.2);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SparseDictionary {
    n_inputs: usize,
    n_atoms: usize,
    activation_probability: f64,
    noise: f64,
}

/// What a [`SparseDictionary`] made.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SparseSamples<T: Real> {
    /// D, n × m: unit-length atoms in the columns.
    pub dictionary: DMatrix<T>,
    /// h, m × N: non-negative codes, a column per sample.
    pub codes: DMatrix<T>,
    /// x, n × N: samples in the columns.
    pub data: DMatrix<T>,
}

impl SparseDictionary {
    /// m = `n_atoms` atoms of n = `n_inputs` values, each active with probability p, without noise.
    ///
    /// # Errors
    /// [`Error::Zero`] if a number is 0, [`Error::InvalidParameter`] if the probability is not in
    /// (0, 1].
    pub fn new(
        n_inputs: usize,
        n_atoms: usize,
        activation_probability: f64,
    ) -> Result<Self, Error> {
        at_least_one("n_inputs", n_inputs)?;
        at_least_one("n_atoms", n_atoms)?;
        if !(activation_probability > 0.0 && activation_probability <= 1.0) {
            return Err(Error::invalid(
                "activation probability",
                activation_probability,
                "in (0, 1]",
            ));
        }
        Ok(Self { n_inputs, n_atoms, activation_probability, noise: 0.0 })
    }

    /// With noise of standard deviation σ on each input.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if it is negative or not finite.
    pub fn with_noise(self, standard_deviation: f64) -> Result<Self, Error> {
        let noise = non_negative("noise standard deviation", standard_deviation)?;
        Ok(Self { noise, ..self })
    }

    /// Draws the dictionary and N = `n_samples` samples.
    ///
    /// # Errors
    /// [`Error::Zero`] if `n_samples` is 0, [`Error::TooLarge`] if a matrix does not fit into
    /// memory, [`Error::NotFinite`] if the noise overflows `T`.
    pub fn generate<T: Real>(
        &self,
        n_samples: usize,
        seed: u64,
    ) -> Result<SparseSamples<T>, Error> {
        at_least_one("n_samples", n_samples)?;
        let model = self;
        compiled!(
            T,
            generate(model: &SparseDictionary, n_samples: usize, seed: u64)
                -> Result<SparseSamples<T>, Error>
        )
    }

    /// The atoms in the columns.
    fn atoms(&self, seed: u64) -> Result<DMatrix<f64>, Error> {
        let mut atoms = zero_matrix("dictionary", self.n_inputs, self.n_atoms)?;
        for (index, mut atom) in atoms.column_iter_mut().enumerate() {
            let mut random = Random::stream(seed, Purpose::Dictionary, 0, 0, index);
            // A draw of zeros alone has no direction.
            while atom.norm() == 0.0 {
                atom.apply(|value| *value = random.standard_normal());
            }
            atom.normalize_mut();
        }
        Ok(atoms)
    }
}

fn generate<T: Real>(
    model: &SparseDictionary,
    n_samples: usize,
    seed: u64,
) -> Result<SparseSamples<T>, Error> {
    let atoms = model.atoms(seed)?;
    let mut codes = zero_matrix("codes", model.n_atoms, n_samples)?;
    let mut data = zero_matrix("data", model.n_inputs, n_samples)?;
    let mut sum = vec![0.0; model.n_inputs];
    for (index, (mut code, mut sample)) in
        codes.column_iter_mut().zip(data.column_iter_mut()).enumerate()
    {
        let mut random = Random::stream(seed, Purpose::Codes, 0, 0, index);
        sum.fill(0.0);
        for (h, atom) in code.iter_mut().zip(atoms.column_iter()) {
            if random.uniform() < model.activation_probability {
                let value = 0.5 + random.uniform();
                *h = T::of(value);
                sum.iter_mut().zip(&atom).for_each(|(sum, d)| *sum += value * d);
            }
        }
        for (x, sum) in sample.iter_mut().zip(&sum) {
            *x = T::of(sum + model.noise * random.standard_normal::<f64>());
        }
    }
    check_finite("synthetic data", data.as_slice(), model.n_inputs)?;
    Ok(SparseSamples { dictionary: atoms.map(T::of), codes, data })
}
