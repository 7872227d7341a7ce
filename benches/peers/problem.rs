//! The samples and the initial filters, the same for every program.

use crate::setup::{Data, Setup};
use nalgebra::DMatrix;
use regularized_autoencoder::data::{Standardization, digits};
use regularized_autoencoder::{Error, Real};

/// What a training begins with.
pub struct Problem<T> {
    /// n × N.
    pub samples: DMatrix<T>,
    /// n × m, of unit length.
    pub filters: DMatrix<T>,
}

impl<T: Real> Problem<T> {
    pub fn new(setup: &Setup) -> Result<Self, Error> {
        let samples = match setup.data {
            Data::Formula => uniform(setup.n_inputs, setup.n_samples, 0),
            Data::Digits => {
                let mut images = digits::images() / T::of(16.0);
                Standardization::fit(&images, 0.1)?.apply(&mut images)?;
                images
            }
        };
        assert_eq!(samples.shape(), (setup.n_inputs, setup.n_samples));
        let mut filters = uniform(setup.n_inputs, setup.n_hidden, 1);
        filters.column_iter_mut().for_each(|mut filter| filter /= filter.norm());
        Ok(Self { samples, filters })
    }
}

/// Numbers between ±√3, of mean 0 and variance 1, that are a function of place and `stream`.
fn uniform<T: Real>(rows: usize, columns: usize, stream: u64) -> DMatrix<T> {
    DMatrix::from_fn(rows, columns, |row, column| {
        let place = (stream << 60) ^ ((column as u64) << 30) ^ row as u64;
        let unit = (scrambled(place) >> 11) as f64 / (1_u64 << 53) as f64;
        T::of(3.0_f64.sqrt() * (2.0 * unit - 1.0))
    })
}

/// The finaliser of SplitMix64.
fn scrambled(place: u64) -> u64 {
    let mut z = place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
