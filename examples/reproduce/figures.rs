//! What each figure of the paper shows.

use regularized_autoencoder::sweep::{Grid, Objective};
use regularized_autoencoder::{
    Constraint, Contractive, FirstOrderDenoising, GaussianNoise, KlSparsity, MarginalizedDenoising,
    Relu, Sigmoid, Softplus,
};

/// The coefficients of §3: λ, or the noise variance σ².
pub const COEFFICIENTS: [f64; 12] =
    [0.0, 0.001, 0.01, 0.04, 0.09, 0.16, 0.25, 0.36, 0.49, 0.64, 0.81, 1.0];

/// A figure.
#[derive(Clone, Copy)]
pub struct Figure {
    pub number: usize,
    pub constraint: Constraint,
    pub activations: &'static [&'static str],
    pub models: &'static [&'static str],
}

pub fn all() -> [Figure; 5] {
    const FOUR: &[&str] = &["DAE", "CAE", "mDAE", "SAE"];
    let (unit, free) = (Constraint::UNIT, Constraint::None);
    let figure = |number, constraint, activations, models| Figure {
        number,
        constraint,
        activations,
        models,
    };
    [
        figure(1, unit, &["ReLU"], FOUR),
        figure(2, free, &["ReLU"], FOUR),
        figure(3, unit, &["ReLU"], &["eDAE"]),
        figure(4, unit, &["sigmoid", "softplus"], FOUR),
        figure(5, free, &["sigmoid", "softplus"], FOUR),
    ]
}

/// The grid of a figure, for one activation and some of its models.
pub fn grid(figure: &Figure, activation: &str, models: &[&str]) -> Grid<f32> {
    let grid = Grid::new().constraints([figure.constraint]);
    let grid = match activation {
        "sigmoid" => grid.activation("sigmoid", || Sigmoid),
        "softplus" => grid.activation("softplus", Softplus::new),
        _ => grid.activation("ReLU", || Relu),
    };
    models.iter().fold(grid, |grid, model| match *model {
        "CAE" => {
            grid.model("CAE", |lambda| Ok(Objective::regularized(lambda * Contractive::new())))
        }
        "mDAE" => grid.model("mDAE", |lambda| {
            Ok(Objective::regularized(lambda * MarginalizedDenoising::new()))
        }),
        "SAE" => {
            grid.model("SAE", |lambda| Ok(Objective::regularized(lambda * KlSparsity::new(0.0)?)))
        }
        "eDAE" => grid.model("eDAE", |variance| {
            Ok(Objective::regularized(FirstOrderDenoising::new(variance)?))
        }),
        _ => grid.model("DAE", |variance| Ok(Objective::corrupted(GaussianNoise::new(variance)?))),
    })
}
