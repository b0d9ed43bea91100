// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cuda_runtime_api.h>

#include "convexscan/activation.hpp"
#include "kernels/losses.hpp"
#include "shared/dropout.hpp"
#include "shared/rounding.hpp"

/// The factors of the Hessian of the loss, sample by sample, with a bound on the rounding error of
/// each: src/cpu/sample_factors.hpp says what they are, docs/error-bounds.md how they are bounded.
///
/// One thread carries one sample, or one tangent of one sample, through all layers: neighbouring
/// threads read neighbouring samples of a factor and the same weight.
namespace convexscan::kernels {

struct FactorLayer {
  std::int64_t inputs;
  std::int64_t outputs;
  std::int64_t weight;  ///< offset of W in the parameters
  std::int64_t bias;    ///< offset of b, or −1
  Activation activation;
  double slope;
  int skip_before;
  int skip_after;
  shared::ActivationErrors errors;
  std::int64_t node;     ///< row of the layer's output among all nodes' rows
  std::int64_t input;    ///< row of its input
  std::int64_t tangent;  ///< first tangent of its first neuron, counted for the most tangents
  shared::DropoutMask<double> mask;
};

/// What is kept of every neuron of every sample; the names are those of src/cpu/sample_factors.hpp.
enum class Factor {
  value,
  value_error,
  adjoint,
  adjoint_error,
  slope,
  slope_error,
  bend,
  bend_error,
  g,
  g_error,
  z_error,
  row_norm,
  row_error,
  z_norm,
  tangent_error,
  s_norm,
  s_error,
  q_norm,
  q_error,
  second,
  second_error,
  count,
};

enum class Tangent { a, z, s, q, count };

/// Rows of factors are `columns` samples long; a layer's or node's rows follow each other.
struct FactorTask {
  const FactorLayer* layers = nullptr;  ///< (depth), in device memory
  int depth = 0;
  const std::int64_t* nodes = nullptr;  ///< (depth + 1): first row of each node
  std::int64_t rows = 0;                ///< of all nodes, a row of ones behind each included
  std::int64_t tangent_rows = 0;
  double* factors = nullptr;          ///< (points, Factor::count, rows, columns)
  double* tangents = nullptr;         ///< (points, Tangent::count, tangent_rows, columns)
  double* sample_errors = nullptr;    ///< (points, depth, columns)
  const double* theta = nullptr;      ///< (points, parameters)
  const double* magnitude = nullptr;  ///< (points, parameters): |origin| + Σ|c_j||direction_j|
  std::int64_t parameters = 0;
  Affine<double> z0;            ///< first layer's pre-activations (outputs, z0_stride)
  Affine<double> z0_magnitude;  ///< the same from absolute values
  std::int64_t z0_stride = 0;
  const double* inputs = nullptr;  ///< (features, z0_stride)
  Targets<double> targets;
  Coordinates coordinates;
  Coordinates magnitudes;  ///< |coordinates|
  std::int64_t points = 0;
  std::int64_t start = 0;    ///< first sample
  std::int64_t columns = 0;  ///< samples, padded
  int roundings = 0;         ///< of a product with a weight, besides its sum's
};

/// Everything that does not depend on a layer's tangents; columns of samples that do not exist are
/// zero.
void primal_factors(const FactorTask& task, cudaStream_t stream);

/// A and S of layer l for its neurons first … first + tangents − 1.
void tangent_factors(const FactorTask& task, int l, std::int64_t first, std::int64_t tangents,
                     cudaStream_t stream);

/// The columns [begin, end) of ā = [a; 1] that a layer has in the matrix; none where begin = end.
struct FactorColumns {
  std::int64_t begin;
  std::int64_t end;
};

/// contacts[p] += how many pre-activations of these samples lie on a kink of their activation, as
/// far as their rounding error can tell, and move with the parameters of columns (depth); see
/// src/cpu/kink_contacts.hpp. primal_factors has run; rows of the tangents' norms are overwritten.
void add_kink_contacts(const FactorTask& task, const FactorColumns* columns, double* contacts,
                       cudaStream_t stream);

/// errors[p · stride + (m − l)] += the bound on the Frobenius norm of the error that these samples
/// add to block (m, l); columns (depth) in device memory, product_gamma bounds the sums over
/// samples.
void add_block_errors(const FactorTask& task, const FactorColumns* columns, int l,
                      std::int64_t first, std::int64_t tangents, double product_gamma,
                      double* errors, std::int64_t stride, cudaStream_t stream);

/// The curvature vᵀ∇²ℓ v of the summed loss along directions v: values and errors (points) get the
/// share of these samples added. direction and reach = |v| are parameters, stride apart from point
/// to point (0: the same for all); direction_roundings those of V's entries, as task.roundings.
/// partial (points, columns, 3) is scratch.
struct DirectionTask {
  const double* direction = nullptr;
  const double* reach = nullptr;
  std::int64_t stride = 0;
  int roundings = 0;
  double* partial = nullptr;
  double* values = nullptr;
  double* errors = nullptr;
  double sum_roundings = 0.0;  ///< γ of the sums over samples and over blocks of samples
};
/// Additions that a sample's share goes through there.
int sum_depth(std::int64_t columns);
void add_directional_curvature(const FactorTask& task, const DirectionTask& direction,
                               cudaStream_t stream);

/// norms (points, depth): of the weights' magnitudes, in the Frobenius norm.
void weight_norms(const FactorTask& task, double* norms, cudaStream_t stream);

/// errors[p] += a bound on the norm of the error that these samples add to a Hessian-vector product
/// with a unit vector (src/cpu/product_error.hpp), gamma being that of the sum over all samples.
/// primal_factors has run; rows of the tangents' norms are overwritten.
void add_product_errors(const FactorTask& task, const double* norms, double gamma, double* errors,
                        cudaStream_t stream);

/// Vectors in a subset (count) of the parameters as directions in all of them: directions and their
/// absolute values magnitudes (points, parameters), squares (points) of their lengths.
struct ScatterTask {
  const double* vectors = nullptr;
  std::int64_t stride = 0;  ///< from point to point
  const std::int64_t* subset = nullptr;
  std::int64_t count = 0;
  std::int64_t parameters = 0;
  double* directions = nullptr;
  double* magnitudes = nullptr;
  double* squares = nullptr;
};
void scatter_directions(const ScatterTask& task, std::int64_t points, cudaStream_t stream);

}  // namespace convexscan::kernels
