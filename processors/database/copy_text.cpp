#include "processors/database/copy_text.hpp"

#include <array>
#include <charconv>
#include <limits>

#include "processors/database/years.hpp"

namespace kfs::copy_text {
namespace {

/// The character after the backslash for a byte that must be escaped; 0 for other bytes.
constexpr auto escapes = [] {
  std::array<char, 256> table{};
  table['\\'] = '\\';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['\v'] = 'v';
  return table;
}();

/// Appends a number with leading zeroes.
char* put(char* at, unsigned number, int digits) {
  for (char* digit = at + digits; digit != at; number /= 10) *--digit = static_cast<char>('0' + number % 10);
  return at + digits;
}

}  // namespace

void append(std::string_view text, std::string& into) {
  const char* begin = text.data();
  const char* const end = begin + text.size();
  for (const char* at = begin; at != end; ++at) {
    const char escape = escapes[static_cast<unsigned char>(*at)];
    if (escape == 0) [[likely]]
      continue;
    into.append(begin, at);
    into.push_back('\\');
    into.push_back(escape);
    begin = at + 1;
  }
  into.append(begin, end);
}

void append_timestamp(std::chrono::microseconds since_epoch, std::string& into) {
  using namespace std::chrono;
  const sys_time<microseconds> time{since_epoch};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  std::array<char, sizeof "2026-11-24 10:20:30.123456+00"> text;
  char* at = put(text.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *at++ = '-';
  at = put(at, static_cast<unsigned>(date.month()), 2);
  *at++ = '-';
  at = put(at, static_cast<unsigned>(date.day()), 2);
  *at++ = ' ';
  at = put(at, static_cast<unsigned>(clock.hours().count()), 2);
  *at++ = ':';
  at = put(at, static_cast<unsigned>(clock.minutes().count()), 2);
  *at++ = ':';
  at = put(at, static_cast<unsigned>(clock.seconds().count()), 2);
  *at++ = '.';
  at = put(at, static_cast<unsigned>(clock.subseconds().count()), 6);
  into.append(text.data(), at).append("+00");
}

void append_timestamp(std::int64_t since_epoch_ms, std::string& into) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds{since_epoch_ms}};
  if (time < years::begin) return void(into.append("-infinity"));
  if (time >= years::end) return void(into.append("infinity"));
  append_timestamp(microseconds(time.time_since_epoch()), into);
}

}  // namespace kfs::copy_text
