#include "config/settings/sources.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>

#include "config/base/text.hpp"
#include "config/settings/references.hpp"

namespace kfs {
namespace {

using text_or_none = std::optional<std::string>;

/// True when `rest`, what follows a value on its line, is empty or a comment after a blank.
bool ends_here(std::string_view rest) noexcept {
  const auto content = trimmed(rest);
  return content.empty() || (content.front() == '#' && rest.front() != '#');
}

result<std::string> single_quoted(std::string_view text) {
  const auto end = text.find('\'', 1);
  if (end == std::string_view::npos) return failure(ec::invalid_request, "the single quote is not closed on its line");
  if (!ends_here(text.substr(end + 1))) return failure(ec::invalid_request, "text follows the closing quote");
  return std::string(text.substr(1, end - 1));
}

result<std::string> double_quoted(std::string_view text) {
  constexpr std::string_view names = "nrt\\\"$";
  constexpr std::string_view meanings = "\n\r\t\\\"$";
  std::string value;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') {
      if (!ends_here(text.substr(at + 1))) return failure(ec::invalid_request, "text follows the closing quote");
      return value;
    }
    if (text[at] == '\\' && at + 1 < text.size()) {
      const auto escape = names.find(text[++at]);
      if (escape == std::string_view::npos) {
        return failure(ec::invalid_request, R"(a backslash in double quotes stands before none of n r t \ " $)");
      }
      value += meanings[escape];
    } else {
      value += text[at];
    }
  }
  return failure(ec::invalid_request, "the double quote is not closed on its line");
}

std::string unquoted(std::string_view text) {
  for (auto hash = text.find('#'); hash != std::string_view::npos; hash = text.find('#', hash + 1)) {
    if (hash > 0 && (text[hash - 1] == ' ' || text[hash - 1] == '\t'))
      return std::string(trimmed(text.substr(0, hash)));
  }
  return std::string(trimmed(text));
}

result<std::string> dotenv_value(std::string_view text) {
  const auto content = trimmed(text);
  if (content.starts_with('\'')) return single_quoted(content);
  if (content.starts_with('"')) return double_quoted(content);
  return unquoted(text);
}

std::string_view without_export(std::string_view key) noexcept {
  constexpr std::string_view word = "export";
  const bool exported =
      key.size() > word.size() && key.starts_with(word) && (key[word.size()] == ' ' || key[word.size()] == '\t');
  return exported ? trimmed(key.substr(word.size())) : key;
}

void read_dotenv_line(std::string_view line, const std::string& origin, settings_source& into) {
  const auto content = trimmed(line);
  if (content.empty() || content.front() == '#') return;
  const auto equals = content.find('=');
  const auto key = without_export(trimmed(content.substr(0, equals)));
  if (equals == std::string_view::npos || !is_variable_name(key)) {
    into.mistakes.push_back({"", origin, "the line is not KEY=VALUE: correct it, or put # in front of a comment"});
    return;
  }
  auto value = dotenv_value(content.substr(equals + 1));
  if (!value) {
    into.mistakes.push_back({std::string(key), origin, value.error().message});
    return;
  }
  into.values[std::string(key)] = {std::move(*value), origin};
}

const setting_declaration* declaration_of_key(const std::string& yaml_key) {
  const auto& all = setting_declarations();
  const auto found = std::find_if(all.begin(), all.end(), [&](const setting_declaration& declared) {
    return lower_case(declared.name) == yaml_key;
  });
  return found == all.end() ? nullptr : &*found;
}

/// Reads the one map of a YAML file.
class yaml_reader {
 public:
  explicit yaml_reader(std::string shown_as) : shown_as_(std::move(shown_as)) {}

  settings_source read(const std::string& content) {
    try {
      const auto documents = YAML::LoadAll(content);
      if (documents.size() > 1) reject("", documents[1].Mark(), "the file holds a second document: keep one");
      if (!documents.empty() && !documents[0].IsNull()) read_map(documents[0]);
    } catch (const YAML::Exception& problem) {
      constexpr std::size_t longest_reason = 200;
      reject("", problem.mark, "the file is not YAML: " + escaped(problem.msg, escaping::plain, longest_reason));
    }
    return std::move(source_);
  }

