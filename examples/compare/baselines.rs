//! What the codes are compared with: raw features, principal components, sparse coding.

use crate::data::Split;
use crate::table::{self, Judgement, Row};
use nalgebra::DMatrix;
use regularized_autoencoder::Error;
use regularized_autoencoder::data::Whitening;

/// The rows of all baselines.
pub fn rows(split: &Split, fraction: f64, n_atoms: usize) -> Result<Vec<Row>, Error> {
    let components = (fraction * n_atoms as f64).round().max(1.0) as usize;
    Ok(vec![raw(split), principal_components(split, components)?])
}

fn raw(split: &Split) -> Row {
    let mut row = Row::new("raw features", "–");
    let (training, test) = (split.training.x.map(f64::from), split.test.x.map(f64::from));
    row.judgement = Some(judged(split, training, test, 1.0));
    row
}

/// The first principal components: their number is that of the active units of a code.
fn principal_components(split: &Split, components: usize) -> Result<Row, Error> {
    let whitening = Whitening::pca(&split.training.x, 1e-9)?;
    let kept = components.min(whitening.rank());
    let mut row = Row::new(format!("{kept} principal components"), "–");
    let project = |x: &DMatrix<f32>| -> Result<_, Error> {
        let mut scores = whitening.apply(x)?;
        scores.rows_mut(kept, whitening.rank() - kept).fill(0.0);
        let reconstructed = whitening.invert(&scores)?;
        let scale = whitening.eigenvalues().iter().take(kept);
        let mut kept_scores = scores.rows(0, kept).map(f64::from);
        for (mut scores, variance) in kept_scores.row_iter_mut().zip(scale) {
            scores *= variance.sqrt();
        }
        Ok((kept_scores, reconstructed))
    };
    let (training, _) = project(&split.training.x)?;
    let (test, reconstructed) = project(&split.test.x)?;
    let explained = explained_variance(&split.test.x, &reconstructed);
    row.judgement = Some(judged(split, training, test, explained));
    Ok(row)
}

/// Of features that are no codes of units, all of which are used.
fn judged(split: &Split, training: DMatrix<f64>, test: DMatrix<f64>, explained: f64) -> Judgement {
    let hard_zeros = 0.0;
    let accuracy = table::accuracy(split, training, test);
    Judgement { fraction: 1.0, dead: 0.0, hard_zeros, explained, accuracy }
}

/// 1 − E‖x − y‖² / E‖x − E\[x\]‖².
fn explained_variance(x: &DMatrix<f32>, reconstructed: &DMatrix<f32>) -> f64 {
    let mean = x.column_mean();
    let spread: f32 = x.column_iter().map(|sample| (sample - &mean).norm_squared()).sum();
    1.0 - f64::from((x - reconstructed).norm_squared() / spread)
}
