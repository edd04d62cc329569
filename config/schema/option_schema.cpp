#include "config/schema/option_schema.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::size_t most_echoed_bytes = 200;

/// The start of `text`, cut between two characters.
std::string shortened(std::string text) {
  if (text.size() <= most_echoed_bytes) return text;
  auto end = most_echoed_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

/// A URL with userinfo: also a name without a password may be a token.
bool names_user(const std::string& text, std::size_t scheme) {
  const auto authority = scheme + 3;
  const auto end = std::min(text.find_first_of("/?#", authority), text.size());
  return text.find('@', authority) < end;
}

/// True for a text that names a secret, and for one like a URL, so malformed that its password is not found. `masked`:
/// the same text with the passwords that are found masked.
bool may_hide_secret(const std::string& text, const std::string& masked) {
  const auto lower = lower_case(masked);
  constexpr std::array<std::string_view, 5> names{"private key", "passw", "passphrase", "secret", "token"};
  if (std::ranges::any_of(names, [&](std::string_view name) { return lower.find(name) != std::string::npos; }))
    return true;
  const auto scheme = text.find("://");
  const bool is_url = scheme != std::string::npos;
  if (is_url && masked == text && names_user(text, scheme)) return true;
  if (is_url && (has_control_character(text) || text.find('?') != std::string::npos)) return true;
  const auto colon = text.find(':', is_url ? scheme + 1 : 0);
  return colon != std::string::npos && text.find('@', colon) != std::string::npos && masked == text;
}

/// The part of a rejected value that a violation may repeat.
json echo(const json& input, bool secret) {
  if (secret || input.is_structured()) return nullptr;
  const auto shown = harmless_part(input);
  return shown.is_string() ? json(shortened(shown.get_ref<const std::string&>())) : shown;
}

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

/// "'a', 'b' or 'c'"
std::string alternatives(const std::vector<std::string>& allowed) {
  std::string text;
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    if (i > 0) text += i + 1 == allowed.size() ? " or " : ", ";
    text += '\'' + allowed[i] + '\'';
  }
  return text;
}

constexpr auto least_int64 = std::numeric_limits<std::int64_t>::min();
constexpr auto greatest_int64 = std::numeric_limits<std::int64_t>::max();

/// The parser reads an integer that has no room in 64 bits as a floating-point number; so does it 1e30, which is too
/// large as well.
bool is_above_int64(const json& input) {
  if (input.is_number_float()) return input.get<double>() >= static_cast<double>(greatest_int64);
  return input.is_number_unsigned() && input.get<std::uint64_t>() > static_cast<std::uint64_t>(greatest_int64);
}

bool is_below_int64(const json& input) {
  return input.is_number_float() && input.get<double>() <= static_cast<double>(least_int64);
}

/// Validates one value against its declaration.
class value_check {
 public:
  /// `secret`: the value lies in a container that is secret as a whole.
  value_check(const option& declared, const json& input, const json& loc, std::vector<violation>& found, bool secret)
      : declared_(declared), input_(input), loc_(loc), found_(found), secret_(secret || declared.secret) {}

  void run() {
    if (found_.size() >= most_violations) return;  // report() would drop a mistake of type, and `check` would run
    if (declared_.nullable && input_.is_null()) return;
    if (secret_ && is_mask()) return;
    if (input_.is_string() && stands_for_secret(input_.get_ref<const std::string&>())) return;
    const auto mistakes_before = found_.size();
    check_type();
    if (found_.size() != mistakes_before || !declared_.check) return;
    if (const auto wrong = declared_.check(input_)) report("value_error", "Value error, " + *wrong);
  }

 private:
  [[nodiscard]] bool is_mask() const {
    return input_.is_string() && input_.get_ref<const std::string&>() == secret_mask;
  }

  /// True when the value itself is somewhere else, so that it cannot be checked here, or when that was reported.
  bool stands_for_secret(const std::string& text) {
    if (is_sealed(text)) {
      if (!secret_)
        report(
            "value_error",
            "Value error, the stored value cannot be read, as the key that encrypted it is missing; send it again, or "
            "start the server with that key");
      return true;
    }
    if (!secret_ && !declared_.holds_secret) return false;
    const auto mistake = mistake_in_secret_reference(text);
    if (mistake) report("value_error", "Value error, " + *mistake);
    return mistake || parse_secret_reference(text);
  }

  void report(std::string type, std::string msg) {
    if (found_.size() >= most_violations) return;
    // A text in place of an object or a list may hold all that should be in it.
    const bool holds_more = declared_.kind == value_kind::object || declared_.kind == value_kind::array;
    found_.push_back({std::move(type), loc_, std::move(msg),
                      echo(input_, secret_ || declared_.holds_secret || (holds_more && input_.is_string()))});
  }

  void check_type() {
    if (declared_.or_object && input_.is_object()) return declared_.or_object->validate(input_, loc_, found_);
    switch (declared_.kind) {
      case value_kind::string:
        return check_string();
      case value_kind::integer:
        return check_integer();
      case value_kind::boolean:
        return check_boolean();
      case value_kind::object:
        return check_object();
      case value_kind::array:
        return check_array();
    }
  }

