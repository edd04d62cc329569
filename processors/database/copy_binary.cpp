#include "processors/database/copy_binary.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "processors/database/hex.hpp"
#include "processors/database/years.hpp"

namespace kfs::copy_binary {
namespace {

using namespace std::string_view_literals;
using namespace std::chrono;

constexpr auto null = "\xff\xff\xff\xff"sv;
constexpr sys_days epoch = year{2000} / January / 1;  ///< of PostgreSQL's times
constexpr std::string_view digits = "0123456789";

template <class Integer>
void append_raw(Integer number, std::string& into) {
  std::array<char, sizeof number> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[bytes.size() - 1 - i] = static_cast<char>(static_cast<std::make_unsigned_t<Integer>>(number) >> (8 * i));
  into.append(bytes.data(), bytes.size());
}

template <class Integer>
void append_field(Integer number, std::string& into) {
  append_raw(static_cast<std::int32_t>(sizeof number), into);
  append_raw(number, into);
}

template <class Number>
std::optional<Number> parsed(std::string_view text) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <class Integer>
bool append_parsed(std::string_view text, std::string& into) {
  const auto number = parsed<Integer>(text);
  if (number) append_field(*number, into);
  return number.has_value();
}

/// "nan" and "inf", which std::from_chars takes, and numbers that are too small are left to PostgreSQL.
template <class Real, class Bits>
bool append_real(std::string_view text, std::string& into) {
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return false;
  const auto number = parsed<Real>(text);
  if (!number || std::isinf(*number)) return false;
  if (*number == 0 && text.find_first_of("123456789") != std::string_view::npos) return false;
  append_field(std::bit_cast<Bits>(*number), into);
  return true;
}

/// Groups of four digits on both sides of the decimal point, the weight of the first one, the sign, and the number of
/// digits behind the point.
bool append_numeric(std::string_view text, std::string& into) {
  constexpr std::size_t group = 4;
  constexpr std::size_t most_digits = 1'000;  // far below what the type can hold
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() || text.size() > most_digits || whole.find_first_not_of(digits) != std::string_view::npos ||
      fraction.find_first_not_of(digits) != std::string_view::npos ||
      (point != std::string_view::npos && fraction.empty()))
    return false;
  std::string padded((group - whole.size() % group) % group, '0');
  padded.append(whole);
  const auto weight = static_cast<std::int16_t>(padded.size() / group - 1);
  padded.append(fraction).append((group - fraction.size() % group) % group, '0');
  const auto groups = padded.size() / group;
  constexpr std::size_t header = 4 * sizeof(std::int16_t);
  append_raw(static_cast<std::int32_t>(header + groups * sizeof(std::int16_t)), into);
  append_raw(static_cast<std::int16_t>(groups), into);
  append_raw(weight, into);
  append_raw(static_cast<std::int16_t>(negative ? 0x4000 : 0), into);
  append_raw(static_cast<std::int16_t>(fraction.size()), into);
  for (std::size_t at = 0; at < padded.size(); at += group)
    append_raw(*parsed<std::int16_t>(std::string_view(padded).substr(at, group)), into);
  return true;
}

bool append_bytea(std::string_view text, std::string& into) {
  if (!text.starts_with("\\x")) return false;
  text.remove_prefix(2);
  append_raw(static_cast<std::int32_t>(text.size() / 2), into);
  return hex::append_bytes(text, into);
}

bool append_uuid(std::string_view text, std::string& into) {
  constexpr std::array<std::size_t, 4> hyphens{8, 13, 18, 23};
  if (text.size() != 36 || std::ranges::any_of(hyphens, [&](auto at) { return text[at] != '-'; })) return false;
  append_raw(std::int32_t{16}, into);
  return hex::append_bytes(text.substr(0, 8), into) && hex::append_bytes(text.substr(9, 4), into) &&
         hex::append_bytes(text.substr(14, 4), into) && hex::append_bytes(text.substr(19, 4), into) &&
         hex::append_bytes(text.substr(24), into);
}

/// Reads a time from left to right.
class time_reader {
 public:
  explicit time_reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool skip(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// A number of exactly so many digits.
  std::optional<int> number(std::size_t count) {
    const auto text = rest_.substr(0, count);
    if (text.size() != count || text.find_first_not_of(digits) != std::string_view::npos) return std::nullopt;
    rest_.remove_prefix(count);
    return parsed<int>(text);
  }

  /// "2026-11-24"
  std::optional<sys_days> date() {
    const auto y = number(4);
    if (!y || !skip('-')) return std::nullopt;
    const auto m = number(2);
    if (!m || !skip('-')) return std::nullopt;
    const auto d = number(2);
    if (!d) return std::nullopt;
    const year_month_day read{year{*y}, month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
    if (!read.ok() || *y == 0) return std::nullopt;
    return sys_days(read);
  }

  /// "10:20", "10:20:30", "10:20:30.123456"
  std::optional<microseconds> time_of_day() {
    const auto h = number(2);
    if (!h || *h > 23 || !skip(':')) return std::nullopt;
    const auto m = number(2);
    if (!m || *m > 59) return std::nullopt;
    microseconds read = hours(*h) + minutes(*m);
    if (!skip(':')) return read;
    const auto s = number(2);
    if (!s || *s > 59) return std::nullopt;
    read += seconds(*s);
    if (!skip('.')) return read;
    const auto fraction = rest_.substr(0, rest_.find_first_not_of(digits));
    if (fraction.empty() || fraction.size() > 6) return std::nullopt;  // PostgreSQL rounds more digits
    int micros = *number(fraction.size());
    for (auto size = fraction.size(); size < 6; ++size) micros *= 10;
    return read + microseconds(micros);
  }

  /// "Z", "+01", "-05:30"
  std::optional<minutes> zone() {
    if (skip('Z')) return minutes(0);
    const bool west = skip('-');
    if (!west && !skip('+')) return std::nullopt;
    const auto h = number(2);
    if (!h || *h > 14) return std::nullopt;
    const auto m = skip(':') ? number(2) : std::optional(0);
    if (!m || *m > 59) return std::nullopt;
    const minutes read = hours(*h) + minutes(*m);
    return west ? -read : read;
  }

 private:
  std::string_view rest_;
};

bool append_date(std::string_view text, std::string& into) {
  time_reader reader(text);
  const auto date = reader.date();
  if (!date || !reader.at_end()) return false;
  append_field(static_cast<std::int32_t>((*date - epoch).count()), into);
  return true;
}

/// A zone is needed where the type has one, and else left to PostgreSQL, which ignores it.
bool append_time(std::string_view text, bool zoned, std::string& into) {
  if (text == "infinity" || text == "-infinity") {
    using limits = std::numeric_limits<std::int64_t>;
    append_field(text == "infinity" ? limits::max() : limits::min(), into);
    return true;
  }
  time_reader reader(text);
  const auto date = reader.date();
  if (!date || !(reader.skip('T') || reader.skip(' '))) return false;
  const auto time = reader.time_of_day();
  const auto zone = time && zoned ? reader.zone() : std::optional(minutes(0));
  if (!time || !zone || !reader.at_end()) return false;
  append_field(static_cast<std::int64_t>(microseconds(*date - epoch + *time - *zone).count()), into);
  return true;
}

bool append_form(form type, std::string_view text, std::string& into) {
  switch (type) {
    case form::none:
      return false;
    case form::text:
      append_bytes(text, into);
      return true;
    case form::jsonb:
      append_jsonb(text, into);
      return true;
    case form::bytea:
      return append_bytea(text, into);
    case form::boolean:
      if (text != "true" && text != "false") return false;
      append_boolean(text == "true", into);
      return true;
    case form::int2:
      return append_parsed<std::int16_t>(text, into);
    case form::int4:
      return append_parsed<std::int32_t>(text, into);
    case form::int8:
      return append_parsed<std::int64_t>(text, into);
    case form::float4:
      return append_real<float, std::int32_t>(text, into);
    case form::float8:
      return append_real<double, std::int64_t>(text, into);
    case form::numeric:
      return append_numeric(text, into);
    case form::uuid:
      return append_uuid(text, into);
    case form::date:
      return append_date(text, into);
    case form::timestamp:
    case form::timestamptz:
      return append_time(text, type == form::timestamptz, into);
  }
  return false;
}

}  // namespace

form form_of(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, form>, 17> forms{{
      {"text", form::text},
      {"varchar", form::text},
      {"bpchar", form::text},
      {"json", form::text},
      {"jsonb", form::jsonb},
      {"bytea", form::bytea},
      {"bool", form::boolean},
      {"int2", form::int2},
      {"int4", form::int4},
      {"int8", form::int8},
      {"float4", form::float4},
      {"float8", form::float8},
      {"numeric", form::numeric},
      {"uuid", form::uuid},
      {"date", form::date},
      {"timestamp", form::timestamp},
      {"timestamptz", form::timestamptz},
  }};
  const auto* const found = std::ranges::find(forms, type, &std::pair<std::string_view, form>::first);
  return found == forms.end() ? form::none : found->second;
}

void begin_file(std::string& into) {
  into.append("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv);
}

void end_file(std::string& into) {
  append_raw(std::int16_t{-1}, into);
}

void begin_row(std::size_t fields, std::string& into) {
  append_raw(static_cast<std::int16_t>(fields), into);
}

void append_null(std::string& into) {
  into.append(null);
}

bool is_null(std::string_view field) {
  return field == null;
}

void append_bytes(std::string_view bytes, std::string& into) {
  append_raw(static_cast<std::int32_t>(bytes.size()), into);
  into.append(bytes);
}

void append_boolean(bool value, std::string& into) {
  append_field(static_cast<std::int8_t>(value ? 1 : 0), into);
}

void append_integer(std::int32_t number, std::string& into) {
  append_field(number, into);
}

void append_integer(std::int64_t number, std::string& into) {
  append_field(number, into);
}

/// Behind the number of its format.
void append_jsonb(std::string_view json, std::string& into) {
  append_raw(static_cast<std::int32_t>(json.size() + 1), into);
  into.push_back('\1');
  into.append(json);
}

void append_timestamp(std::int64_t since_epoch_ms, std::string& into) {
  const sys_time<milliseconds> time{milliseconds{since_epoch_ms}};
  using limits = std::numeric_limits<std::int64_t>;
  if (time < years::begin) return append_field(limits::min(), into);
  if (time >= years::end) return append_field(limits::max(), into);
  append_field(static_cast<std::int64_t>(microseconds(time - epoch).count()), into);
}

bool append(form type, std::string_view text, std::string& into) {
  const auto begin = into.size();
  if (append_form(type, text, into)) return true;
  into.resize(begin);
  return false;
}

}  // namespace kfs::copy_binary
