#include "processors/database/conversion.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "processors/database/copy_text.hpp"
#include "processors/database/decimal.hpp"
#include "processors/database/hex.hpp"
#include "processors/database/years.hpp"
#include "processors/json_text.hpp"

namespace kfs {
namespace {

using kind = json_value::kind;

constexpr int most_dimensions = 6;
constexpr std::string_view number_is_no_time =
    "a number is not a date or time: say with \"as\" what it counts (epoch_s, epoch_ms or epoch_us)";
constexpr std::string_view number_among_times =
    "a number is not a date or time, and \"as\" counts for single dates and timestamps only: send a text, such as "
    "\"2026-11-29T10:00:00Z\"";
constexpr std::string_view number_is_no_interval =
    "a number is not a date or time, nor an interval: send a text, such as \"10:00:00\" or \"PT90S\"";
constexpr std::string_view cut_off = "the text is longer than its type, and PostgreSQL would cut it off";
constexpr std::string_view no_count = "a whole number is needed that is not negative and within the range of its type";
constexpr std::string_view elements_unchecked =
    "a JSON array is needed, because PostgreSQL would cut elements of a text off, or take them for other numbers";
constexpr std::string_view not_base64 = "the text is not base64";
constexpr std::string_view not_hex = "the text is not hexadecimal";
constexpr std::string_view not_encoded = "a string is needed where \"as\" is base64 or hex";
constexpr std::string_view not_epoch = "a number is needed where \"as\" is epoch_s, epoch_ms or epoch_us";
constexpr std::string_view beyond_years = "the time is not within the years 1 to 9999";
constexpr std::string_view too_deep = "an array of PostgreSQL has at most 6 dimensions";
constexpr std::string_view holds_nul = "the text holds the character NUL (U+0000), which PostgreSQL cannot store";
constexpr std::string_view not_utf8 = "the bytes are not UTF-8; a column of type bytea takes them";
constexpr std::string_view lone_surrogate = "the text holds half of a surrogate pair, which is no character";

/// More than eight digits in a row, unless they are a fraction: PostgreSQL would take all but the last four for a year.
bool has_long_number(std::string_view text) {
  std::size_t digits = 0;
  bool fraction = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      if (++digits > 8 && !fraction) return true;
      continue;
    }
    fraction = c == '.' && digits > 0;
    digits = 0;
  }
  return false;
}

/// Digits other than YYYYMMDD, which PostgreSQL would read as a date of some far year. It skips punctuation around
/// them.
bool is_number_of_time(std::string_view text) {
  constexpr std::size_t digits_of_date = 8;
  if (has_long_number(text)) return true;
  const auto matters = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' ||
           c == '.' || static_cast<unsigned char>(c) > 0x7F;
  };
  while (!text.empty() && !matters(text.front())) text.remove_prefix(1);
  while (!text.empty() && !matters(text.back())) text.remove_suffix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return text.size() != digits_of_date && text.find_first_of("0123456789") != std::string_view::npos &&
         text.find_first_not_of("0123456789.eE+") == std::string_view::npos;
}

/// Whether the literal of an array or a range holds such digits: as an element, or as a bound. Quotes and backslashes
/// may be anywhere within one. Elements that are ranges are literals themselves.
bool holds_number_of_time(std::string_view literal, bool of_ranges) {
  constexpr std::string_view delimiters = "[](){},";
  const auto is_number = [of_ranges](std::string_view part) {
    return of_ranges ? holds_number_of_time(part, false) : is_number_of_time(part);
  };
  std::string part;
  bool quoted = false;
  for (std::size_t at = 0; at < literal.size(); ++at) {
    const char c = literal[at];
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '\\' && at + 1 < literal.size()) {
      part.push_back(literal[++at]);
    } else if (!quoted && delimiters.find(c) != std::string_view::npos) {
      if (is_number(part)) return true;
      part.clear();
    } else {
      part.push_back(c);
    }
  }
  return is_number(part);
}

