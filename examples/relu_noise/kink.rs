//! What noise adds to the objective and its gradient, to second order.
//!
//! ```text
//! J_DAE − J_AE = σ² (S + K) + o(σ²)
//! S = E Σ_jk d_j d_k (W_j·W_k)²              mDAE and cross term, d_j = s'(a_j) = 1[a_j > 0]
//! K = Σ_j ‖W_j‖² p_j(0) E[W_j·r | a_j = 0]   the kinks: s'' is a Dirac delta
//! ```
//! p_j is the density of a_j. The gradient of S by b_j is 0 for every sample, but as b_j grows,
//! samples cross the kink and S jumps; so S as a function of b_j has a slope, and K too:
//! ```text
//! ∂S/∂b_j = 2 p_j(0) E[Σ_k d_k (W_j·W_k)² | a_j = 0],   d_j counts as ½ there
//! ∂K/∂b_j = Σ_{k≠j} ‖W_k‖² (W_j·W_k) p_k(0) E[d_j | a_k = 0] − ‖W_j‖² f_j'(0)
//! f_j(t)  = p_j(t) E[W_j·(r − W_j h_j) | a_j = t]
//! ```
//! The unit's own share of r, W_j h_j, is 0 at a_j = 0; without it f_j has no kink there, and a
//! window estimates it better. Within ±w, p_j(0) E[u | a_j = 0] is the mean over the samples of
//! 1[|a_j| < w] u / 2w, and f_j'(0) that of 1[|a_j| < w] sign(a_j) W_j·(r − W_j h_j) / w².

use nalgebra::{DMatrix, DVector};
use regularized_autoencoder::{
    DenoisingCross, Error, Gradient, MarginalizedDenoising, Parameters, Pass,
    RegularizedAutoEncoder, Regularizer, Relu,
};

/// The window w for noise of variance σ².
///
/// E_ε[h(x+ε)] − h(x) weighs the samples around a kink with the variance σ²/2, a window with w²/3;
/// here they are the same.
pub fn window(variance: f64) -> f64 {
    (1.5 * variance).sqrt()
}

/// The gradient of S that the kinks make, for a batch.
///
/// As for b_j above; by W_j it is 2 p_j(0) E[x Σ_k d_k (W_j·W_k)² | a_j = 0].
pub fn slope_kinks(
    model: &RegularizedAutoEncoder<f32, Relu>,
    x: &DMatrix<f32>,
    window: f32,
) -> Result<Gradient<f32>, Error> {
    let filters = model.parameters().filters();
    let mut squared = filters.tr_mul(filters).map(|g| g * g);
    let own = squared.diagonal() / 2.0;
    squared.fill_diagonal(0.0);
    let a = model.pre_activations(x)?;
    let slope = a.map(|a| if a > 0.0 { 1.0 } else { 0.0 });
    let mut sum = squared * slope;
    sum.column_iter_mut().for_each(|mut sum| sum += &own);
    let near = a.map(|a| if a.abs() < window { 0.5 / window } else { 0.0 });
    let on_a = near.component_mul(&sum) * (2.0 / x.ncols() as f32);
    Ok(Gradient {
        filters: x * on_a.transpose(),
        encoder_bias: on_a.column_sum(),
        decoder_bias: None,
    })
}

/// What Theorem 3 and the kinks say.
pub struct Prediction {
    /// S.
    pub smooth: f64,
    /// K.
    pub kink: f64,
    /// ∂S/∂b, m values.
    pub smooth_bias: DVector<f64>,
    /// ∂K/∂b, m values.
    pub kink_bias: DVector<f64>,
}

/// The second order at these parameters, with densities from windows of ±`window`.
pub fn predict(
    parameters: &Parameters<f64>,
    x: &DMatrix<f64>,
    window: f64,
) -> Result<Prediction, Error> {
    let pass = Pass::new(parameters, &Relu, x)?;
    let smooth = MarginalizedDenoising::new().loss(&pass)? + DenoisingCross::new().loss(&pass)?;

    let (n_inputs, n_hidden) = parameters.filters().shape();
    let model = RegularizedAutoEncoder::builder(n_inputs, n_hidden)
        .activation(Relu)
        .parameters(parameters.clone())
        .build()?;
    let filters = parameters.filters();
    let mut gram = filters.tr_mul(filters);
    let squared = gram.map(|g| g * g);
    let squared_lengths = gram.diagonal();
    let lengths = DMatrix::from_diagonal(&squared_lengths);
    // From here on units × samples.
    let a = model.pre_activations(x)?;
    let slope = a.map(|a| if a > 0.0 { 1.0 } else { 0.0 });
    let near = a.map(|a| if a.abs() < window { 0.5 / window } else { 0.0 });
    let side = a.zip_map(&near, |a, near| 2.0 / window * near * a.signum());
    let residual = model.reconstruct(x)? - x;
    let projected = filters.tr_mul(&residual) - &lengths * model.encode(x)?;

    let kink = mean(&near, &projected).dot(&squared_lengths);
    let smooth_bias = 2.0 * mean(&near, &(squared * &slope));
    gram.fill_diagonal(0.0);
    let of_others = mean(&slope, &(gram * (lengths * &near)));
    let kink_bias = of_others - mean(&side, &projected).component_mul(&squared_lengths);
    Ok(Prediction { smooth, kink, smooth_bias, kink_bias })
}

/// The mean over the samples of the products.
fn mean(left: &DMatrix<f64>, right: &DMatrix<f64>) -> DVector<f64> {
    left.component_mul(right).column_mean()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// One unit, a = x + 0.3, and x uniform on [−1, 1]: p(0) = ½, S = P(a > 0) and, as r = −x and
    /// h = 0 at the kink, K = ½ · 0.3.
    #[test]
    fn one_unit_is_computed_by_hand() -> Result<(), Error> {
        let x = DMatrix::from_fn(1, 20_000, |_, i| (i as f64 + 0.5) / 10_000.0 - 1.0);
        let (filters, bias) = (DMatrix::from_element(1, 1, 1.0), DVector::from_element(1, 0.3));
        let parameters = Parameters::new(filters.clone(), bias.clone(), None)?;
        let prediction = predict(&parameters, &x, 0.1)?;
        assert_relative_eq!(prediction.smooth, 0.65, epsilon = 1e-9);
        assert_relative_eq!(prediction.kink, 0.15, epsilon = 1e-9);
        assert_relative_eq!(prediction.smooth_bias[0], 0.5, epsilon = 1e-9);
        assert_relative_eq!(prediction.kink_bias[0], 0.5, epsilon = 1e-9);

        let model = RegularizedAutoEncoder::builder(1, 1)
            .activation(Relu)
            .parameters(Parameters::new(filters.cast(), bias.cast(), None)?)
            .build()?;
        let kinks = slope_kinks(&model, &x.map(|x| x as f32), 0.1)?;
        assert_relative_eq!(kinks.encoder_bias[0], 0.5, epsilon = 1e-3);
        assert_relative_eq!(kinks.filters[0], -0.15, epsilon = 1e-3);
        Ok(())
    }
}
