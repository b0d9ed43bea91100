// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <math.h>  // NOLINT: the C names
#include <bit>
#include <cstdint>

#include "shared/host_device.hpp"

/// exp, expm1, log, tanh and sigmoid without branches or tables, so that a loop over samples
/// becomes vector instructions on the CPU and does not diverge on the GPU. At most 2 ulp from the
/// true value (tests/elementary_test.cpp); NaN in gives NaN out.
///
/// Argument reduction x = n·ln 2 + r and the series of expm1 and atanh are textbook: Muller,
/// *Elementary Functions*, 3rd ed., ch. 5 and 11.
namespace convexscan::elementary {

// The C library's names, which compilers turn into one instruction: the wrappers of <cmath> are
// functions of their own and would be compiled for the oldest processor.
CONVEXSCAN_HOST_DEVICE double fused(double a, double b, double c) { return ::fma(a, b, c); }
CONVEXSCAN_HOST_DEVICE float fused(float a, float b, float c) { return ::fmaf(a, b, c); }
CONVEXSCAN_HOST_DEVICE double magnitude(double a) { return ::fabs(a); }
CONVEXSCAN_HOST_DEVICE float magnitude(float a) { return ::fabsf(a); }

template <class Real>
struct Constants;

template <>
struct Constants<double> {
  using Bits = std::uint64_t;  // unsigned: what NaN and infinity wrap to is thrown away
  static constexpr double shifter = 0x1.8p52;  // adding it rounds to a whole number in the low bits
  static constexpr double log2_e = 0x1.71547652b82fep+0;
  static constexpr double ln2_high = 0x1.62e42fefa3800p-1;
  static constexpr double ln2_low = 0x1.ef35793c76730p-45;
  static constexpr double half_ln2 = 0x1.62e42fefa39efp-2;
  static constexpr int mantissa_bits = 52;
  static constexpr Bits exponent_bias = 1023;
  static constexpr Bits sqrt_half = 0x3fe6a09e667f3bcd;
  static constexpr Bits whole = 0x4330000000000000;    // 2^52: its low bits read as a whole number
  static constexpr double exp_range = 1000.0;          // beyond it exp has long been 0 or infinity
  static constexpr double smallest_exponent = -708.0;  // below it exp is no normal number
  static constexpr double tanh_range = 20.0;           // beyond it tanh rounds to 1
};

template <>
struct Constants<float> {
  using Bits = std::uint32_t;
  static constexpr float shifter = 0x1.8p23F;
  static constexpr float log2_e = 0x1.715476p+0F;
  static constexpr float ln2_high = 0x1.62e400p-1F;
  static constexpr float ln2_low = 0x1.7f7d1cp-20F;
  static constexpr float half_ln2 = 0x1.62e430p-2F;
  static constexpr int mantissa_bits = 23;
  static constexpr Bits exponent_bias = 127;
  static constexpr Bits sqrt_half = 0x3f3504f3;
  static constexpr Bits whole = 0x4b000000;
  static constexpr float exp_range = 120.0F;
  static constexpr float smallest_exponent = -87.0F;
  static constexpr float tanh_range = 10.0F;
};

/// a ≥ 0 with the sign of b: copysign would clear a's first.
template <class Real>
CONVEXSCAN_HOST_DEVICE Real with_sign(Real a, Real b) {
  using Bits = typename Constants<Real>::Bits;
  constexpr Bits sign = std::bit_cast<Bits>(Real(-0.0));
  return std::bit_cast<Real>(std::bit_cast<Bits>(a) | (std::bit_cast<Bits>(b) & sign));
}

/// 2^n for a whole n in the range of normal numbers, given as n + shifter.
template <class Real>
CONVEXSCAN_HOST_DEVICE Real power_of_two(Real shifted) {
  using C = Constants<Real>;
  using Bits = typename C::Bits;
  const Bits n = std::bit_cast<Bits>(shifted) - std::bit_cast<Bits>(C::shifter);
  return std::bit_cast<Real>((n + C::exponent_bias) << C::mantissa_bits);
}

/// q in e^r = 1 + r + q·r², |r| ≤ ½·ln 2: the polynomial through eleven Chebyshev nodes, below
/// 0.01·2⁻⁵³ of e^r from the truth (float: the Taylor series).
CONVEXSCAN_HOST_DEVICE double exponential_tail(double r) {
  double q = 0x1.1f730a202ec17p-29;
  q = fused(q, r, 0x1.af4df5750ec30p-26);
  q = fused(q, r, 0x1.27e4db6121beep-22);
  q = fused(q, r, 0x1.71de022bd5558p-19);
  q = fused(q, r, 0x1.a01a01a6d9931p-16);
  q = fused(q, r, 0x1.a01a01abe9ce8p-13);
  q = fused(q, r, 0x1.6c16c16c162d2p-10);
  q = fused(q, r, 0x1.11111111100d8p-7);
  q = fused(q, r, 0x1.5555555555556p-5);
  q = fused(q, r, 0x1.5555555555557p-3);
  return fused(q, r, 0.5);
}

CONVEXSCAN_HOST_DEVICE float exponential_tail(float r) {
  float q = 1.0F / 5040.0F;
  q = fused(q, r, 1.0F / 720.0F);
  q = fused(q, r, 1.0F / 120.0F);
  q = fused(q, r, 1.0F / 24.0F);
  q = fused(q, r, 1.0F / 6.0F);
  return fused(q, r, 0.5F);
}

template <class Real>
CONVEXSCAN_HOST_DEVICE Real exp(Real x) {
  using C = Constants<Real>;
  x = x > C::exp_range ? C::exp_range : x;
  x = x < -C::exp_range ? -C::exp_range : x;
  const Real n = fused(x, C::log2_e, C::shifter) - C::shifter;
  const Real r = fused(n, -C::ln2_low, fused(n, -C::ln2_high, x));
  // 1 + r is rounded; what it loses is added with the tail.
  const Real head = Real(1) + r;
  const Real m = head + fused(exponential_tail(r) * r, r, (Real(1) - head) + r);
  // 2^n in two factors, so that results in the subnormal range are reached through normal ones.
  const Real half = fused(n, Real(0.5), C::shifter);
  const Real rest = (n - (half - C::shifter)) + C::shifter;
  return m * power_of_two(half) * power_of_two(rest);
}

/// e^x for x ≤ 0, where nothing overflows; 0 where the result would be subnormal.
template <class Real>
CONVEXSCAN_HOST_DEVICE Real exp_of_negative(Real x) {
  using C = Constants<Real>;
  const Real shifted = fused(x, C::log2_e, C::shifter);
  const Real n = shifted - C::shifter;
  const Real r = fused(n, -C::ln2_low, fused(n, -C::ln2_high, x));
  const Real head = Real(1) + r;
  const Real m = head + fused(exponential_tail(r) * r, r, (Real(1) - head) + r);
  return x < C::smallest_exponent ? Real(0) : m * power_of_two(shifted);
}

/// e^x − 1 for −700 ≤ x ≤ 700 (float: ±80).
template <class Real>
CONVEXSCAN_HOST_DEVICE Real expm1(Real x) {
  using C = Constants<Real>;
  const Real shifted = fused(x, C::log2_e, C::shifter);
  const Real n = shifted - C::shifter;
  const Real coarse = fused(n, -C::ln2_high, x);
  const Real r = fused(n, -C::ln2_low, coarse);
  const Real scale = power_of_two(shifted);
  // 2ⁿ(1 + r + q·r²) − 1, with what r and the leading sum lose to rounding added at the end.
  const Real head = fused(scale, r, scale - Real(1));
  const Real lost = fused(scale, r, (scale - Real(1)) - head);
  const Real lost_r = fused(n, -C::ln2_low, coarse - r);
  return head + fused(scale, fused(exponential_tail(r) * r, r, lost_r), lost);
}

template <class Real>
struct Fraction {
  Real numerator;
  Real denominator;
};

/// tanh r = r·P(r²)/Q(r²), |r| ≤ ½·ln 2: the fraction that is tanh at r = 0 and at five Chebyshev
/// nodes of r², below 0.06·2⁻⁵³ of tanh r from the truth (float: three nodes, 0.02·2⁻²⁴). It is
/// scaled to P(0) = Q(0) just below a power of two, where rounding is smallest.
CONVEXSCAN_HOST_DEVICE Fraction<double> tanh_fraction(double r) {
  constexpr double at_zero = 0x1.ef7f518cf2969p+8;
  const double s = r * r;
  double q = 0x1.85aa41fff9b15p-5;
  q = fused(q, s, 0x1.402d411ac09ecp+3);
  q = fused(q, s, 0x1.c26e570c2c665p+7);
  return {fused(r, at_zero, r * s * (s + 0x1.e065d80e2ab28p+5)), fused(q, s, at_zero)};
}

CONVEXSCAN_HOST_DEVICE Fraction<float> tanh_fraction(float r) {
  constexpr float at_zero = 0x1.e66666p+0F;
  const float s = r * r;
  const float q = fused(0x1.279f84p-6F, s, 0x1.a0d59cp-1F);
  return {fused(r, at_zero, r * s * 0x1.724562p-3F), fused(q, s, at_zero)};
}

/// What is left of an argument of tanh: |x| = n·½·ln 2 + r and b = ½(2ⁿ − 1).
template <class Real>
struct ReducedTanh {
  Real r;
  Real b;
};

/// n is rounded down (a hair less than ½ is taken off: the smallest |x| must not be a tie). What
/// n·½·ln 2 is wrong by, n·2⁻⁵⁶, is below 0.2 ulp of tanh, which is flat where n is large.
template <class Real>
CONVEXSCAN_HOST_DEVICE ReducedTanh<Real> reduce_tanh(Real x) {
  using C = Constants<Real>;
  using Bits = typename C::Bits;
  // With the bias inside, the low bits of n + shifter are those of the exponent of ½·2ⁿ.
  constexpr Real shifter = C::shifter + static_cast<Real>(C::exponent_bias - 1);
  Real a = magnitude(x);
  a = C::tanh_range < a ? C::tanh_range : a;
  const Real shifted = fused(a, 2 * C::log2_e, Real(-0.5 + 0x1p-12)) + shifter;
  const Real n = shifted - shifter;
  const Real half_power = std::bit_cast<Real>(std::bit_cast<Bits>(shifted) << C::mantissa_bits);
  return {fused(n, -C::half_ln2, a), half_power - Real(0.5)};
}

/// With tanh r = t/q,
///   tanh |x| = (2ⁿ(q + t) − (q − t))/(2ⁿ(q + t) + (q − t)) = (b·(q + t) + t)/(b·(q + t) + q),
/// sums of terms that do not cancel. The denominator is the numerator and q − t but for n = 0, so
/// that they round alike.
template <class Real>
CONVEXSCAN_HOST_DEVICE Real tanh_of(ReducedTanh<Real> reduced, Real x) {
  const auto [t, q] = tanh_fraction(reduced.r);
  const Real numerator = fused(reduced.b, q, fused(reduced.b, t, t));
  const Real sum = numerator + (q - t);
  return with_sign(numerator / (reduced.b == Real(0) ? q : sum), x);
}

template <class Real>
CONVEXSCAN_HOST_DEVICE Real tanh(Real x) {
  return tanh_of(reduce_tanh(x), x);
}

/// tanh(a + d) = (tanh a + tanh d)/(1 + tanh a·tanh d) from tanh a, |d| ≤ ½·ln 2.
template <class Real>
CONVEXSCAN_HOST_DEVICE Fraction<Real> tanh_beside(Real tanh_a, Real d) {
  const auto [t, q] = tanh_fraction(d);
  return {fused(tanh_a, q, t), fused(tanh_a, t, q)};
}

template <class Real>
CONVEXSCAN_HOST_DEVICE Real sigmoid(Real x) {
  const Real e = elementary::exp_of_negative(-magnitude(x));
  const Real sum = Real(1) + e;
  const Real lost = e - (sum - Real(1));
  const bool negative = x < Real(0);
  const Real q = (negative ? e : Real(1)) / sum;
  return fused(-q * lost, negative ? Real(1) - q : q, q);  // the factor is 1/(1 + e)
}

/// Natural logarithm of a normal positive number.
template <class Real>
CONVEXSCAN_HOST_DEVICE Real log(Real x) {
  using C = Constants<Real>;
  using Bits = typename C::Bits;
  // x = 2^k·m with m in [√½, √2); k is found biased, as a non-negative whole number.
  constexpr Bits bias = C::exponent_bias + 1;
  const Bits bits = std::bit_cast<Bits>(x);
  const Bits k = (bits - C::sqrt_half + (bias << C::mantissa_bits)) >> C::mantissa_bits;
  const Real m = std::bit_cast<Real>(bits - ((k - bias) << C::mantissa_bits));
  const Real exponent =
      std::bit_cast<Real>(k | C::whole) - std::bit_cast<Real>(C::whole) - static_cast<Real>(bias);
  // log(1 + f) = f − f²/2 + s·(f²/2 + R), s = f/(2 + f), from the series of 2·atanh(s).
  const Real f = m - Real(1);
  const Real s = f / (Real(2) + f);
  const Real s2 = s * s;
  Real series = Real(2.0 / 21.0);
  series = fused(series, s2, Real(2.0 / 19.0));
  series = fused(series, s2, Real(2.0 / 17.0));
  series = fused(series, s2, Real(2.0 / 15.0));
  series = fused(series, s2, Real(2.0 / 13.0));
  series = fused(series, s2, Real(2.0 / 11.0));
  series = fused(series, s2, Real(2.0 / 9.0));
  series = fused(series, s2, Real(2.0 / 7.0));
  series = fused(series, s2, Real(2.0 / 5.0));
  series = fused(series, s2, Real(2.0 / 3.0));
  series *= s2;
  const Real half_square = Real(0.5) * f * f;
  const Real low = fused(exponent, C::ln2_low, s * (half_square + series));
  const Real result = fused(exponent, C::ln2_high, f - (half_square - low));
  return x - x == Real(0) ? result : x;  // infinity and NaN pass through
}

/// log(1 + x) for 0 ≤ x ≤ 1.
template <class Real>
CONVEXSCAN_HOST_DEVICE Real log1p(Real x) {
  const Real u = Real(1) + x;
  return elementary::log(u) + (x - (u - Real(1))) / u;
}

}  // namespace convexscan::elementary