 private:
  void reject(const std::string& setting, const YAML::Mark& at, std::string message) {
    source_.mistakes.push_back({setting, origin(at), std::move(message)});
  }

  [[nodiscard]] std::string origin(const YAML::Mark& at) const {
    return at.is_null() ? shown_as_ : fmt::format("{}:{}", shown_as_, at.line + 1);
  }

  void read_map(const YAML::Node& root) {
    if (!root.IsMap()) {
      reject("", root.Mark(), "the file is no map of settings: write one \"name: value\" a line");
      return;
    }
    for (const auto& entry : root) read_entry(entry.first, entry.second);
  }

  void read_entry(const YAML::Node& key, const YAML::Node& value) {
    if (!key.IsScalar() || !is_variable_name(key.Scalar()) || key.Scalar().size() > longest_key) {
      reject("", key.Mark(), "a key here is not the name of a setting: --help lists the names");
      return;
    }
    const std::string& name = key.Scalar();
    const setting_declaration* const declared = declaration_of_key(name);
    if (declared == nullptr) {
      reject(name, key.Mark(), "there is no setting of this name" + suggestion(name));
    } else if (!seen_.insert(name).second) {
      reject(declared->name, key.Mark(), "the file sets it twice: keep one");
    } else if (auto text = value_text(*declared, value)) {
      source_.values[declared->name] = {std::move(*text), origin(key.Mark())};
    }
  }

  static std::string suggestion(const std::string& name) {
    std::vector<std::string> names;
    for (const setting_declaration& declared : setting_declarations()) names.push_back(lower_case(declared.name));
    const auto meant = closest_name(name, names);
    return meant ? fmt::format("; did you mean {}?", *meant) : ": remove it, or see --help for the names";
  }

  text_or_none value_text(const setting_declaration& declared, const YAML::Node& value) {
    if (value.IsNull()) return std::nullopt;
    if (value.IsScalar()) return value.Scalar();
    if (value.IsSequence() && declared.is_list) return joined(declared, value);
    reject(declared.name, value.Mark(),
           declared.is_list ? "must be a list, or text with commas" : "must be one value, neither a list nor a map");
    return std::nullopt;
  }

  text_or_none joined(const setting_declaration& declared, const YAML::Node& sequence) {
    std::string text;
    for (const auto& element : sequence) {
      if (!element.IsScalar() || element.Scalar().empty() || element.Scalar().find(',') != std::string::npos) {
        reject(declared.name, element.Mark(), "each element must be one value, not empty and without a comma");
        return std::nullopt;
      }
      text += (text.empty() ? "" : ",") + element.Scalar();
    }
    if (sequence.size() == 0) {
      reject(declared.name, sequence.Mark(), "the list is empty: remove the key to have the default");
      return std::nullopt;
    }
    return text;
  }

  static constexpr std::size_t longest_key = 100;
  std::string shown_as_;
  std::set<std::string> seen_;
  settings_source source_;
};

}  // namespace

settings_source read_dotenv(const std::filesystem::path& file, const std::string& shown_as) {
  settings_source source;
  std::error_code ignored;  // such a file cannot be read either, which is reported below
  if (!std::filesystem::exists(file, ignored) && !ignored) return source;
  if (std::filesystem::is_directory(file, ignored)) return source;
  const auto content = read_small_file(file);
  if (!content) {
    source.mistakes.push_back({"", shown_as, content.error().message});
    return source;
  }
  std::string_view rest = *content;
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    read_dotenv_line(rest.substr(0, end), fmt::format("{}:{}", shown_as, number), source);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return source;
}

settings_source read_yaml(const std::filesystem::path& file, const std::string& shown_as) {
  const auto content = read_small_file(file);
  if (content) return yaml_reader(shown_as).read(*content);
  settings_source source;
  source.mistakes.push_back({"", shown_as, content.error().message});
  return source;
}

}  // namespace kfs
