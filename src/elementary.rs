//! e^{−x}, log(1 + x) and the normal distribution's tail in plain arithmetic, which the compiler
//! turns into vector instructions; calls into the system's mathematics library it cannot.

/// What the elementary functions need to know about a scalar type.
pub trait Elementary: Copy + 'static {
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
    /// Coefficients, lowest first, of p in e^{a²/2} Φ(−a) = p(a)/q(a) for a ≥ 0. They, and those of
    /// q, are made by `tests/data/activations/normal_tail_coefficients.py`.
    const TAIL_NUMERATOR: &'static [Self];
    /// Coefficients of q.
    const TAIL_DENOMINATOR: &'static [Self];

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
    const TAIL_NUMERATOR: &'static [Self] =
        &[0.5, 0.434_309_64, 0.180_049_5, 0.039_493_346, 0.003_929_421];
    const TAIL_DENOMINATOR: &'static [Self] =
        &[1.0, 1.666_503_9, 1.189_775_4, 0.461_008_4, 0.099_001_86, 0.009_849_476];

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
    const TAIL_NUMERATOR: &'static [Self] = &[
        0.5,
        0.753_572_462_222_791_4,
        0.563_233_824_555_580_1,
        0.267_360_872_704_630_5,
        0.087_855_928_973_445_77,
        0.020_621_606_339_262_13,
        0.003_453_603_482_749_784,
        0.000_398_782_784_278_889_64,
        2.896_666_998_940_77e-5,
        1.018_878_276_290_546_4e-6,
    ];
    const TAIL_DENOMINATOR: &'static [Self] = &[
        1.0,
        2.305_029_485_248_448_3,
        2.465_615_087_586_274,
        1.615_444_734_320_326_2,
        0.719_891_872_656_910_3,
        0.228_733_811_643_365_37,
        0.052_685_194_888_045_316,
        0.008_729_508_782_729_163,
        0.001_002_154_152_192_762,
        7.260_867_401_061_833e-5,
        2.553_949_095_791_641_8e-6,
    ];

    #[inline(always)]
    fn power_of_two(self) -> Self {
        Self::from_bits((self + Self::ROUNDER).to_bits().wrapping_add(1023) << 52)
    }
}
