// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/objective_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <optional>

#include "commands/idle_options.hpp"
#include "commands/usage.hpp"
#include "convexscan/error.hpp"
#include "convexscan/features.hpp"
#include "convexscan/onnx.hpp"
#include "convexscan/weights.hpp"
#include "files/dataset_files.hpp"
#include "files/file_bytes.hpp"
#include "named.hpp"
#include "random_stream.hpp"

namespace convexscan::commands {
namespace {

std::optional<std::int64_t> parse_output(const std::string& text) {
  if (text == "loss") return std::nullopt;
  if (text.starts_with("output:"))
    return parse_whole_number("--objective output:K", text.substr(7));
  constexpr std::array<std::string_view, 2> names{"loss", "output:K"};
  throw UsageError(unknown_name("--objective", text, names));
}

/// Of what is drawn once and belongs to the function itself.
std::uint64_t model_seed(const ObjectiveOptions& options) {
  return options.given("--model-seed") ? options.model_seed : options.seed;
}

Model model_of_widths(const ObjectiveOptions& options) {
  const Activation activation = parse_activation(options.activation);
  const double slope = options.alpha >= 0.0 ? options.alpha : default_slope(activation);
  Model model = mlp(options.mlp, activation, slope, !options.no_bias, options.residual);
  if (options.residual && std::ranges::all_of(model.layers(), [](const Layer& layer) {
        return layer.skip_after == Layer::no_skip;
      })) {
    throw UsageError(fmt::format(
        "--residual: no hidden layer of {} is as wide as what it takes in; leave --residual out",
        options.mlp));
  }
  if (!options.given("--dropout")) return model;
  return with_dropout(model, options.dropout, model_seed(options));
}

/// What the model ends in says which loss it was made for; else whole-number labels and several
/// outputs mean classification, and anything else is regression.
Loss loss_of(const ObjectiveOptions& options, const Dataset& data, const Model& model,
             LoadedModel::Dropped dropped) {
  if (!options.loss.empty()) return parse_loss(options.loss);
  if (dropped == LoadedModel::Dropped::softmax) return Loss::cross_entropy;
  if (dropped == LoadedModel::Dropped::sigmoid) return Loss::binary_cross_entropy;
  return !data.labels.empty() && model.outputs() > 1 ? Loss::cross_entropy : Loss::mse;
}

void check_sources(const ObjectiveOptions& options) {
  const int sources = static_cast<int>(!options.model.empty()) +
                      static_cast<int>(!options.mlp.empty()) +
                      static_cast<int>(!options.landscape.empty());
  if (sources != 1) {
    throw UsageError(sources == 0
                         ? "name an objective: --model net.onnx, --mlp 64-16-10 or --landscape xy"
                         : "--model, --mlp and --landscape exclude each other; give one");
  }
  if (options.landscape.empty() && options.data.empty()) {
    throw UsageError("a network needs data: --data d.npz, d.csv or images,labels");
  }
}

/// A final Sigmoid that the loss does not contain stays a part of the network; a Softmax cannot.
Model with_final_activation(const Model& model, LoadedModel::Dropped dropped, Loss loss,
                            bool loss_is_used) {
  using enum LoadedModel::Dropped;
  if (dropped == nothing) return model;
  if (loss_is_used && dropped == softmax && loss == Loss::cross_entropy) return model;
  if (loss_is_used && dropped == sigmoid && loss == Loss::binary_cross_entropy) return model;
  if (dropped == softmax) {
    throw UsageError(
        "the model ends in a Softmax, which only --loss cross-entropy contains; export it without");
  }
  std::vector<Layer> layers(model.layers().begin(), model.layers().end());
  if (layers.back().activation != Activation::identity) {
    throw UsageError(
        "the model ends in a Sigmoid, which only --loss binary-cross-entropy contains; export it "
        "without");
  }
  layers.back().activation = Activation::sigmoid;
  return Model(std::move(layers));
}

Penalty load_penalty(const ObjectiveOptions& options, std::int64_t parameters) {
  Penalty penalty;
  for (const std::string& text : options.penalties) penalty.terms.push_back(parse_penalty(text));
  const std::string& centre = options.penalty_centre;
  if (centre.empty()) return penalty;
  if (penalty.empty()) throw UsageError("--penalty-center needs a --penalty");
  if (centre.starts_with("normal:")) {
    const double deviation = parse_number("--penalty-center normal:SD", centre.substr(7));
    if (deviation <= 0.0)
      throw UsageError("--penalty-center normal:SD: the deviation must be positive");
    penalty.centre =
        normal_numbers(parameters, deviation, stream_seed(options.seed, RandomUse::penalty_centre));
  } else {
    penalty.centre = load_weights(centre, parameters);
  }
  return penalty;
}

Problem load_network(const ObjectiveOptions& options) {
  Problem problem;
  Model model;
  auto dropped = LoadedModel::Dropped::nothing;
  if (!options.model.empty()) {
    LoadedModel loaded = load_onnx(options.model);
    model = std::move(loaded.model);
    dropped = loaded.dropped;
    problem.theta = std::move(loaded.weights);
    problem.notices = std::move(loaded.notices);
    problem.files = std::move(loaded.external_files);
    problem.model_source = options.model;
    problem.model_hash = loaded.hash;
  } else {
    model = model_of_widths(options);
    problem.model_source = model.description();
    problem.model_hash = sha256(problem.model_source);
    if (options.weights.empty()) {
      problem.theta = initial_weights(model, parse_initialization(options.init), options.seed);
    }
  }
  if (!options.weights.empty()) problem.theta = load_weights(options.weights, model);

  Dataset data = load_dataset(options.data);
  if (options.given("--samples")) data = data.first(options.samples);
  if (!options.features.empty()) {
    data = with_features(data, parse_features(options.features), model_seed(options));
  }
  const Loss loss = loss_of(options, data, model, dropped);
  const std::optional<std::int64_t> output = parse_output(options.objective);
  Model whole = with_final_activation(model, dropped, loss, !output.has_value());
  // What was left out is in the network again: the notice would be wrong.
  if (whole.layers().back().activation != model.layers().back().activation) problem.notices.clear();
  problem.objective.task = network_task(std::move(whole), data, loss, output);
  return problem;
}

Problem load_landscape(const ObjectiveOptions& options) {
  Problem problem;
  const Landscape& found = landscape(options.landscape);
  problem.objective.task = found;
  problem.model_source = fmt::format("{} = {}", found.name, found.formula);
  problem.model_hash = sha256(problem.model_source);
  problem.theta =
      options.weights.empty() ? found.centre : load_weights(options.weights, found.parameters);
  return problem;
}

}  // namespace

void ObjectiveOptions::add_to(CLI::App& command) {
  command_ = &command;
  const std::string group = "Objective";
  const auto text = [&](const char* names, const char* form, std::string& target,
                        const char* help) {
    return command.add_option(names, target, help)
        ->group(group)
        ->type_name(form)
        ->capture_default_str();
  };
  text("--model", "net.onnx", model, "network in ONNX");
  text("--mlp", "64-16-10", mlp, "network by its widths");
  text("--landscape", "NAME", landscape,
       "built-in function; convexscan info --landscapes lists them");
  text("--activation", "NAME", activation,
       "identity, relu, leaky-relu, elu, gelu, gelu-tanh, silu, softplus, sigmoid, tanh or sin");
  command.add_option("--alpha", alpha, "slope of leaky-relu (0.01), or alpha of elu (1)")
      ->group(group)
      ->check(number_not_negative());
  command.add_flag("--no-bias", no_bias, "layers of --mlp without biases")->group(group);
  command
      .add_flag("--residual", residual,
                "add each hidden layer's input to its output where widths agree")
      ->group(group);
  command
      .add_option("--dropout", dropout,
                  "set this fraction of every hidden layer's outputs to 0, sample by sample, "
                  "by masks that the seed fixes; the others are divided by 1 less the fraction")
      ->group(group);
  text("--init", "xavier|he|normal:SD|zero", init, "fresh weights");
  text("--weights", "w.npz", weights, "key theta, or one array per tensor in parameter order");
  text("--data", "d.npz", data,
       ".npz with x and y, .csv whose last column is the target, or IDX images,labels "
       "(pixels are divided by 255)");
  command.add_option("--samples", samples, "only the first N samples")
      ->group(group)
      ->check(whole_number(1, std::numeric_limits<std::int64_t>::max()));
  text("--features", "rbf:K[:WIDTH]|relu:K|...", features,
       "a fixed hidden layer in front of the network: K samples for centres (default width: their "
       "median distance), or K random units of an activation");
  text("--loss", "cross-entropy|mse|binary-cross-entropy|huber", loss,
       "default: what the model's last operator says; else cross-entropy for labels and several "
       "outputs, else mse; the others take such labels as one-hot targets");
  text("--objective", "loss|output:K", objective, "the loss, or the mean of one output");
  command.add_option("--penalty", penalties, "given several times they add up")
      ->group(group)
      ->type_name("l2=V|l2-graded=V|l1=V|lp=P,V")
      ->allow_extra_args(false);
  text("--penalty-center", "c.npz|normal:SD", penalty_centre, "where the penalty is zero");
  text("--parameters", "all|first|last|layer:K|weights|biases", parameters,
       "what is scanned; joined by +");
  command.add_option("--seed", seed, "seed of everything random")
      ->group(group)
      ->check(whole_number(0, std::numeric_limits<std::int64_t>::max()))
      ->capture_default_str();
  command
      .add_option("--model-seed", model_seed,
                  "seed of --features and --dropout alone, so that --seed may vary beside it")
      ->group(group)
      ->check(whole_number(0, std::numeric_limits<std::int64_t>::max()));
}

bool ObjectiveOptions::given(const std::string& option) const {
  const CLI::Option* found = command_ == nullptr ? nullptr : command_->get_option_no_throw(option);
  return found != nullptr && found->count() > 0;
}

void DeviceOptions::add_to(CLI::App& command) {
  command.add_option("--device", device, "where to compute; auto takes a GPU where there is one")
      ->group("Computation")
      ->type_name("auto|cpu|cuda[:K]")
      ->capture_default_str();
  command.add_option("--precision", precision, "float32 is for pictures")
      ->group("Computation")
      ->type_name("float64|float32")
      ->capture_default_str();
}

std::unique_ptr<Backend> DeviceOptions::make_backend(const Objective& objective) const {
  constexpr std::array<std::string_view, 2> names{"float64", "float32"};
  const auto kind = static_cast<Precision>(index_of_name("precision", precision, names));
  return convexscan::make_backend(device, objective, kind, option);
}

Problem load_problem(const ObjectiveOptions& options) {
  check_sources(options);
  refuse_idle_options(options);
  Problem problem = options.landscape.empty() ? load_network(options) : load_landscape(options);
  Objective& objective = problem.objective;
  objective.penalty = load_penalty(options, objective.parameter_count());
  objective.subset = parameter_subset(objective, options.parameters);
  objective.subset_name = options.parameters;
  std::vector<std::string>& files = problem.files;
  files.insert(files.end(), {options.model, options.weights, options.penalty_centre});
  std::ranges::copy(dataset_files(options.data), std::back_inserter(files));
  return problem;
}

std::vector<double> weights_of(const std::string& path, const Objective& objective) {
  const NetworkTask* network = objective.network();
  return network != nullptr ? load_weights(path, network->model)
                            : load_weights(path, objective.parameter_count());
}

}  // namespace convexscan::commands
