//! Sweeps: many trainings over a grid of models, activations, coefficients, constraints and seeds on
//! one data set, with a row of results each, in files that an interrupted sweep goes on from.
//!
//! ```
//! use regularized_autoencoder::prelude::*;
//! use regularized_autoencoder::sweep::{Grid, Objective, Protocol, Sweep};
//!
//! let x = DMatrix::<f32>::from_fn(8, 200, |i, j| ((i * j) as f32).sin());
//! let grid = Grid::new()
//!     .model("CAE", |lambda| Ok(Objective::regularized(lambda * Contractive::new())))
//!     .model("DAE", |variance| Ok(Objective::corrupted(GaussianNoise::new(variance)?)))
//!     .activation("sigmoid", || Sigmoid)
//!     .coefficients([0.0, 0.5, 1.0])
//!     .constraints([Constraint::UNIT]);
//! let protocol = Protocol { n_hidden: 16, epochs: 5, ..Protocol::default() };
//! let rows = Sweep::new(grid, protocol).threads(2)?.run(&x)?;
//! for row in &rows {
//!     let results = row.results.as_ref().unwrap();
//!     println!("{}: {}", row.cell, results.average_activation_fraction);
//! }
//! assert_eq!(rows.len(), 6);
//! # Ok::<(), Error>(())
//! ```

mod grid;
mod observer;
mod row;
mod run;
mod store;

pub use grid::{Cell, Grid, Objective, Protocol};
pub use observer::{Progress, SweepObserver};
pub use row::{Results, Row};
pub use run::Sweep;
