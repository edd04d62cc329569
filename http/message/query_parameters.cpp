#include "http/message/query_parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "config/base/text.hpp"

namespace kfs {
namespace {

bool is_any_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_integer(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The value of a text for which is_integer() is true, clamped to the range of the type.
std::int64_t nearest_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem == std::errc{}) return value;
  using limits = std::numeric_limits<std::int64_t>;
  return text.starts_with('-') ? limits::min() : limits::max();
}

}  // namespace

std::optional<std::string> query_parameters::text(std::string_view name) const {
  for (auto pair = query_.rbegin(); pair != query_.rend(); ++pair) {
    if (pair->first == name) return pair->second;
  }
  return std::nullopt;
}

std::string query_parameters::required_text(std::string_view name, std::size_t max_bytes) {
  auto value = text(name);
  if (!value) {
    add_mistake(name, "missing", "Field required");
  } else if (value->empty()) {
    add_mistake(name, "string_too_short", "String should have at least 1 character");
  } else if (value->size() > max_bytes) {
    add_mistake(name, "string_too_long", fmt::format("String should have at most {} characters", max_bytes));
  }
  return value.value_or("");
}

std::optional<std::int64_t> query_parameters::integer(std::string_view name, std::int64_t minimum,
                                                      std::int64_t maximum) {
  const auto given = text(name);
  if (!given) return std::nullopt;
  if (!is_integer(*given)) {
    add_mistake(name, "int_parsing", "Input should be a valid integer, unable to parse string as an integer");
    return std::nullopt;
  }
  const auto value = nearest_integer(*given);
  if (value < minimum) {
    add_mistake(name, "greater_than_equal", fmt::format("Input should be greater than or equal to {}", minimum));
  } else if (value > maximum) {
    add_mistake(name, "less_than_equal", fmt::format("Input should be less than or equal to {}", maximum));
  }
  return value;
}

std::optional<bool> query_parameters::boolean(std::string_view name) {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto word = lower_case(*given);
  if (is_any_of(word, {"true", "1", "yes", "on", "t", "y"})) return true;
  if (is_any_of(word, {"false", "0", "no", "off", "f", "n"})) return false;
  add_mistake(name, "bool_parsing", "Input should be a valid boolean, unable to interpret input");
  return std::nullopt;
}

std::optional<std::string> query_parameters::one_of(std::string_view name, const std::vector<std::string>& values) {
  auto given = text(name);
  if (given && std::find(values.begin(), values.end(), *given) == values.end()) {
    add_mistake(name, "literal_error", fmt::format("Input should be one of '{}'", fmt::join(values, "', '")));
  }
  return given;
}

void query_parameters::allow_only(const std::vector<std::string_view>& names) {
  std::set<std::string_view> seen;
  for (const auto& [name, value] : query_) {
    const bool known = std::ranges::find(names, std::string_view(name)) != names.end();
    if (!known)
      add_mistake(name, "extra_forbidden",
                  fmt::format("There is no such parameter; known: {}", fmt::join(names, ", ")));
    if (known && !seen.insert(name).second) add_mistake(name, "value_error", "Value error, it is given more than once");
  }
}

void query_parameters::add_mistake(std::string_view name, std::string type, std::string message) {
  const auto given = text(name);
  mistakes_.push_back(
      {std::move(type), json::array({"query", name}), std::move(message), given ? json(*given) : json()});
}

}  // namespace kfs
