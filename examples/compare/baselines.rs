//! What the codes are compared with: raw features, principal components, sparse coding.

use crate::data::Split;
use crate::table::{self, Judgement, Row};
use nalgebra::DMatrix;
use regularized_autoencoder::data::Whitening;
use regularized_autoencoder::sparse_coding::evaluate_codes;
use regularized_autoencoder::{CodeSign, Error, SparseCoding};

/// The λ of sparse coding that is tried first, and how many are tried at most.
const FIRST: f64 = 0.1;
const TRIALS: usize = 12;
/// Turns of codes and dictionary with each λ, far from the wanted fraction and near it.
const SHORT: usize = 4;
const LONG: usize = 20;
/// Atoms are learned from the first samples, of which there are so many at most.
const LEARNED_FROM: usize = 4000;
/// The shares of the wanted fraction by which one is near it, and by which one reaches it.
const NEAR: f64 = 0.2;
const TOLERANCE: f64 = 0.05;

/// A row of what has a name, for a wanted fraction and a number of atoms.
type Work = fn(&str, &Split, f64, usize) -> Result<Row, Error>;

/// The names of all baselines, and how their rows are worked out.
pub fn entries() -> [(&'static str, Work); 4] {
    [
        ("raw features", raw),
        ("principal components", principal_components),
        ("sparse coding, non-negative", |name, split, fraction, n_atoms| {
            sparse_coding(name, CodeSign::NonNegative, split, fraction, n_atoms)
        }),
        ("sparse coding, signed", |name, split, fraction, n_atoms| {
            sparse_coding(name, CodeSign::Signed, split, fraction, n_atoms)
        }),
    ]
}

fn raw(name: &str, split: &Split, _: f64, _: usize) -> Result<Row, Error> {
    let mut row = Row::new(name, "–");
    let (training, test) = (split.training.x.map(f64::from), split.test.x.map(f64::from));
    row.judgement = Some(judged(split, training, test, Some(1.0)));
    Ok(row)
}

/// The first principal components: their number is that of the active units of a code.
fn principal_components(
    name: &str,
    split: &Split,
    fraction: f64,
    n_atoms: usize,
) -> Result<Row, Error> {
    let whitening = Whitening::pca(&split.training.x, 1e-9)?;
    let wanted = (fraction * n_atoms as f64).round().max(1.0) as usize;
    let kept = wanted.min(whitening.rank());
    let mut row = Row::new(name, "–");
    row.remark = Some(kept.to_string());
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

/// Sparse coding, Eq. 2, with the λ that gives the wanted fraction of codes other than 0.
fn sparse_coding(
    name: &str,
    sign: CodeSign,
    split: &Split,
    fraction: f64,
    n_atoms: usize,
) -> Result<Row, Error> {
    let mut row = Row::new(name, "–");
    let (x, test) = (&split.training.x, &split.test.x);
    let (coding, atoms) = search(name, sign, x, fraction, n_atoms)?;
    let (training, codes) = (coding.encode(&atoms, x)?.codes, coding.encode(&atoms, test)?.codes);
    let on = |x, codes| evaluate_codes(&atoms, codes, x, 0.0);
    let (fitted, tested) = (on(x, &training)?, on(test, &codes)?);
    row.strength = Some(coding.coefficient());
    if (fitted.average_activation_fraction / fraction - 1.0).abs() > TOLERANCE {
        row.remark = Some("the fraction was not reached".into());
    }
    row.judgement = Some(Judgement {
        fraction: fitted.average_activation_fraction,
        dead: fitted.dead_units as f64 / n_atoms as f64,
        hard_zeros: tested.hard_zero_fraction,
        explained: tested.explained_variance,
        accuracy: table::accuracy(split, training.map(f64::from), codes.map(f64::from)),
    });
    Ok(row)
}

/// Sparse coding with the λ of a wanted fraction, and the atoms: each trial multiplies λ by how many
/// times the last had the wanted fraction, which falls about as 1/λ, and goes on from its atoms.
fn search(
    name: &str,
    sign: CodeSign,
    x: &DMatrix<f32>,
    fraction: f64,
    n_atoms: usize,
) -> Result<(SparseCoding, DMatrix<f32>), Error> {
    let first = &x.columns(0, x.ncols().min(LEARNED_FROM)).into_owned();
    let (mut lambda, mut atoms, mut near, mut trials) = (FIRST, None, false, 0);
    loop {
        trials += 1;
        let coding = coding(lambda, sign, if near { LONG } else { SHORT })?;
        let learned = match &atoms {
            Some(atoms) => coding.fit_from(atoms, first)?,
            None => coding.fit(n_atoms, first)?,
        };
        // On all samples: others need more atoms than those that the atoms were learned from.
        let codes = coding.encode(&learned.filters, x)?.codes;
        let found = evaluate_codes(&learned.filters, &codes, x, 0.0)?;
        let ratio = found.average_activation_fraction / fraction;
        eprintln!("{name}, λ = {lambda:.3}: {ratio:.3} times as wanted");
        let excess = (ratio - 1.0).abs();
        if trials == TRIALS || near && excess <= 0.5 * TOLERANCE {
            return Ok((coding, learned.filters));
        }
        near = excess <= NEAR;
        lambda *= ratio.clamp(0.1, 10.0);
        atoms = Some(learned.filters);
    }
}

fn coding(lambda: f64, sign: CodeSign, turns: usize) -> Result<SparseCoding, Error> {
    SparseCoding::builder(lambda)
        .sign(sign)
        .tolerance(1e-3)
        .code_iterations(300)
        .iterations(turns)
        .threads(std::thread::available_parallelism().map_or(1, usize::from))
        .build()
}

/// Of features that are no codes of units, all of which are used.
fn judged(
    split: &Split,
    training: DMatrix<f64>,
    test: DMatrix<f64>,
    explained: Option<f64>,
) -> Judgement {
    let hard_zeros = 0.0;
    let accuracy = table::accuracy(split, training, test);
    Judgement { fraction: 1.0, dead: 0.0, hard_zeros, explained, accuracy }
}

/// 1 − E‖x − y‖² / E‖x − E\[x\]‖².
fn explained_variance(x: &DMatrix<f32>, reconstructed: &DMatrix<f32>) -> Option<f64> {
    let mean = x.column_mean();
    let spread: f32 = x.column_iter().map(|sample| (sample - &mean).norm_squared()).sum();
    (spread > 0.0).then(|| 1.0 - f64::from((x - reconstructed).norm_squared() / spread))
}
