// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "gallery/subject.hpp"

#include <fmt/format.h>

#include "convexscan/features.hpp"

namespace convexscan {

std::string Subject::options() const {
  return model_options + (weights_file.empty() ? "" : " --weights " + weights_file) + further;
}

Subject landscape_subject(std::string_view name) {
  const Landscape& found = landscape(name);
  Subject subject{{found, {}, {}, "all"},
                  found.centre,
                  fmt::format("{} = {}", found.name, found.formula),
                  fmt::format("--landscape {}", name),
                  {},
                  {}};
  subject.objective.subset = parameter_subset(subject.objective, "all");
  return subject;
}

Subject network_subject(const NetworkChoice& choice, const Dataset& data, std::vector<double> theta,
                        std::string weights_file) {
  const double slope = default_slope(choice.activation);
  Model model = mlp(choice.widths, choice.activation, slope, choice.bias, choice.residual);
  if (choice.dropout > 0.0) model = with_dropout(model, choice.dropout, choice.model_seed);
  std::string options = fmt::format("--mlp {} --activation {}{}{} --data {}", choice.widths,
                                    name(choice.activation), choice.bias ? "" : " --no-bias",
                                    choice.residual ? " --residual" : "", data.source);
  if (!choice.features.empty()) options += fmt::format(" --features {}", choice.features);
  if (choice.dropout > 0.0) options += fmt::format(" --dropout {}", choice.dropout);
  if (!choice.features.empty() || choice.dropout > 0.0) {
    options += fmt::format(" --model-seed {}", choice.model_seed);
  }
  options += choice.output ? fmt::format(" --objective output:{}", *choice.output)
                           : fmt::format(" --loss {}", name(choice.loss));
  const std::string source = model.description();
  const Dataset given =
      choice.features.empty()
          ? data
          : with_features(data, parse_features(choice.features), choice.model_seed);
  Subject subject{
      {network_task(std::move(model), given, choice.loss, choice.output), {}, {}, "all"},
      std::move(theta),
      source,
      std::move(options),
      std::move(weights_file),
      {}};
  subject.objective.subset = parameter_subset(subject.objective, "all");
  return subject;
}

Subject penalised(Subject subject, std::string_view penalty) {
  subject.objective.penalty.terms.push_back(parse_penalty(penalty));
  subject.further += fmt::format(" --penalty {}", penalty);
  return subject;
}

Subject centred(Subject subject, std::vector<double> centre, std::string_view centre_file) {
  subject.objective.penalty.centre = std::move(centre);
  subject.further += fmt::format(" --penalty-center {}", centre_file);
  return subject;
}

Subject restricted(Subject subject, std::string_view parameters) {
  subject.objective.subset = parameter_subset(subject.objective, parameters);
  subject.objective.subset_name = parameters;
  subject.further += fmt::format(" --parameters {}", parameters);
  return subject;
}

}  // namespace convexscan
