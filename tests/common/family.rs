//! Random activations with known properties: sums of simple pieces, so that a corollary is tested
//! on functions that nobody listed.

use proptest::prelude::*;
use regularized_autoencoder::{
    Activation, ActivationMetadata, Interval, Kink, Properties, Real, Sign, Threshold,
};

/// s(a) = sign · (c + αa + Σ_k w_k piece_k(a − t_k)) with w_k > 0.
#[derive(Clone, Debug)]
pub struct Family {
    /// 1, or −1 for functions that are concave or fall.
    pub sign: f64,
    /// c.
    pub offset: f64,
    /// α ≥ 0.
    pub slope: f64,
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug)]
pub struct Piece {
    pub kind: Kind,
    /// w_k.
    pub weight: f64,
    /// t_k.
    pub at: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// max(0, u): convex, kink of order 1.
    Ramp,
    /// max(0, u)²/2: convex, kink of order 2.
    Parabola,
    /// log(1 + e^u): strictly convex.
    Softplus,
    /// 1/(1 + e^{−u}): increasing, not convex.
    Sigmoid,
}

impl Kind {
    /// Value and three derivatives at u.
    fn jet(self, u: f64) -> [f64; 4] {
        let on = if u > 0.0 { 1.0 } else { 0.0 };
        let s = 1.0 / (1.0 + (-u).exp());
        let (first, mirrored) = (s * (1.0 / (1.0 + u.exp())), 1.0 / (1.0 + u.exp()));
        let second = first * (mirrored - s);
        let third = first * (1.0 - 6.0 * first);
        match self {
            Self::Ramp => [on * u, on, 0.0, 0.0],
            Self::Parabola => [0.5 * on * u * u, on * u, on, 0.0],
            Self::Softplus => [u.max(0.0) + (-u.abs()).exp().ln_1p(), s, first, second],
            Self::Sigmoid => [s, first, second, third],
        }
    }
}

impl Family {
    fn jet(&self, a: f64) -> [f64; 4] {
        let mut sum = [self.offset + self.slope * a, self.slope, 0.0, 0.0];
        for piece in &self.pieces {
            let jet = piece.kind.jet(a - piece.at);
            sum.iter_mut().zip(jet).for_each(|(sum, part)| *sum += piece.weight * part);
        }
        sum.map(|value| self.sign * value)
    }

    fn has(&self, kind: Kind) -> bool {
        self.pieces.iter().any(|piece| piece.kind == kind)
    }

    fn weights(&self, kinds: &[Kind]) -> f64 {
        let of_kinds = self.pieces.iter().filter(|piece| kinds.contains(&piece.kind));
        of_kinds.map(|piece| piece.weight).sum()
    }

    /// sup{a : s ≤ δ_min up to a} by bisection, from below; s is increasing where this is asked.
    fn threshold(&self, code: f64) -> Option<f64> {
        let (mut low, mut high) = (-50.0, 50.0);
        if self.jet(low)[0] > code || self.jet(high)[0] <= code {
            return None;
        }
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if self.jet(middle)[0] <= code { low = middle } else { high = middle }
        }
        Some(low)
    }
}

impl ActivationMetadata for Family {
    fn properties(&self) -> Properties {
        let bounded =
            self.slope == 0.0 && self.weights(&[Kind::Ramp, Kind::Parabola, Kind::Softplus]) == 0.0;
        let low = if self.slope == 0.0 { self.offset } else { f64::NEG_INFINITY };
        let high =
            if bounded { self.offset + self.weights(&[Kind::Sigmoid]) } else { f64::INFINITY };
        let rising = self.slope > 0.0 || self.has(Kind::Softplus) || self.has(Kind::Sigmoid);
        let steepest = if self.has(Kind::Parabola) {
            f64::INFINITY
        } else {
            self.slope
                + self.weights(&[Kind::Ramp, Kind::Softplus])
                + 0.25 * self.weights(&[Kind::Sigmoid])
        };
        let curvature = if self.has(Kind::Sigmoid) {
            Sign::Indefinite
        } else if self.has(Kind::Softplus) {
            Sign::Positive
        } else if self.has(Kind::Parabola) {
            Sign::NonNegative
        } else {
            Sign::Zero
        };
        let kinks = self.pieces.iter().filter_map(|piece| match piece.kind {
            Kind::Ramp => Some(Kink { at: piece.at, order: 1 }),
            Kind::Parabola => Some(Kink { at: piece.at, order: 2 }),
            _ => None,
        });
        let hard_zeros =
            low == 0.0 && !rising && self.pieces.iter().all(|piece| piece.weight > 0.0);
        let code = if hard_zeros { 0.0 } else { Properties::SOFT_THRESHOLD };
        let slope = if rising { Sign::Positive } else { Sign::NonNegative };
        let kinks = kinks.collect();
        if self.sign > 0.0 {
            return Properties {
                slope,
                curvature,
                convex: curvature.is_non_negative(),
                range: Interval::new(low, high),
                derivative_range: Interval::new(self.slope, steepest),
                limit_at_negative_infinity: Some(low),
                hard_zeros,
                kinks,
                threshold: Threshold { code, pre_activation: self.threshold(code) },
            };
        }
        // −s falls, and nothing but bounds and the vanishing curvature is known of it.
        Properties {
            curvature: if curvature == Sign::Zero { Sign::Zero } else { Sign::Indefinite },
            range: Interval::new(-high, -low),
            derivative_range: Interval::new(-steepest, -self.slope),
            limit_at_negative_infinity: Some(-low),
            kinks,
            ..Properties::unknown()
        }
    }
}

impl<T: Real> Activation<T> for Family {
    fn value(&self, a: T) -> T {
        T::of(if a.is_nan() { f64::NAN } else { self.jet(a.as_f64())[0] })
    }
    fn derivative(&self, a: T) -> T {
        T::of(self.jet(a.as_f64())[1])
    }
    fn second_derivative(&self, a: T) -> T {
        T::of(self.jet(a.as_f64())[2])
    }
    fn third_derivative(&self, a: T) -> T {
        T::of(self.jet(a.as_f64())[3])
    }
}

fn piece(kinds: &'static [Kind]) -> impl Strategy<Value = Piece> {
    (prop::sample::select(kinds), 0.1..2.0, -2.0..2.0).prop_map(|(kind, weight, at)| Piece {
        kind,
        weight,
        at,
    })
}

fn family(kinds: &'static [Kind]) -> impl Strategy<Value = Family> {
    let zero_or = |values| prop_oneof![Just(0.0), values];
    (prop::collection::vec(piece(kinds), 1..4), zero_or(0.05..1.0), zero_or(-0.5..0.5))
        .prop_map(|(pieces, slope, offset)| Family { sign: 1.0, offset, slope, pieces })
}

/// Convex, non-decreasing, piecewise smooth.
pub fn convex() -> impl Strategy<Value = Family> {
    family(&[Kind::Ramp, Kind::Parabola, Kind::Softplus])
}

/// Piecewise linear, convex, non-decreasing.
pub fn piecewise_linear() -> impl Strategy<Value = Family> {
    family(&[Kind::Ramp])
}

/// Non-decreasing.
pub fn increasing() -> impl Strategy<Value = Family> {
    family(&[Kind::Ramp, Kind::Parabola, Kind::Softplus, Kind::Sigmoid])
}
