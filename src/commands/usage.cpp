// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "commands/usage.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "convexscan/error.hpp"
#include "named.hpp"

namespace convexscan::commands {
namespace {

const CLI::App& chosen_command(const CLI::App& app) {
  const std::vector<CLI::App*> chosen = const_cast<CLI::App&>(app).get_subcommands();
  return chosen.empty() ? app : *chosen.front();
}

std::string help_of(const CLI::App& command, const CLI::App& app) {
  return &command == &app ? "convexscan --help"
                          : fmt::format("convexscan {} --help", command.get_name());
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// The parser takes the next word for the value of an option, also where that is an option's name.
const CLI::Option* without_value(const CLI::App& command) {
  const std::vector<std::string> names = option_names(command);
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& value : option->results()) {
      if (std::ranges::count(names, value) > 0) return option;
    }
  }
  return nullptr;
}

std::string unknown_word(const CLI::App& app, const CLI::App& command) {
  const std::vector<std::string> unknown = command.remaining(true);
  const std::string word = unknown.empty() ? "" : unknown.front();
  const bool option = word.starts_with("-");
  if (&command != &app && !option) return fmt::format("\"{}\": is one argument too many", word);
  const std::vector<std::string> names = option ? option_names(command) : command_names(app);
  const std::vector<std::string_view> views(names.begin(), names.end());
  if (!option) return unknown_name("command", word, views);
  const auto near = nearest_name(word, views);
  return near ? fmt::format("unknown option \"{}\"; did you mean \"{}\"?", word, *near)
              : fmt::format("unknown option \"{}\"", word);
}

/// The option that a message of the parser names: of several, the one with the longest name.
const CLI::Option* option_in(const CLI::App& command, std::string_view message) {
  const CLI::Option* found = nullptr;
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_name();
    const bool longer = found == nullptr || name.size() > found->get_name().size();
    if (longer && !name.empty() && message.find(name) != std::string_view::npos) found = option;
  }
  return found;
}

std::string misused_option(const CLI::Option& option, const CLI::ParseError& error) {
  const std::string name = option.get_name();
  const std::string text = option.results().empty() ? "" : option.results().front();
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    return fmt::format("{}: is missing", name);
  }
  if (option.get_expected_max() == 0) return fmt::format("{}: takes no value", name);
  // The parser's own words are "--mlp: 1 required 64-16-10 missing".
  if (option.results().empty() || std::string_view(error.what()).ends_with(" missing")) {
    return fmt::format("{}: its value is missing", name);
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    const bool real = option.get_type_name() == "FLOAT";
    return fmt::format("{}: \"{}\" is not a {}", name, text,
                       real ? "number" : "whole number, or too large a one");
  }
  if (option.results().size() > 1) return fmt::format("{}: is given more than once", name);
  return error.what();  // a check's own words, after the name
}

}  // namespace

std::string usage_line(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = chosen_command(app);
  const std::string help = help_of(command, app);
  const bool required = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  std::string line;
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
      (required && !app.remaining().empty())) {
    const CLI::Option* option = without_value(command);
    line = option == nullptr ? unknown_word(app, command)
                             : fmt::format("{}: its value is missing", option->get_name());
  } else if (required && &command == &app) {
    line = fmt::format("say what to do: {}", fmt::join(command_names(app), ", "));
  } else {
    const CLI::Option* option = option_in(command, error.what());
    line = option == nullptr ? error.what() : misused_option(*option, error);
  }
  return line.ends_with('?') ? line : fmt::format("{}; see {}", line, help);
}

namespace {

[[noreturn]] void refuse_empty_value(std::string_view option) {
  throw UsageError(
      fmt::format("{}: its value is empty; give one, or leave the option out", option));
}

}  // namespace

void refuse_empty_values(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") return;
    const std::size_t equals = word.find('=');
    if (word.starts_with("--") && equals + 1 == word.size()) {
      refuse_empty_value(word.substr(0, equals));
    }
  }
}

void refuse_empty_values(const CLI::App& app) {
  const CLI::App& command = chosen_command(app);
  if (const CLI::Option* option = without_value(command)) {
    throw UsageError(
        fmt::format("{}: its value is missing; see {}", option->get_name(), help_of(command, app)));
  }
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_expected_max() == 0) continue;
    if (std::ranges::count(option->results(), std::string()) > 0) {
      refuse_empty_value(option->get_name());
    }
  }
}

void refuse_too_many_threads() {
  const int most = std::max(1024, 16 * omp_get_num_procs());
  const int asked = omp_get_max_threads();
  if (asked <= most) return;
  throw UsageError(
      fmt::format("OMP_NUM_THREADS: {} threads are more than the {} that are possible here; leave "
                  "it unset for one on each processor",
                  asked, most));
}

std::string out_of_memory_line(const CLI::App& app, std::string_view where) {
  const CLI::App& command = chosen_command(app);
  const auto option = [&](const char* name) { return command.get_option_no_throw(name); };
  std::vector<std::string> less;
  const auto add = [&](std::initializer_list<const char*> names) {
    std::ranges::copy_if(names, std::back_inserter(less),
                         [&](const char* name) { return option(name) != nullptr; });
  };
  add({"--points", "--count", "--starts"});
  if (less.empty()) add({"--x", "--y"});  // a plane that is searched in is not held
  const bool network = option("--landscape") != nullptr && option("--landscape")->count() == 0;
  if (network) less.insert(less.end(), {"--samples", "a smaller network"});
  const std::string line = fmt::format("there is not enough memory{}", where);
  return less.empty() ? fmt::format("{}; a machine with more can do this", line)
                      : fmt::format("{}; ask for less: {}", line, fmt::join(less, ", "));
}

Check whole_number(std::int64_t least, std::int64_t most) {
  return [=](const std::string& text) -> std::string {
    try {
      const std::int64_t value = parse_whole_number("", text);
      if (value >= least && value <= most) return "";
    } catch (const UsageError&) {  // said below
    }
    const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
    if (digits && text.size() >= std::to_string(most).size()) {
      return fmt::format("\"{}\" is more than {}", text, most);
    }
    return fmt::format("\"{}\" is not a whole number of at least {}", text, least);
  };
}

Check number_not_negative() {
  return [](const std::string& text) -> std::string {
    try {
      if (parse_number("", text) >= 0.0) return "";
    } catch (const UsageError&) {  // said below
    }
    return fmt::format("\"{}\" is not a number of at least 0", text);
  };
}

}  // namespace convexscan::commands
