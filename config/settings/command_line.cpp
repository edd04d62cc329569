#include "config/settings/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::string_view config_argument = "--config";

struct flag {
  std::string_view name;
  bool command_line::*value;
  std::string_view help;
};

constexpr std::array<flag, 4> flags{{
    {"--check-config", &command_line::check_config, "check the settings, report every mistake and end"},
    {"--print-config", &command_line::print_config, "show every setting with its value and where it is from, and end"},
    {"--version", &command_line::version, "show the version and end"},
    {"--help", &command_line::help, "show this text and end"},
}};

tl::unexpected<error> rejected(std::string reason) {
  return failure(ec::invalid_request, std::move(reason));
}

std::string shown(std::string_view argument) {
  constexpr std::size_t longest_shown = 100;
  return escaped(argument, escaping::plain, longest_shown);
}

tl::unexpected<error> unknown(std::string_view argument) {
  std::vector<std::string> names{std::string(config_argument)};
  for (const flag& known : flags) names.emplace_back(known.name);
  const auto meant = closest_name(argument, names);
  return rejected(fmt::format("unknown argument {}: {}", shown(argument),
                              meant ? fmt::format("did you mean {}?", *meant) : "--help lists the arguments"));
}

class argument_reader {
 public:
  explicit argument_reader(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  result<command_line> read() {
    for (; at_ < arguments_.size(); ++at_) {
      if (auto taken = take(arguments_[at_]); !taken) return tl::make_unexpected(taken.error());
    }
    return parsed_;
  }

 private:
  result<void> take(std::string_view argument) {
    const auto equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const bool has_value = equals != std::string_view::npos;
    const auto* const known =
        std::find_if(flags.begin(), flags.end(), [&](const flag& entry) { return entry.name == name; });
    if (name != config_argument && known == flags.end()) return unknown(name);
    if (!seen_.insert(name).second) return rejected(fmt::format("{} is given twice: give it once", name));
    if (name == config_argument) {
      return has_value ? take_config(argument.substr(equals + 1)) : take_config(next_value());
    }
    if (has_value) return rejected(fmt::format("{} takes no value", name));
    parsed_.*(known->value) = true;
    return {};
  }

  /// The text after the current argument; empty when that is the next argument.
  std::string_view next_value() {
    if (at_ + 1 == arguments_.size() || arguments_[at_ + 1].starts_with("--")) return {};
    return arguments_[++at_];
  }

  result<void> take_config(std::string_view file) {
    if (file.empty()) return rejected("--config names no file: write --config FILE.yaml or --config=FILE.yaml");
    parsed_.config_file = file;
    return {};
  }

  const std::vector<std::string>& arguments_;
  std::size_t at_ = 0;
  std::set<std::string_view> seen_;
  command_line parsed_;
};

}  // namespace

result<command_line> parse_command_line(const std::vector<std::string>& arguments) {
  return argument_reader(arguments).read();
}

std::string command_line_help() {
  std::string text =
      "usage: kafka-fetcher-server [--config FILE.yaml] [--check-config] [--print-config] [--version] [--help]\n\n";
  constexpr std::string_view row = "  {:<20}{}\n";
  text += fmt::format(row, "--config FILE.yaml", "read settings from this file; the same as KFS_CONFIG");
  for (const flag& known : flags) text += fmt::format(row, known.name, known.help);
  return text;
}

}  // namespace kfs