/// Whether the text has digits in place of a date or time that a column of the type would read.
bool has_number_for_time(std::string_view text, const column_type& type) {
  if (type.kind != column_kind::time && type.kind != column_kind::time_range) return false;
  if (!type.is_array && type.kind == column_kind::time) return is_number_of_time(text);
  return holds_number_of_time(text, type.is_array && type.kind == column_kind::time_range);
}

/// Whether the JSON array, which is the literal of a range, has numbers for its bounds.
bool holds_number(const json_value& array) {
  json_elements elements(array);
  for (auto element = elements.next(); element.of != kind::missing; element = elements.next()) {
    if (element.of == kind::number) return true;
  }
  return false;
}

/// What to do with a number for this type of times.
std::string_view number_refused_by(const column_type& type) {
  if (type.kind == column_kind::interval) return number_is_no_interval;
  return type.kind == column_kind::time && !type.is_array ? number_is_no_time : number_among_times;
}

bool is_count(std::string_view text, std::uint64_t largest) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} && end == text.data() + text.size() && number <= largest;
}

/// Appends bytes as a text from which bytea reads them.
void append_bytea(std::string_view bytes, std::string& into) {
  into.append("\\x");
  hex::append(bytes, into);
}

bool takes_any_bytes(const column_type& type) {
  return type.kind == column_kind::bytes && !type.is_array;
}

/// Here and not by PostgreSQL, whose error for a character that no text can hold does not name the column.
conversion append_text(std::string_view text, const column_type& type, std::string& into) {
  if (takes_any_bytes(type)) {
    append_bytea(text, into);
    return {};
  }
  if (has_number_for_time(text, type)) return {.why = number_refused_by(type)};
  if (type.is_array && (type.longest > 0 || type.largest > 0)) return {.why = elements_unchecked};
  if (type.longest > 0 && text.size() > type.longest) return {.why = cut_off};
  if (type.largest > 0 && !is_count(text, type.largest)) return {.why = no_count};
  if (text.find('\0') != std::string_view::npos) return {.why = holds_nul};
  into.append(text);
  return {};
}

conversion append_unchecked(std::string_view bytes, const column_type& type, std::string& into) {
  if (type.kind == column_kind::document && !type.is_array) bytes = without_byte_order_mark(bytes);
  if (!takes_any_bytes(type) && !is_utf8(bytes)) return {.why = not_utf8};
  return append_text(bytes, type, into);
}

conversion append_number_as(std::string_view raw, const column_type& type, std::string& into) {
  switch (type.kind) {
    case column_kind::time:
    case column_kind::time_range:
    case column_kind::interval:
      return {.why = number_refused_by(type)};
    case column_kind::integer:
      if (raw.find_first_of(".eE") != std::string_view::npos) {
        const auto number = decimal::parse(raw);
        const auto whole = number ? number->whole() : std::nullopt;
        if (!whole) return {.why = "the number is not whole, or too large"};
        return append_text(*whole, type, into);
      }
      break;
    default:
      break;
  }
  return append_text(raw, type, into);
}

conversion append_epoch(std::string_view text, value_form form, std::string& into) {
  const auto number = decimal::parse(text);
  if (!number) return {.why = not_epoch};
  const auto since = number->scaled(form == value_form::epoch_s ? 6 : form == value_form::epoch_ms ? 3 : 0);
  if (!since) return {.why = beyond_years};
  const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds(*since)};
  if (time < years::begin || time >= years::end) return {.why = beyond_years};
  copy_text::append_timestamp(time.time_since_epoch(), into);
  return {};
}

/// Appends the bytes; false when the text is no base64.
bool decode_base64(std::string_view text, std::string& into) {
  constexpr auto alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string unpadded(text.substr(0, text.find_last_not_of('=') + 1));
  std::ranges::replace(unpadded, '-', '+');
  std::ranges::replace(unpadded, '_', '/');
  if (text.size() - unpadded.size() > 2 || unpadded.size() % 4 == 1 ||
      unpadded.find_first_not_of(alphabet) != std::string::npos)
    return false;
  const auto begin = into.size();
  const auto size = unpadded.size() * 3 / 4;
  auto padded = std::move(unpadded);
  padded.resize((padded.size() + 3) / 4 * 4, '=');
  into.resize(begin + padded.size() / 4 * 3);
  const auto written =
      ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(into.data() + begin),
                        reinterpret_cast<const unsigned char*>(padded.data()), static_cast<int>(padded.size()));
  into.resize(begin + size);
  return written >= 0;
}

