// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/train.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "commands/command.hpp"
#include "commands/objective_options.hpp"
#include "commands/output_options.hpp"
#include "commands/progress_line.hpp"
#include "commands/train_starts.hpp"
#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "convexscan/weights.hpp"

namespace convexscan::commands {
namespace {

struct TrainOptions {
  ObjectiveOptions objective;
  DeviceOptions device;
  OutputOptions output;
  TrainingOptions training;
  std::string checkpoints;
  int every = 1;
  std::int64_t starts = 1;
  CLI::Option* starts_option = nullptr;
  bool negative_directions = false;
};

/// A checkpoint that is there already is another run's; it stays.
void prepare_checkpoints(const TrainOptions& options) {
  if (options.checkpoints.empty()) return;
  std::error_code failed;
  std::filesystem::create_directories(options.checkpoints, failed);
  if (failed) {
    throw Error(
        fmt::format("{}: cannot make this folder ({})", options.checkpoints, failed.message()));
  }
  if (options.output.overwrite) {
    // Steps of an earlier run would be taken for this one's.
    for (const auto& entry : std::filesystem::directory_iterator(options.checkpoints)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("step-") && name.ends_with(".npz"))
        std::filesystem::remove(entry.path());
    }
  }
  if (!options.output.overwrite && !std::filesystem::is_empty(options.checkpoints)) {
    throw Error(
        fmt::format("{}: the folder of checkpoints is not empty; choose another or add --overwrite",
                    options.checkpoints));
  }
}

int run(const TrainOptions& options) {
  if (!(options.training.gradient_tolerance >= 0.0)) {
    throw UsageError("--tolerance: must be a number that is not negative");
  }
  if (options.starts_option->count() > 0) {
    return train_from_starts({options.objective, options.device, options.output, options.training,
                              options.starts, options.negative_directions, options.checkpoints});
  }
  if (options.negative_directions) {
    throw UsageError(
        "--negative-directions is for --starts; grid --quantities negative_count counts them at "
        "one point");
  }
  const Problem problem = load_problem(options.objective);
  print_notices(problem, options.output);
  const std::unique_ptr<Backend> backend = options.device.make_backend(problem.objective);

  require_writable(options.output);
  prepare_checkpoints(options);
  TrainingResult result;
  {
    ProgressLine progress("training", options.output.quiet);
    result = train(*backend, problem.objective, problem.theta, options.training,
                   [&](int iteration, std::span<const double> theta, double, double) {
                     progress.show(iteration, options.training.max_iterations);
                     if (!options.checkpoints.empty() && iteration % options.every == 0) {
                       const auto file = std::filesystem::path(options.checkpoints) /
                                         fmt::format("step-{:05}.npz", iteration);
                       save_weights(file.string(), {theta.begin(), theta.end()}, true);
                     }
                     return !stop_requested();
                   });
  }
  if (stop_requested()) throw Interrupted();
  save_weights(options.output.file, result.theta, options.output.overwrite);
  if (!options.checkpoints.empty()) {
    // The last step is where the training ended, whatever --every is.
    const auto last = std::filesystem::path(options.checkpoints) /
                      fmt::format("step-{:05}.npz", result.iterations);
    save_weights(last.string(), result.theta, true);
  }
  if (options.output.quiet) return 0;

  fmt::print("{} on {}\n", problem.objective.description(), backend->device());
  fmt::print("{} after {} iterations and {} evaluations: {}\n",
             result.converged ? "converged" : "stopped", result.iterations, result.evaluations,
             result.reason);
  fmt::print("loss {:.9g}, gradient norm {:.3g}\n", result.loss, result.gradient_norm);
  const NetworkTask* network = problem.objective.network();
  if (network != nullptr && network->accuracy != Accuracy::none) {
    const ScanResult scanned =
        scan(*backend, Slice{result.theta, {}}, Points{}, {Quantity::accuracy});
    fmt::print("accuracy {:.4f}\n", scanned.values.at(Quantity::accuracy).data.front());
  }
  fmt::print("weights in {}\n", options.output.file);
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("train", "Minimise an objective and save the weights it ends at.");
  auto options = std::make_shared<TrainOptions>();
  options->output.file = "weights.npz";
  command
      ->add_option("--iterations", options->training.max_iterations,
                   "at most this many L-BFGS steps")
      ->group("Training")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--tolerance", options->training.gradient_tolerance,
                   "stop when the gradient norm is below this times max(1, norm of the weights)")
      ->group("Training")
      ->capture_default_str();
  command
      ->add_option("--checkpoints", options->checkpoints,
                   "folder for the weights along the way, for grid --directions trajectory:FOLDER")
      ->group("Training");
  command->add_option("--every", options->every, "steps between checkpoints")
      ->group("Training")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  options->starts_option =
      command
          ->add_option("--starts", options->starts,
                       "train from so many fresh starts at once, seed by seed; theta is (starts, "
                       "parameters) then")
          ->group("Training")
          ->check(CLI::PositiveNumber);
  command
      ->add_flag("--negative-directions", options->negative_directions,
                 "with --starts, count the negative eigenvalues of the Hessian at each end "
                 "(done without asking up to 500 parameters)")
      ->group("Training");
  options->objective.add_to(*command);
  options->device.add_to(*command);
  options->output.add_to(*command, ".npz file to write");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace convexscan::commands