  void check_string() {
    if (!declared_.one_of.empty()) return check_literal();
    if (!input_.is_string())
      return report("string_type", declared_.or_object ? "Input should be a valid string or object"
                                                       : "Input should be a valid string");
    const auto length = input_.get_ref<const std::string&>().size();
    if (length < declared_.min_length.value_or(0)) {
      report("string_too_short", "String should have at least " + counted(*declared_.min_length, "character"));
    } else if (length > declared_.max_length.value_or(length)) {
      report("string_too_long", "String should have at most " + counted(*declared_.max_length, "character"));
    }
  }

  void check_literal() {
    const auto& allowed = declared_.one_of;
    const auto* text = input_.get_ptr<const std::string*>();
    if (text != nullptr && std::find(allowed.begin(), allowed.end(), *text) != allowed.end()) return;
    report("literal_error", "Input should be " + alternatives(allowed));
  }

  void check_integer() {
    if (is_above_int64(input_)) {
      report("less_than_equal", "Input is too large: it should be less than or equal to " + std::to_string(most()));
    } else if (is_below_int64(input_)) {
      report("greater_than_equal",
             "Input is too small: it should be greater than or equal to " + std::to_string(least()));
    } else if (!input_.is_number_integer()) {
      report("int_type", "Input should be a valid integer");
    } else if (input_.get<std::int64_t>() < least()) {
      report("greater_than_equal", "Input should be greater than or equal to " + std::to_string(least()));
    } else if (input_.get<std::int64_t>() > most()) {
      report("less_than_equal", "Input should be less than or equal to " + std::to_string(most()));
    }
  }

  [[nodiscard]] std::int64_t least() const { return declared_.minimum.value_or(least_int64); }
  [[nodiscard]] std::int64_t most() const { return declared_.maximum.value_or(greatest_int64); }

  void check_boolean() {
    if (!input_.is_boolean()) report("bool_type", "Input should be a valid boolean");
  }

  void check_object() {
    if (declared_.object) return declared_.object->validate(input_, loc_, found_);
    if (!input_.is_object()) return report("dict_type", "Input should be a valid dictionary");
    if (!has_allowed_size("Dictionary") || !declared_.items) return;
    for (const auto& [name, value] : input_.items()) check_item(name, value);
  }

  void check_array() {
    if (!input_.is_array()) return report("list_type", "Input should be a valid list");
    if (!has_allowed_size("List") || !declared_.items) return;
    for (std::size_t i = 0; i < input_.size(); ++i) check_item(i, input_[i]);
  }

  bool has_allowed_size(const std::string& container) {
    const auto size = input_.size();
    const auto actual = " after validation, not " + std::to_string(size);
    if (size < declared_.min_length.value_or(0)) {
      report("too_short", container + " should have at least " + counted(*declared_.min_length, "item") + actual);
      return false;
    }
    if (size > declared_.max_length.value_or(size)) {
      report("too_long", container + " should have at most " + counted(*declared_.max_length, "item") + actual);
      return false;
    }
    return true;
  }

  void check_item(json step, const json& value) {
    value_check(*declared_.items, value, below(loc_, std::move(step)), found_, secret_).run();
  }

  const option& declared_;
  const json& input_;
  const json& loc_;
  std::vector<violation>& found_;
  bool secret_;
};

/// FastAPI names this mistake of a whole body differently from that of an object inside it.
violation not_an_object(const json& loc) {
  if (loc.size() > 1) return {"dict_type", loc, "Input should be a valid dictionary", nullptr};
  return {"model_attributes_type", loc, "Input should be a valid dictionary or object to extract fields from", nullptr};
}

}  // namespace

json harmless_part(const json& input) {
  if (input.is_structured()) {
    const auto is_harmless = [](const json& each) { return !each.is_structured() && !each.is_string(); };
    return std::ranges::all_of(input, is_harmless) ? input : json();
  }
  if (!input.is_string()) return input;
  const auto& text = input.get_ref<const std::string&>();
  const auto masked = mask_credentials(text);
  return may_hide_secret(text, masked) ? json() : json(masked);
}

json below(const json& loc, json step) {
  json place = loc;
  place.push_back(std::move(step));
  return place;
}

object_schema::object_schema(std::string name, std::string summary, std::vector<option> options,
                             std::vector<std::string> ignored)
    : name_(std::move(name)),
      summary_(std::move(summary)),
      options_(std::move(options)),
      ignored_(std::move(ignored)) {}

const option* object_schema::find(std::string_view name) const noexcept {
  const auto at = std::find_if(options_.begin(), options_.end(), [&](const option& each) { return each.name == name; });
  return at == options_.end() ? nullptr : &*at;
}

bool object_schema::ignores(std::string_view name) const noexcept {
  return std::find(ignored_.begin(), ignored_.end(), name) != ignored_.end();
}

void object_schema::validate(const json& input, const json& loc, std::vector<violation>& found) const {
  if (!input.is_object()) {
    found.push_back(not_an_object(loc));
    return;
  }
  for (const auto& declared : options_) {
    const auto value = input.find(declared.name);
    if (value != input.end()) {
      value_check(declared, *value, below(loc, declared.name), found, false).run();
    } else if (declared.required) {
      found.push_back({"missing", below(loc, declared.name), "Field required", nullptr});
    }
  }
  for (const auto& [name, value] : input.items()) {
    if (find(name) != nullptr || ignores(name)) continue;
    if (found.size() >= most_violations) return;
    found.push_back({"extra_forbidden", below(loc, shortened(name)), "Extra inputs are not permitted", nullptr});
  }
}

}  // namespace kfs
