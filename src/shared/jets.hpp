// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>

#include "shared/host_device.hpp"

/// Second-order Taylor arithmetic in two directions (Griewank & Walther, *Evaluating Derivatives*,
/// 2nd ed., ch. 13): a formula evaluated on jets gives its own first and second derivatives
/// exactly.
namespace convexscan::shared {

template <class Real>
struct Jet {
  Real v{};  ///< value
  Real x{};  ///< first derivatives
  Real y{};
  Real xx{};  ///< second derivatives
  Real xy{};
  Real yy{};

  CONVEXSCAN_HOST_DEVICE Jet() {}
  CONVEXSCAN_HOST_DEVICE Jet(Real value)
      : v(value) {}  // NOLINT: constants mix with jets in formulas
  CONVEXSCAN_HOST_DEVICE Jet(Real v_, Real x_, Real y_, Real xx_, Real xy_, Real yy_)
      : v(v_), x(x_), y(y_), xx(xx_), xy(xy_), yy(yy_) {}
};

/// g(a) from g, g' and g'' at a.v.
template <class Real>
CONVEXSCAN_HOST_DEVICE Jet<Real> chain(const Jet<Real>& a, Real g, Real dg, Real ddg) {
  return {g,
          dg * a.x,
          dg * a.y,
          dg * a.xx + ddg * a.x * a.x,
          dg * a.xy + ddg * a.x * a.y,
          dg * a.yy + ddg * a.y * a.y};
}

template <class Real>
CONVEXSCAN_HOST_DEVICE Jet<Real> operator+(const Jet<Real>& a, const Jet<Real>& b) {
  return {a.v + b.v, a.x + b.x, a.y + b.y, a.xx + b.xx, a.xy + b.xy, a.yy + b.yy};
}

template <class Real>
CONVEXSCAN_HOST_DEVICE Jet<Real> operator-(const Jet<Real>& a, const Jet<Real>& b) {
  return {a.v - b.v, a.x - b.x, a.y - b.y, a.xx - b.xx, a.xy - b.xy, a.yy - b.yy};
}

template <class Real>
CONVEXSCAN_HOST_DEVICE Jet<Real> operator*(const Jet<Real>& a, const Jet<Real>& b) {
  return {a.v * b.v,
          a.x * b.v + a.v * b.x,
          a.y * b.v + a.v * b.y,
          a.xx * b.v + Real(2) * a.x * b.x + a.v * b.xx,
          a.xy * b.v + a.x * b.y + a.y * b.x + a.v * b.xy,
          a.yy * b.v + Real(2) * a.y * b.y + a.v * b.yy};
}

template <class Real>
CONVEXSCAN_HOST_DEVICE Jet<Real> exp(const Jet<Real>& a) {
  using std::exp;
  const Real e = exp(a.v);
  return chain(a, e, e, e);
}

template <class Real>
CONVEXSCAN_HOST_DEVICE Jet<Real> log(const Jet<Real>& a) {
  using std::log;
  return chain(a, log(a.v), Real(1) / a.v, Real(-1) / (a.v * a.v));
}

template <class Real>
CONVEXSCAN_HOST_DEVICE Jet<Real> sqrt(const Jet<Real>& a) {
  using std::sqrt;
  const Real s = sqrt(a.v);
  return chain(a, s, Real(0.5) / s, Real(-0.25) / (s * a.v));
}

template <class Real>
CONVEXSCAN_HOST_DEVICE Jet<Real> sin(const Jet<Real>& a) {
  using std::cos;
  using std::sin;
  return chain(a, sin(a.v), cos(a.v), -sin(a.v));
}

/// The larger one; its derivatives with it, the second argument's where they are equal.
template <class Real>
CONVEXSCAN_HOST_DEVICE Jet<Real> max(const Jet<Real>& a, const Jet<Real>& b) {
  return a.v > b.v ? a : b;
}

}  // namespace convexscan::shared
