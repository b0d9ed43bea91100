// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/train.hpp"

#include <fmt/format.h>

#include <optional>

#include "commands/checkpoint_folder.hpp"
#include "commands/command.hpp"
#include "commands/interrupt.hpp"
#include "commands/objective_options.hpp"
#include "commands/output_options.hpp"
#include "commands/progress_line.hpp"
#include "commands/train_starts.hpp"
#include "commands/usage.hpp"
#include "convexscan/error.hpp"
#include "convexscan/scan.hpp"
#include "convexscan/weights.hpp"
#include "message.hpp"

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

/// The folder for checkpoints, once the training can start: until then an earlier run's are left
/// alone, and no folder is made for one that may be interrupted before.
void begin_checkpoints(std::optional<CheckpointFolder>& folder, Backend& backend,
                       const Problem& problem, const TrainOptions& options) {
  const auto open = [&] {
    if (stop_requested()) throw Interrupted();
    folder.emplace(options.checkpoints, options.output.overwrite, problem.files);
  };
  open();  // finds out that it can be used
  folder.reset();
  require_finite_loss(backend, problem.theta);
  open();
  say_when_interrupted(
      fmt::format("interrupted; the checkpoints so far are in {}, {} was not written",
                  options.checkpoints, options.output.file));
  folder->clear();
}

/// Trains, and keeps a checkpoint of the start, of every so many steps, and of the end.
TrainingResult train_with_checkpoints(Backend& backend, const Problem& problem,
                                      const TrainOptions& options) {
  std::optional<CheckpointFolder> folder;
  if (!options.checkpoints.empty()) begin_checkpoints(folder, backend, problem, options);
  const auto save = [&](int iteration, std::span<const double> theta) {
    if (folder) folder->save(iteration, theta);
  };
  ProgressLine progress("training", options.output.quiet);
  save(0, problem.theta);
  int done = 0;
  TrainingResult result = train(backend, problem.objective, problem.theta, options.training,
                                [&](int iteration, std::span<const double> theta, double, double) {
                                  done = iteration;
                                  progress.show(iteration, options.training.max_iterations);
                                  if (iteration % options.every == 0) save(iteration, theta);
                                  return !stop_requested();
                                });
  if (stop_requested()) {
    if (!folder) throw Interrupted();
    throw Error(
        fmt::format("interrupted at step {}; the checkpoints so far are in {}, {} was not written",
                    done, options.checkpoints, options.output.file));
  }
  save(result.iterations, result.theta);
  return result;
}

/// Of a classifier alone.
std::optional<double> accuracy_at(Backend& backend, const Objective& objective,
                                  const std::vector<double>& theta) {
  const NetworkTask* network = objective.network();
  if (network == nullptr || network->accuracy == Accuracy::none) return std::nullopt;
  const ScanResult scanned = scan(backend, Slice{theta, {}}, Points{}, {Quantity::accuracy});
  return scanned.values.at(Quantity::accuracy).data.front();
}

int run(const TrainOptions& options) {
  if (options.checkpoints.empty() && options.objective.given("--every")) {
    throw UsageError("--every is for --checkpoints; give a folder, or leave --every out");
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

  if (!options.checkpoints.empty()) refuse_checkpoint(options.output.file, options.checkpoints);
  require_writable(options.output, problem.files);
  const TrainingResult result = train_with_checkpoints(*backend, problem, options);
  // Before the file is there: from then on nothing takes long.
  const std::optional<double> accuracy =
      options.output.quiet ? std::nullopt : accuracy_at(*backend, problem.objective, result.theta);
  save_weights(options.output.file, result.theta, options.output.overwrite);
  say_when_interrupted(fmt::format(
      "interrupted; the weights are in {}{}", options.output.file,
      options.checkpoints.empty() ? "" : ", the checkpoints in " + options.checkpoints));
  if (options.output.quiet) return 0;

  print_line("{} on {}", problem.objective.description(), backend->device());
  print_line("{} after {} iterations and {} evaluations: {}",
             result.converged ? "converged" : "stopped", result.iterations, result.evaluations,
             result.reason);
  print_line("loss {:.9g}, gradient norm {:.3g}", result.loss, result.gradient_norm);
  if (accuracy) print_line("accuracy {:.4f}", *accuracy);
  print_line("weights in {}", options.output.file);
  if (!options.checkpoints.empty()) print_line("checkpoints in {}", options.checkpoints);
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
      ->check(whole_number(1))
      ->capture_default_str();
  command
      ->add_option("--tolerance", options->training.gradient_tolerance,
                   "stop when the gradient norm is below this times max(1, norm of the weights), "
                   "counted up to a root mean square weight of 10")
      ->group("Training")
      ->check(number_not_negative())
      ->capture_default_str();
  command
      ->add_option(
          "--checkpoints", options->checkpoints,
          "folder for the weights along the way, start and end included, of one training at "
          "a time; for grid --directions trajectory:FOLDER")
      ->group("Training")
      ->type_name("FOLDER");
  command->add_option("--every", options->every, "steps between checkpoints")
      ->group("Training")
      ->check(whole_number(1))
      ->capture_default_str();
  options->starts_option =
      command
          ->add_option("--starts", options->starts,
                       "train from so many fresh starts at once, seed by seed; theta is (starts, "
                       "parameters) then")
          ->group("Training")
          ->check(whole_number(1));
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
