#include "config/base/timestamp.hpp"

#include <fmt/format.h>

#include <charconv>

namespace kfs {
namespace {

constexpr std::string_view layout = "0000-00-00T00:00:00.000Z";

bool has_layout(std::string_view text) noexcept {
  if (text.size() != layout.size()) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool digit = text[at] >= '0' && text[at] <= '9';
    if (layout[at] == '0' ? !digit : text[at] != layout[at]) return false;
  }
  return true;
}

/// The number in `count` digits of a text that has the layout.
int number(std::string_view text, std::size_t from, std::size_t count) noexcept {
  int value = 0;
  std::from_chars(text.data() + from, text.data() + from + count, value);
  return value;
}

}  // namespace

timestamp now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(timestamp at) {
  const auto midnight = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{midnight};
  const std::chrono::hh_mm_ss time{at - midnight};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::optional<timestamp> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  if (!has_layout(text)) return std::nullopt;
  const year_month_day date{year{number(text, 0, 4)}, month{static_cast<unsigned>(number(text, 5, 2))},
                            day{static_cast<unsigned>(number(text, 8, 2))}};
  const hours hour{number(text, 11, 2)};
  const minutes minute{number(text, 14, 2)};
  const seconds second{number(text, 17, 2)};
  if (!date.ok() || hour >= days{1} || minute >= hours{1} || second >= minutes{1}) return std::nullopt;
  return sys_days{date} + hour + minute + second + milliseconds{number(text, 20, 3)};
}

std::optional<timestamp> parse_any_rfc3339(std::string_view text) {
  constexpr std::size_t seconds_end = 19;  // of "0000-00-00T00:00:00"
  constexpr std::size_t offset_size = 6;   // of "+00:00"
  if (text.size() <= seconds_end) return std::nullopt;
  std::string canonical(text.substr(0, seconds_end));
  if (canonical[10] == 't') canonical[10] = 'T';
  auto rest = text.substr(seconds_end);
  std::string decimals;
  if (rest.front() == '.') {
    const auto end = rest.find_first_not_of("0123456789", 1);
    if (end == std::string_view::npos || end == 1) return std::nullopt;
    decimals = rest.substr(1, end - 1);
    rest.remove_prefix(end);
  }
  decimals.resize(3, '0');
  const auto at = parse_rfc3339(canonical + '.' + decimals + 'Z');
  if (!at || rest == "Z" || rest == "z") return at;
  const auto offset = parse_rfc3339("1970-01-01T" + std::string(rest.substr(1)) + ":00.000Z");
  if (rest.size() != offset_size || (rest.front() != '+' && rest.front() != '-') || !offset) return std::nullopt;
  return rest.front() == '+' ? *at - offset->time_since_epoch() : *at + offset->time_since_epoch();
}

}  // namespace kfs
