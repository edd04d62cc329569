#include "processors/database/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace kfs {
namespace {

constexpr std::size_t longest_whole = 40;
constexpr long largest_exponent = 1'000'000;

std::string_view take_digits(std::string_view& text) {
  const auto digits = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
  text.remove_prefix(digits.size());
  return digits;
}

bool take(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// A large exponent keeps its sign, and becomes largest_exponent.
std::optional<long> take_exponent(std::string_view& text) {
  const bool negative = text.starts_with('-');
  take(text, "+-");
  const auto digits = take_digits(text);
  if (digits.empty()) return std::nullopt;
  long exponent = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  exponent = read.ec == std::errc{} ? std::min(exponent, largest_exponent) : largest_exponent;
  return negative ? -exponent : exponent;
}

}  // namespace

std::optional<decimal> decimal::parse(std::string_view text) {
  decimal number;
  number.negative_ = take(text, "-");
  const auto before_point = take_digits(text);
  if (before_point.empty() || (before_point.size() > 1 && before_point[0] == '0')) return std::nullopt;
  number.digits_ = before_point;
  if (take(text, ".")) {
    const auto behind_point = take_digits(text);
    if (behind_point.empty()) return std::nullopt;
    number.digits_ += behind_point;
    number.exponent_ = -static_cast<long>(behind_point.size());
  }
  if (take(text, "eE")) {
    const auto exponent = take_exponent(text);
    if (!exponent) return std::nullopt;
    number.exponent_ += *exponent;
  }
  if (!text.empty()) return std::nullopt;
  number.digits_.erase(0, number.digits_.find_first_not_of('0'));
  const auto last = number.digits_.find_last_not_of('0');
  if (last == std::string::npos) return decimal{};
  number.exponent_ += static_cast<long>(number.digits_.size() - last - 1);
  number.digits_.erase(last + 1);
  return number;
}

std::optional<std::string> decimal::whole() const {
  if (digits_.empty()) return "0";
  if (exponent_ < 0 || static_cast<std::size_t>(exponent_) + digits_.size() > longest_whole) return std::nullopt;
  return (negative_ ? "-" : "") + digits_ + std::string(static_cast<std::size_t>(exponent_), '0');
}

std::optional<std::int64_t> decimal::scaled(int power) const {
  constexpr auto most_digits = static_cast<long>(std::numeric_limits<std::int64_t>::digits10);
  const auto exponent = exponent_ + power;
  const auto size = static_cast<long>(digits_.size()) + exponent;  // of the whole part
  if (size > most_digits) return std::nullopt;
  auto kept = size > 0 ? digits_.substr(0, static_cast<std::size_t>(size)) : std::string();
  const bool cut = kept.size() < digits_.size();
  if (exponent > 0 && !digits_.empty()) kept.append(static_cast<std::size_t>(exponent), '0');
  std::int64_t value = 0;
  std::from_chars(kept.data(), kept.data() + kept.size(), value);
  if (!negative_) return value;
  return -value - (cut ? 1 : 0);
}

}  // namespace kfs
