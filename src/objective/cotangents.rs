//! What a regularizer adds to: the quantities on which R can depend.

use crate::scalar::Real;

/// Takes the partial derivatives of R by the quantities that it is a function of; the chain rule
/// from there to filters and biases is the crate's.
///
/// R is a function of pre-activations, of ‖W_j‖², of the filters themselves, of W_j·r and of
/// W_j·z. The derivative by each is *added*: parts of a sum write into the same place. All are
/// multiplied by the coefficients above (λ of `Scaled`), so that no regularizer can forget it.
///
/// Methods in the plural take one value for each unit of the block, in order; units for which
/// there is none get nothing.
#[derive(Debug)]
pub struct Cotangents<'a, T: Real> {
    pub(crate) coefficient: T,
    pub(crate) n_inputs: usize,
    pub(crate) n_units: usize,
    pub(crate) n_samples: usize,
    /// units × samples.
    pub(crate) pre_activation: &'a mut [T],
    pub(crate) squared_length: &'a mut [T],
    /// n × units; what is added there is also multiplied by `filters_factor`. `None` if only the
    /// value of R is wanted.
    pub(crate) filters: Option<&'a mut [T]>,
    pub(crate) filters_factor: T,
    /// units × samples.
    pub(crate) projected_residual: Option<&'a mut [T]>,
    /// units × (samples · draws).
    pub(crate) projected_noise: &'a mut [T],
    pub(crate) scratch: &'a mut [T],
}

impl<T: Real> Cotangents<'_, T> {
    /// Adds to ∂R/∂a of one unit and sample.
    #[inline(always)]
    pub fn add_pre_activation(&mut self, unit: usize, sample: usize, value: T) {
        let of_sample = &mut self.pre_activation[sample * self.n_units..][..self.n_units];
        of_sample[unit] += self.coefficient * value;
    }

    /// Adds to ∂R/∂a of every unit, for one sample.
    #[inline(always)]
    pub fn add_pre_activations(&mut self, sample: usize, values: impl IntoIterator<Item = T>) {
        let all = &mut self.pre_activation[sample * self.n_units..][..self.n_units];
        add(all, self.coefficient, values);
    }

    /// Adds to ∂R/∂‖W_j‖² of one unit.
    #[inline(always)]
    pub fn add_squared_length(&mut self, unit: usize, value: T) {
        self.squared_length[unit] += self.coefficient * value;
    }

    /// Adds to ∂R/∂‖W_j‖² of every unit.
    #[inline(always)]
    pub fn add_squared_lengths(&mut self, values: impl IntoIterator<Item = T>) {
        add(self.squared_length, self.coefficient, values);
    }

    /// Adds to the direct derivative ∂R/∂W_j of one unit, n values.
    #[inline(always)]
    pub fn add_filter(&mut self, unit: usize, values: impl IntoIterator<Item = T>) {
        if let Some(filters) = self.filters.as_deref_mut() {
            let filter = &mut filters[unit * self.n_inputs..][..self.n_inputs];
            add(filter, self.coefficient * self.filters_factor, values);
        }
    }

    /// Adds to ∂R/∂(W_j·r) of every unit, for one sample; needs `residual()`.
    ///
    /// # Panics
    /// If the regularizer's needs do not declare `residual()`.
    #[inline(always)]
    pub fn add_projected_residuals(&mut self, sample: usize, values: impl IntoIterator<Item = T>) {
        let Some(all) = self.projected_residual.as_deref_mut() else {
            panic!("the regularizer adds to what its `needs` do not declare: add `.residual()`")
        };
        add(&mut all[sample * self.n_units..][..self.n_units], self.coefficient, values);
    }

    /// Adds to ∂R/∂(W_j·z) of every unit, for one sample and draw; needs `draws(k)`, k > `draw`.
    ///
    /// # Panics
    /// If the regularizer's needs do not declare so many draws, or there are not so many samples.
    #[inline(always)]
    pub fn add_projected_noises(
        &mut self,
        sample: usize,
        draw: usize,
        values: impl IntoIterator<Item = T>,
    ) {
        assert!(sample < self.n_samples, "there are {} samples, no {sample}", self.n_samples);
        let column = draw * self.n_samples + sample;
        assert!(
            column < self.projected_noise.len() / self.n_units.max(1),
            "the regularizer adds to draw {draw}: declare it by `draws(k)`"
        );
        let all = &mut self.projected_noise[column * self.n_units..][..self.n_units];
        add(all, self.coefficient, values);
    }

    /// These cotangents for a part of R that is multiplied by `coefficient`.
    pub fn scaled(&mut self, coefficient: f64) -> Cotangents<'_, T> {
        Cotangents {
            coefficient: self.coefficient * T::of(coefficient),
            n_inputs: self.n_inputs,
            n_units: self.n_units,
            n_samples: self.n_samples,
            pre_activation: self.pre_activation,
            squared_length: self.squared_length,
            filters: self.filters.as_deref_mut(),
            filters_factor: self.filters_factor,
            projected_residual: self.projected_residual.as_deref_mut(),
            projected_noise: self.projected_noise,
            scratch: self.scratch,
        }
    }
}

impl<'a, T: Real> Cotangents<'a, T> {
    /// Scratch memory of the length that [`Needs::scratch`](crate::Needs::scratch) declared, with
    /// arbitrary content; empty when taken again.
    pub fn take_scratch(&mut self) -> &'a mut [T] {
        std::mem::take(&mut self.scratch)
    }
}

#[inline(always)]
fn add<T: Real>(all: &mut [T], factor: T, values: impl IntoIterator<Item = T>) {
    for (sum, value) in all.iter_mut().zip(values) {
        *sum += factor * value;
    }
}
