//! The dictionary for given codes: atoms that are drawn, moved and replaced.

use super::lasso::Solved;
use crate::error::{Error, finite_results};
use crate::kernels::{add, add_scaled, dot, scale};
use crate::matmul::Operand;
use crate::memory::{zero_matrix, zeros};
use crate::random::{Purpose, Random};
use crate::samples::Samples;
use crate::scalar::Real;
use crate::team::{Team, chunks};
use nalgebra::DMatrix;

/// Atoms whose sums are computed at a time.
const ATOMS: usize = 64;
/// Passes over the atoms in a turn; more lower the objective by less than they cost.
const SWEEPS: usize = 2;

/// Different samples in random order, scaled to length 1; random directions where there are no more.
pub(super) fn initial<T: Real>(
    n_atoms: usize,
    samples: &Samples<'_, T>,
    seed: u64,
) -> Result<DMatrix<T>, Error> {
    let mut filters = zero_matrix("dictionary", samples.n_inputs(), n_atoms)?;
    let mut order: Vec<usize> = (0..samples.n_samples()).collect();
    Random::stream(seed, Purpose::Atoms, 0, 0, 0).shuffle(&mut order);
    let mut order = order.into_iter();
    for (index, atom) in filters.as_mut_slice().chunks_exact_mut(samples.n_inputs()).enumerate() {
        if order.any(|sample| set_direction(atom, samples.sample(sample))) {
            continue;
        }
        let mut random = Random::stream(seed, Purpose::Atoms, 0, 1, index);
        let mut direction = atom.to_vec();
        random.fill_with_standard_normal(&mut direction);
        // A draw of zeros alone has no direction.
        while !set_direction(atom, &direction) {
            random.fill_with_standard_normal(&mut direction);
        }
    }
    Ok(filters)
}

/// Makes the atom a vector of length 1 in the direction of another; not if that is 0.
fn set_direction<T: Real>(atom: &mut [T], direction: &[T]) -> bool {
    let largest = direction.iter().fold(T::zero(), |largest, value| largest.max(value.abs()));
    if largest.is_zero() {
        return false;
    }
    // So that squares neither overflow nor vanish.
    for (atom, value) in atom.iter_mut().zip(direction) {
        *atom = *value / largest;
    }
    let length = dot(atom, atom).sqrt();
    atom.iter_mut().for_each(|value| *value /= length);
    true
}

/// Scales atoms that are longer than 1 to length 1.
pub(super) fn shorten<T: Real>(filters: &mut DMatrix<T>) {
    let n_inputs = filters.nrows();
    for atom in filters.as_mut_slice().chunks_exact_mut(n_inputs) {
        // Also where the square overflows.
        if dot(atom, atom) > T::one() {
            let direction = atom.to_vec();
            set_direction(atom, &direction);
        }
    }
}

/// Moves the atoms so that E‖x − Wᵀh‖² falls with ‖W_j‖ ≤ 1, by block coordinate descent
/// (Mairal et al. 2009, algorithm 2):
///
/// ```text
/// u = W_j + (B_j − Wᵀ A_j) / A_jj,  W_j ← u / max(‖u‖, 1),  A = Σ h hᵀ,  B = Σ x hᵀ
/// ```
/// which is the best W_j for the other atoms. An atom that no sample uses becomes the direction of
/// a sample that is reconstructed badly, the worst first, if there are samples other than 0. Gives
/// the number of such atoms.
pub(super) fn update<T: Real>(
    team: &mut Team,
    filters: &mut DMatrix<T>,
    samples: &Samples<'_, T>,
    codes: &[T],
    solved: &[Solved],
) -> Result<usize, Error> {
    let (n, m) = filters.shape();
    let x = Operand::new(samples.as_slice(), n, samples.n_samples());
    let h = Operand::new(codes, m, samples.n_samples());
    let a = products(team, "sums of products of codes", h, m, h, m)?;
    let b = products(team, "sums of products of samples and codes", x, n, h, m)?;
    let mut target = zeros("atom", n, 1)?;
    for _ in 0..SWEEPS {
        for unit in 0..m {
            let sums = &a[unit * m..][..m];
            if sums[unit] < T::MIN_POSITIVE {
                continue;
            }
            let all = Operand::new(filters.as_slice(), n, m);
            T::product(&mut target, false, -T::one(), all, Operand::new(sums, m, 1));
            add(&mut target, &b[unit * n..][..n]);
            scale(&mut target, T::one() / sums[unit]);
            let atom = &mut filters.as_mut_slice()[unit * n..][..n];
            add_scaled(&mut target, T::one(), atom);
            let length = dot(&target, &target).sqrt();
            if length.is_finite() {
                scale(&mut target, T::one() / length.max(T::one()));
                atom.copy_from_slice(&target);
            }
        }
    }
    let unused: Vec<usize> = (0..m).filter(|unit| a[unit * m + unit].is_zero()).collect();
    Ok(redraw(filters, samples, solved, &unused))
}

/// `left` · `codes`ᵀ, so many rows × m; threads share the columns.
fn products<T: Real>(
    team: &mut Team,
    what: &'static str,
    left: Operand<'_, T>,
    rows: usize,
    codes: Operand<'_, T>,
    n_atoms: usize,
) -> Result<Vec<T>, Error> {
    let mut out = zeros(what, rows, n_atoms)?;
    team.for_each(chunks(&mut out, rows * ATOMS), |piece, out| {
        let first = piece * ATOMS;
        let atoms = codes.rows(first..first + out.len() / rows);
        T::product(out, false, T::one(), left, atoms.transpose());
    });
    finite_results(what, &out, |at| Some(at / rows))?;
    Ok(out)
}

/// Makes the unused atoms samples that are reconstructed badly, and gives their number.
fn redraw<T: Real>(
    filters: &mut DMatrix<T>,
    samples: &Samples<'_, T>,
    solved: &[Solved],
    unused: &[usize],
) -> usize {
    if unused.is_empty() {
        return 0;
    }
    let n = samples.n_inputs();
    let mut order: Vec<usize> = (0..samples.n_samples()).collect();
    order.sort_by(|&i, &j| solved[j].squared_error.total_cmp(&solved[i].squared_error));
    let mut order = order.into_iter();
    let redrawn = unused.iter().filter(|unit| {
        let atom = &mut filters.as_mut_slice()[*unit * n..][..n];
        order.any(|sample| set_direction(atom, samples.sample(sample)))
    });
    redrawn.count()
}
