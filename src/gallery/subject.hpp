// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convexscan/objective.hpp"

namespace convexscan {

/// An objective and a point of its parameter space, with the options that name them on the command
/// line.
struct Subject {
  Objective objective;
  std::vector<double> theta;  ///< (parameters)
  std::string model_source;
  std::string model_options;  ///< "--mlp 2-3-1 --activation tanh --data 04-data.npz --loss mse"
  std::string weights_file;   ///< of theta; empty where the command starts from it anyway
  std::string further;        ///< " --penalty l2=3 --parameters last"

  std::string options() const;
};

/// A network by what distinguishes it; the loss is the mean of one output where output is given.
struct NetworkChoice {
  std::string widths;
  Activation activation = Activation::tanh;
  Loss loss = Loss::mse;
  bool bias = true;
  bool residual = false;
  double dropout = 0.0;  ///< of every hidden layer's outputs
  std::optional<std::int64_t> output = std::nullopt;
  std::string features = "";     ///< fixed ones before the first layer: "rbf:8"
  std::uint64_t model_seed = 0;  ///< of features and dropout
};

Subject landscape_subject(std::string_view name);

/// data.source is the file as it is named on the command line, as is weights_file.
Subject network_subject(const NetworkChoice& choice, const Dataset& data, std::vector<double> theta,
                        std::string weights_file);

/// With a penalty added: "l2=3".
Subject penalised(Subject subject, std::string_view penalty);

/// With the penalty around another point than 0, whose weight file is centre_file.
Subject centred(Subject subject, std::vector<double> centre, std::string_view centre_file);

/// With only some parameters scanned: "layer:1".
Subject restricted(Subject subject, std::string_view parameters);

}  // namespace convexscan
