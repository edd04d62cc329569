#include "processors/json_reader.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "config/base/text.hpp"

namespace kfs {
namespace {

namespace od = simdjson::ondemand;

/// PostgreSQL parses recursively, so its stack limits the depth.
constexpr int most_levels = 500;
/// numeric has up to 131072 digits before the decimal point and 16383 behind it.
constexpr std::size_t longest_number = 10'000;
constexpr long largest_exponent = 5'000;

/// Removes the digits at the beginning; false when there are none.
bool take_digits(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, [](char c) { return c >= '0' && c <= '9'; });
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count > 0;
}

bool take(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// RFC 8259, section 6.
json_reader::verdict verdict_of_number(std::string_view text) {
  using enum json_reader::verdict;
  const bool long_one = text.size() > longest_number;
  take(text, "-");
  if (!take(text, "0") && !take_digits(text)) return no_json;
  if (take(text, ".") && !take_digits(text)) return no_json;
  if (text.empty()) return long_one ? valid : jsonb;
  if (!take(text, "eE")) return no_json;
  take(text, "+-");
  const auto exponent = text;
  if (!take_digits(text) || !text.empty()) return no_json;
  long value = 0;
  const auto [end, failed] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
  return long_one || failed != std::errc{} || value > largest_exponent ? valid : jsonb;
}

/// Visits every part of a document; an error of simdjson ends the visit.
class walk {
 public:
  template <class Value>
  bool into(Value& value, int level) {
    od::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS || level > 1'000) return false;
    if (level > most_levels) for_postgres_ = false;
    switch (type) {
      case od::json_type::object:
        return object(value, level);
      case od::json_type::array:
        return array(value, level);
      case od::json_type::string:
        return string(value);
      case od::json_type::number:
        return number(value);
      case od::json_type::boolean: {
        bool flag = false;
        return value.get_bool().get(flag) == simdjson::SUCCESS;
      }
      case od::json_type::null: {
        bool null = false;
        return value.is_null().get(null) == simdjson::SUCCESS && null;
      }
    }
    return false;
  }

  [[nodiscard]] bool for_postgres() const noexcept { return for_postgres_; }

 private:
  void note(std::string_view text) {
    if (std::memchr(text.data(), 0, text.size()) != nullptr) for_postgres_ = false;
  }

  template <class Value>
  bool object(Value& value, int level) {
    od::object fields;
    if (value.get_object().get(fields) != simdjson::SUCCESS) return false;
    for (auto read : fields) {
      od::field field;
      std::string_view key;
      if (std::move(read).get(field) != simdjson::SUCCESS || field.unescaped_key().get(key) != simdjson::SUCCESS)
        return false;
      note(key);
      if (!into(field.value(), level + 1)) return false;
    }
    return true;
  }

  template <class Value>
  bool array(Value& value, int level) {
    od::array elements;
    if (value.get_array().get(elements) != simdjson::SUCCESS) return false;
    for (auto read : elements) {
      od::value element;
      if (std::move(read).get(element) != simdjson::SUCCESS || !into(element, level + 1)) return false;
    }
    return true;
  }

  template <class Value>
  bool string(Value& value) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    note(text);
    return true;
  }

  /// Consumes nothing of a number: the iteration around it skips it.
  bool number(od::value& value) { return judge(value.raw_json_token()); }
  bool number(od::document& value) {
    std::string_view token;
    return value.raw_json_token().get(token) == simdjson::SUCCESS && judge(token);
  }

  bool judge(std::string_view token) {
    const auto verdict = verdict_of_number(trimmed(token));
    if (verdict == json_reader::verdict::valid) for_postgres_ = false;
    return verdict != json_reader::verdict::no_json;
  }

  bool for_postgres_ = true;
};

json_reader::kind kind_of(od::json_type type) {
  using enum json_reader::kind;
  switch (type) {
    case od::json_type::object:
      return object;
    case od::json_type::array:
      return array;
    case od::json_type::string:
      return string;
    case od::json_type::number:
      return number;
    case od::json_type::boolean:
      return boolean;
    case od::json_type::null:
      return null;
  }
  return missing;
}

/// The text of a value of a well-formed document.
std::string_view raw_of(od::value& value, od::json_type type) {
  std::string_view raw;
  const bool whole = type == od::json_type::object || type == od::json_type::array;
  if (!whole) return trimmed(value.raw_json_token());
  return simdjson::to_json_string(value).get(raw) == simdjson::SUCCESS ? trimmed(raw) : std::string_view{};
}

/// Appends an element of an array literal, in quotes.
void append_quoted(std::string_view text, std::string& into) {
  into.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') into.push_back('\\');
    into.push_back(c);
  }
  into.push_back('"');
}

void append_literal(od::array elements, std::string& into) {
  into.push_back('{');
  bool first = true;
  for (auto read : elements) {
    od::value element;
    od::json_type type{};
    if (std::move(read).get(element) != simdjson::SUCCESS || element.type().get(type) != simdjson::SUCCESS) break;
    if (!std::exchange(first, false)) into.push_back(',');
    od::array inner;
    std::string_view text;
    if (type == od::json_type::null) {
      into.append("NULL");
    } else if (type == od::json_type::array && element.get_array().get(inner) == simdjson::SUCCESS) {
      append_literal(inner, into);
    } else if (type == od::json_type::string && element.get_string().get(text) == simdjson::SUCCESS) {
      append_quoted(text, into);
    } else {
      append_quoted(raw_of(element, type), into);
    }
  }
  into.push_back('}');
}

}  // namespace

struct json_reader::parser {
  od::parser parses;
  od::document document;
};

json_reader::json_reader() : parser_(std::make_unique<parser>()) {}
json_reader::~json_reader() = default;

json_reader::verdict json_reader::read(std::string_view bytes) {
  const auto size = bytes.size();
  if (bytes_.size() < size + simdjson::SIMDJSON_PADDING) bytes_.resize(2 * (size + simdjson::SIMDJSON_PADDING));
  std::memcpy(bytes_.data(), bytes.data(), size);
  std::memset(bytes_.data() + size, 0, simdjson::SIMDJSON_PADDING);
  auto& document = parser_->document;
  if (parser_->parses.iterate(bytes_.data(), size, bytes_.size()).get(document) != simdjson::SUCCESS)
    return verdict::no_json;
  od::json_type type{};
  if (document.type().get(type) != simdjson::SUCCESS) return verdict::no_json;
  if (type == od::json_type::number) return verdict_of_number(trimmed(bytes));
  walk all;
  if (!all.into(document, 0) || document.current_location().error() != simdjson::OUT_OF_BOUNDS) return verdict::no_json;
  return all.for_postgres() ? verdict::jsonb : verdict::valid;
}

const json_reader::found& json_reader::find(std::string_view pointer) {
  found_.of = kind::missing;
  found_.raw = {};
  found_.text.clear();
  od::value value;
  od::json_type type{};
  if (parser_->document.at_pointer(pointer).get(value) != simdjson::SUCCESS ||
      value.type().get(type) != simdjson::SUCCESS)
    return found_;
  found_.of = kind_of(type);
  found_.raw = raw_of(value, type);
  std::string_view text;
  if (type == od::json_type::string && value.get_string().get(text) == simdjson::SUCCESS) found_.text = text;
  return found_;
}

const std::string& json_reader::array_literal(std::string_view pointer) {
  literal_.clear();
  od::array elements;
  if (parser_->document.at_pointer(pointer).get_array().get(elements) == simdjson::SUCCESS)
    append_literal(elements, literal_);
  return literal_;
}

}  // namespace kfs
