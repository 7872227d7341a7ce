//! The scalar type of a model: `f32` or `f64`.

use crate::elementary::Elementary;
use crate::matmul::Product;
use nalgebra::RealField;
use num_traits::{FromPrimitive, ToPrimitive};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// The scalar type in which a model computes: `f32` or `f64`, and no other.
///
/// Elementary functions come from [`nalgebra::RealField`]. Hyper-parameters are `f64` throughout
/// the crate, so that `0.1 * Contractive::new()` serves models of either precision.
///
/// ```
/// use regularized_autoencoder::Real;
/// fn half<T: Real>() -> T { T::of(0.5) }
/// assert_eq!(half::<f32>(), 0.5);
/// assert_eq!(half::<f64>().as_f64(), 0.5);
/// ```
pub trait Real:
    RealField + Copy + FromPrimitive + ToPrimitive + Product + Elementary + sealed::Sealed
{
    /// The distance from 1 to the next larger number.
    const EPSILON: Self;
    /// The smallest positive number that is stored with full precision.
    const MIN_POSITIVE: Self;
    /// Not a number.
    const NAN: Self;

    /// The number nearest to `value`.
    fn of(value: f64) -> Self;
    /// This number, exactly.
    fn as_f64(self) -> f64;
    /// Whether this is NaN.
    fn is_nan(self) -> bool;
}

macro_rules! real {
    ($t:ident) => {
        impl Real for $t {
            const EPSILON: Self = $t::EPSILON;
            const MIN_POSITIVE: Self = $t::MIN_POSITIVE;
            const NAN: Self = $t::NAN;

            #[inline]
            fn of(value: f64) -> Self {
                value as Self
            }

            #[inline]
            fn as_f64(self) -> f64 {
                f64::from(self)
            }

            #[inline]
            fn is_nan(self) -> bool {
                $t::is_nan(self)
            }
        }
    };
}
real!(f32);
real!(f64);

/// Calls the generic function `$body` by way of one of two functions that are *not* generic, one
/// for `f32` and one for `f64`.
///
/// A generic function is compiled in the crate that calls it, with that crate's optimisation:
/// in a debug build of a user's crate, the training would run unoptimised. What is heavy is
/// therefore called through here, so that it is compiled in this crate.
///
/// ```text
/// compiled!(T, run_in(workspace: &mut Workspace<T>, pass: &Pass<'_, T>) -> f64)
/// ```
/// calls `run_in::<T>(workspace, pass)`.
macro_rules! compiled {
    ($T:ident, $body:ident($($name:ident: $type:ty),* $(,)?) -> $result:ty) => {{
        type Wanted<$T> = fn($($type),*) -> $result;
        let single: Wanted<f32> = {
            type $T = f32;
            #[inline(never)]
            fn concrete($($name: $type),*) -> $result {
                $body($($name),*)
            }
            concrete
        };
        let double: Wanted<f64> = {
            type $T = f64;
            #[inline(never)]
            fn concrete($($name: $type),*) -> $result {
                $body($($name),*)
            }
            concrete
        };
        $crate::scalar::choose::<Wanted<$T>>(&single, &double)($($name),*)
    }};
}
pub(crate) use compiled;

/// Whichever of the two functions has the type `F`.
pub(crate) fn choose<F: Copy + 'static>(
    single: &dyn std::any::Any,
    double: &dyn std::any::Any,
) -> F {
    *single
        .downcast_ref::<F>()
        .or_else(|| double.downcast_ref::<F>())
        .expect("`Real` is sealed: the scalar is f32 or f64")
}
