// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/idle_options.hpp"

#include <fmt/format.h>

#include <initializer_list>

#include "convexscan/error.hpp"

namespace convexscan::commands {
namespace {

void refuse_each(const ObjectiveOptions& options, std::initializer_list<const char*> names,
                 std::string_view why) {
  for (const char* name : names) {
    if (options.given(name)) throw UsageError(fmt::format("{}; leave {} out", why, name));
  }
}

}  // namespace

void refuse_idle_options(const ObjectiveOptions& options) {
  const auto refuse = [&](std::initializer_list<const char*> names, std::string_view why) {
    refuse_each(options, names, why);
  };
  if (!options.landscape.empty()) {
    refuse({"--data", "--samples", "--features", "--loss", "--objective"},
           "--landscape is a function without data");
    refuse({"--activation", "--alpha", "--no-bias", "--residual", "--init"},
           "--landscape is a function, not a network");
  }
  if (!options.model.empty()) {
    refuse({"--activation", "--alpha", "--no-bias", "--residual"},
           "--model holds the whole network");
    refuse({"--init"}, "--model holds its weights");
  }
  if (!options.weights.empty()) refuse({"--init"}, "--weights gives the weights");
  if (options.objective != "loss") refuse({"--loss"}, "--objective output:K takes no loss");
  if (options.given("--alpha")) {
    const Activation activation = parse_activation(options.activation);
    if (activation != Activation::leaky_relu && activation != Activation::elu) {
      refuse({"--alpha"},
             fmt::format("{} has no slope or alpha: leaky-relu and elu have", name(activation)));
    }
  }
  if (options.mlp.empty()) refuse({"--dropout"}, "--dropout is for the hidden layers of an --mlp");
  if (options.features.empty() && !options.given("--dropout")) {
    refuse({"--model-seed"}, "there are no --features and no --dropout to be seeded");
  }
}

void refuse_idle_weights(const ObjectiveOptions& options, std::string_view why) {
  refuse_each(options, {"--weights", "--init"}, why);
}

}  // namespace convexscan::commands
