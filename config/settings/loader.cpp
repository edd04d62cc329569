#include "config/settings/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/base/text.hpp"
#include "config/schema/option_schema.hpp"
#include "config/settings/access.hpp"
#include "config/settings/jwt.hpp"
#include "config/settings/links.hpp"
#include "config/settings/references.hpp"
#include "config/settings/sources.hpp"

namespace kfs {
namespace {

constexpr std::string_view config_variable = "KFS_CONFIG";

bool is_blank(std::string_view text) noexcept {
  return trimmed(text).empty();
}

/// A value as a user may see it: on one line, cut if it is long, without the password of a URL.
std::string shown(const std::string& value) {
  constexpr std::size_t longest_shown = 1024;
  return escaped(mask_credentials(value), escaping::plain, longest_shown);
}

/// Brings the sources together, setting by setting.
class loading {
 public:
  loading(const std::map<std::string, std::string>& environment, const std::filesystem::path& working_directory)
      : environment_(environment), working_directory_(working_directory) {}

  loaded_settings load(const std::optional<std::filesystem::path>& yaml_file) {
    const auto dotenv_file = reads(working_directory_ / ".env");
    dotenv_ = taken(read_dotenv(dotenv_file, ".env"));
    if (const auto file = yaml_file ? yaml_file : configured_file()) {
      const auto path = reads(working_directory_ / *file);
      yaml_ = taken(read_yaml(path, escaped(file->string(), escaping::plain, longest_path)));
    }
    for (const setting_declaration& declared : setting_declarations()) load_one(declared);
    if (loaded_.mistakes.empty()) check_together();
    note_named_files();
    return std::move(loaded_);
  }

 private:
  using values = std::map<std::string, sourced_value>;

  values taken(settings_source source) {
    for (auto& mistake : source.mistakes) loaded_.mistakes.push_back(std::move(mistake));
    return std::move(source.values);
  }

  [[nodiscard]] std::optional<std::string> variable(const std::string& name) const {
    if (const auto found = environment_.find(name); found != environment_.end() && !is_blank(found->second)) {
      return found->second;
    }
    const auto found = dotenv_.find(name);
    return found == dotenv_.end() ? std::nullopt : std::optional(found->second.text);
  }

  [[nodiscard]] std::optional<std::filesystem::path> configured_file() const {
    const auto file = variable(std::string(config_variable));
    if (!file || is_blank(*file)) return std::nullopt;
    return std::filesystem::path(trimmed(*file));
  }

  /// The value of the first source that sets it, else the default.
  [[nodiscard]] std::optional<sourced_value> find(const setting_declaration& declared) const {
    if (const auto found = environment_.find(declared.name); found != environment_.end() && !is_blank(found->second)) {
      return sourced_value{found->second, "environment"};
    }
    for (const values* source : {&dotenv_, &yaml_}) {
      const auto found = source->find(declared.name);
      if (found != source->end() && !is_blank(found->second.text)) return found->second;
    }
    if (declared.has_default) return sourced_value{declared.default_value, "default"};
    return std::nullopt;
  }

  void load_one(const setting_declaration& declared) {
    const auto given = find(declared);
    if (!given) {
      loaded_.effective_values.push_back({declared.name, "", "default"});
      return;
    }
    const auto applied = apply(declared, given->text);
    const std::string visible = declared.secret ? std::string(secret_mask) : shown(applied.value_or(given->text));
    loaded_.effective_values.push_back({declared.name, visible, given->origin});
    if (applied) return;
    std::string message = applied.error().message;
    if (!declared.secret) message += fmt::format(" (given: {})", visible);
    loaded_.mistakes.push_back({declared.name, given->origin, std::move(message)});
  }

  /// Stores the value and returns it with its references resolved.
  result<std::string> apply(const setting_declaration& declared, const std::string& text) {
    const auto resolved = resolve_references(
        text, [this](const std::string& name) { return variable(name); }, loaded_.values.own_files);
    if (!resolved) return resolved;
    std::string value(trimmed(*resolved));
    if (value.empty()) return failure(ec::invalid_request, "is empty once its references are resolved");
    if (has_control_character(value)) return failure(ec::invalid_request, "holds a control character");
    if (auto wrong = declared.apply(value, loaded_.values)) return failure(ec::invalid_request, std::move(*wrong));
    return value;
  }

  void check_together() {
    const auto& all = loaded_.values;
    for (const auto& wrong : {mistake_in_links(all), mistake_in_access(all), mistake_in_jwt(all, all.access.tokens)}) {
      if (!wrong) continue;
      const auto told = std::ranges::find(loaded_.effective_values, wrong->setting, &loaded_settings::effective::name);
      loaded_.mistakes.push_back({wrong->setting, told->origin, wrong->message});
    }
  }

  std::filesystem::path reads(std::filesystem::path file) {
    loaded_.values.own_files.push_back(file);
    return file;
  }

  void note_named_files() {
    auto& all = loaded_.values;
    for (const auto& file : {all.access.file, all.jwt.jwks_ca, all.links.certificate, all.links.key, all.links.ca})
      if (!file.empty()) reads(working_directory_ / file);
    if (!all.jwt.jwks.empty() && !all.jwt.has_url()) reads(working_directory_ / all.jwt.jwks);
    all.read_by_server = all.own_files;
    for (const auto& directory : all.secrets_directories) all.read_by_server.push_back(working_directory_ / directory);
  }

  static constexpr std::size_t longest_path = 4096;
  const std::map<std::string, std::string>& environment_;
  const std::filesystem::path& working_directory_;
  values dotenv_;
  values yaml_;
  loaded_settings loaded_;
};

}  // namespace

std::string to_string(const setting_mistake& mistake) {
  if (mistake.setting.empty()) return fmt::format("{}: {}", mistake.origin, mistake.message);
  return fmt::format("{} (from {}): {}", mistake.setting, mistake.origin, mistake.message);
}

loaded_settings load_settings(const std::map<std::string, std::string>& environment,
                              const std::filesystem::path& working_directory,
                              const std::optional<std::filesystem::path>& yaml_file) {
  return loading(environment, working_directory).load(yaml_file);
}

}  // namespace kfs
