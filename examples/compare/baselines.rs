//! What the codes are compared with: raw features, principal components, sparse coding.

use crate::data::Split;
use crate::table::{self, Judgement, Row};
use nalgebra::DMatrix;
use regularized_autoencoder::data::Whitening;
use regularized_autoencoder::sparse_coding::evaluate_codes;
use regularized_autoencoder::{CodeSign, Error, SparseCoding};

/// Times that λ is tried, at most, and turns of codes and dictionary in each, and in the end.
const SEARCHES: usize = 12;
const SHORT: usize = 4;
const LONG: usize = 20;
/// The λ that is tried first.
const FIRST: f64 = 0.1;
/// The share of the wanted fraction by which that of the codes may differ.
const TOLERANCE: f64 = 0.05;

/// The rows of all baselines.
pub fn rows(split: &Split, fraction: f64, n_atoms: usize) -> Result<Vec<Row>, Error> {
    let components = (fraction * n_atoms as f64).round().max(1.0) as usize;
    Ok(vec![
        raw(split),
        principal_components(split, components)?,
        sparse_coding(split, CodeSign::NonNegative, fraction, n_atoms)?,
        sparse_coding(split, CodeSign::Signed, fraction, n_atoms)?,
    ])
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

/// Sparse coding, Eq. 2, with the λ that gives the wanted fraction of codes other than 0.
fn sparse_coding(
    split: &Split,
    sign: CodeSign,
    fraction: f64,
    n_atoms: usize,
) -> Result<Row, Error> {
    let (x, test) = (&split.training.x, &split.test.x);
    let mut row = Row::new(format!("sparse coding, {}", name(sign)), "–");
    let Some((lambda, atoms)) = search(x, sign, fraction, n_atoms)? else { return Ok(row) };
    let coding = coding(lambda, sign, LONG)?;
    let learned = coding.fit_from(&atoms, x)?;
    let (training, codes) = (learned.codes.codes, coding.encode(&learned.filters, test)?.codes);
    let on = |x, codes| evaluate_codes(&learned.filters, codes, x, 0.0);
    let (fitted, tested) = (on(x, &training)?, on(test, &codes)?);
    row.strength = Some(lambda);
    if excess(fitted.average_activation_fraction, fraction).abs() > TOLERANCE {
        row.remark = Some("the fraction was not reached".into());
    }
    row.judgement = Some(Judgement {
        fraction: fitted.average_activation_fraction,
        dead: fitted.dead_units as f64 / n_atoms as f64,
        hard_zeros: tested.hard_zero_fraction,
        explained: tested.explained_variance.unwrap_or(f64::NAN),
        accuracy: table::accuracy(split, training.map(f64::from), codes.map(f64::from)),
    });
    Ok(row)
}

/// The λ whose codes came nearest to the wanted fraction, and the atoms that were learned with it;
/// each trial goes on from the atoms of the nearest so far.
fn search(
    x: &DMatrix<f32>,
    sign: CodeSign,
    fraction: f64,
    n_atoms: usize,
) -> Result<Option<(f64, DMatrix<f32>)>, Error> {
    let mut nearest: Option<(f64, DMatrix<f32>)> = None;
    let mut distance = f64::INFINITY;
    // Too small a λ, and too large a one.
    let (mut low, mut high) = (None, None);
    for _ in 0..SEARCHES {
        let lambda = match (low, high) {
            (None, None) => FIRST,
            (Some(low), None) => 10.0 * low,
            (None, Some(high)) => 0.1 * high,
            (Some(low), Some(high)) => f64::sqrt(low * high),
        };
        let coding = coding(lambda, sign, SHORT)?;
        let learned = match &nearest {
            Some((_, atoms)) => coding.fit_from(atoms, x)?,
            None => coding.fit(n_atoms, x)?,
        };
        let found = evaluate_codes(&learned.filters, &learned.codes.codes, x, 0.0)?;
        let excess = excess(found.average_activation_fraction, fraction);
        *(if excess > 0.0 { &mut low } else { &mut high }) = Some(lambda);
        if excess.abs() < distance {
            (nearest, distance) = (Some((lambda, learned.filters)), excess.abs());
        }
        if distance < 0.2 * TOLERANCE {
            break;
        }
    }
    Ok(nearest)
}

fn coding(lambda: f64, sign: CodeSign, turns: usize) -> Result<SparseCoding, Error> {
    SparseCoding::builder(lambda)
        .sign(sign)
        .tolerance(1e-3)
        .iterations(turns)
        .threads(std::thread::available_parallelism().map_or(1, usize::from))
        .build()
}

/// By what share a fraction is above the wanted one.
fn excess(found: f64, wanted: f64) -> f64 {
    found / wanted - 1.0
}

fn name(sign: CodeSign) -> &'static str {
    if sign == CodeSign::Signed { "signed" } else { "non-negative" }
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