bool decode_hex(std::string_view text, std::string& into) {
  if (text.starts_with("0x") || text.starts_with("\\x")) text.remove_prefix(2);
  return hex::append_bytes(text, into);
}

/// The type of an array's elements, or the type itself; without its name, which costs time.
column_type single(const column_type& type) {
  return {.kind = type.kind, .longest = type.longest, .largest = type.largest};
}

/// Appends an element of an array's literal, in quotes.
void append_quoted(std::string_view text, std::string& into) {
  into.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') into.push_back('\\');
    into.push_back(c);
  }
  into.push_back('"');
}

}  // namespace

conversion value_converter::append_bytes(std::string_view bytes, const column_type& type, value_form form,
                                         std::string& into) {
  switch (form) {
    case value_form::epoch_s:
    case value_form::epoch_ms:
    case value_form::epoch_us:
      return append_epoch(bytes, form, into);
    case value_form::base64:
    case value_form::hex: {
      std::string decoded;
      const bool done = form == value_form::hex ? decode_hex(bytes, decoded) : decode_base64(bytes, decoded);
      if (!done) return {.why = form == value_form::hex ? not_hex : not_base64};
      return append_unchecked(decoded, type, into);
    }
    case value_form::text:
    case value_form::raw_json:
    case value_form::plain:
      break;
  }
  return append_unchecked(bytes, type, into);
}

conversion value_converter::append(const json_value& value, const column_type& type, value_form form,
                                   std::string& into) {
  if (value.of == kind::missing || value.of == kind::null) return {.is_null = true};
  if (form == value_form::plain) return append_plain(value, type, into);
  if (value.of != kind::string || form == value_form::raw_json) {
    if (form == value_form::base64 || form == value_form::hex) return {.why = not_encoded};
    return append_bytes(value.raw, type, form, into);
  }
  text_.clear();
  if (!append_string_text(value.raw, text_)) return {.why = lone_surrogate};
  return append_bytes(text_, type, form, into);
}

conversion value_converter::append_plain(const json_value& value, const column_type& type, std::string& into) {
  if (type.is_array && value.of == kind::array) return append_array(value, type, 1, into);
  if (!type.is_array && type.kind == column_kind::document) {
    into.append(value.raw);
    return {};
  }
  // A text is the array's literal.
  const column_type whole = type.is_array ? column_type{.kind = column_kind::other} : single(type);
  if (value.of == kind::number) return append_number_as(value.raw, whole, into);
  if (value.of != kind::string) {
    if (type.kind == column_kind::time_range && value.of == kind::array && holds_number(value))
      return {.why = number_among_times};
    return append_text(value.raw, whole, into);
  }
  text_.clear();
  if (!append_string_text(value.raw, text_)) return {.why = lone_surrogate};
  return append_text(text_, type, into);
}

/// Arrays in it are further dimensions, but not where elements are JSON.
conversion value_converter::append_array(const json_value& array, const column_type& type, int dimension,
                                         std::string& into) {
  if (dimension > most_dimensions) return {.why = too_deep};
  const auto inner = single(type);
  into.push_back('{');
  json_elements elements(array);
  bool first = true;
  for (auto element = elements.next(); element.of != kind::missing; element = elements.next()) {
    if (!std::exchange(first, false)) into.push_back(',');
    if (element.of == kind::null) {
      into.append("NULL");
      continue;
    }
    if (element.of == kind::array && type.kind != column_kind::document) {
      if (const auto done = append_array(element, type, dimension + 1, into); !done.why.empty()) return done;
      continue;
    }
    element_.clear();
    if (const auto done = append_plain(element, inner, element_); !done.why.empty())
      return {.why = done.why == number_is_no_time ? number_among_times : done.why};
    append_quoted(element_, into);
  }
  into.push_back('}');
  return {};
}

}  // namespace kfs
