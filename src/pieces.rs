//! The codes of many samples, a piece at a time, so that no m × N array exists.

use crate::activation::Activation;
use crate::error::Error;
use crate::inference::{CHUNK, Encoder, encode_piece, team};
use crate::memory::zeros;
use crate::samples::Samples;
use crate::scalar::Real;
use crate::team::items;

/// The memory in which a piece is encoded, and what is made of its codes.
struct Piece<T, W> {
    pre_activations: Vec<T>,
    codes: Vec<T>,
    work: W,
}

/// Encodes samples in pieces of [`CHUNK`], as [`encode`](crate::inference::encode) does.
///
/// `take` sees the codes of a piece (m × at most [`CHUNK`]), on any thread and in any order; `keep`
/// sees them afterwards, in the order of the samples, with what `take` has left behind in what
/// `new` made.
pub(crate) fn encode_in_pieces<T: Real, W: Send>(
    encoder: Encoder<'_, T>,
    activation: &dyn Activation<T>,
    samples: &Samples<'_, T>,
    threads: usize,
    new: impl Fn() -> Result<W, Error>,
    take: impl Fn(&mut W, &[T]) -> Result<(), Error> + Sync,
    mut keep: impl FnMut(&mut W, &[T]) -> Result<(), Error>,
) -> Result<(), Error> {
    let (n_features, n_hidden) = (encoder.n_features(), encoder.filters.ncols());
    let mut team = team(threads, samples.n_samples())?;
    let size = CHUNK.min(samples.n_samples());
    let mut pieces = Vec::new();
    for _ in 0..team.threads() {
        pieces.push(Piece {
            pre_activations: zeros("pre-activations", n_hidden, size)?,
            codes: zeros("codes", n_hidden, size)?,
            work: new()?,
        });
    }
    let mut chunks = samples.chunks(CHUNK);
    let mut first = 0;
    while chunks.len() > 0 {
        let now: Vec<_> = chunks.by_ref().take(pieces.len()).collect();
        let length = |samples: &[T]| samples.len() / n_features * n_hidden;
        team.try_for_each(items(&mut pieces[..now.len()]), |number, piece| {
            let length = length(now[number]);
            let a = &mut piece.pre_activations[..length];
            let h = &mut piece.codes[..length];
            let samples = encoder.scaled(now[number], first + number * CHUNK)?;
            encode_piece(encoder, activation, &samples, a, h)?;
            take(&mut piece.work, h)
        })?;
        for (piece, samples) in pieces.iter_mut().zip(&now) {
            keep(&mut piece.work, &piece.codes[..length(samples)])?;
        }
        first += now.len() * CHUNK;
    }
    Ok(())
}
