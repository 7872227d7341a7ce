//! e^{−x} and log(1 + x) in plain arithmetic, which the compiler turns into vector instructions;
//! calls into the system's mathematics library it cannot.

/// What the elementary functions need to know about a scalar type.
pub trait Elementary: Copy {
    /// Adding and subtracting it rounds to the nearest integer: 1.5 · 2^(digits − 1).
    const ROUNDER: Self;
    /// log 2, with so few digits that its product with an exponent is exact.
    const LN_2_HIGH: Self;
    /// The rest of log 2.
    const LN_2_LOW: Self;
    /// e^{−x} is 0 from here on.
    const LARGEST_DECAY: Self;
    /// Degree of the Taylor polynomial of e^r for |r| ≤ log(2)/2.
    const EXP_DEGREE: usize;
    /// Terms of the series of the inverse hyperbolic tangent up to 1/3.
    const ATANH_TERMS: usize;

    /// 2^n for an integer n within the exponent's range.
    fn power_of_two(self) -> Self;
}

impl Elementary for f32 {
    const ROUNDER: Self = 12_582_912.0;
    const LN_2_HIGH: Self = 0.693_359_4;
    const LN_2_LOW: Self = -2.121_944_4e-4;
    const LARGEST_DECAY: Self = 104.0;
    const EXP_DEGREE: usize = 7;
    const ATANH_TERMS: usize = 8;

    #[inline(always)]
    fn power_of_two(self) -> Self {
        // The lowest bits of the sum hold n.
        Self::from_bits((self + Self::ROUNDER).to_bits().wrapping_add(127) << 23)
    }
}

impl Elementary for f64 {
    const ROUNDER: Self = 6_755_399_441_055_744.0;
    const LN_2_HIGH: Self = 6.931_471_803_691_238e-1;
    const LN_2_LOW: Self = 1.908_214_929_270_587_7e-10;
    const LARGEST_DECAY: Self = 746.0;
    const EXP_DEGREE: usize = 13;
    const ATANH_TERMS: usize = 17;

    #[inline(always)]
    fn power_of_two(self) -> Self {
        Self::from_bits((self + Self::ROUNDER).to_bits().wrapping_add(1023) << 52)
    }
}
