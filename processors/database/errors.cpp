#include "processors/database/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_text = 400;

using named_state = std::pair<std::string_view, std::string_view>;

/// Meanings of states whose message repeats the value.
constexpr std::array<named_state, 11> value_states{{
    {"22001", "the value is too long for its type"},
    {"22003", "the number is out of the range of its type"},
    {"22007", "the text is no date or time"},
    {"22008", "the date or time is out of range"},
    {"22021", "the bytes are no text in the database's encoding (a NUL, or invalid UTF-8)"},
    {"22P02", "the text is no value of its type"},
    {"22P03", "the bytes are no value of its type"},
    {"22P04", "the row does not fit the columns"},
    {"22P05", "the text holds a character that the type does not take (\\u0000)"},
    {"22023", "the value is not allowed"},
    {"P0001", "a trigger rejected it"},
}};

std::string_view class_of(std::string_view state) {
  return state.substr(0, 2);
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& all) {
  return std::ranges::find(all, text) != all.end();
}

std::string said(const sql_failure& failure) {
  const auto text = escaped(failure.text, escaping::plain, longest_text);
  return failure.state.empty() ? text : fmt::format("{} (SQLSTATE {})", text, failure.state);
}

std::string_view what_to_do(const sql_failure& failure) {
  const auto category = class_of(failure.state);
  if (category == "28") return "check user and password of db_dsn, and pg_hba.conf of the server";
  if (failure.state == "42501") return "grant the user of db_dsn the rights that processors/database/README.md lists";
  if (failure.state == "3D000") return "create the database, or correct db_dsn";
  if (failure.state == "3F000") return "create the schema, or correct table";
  if (failure.state == "42P01") return "create the table, or set create_table, or correct table";
  if (failure.state == "42703") return "add the column, or correct columns";
  if (failure.state == "42804") return "correct columns, so that the types fit";
  return "correct the configuration of the processor or the table";
}

}  // namespace

database_fault fault_of(const sql_failure& failure) noexcept {
  constexpr std::array<std::string_view, 3> of_record{"22", "23", "44"};
  constexpr std::array<std::string_view, 6> of_setting{"28", "42", "3D", "3F", "0A", "0L"};
  const auto category = class_of(failure.state);
  if (failure.lost && category != "28" && category != "3D" && failure.state != "42501") return database_fault::server;
  if (is_one_of(category, of_record) || category == "54" || failure.state == "P0001") return database_fault::record;
  if (is_one_of(category, of_setting)) return database_fault::setting;
  return database_fault::server;
}

error database_error(std::string_view action, const sql_failure& failure) {
  if (fault_of(failure) == database_fault::setting)
    return {ec::sink_denied, fmt::format("could not {}: {}; {}", action, said(failure), what_to_do(failure))};
  return {ec::sink_unavailable, fmt::format("could not {}: {}; it is tried again", action, said(failure))};
}

error rejected_record(std::string_view table, std::string_view column, const sql_failure& failure) {
  const auto* const found =
      std::ranges::find(value_states, std::string_view(failure.state), [](const auto& entry) { return entry.first; });
  std::string why;
  if (found != value_states.end()) {
    why = found->second;
  } else if (class_of(failure.state) == "22") {
    why = "the value does not fit its type";
  } else {
    why = escaped(failure.text, escaping::plain, longest_text);
  }
  const auto where = column.empty() ? std::string() : fmt::format(" for column \"{}\"", column);
  return {ec::record_rejected,
          fmt::format("PostgreSQL rejects the record in {}{}: {} (SQLSTATE {})", table, where, why, failure.state)};
}

}  // namespace kfs
