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

/// What a rejection means. A class of two characters stands for all of its states that are not listed before it.
constexpr std::array<named_state, 19> meanings{{
    {"22001", "the value is too long for its type"},
    {"22003", "the number is out of the range of its type"},
    {"22007", "the text is no date or time"},
    {"22008", "the date or time is out of range"},
    {"22021", "the bytes are no text in the database's encoding (a NUL, or invalid UTF-8)"},
    {"22P02", "the text is no value of its type"},
    {"22P03", "the bytes are no value of its type"},
    {"22P04", "the row does not fit the columns"},
    {"22P05", "the text holds a character that the database or the type does not take"},
    {"22", "the value does not fit its type"},
    {"23502", "there is no value, but the column is NOT NULL"},
    {"23503", "the row that it refers to does not exist, or other rows refer to its row"},
    {"23505", "a row with this key exists already"},
    {"23514", "a check does not hold"},
    {"23", "a constraint does not hold"},
    {"42501", "a policy of row-level security, or missing rights"},
    {"44", "the view's WITH CHECK OPTION does not hold"},
    {"54", "the row exceeds a limit of PostgreSQL"},
    {"P0001", "a trigger rejects it"},
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
  constexpr std::array<std::string_view, 8> of_server{"08", "25", "40", "53", "55", "57", "58", "F0"};
  constexpr std::array<std::string_view, 2> damage{"XX001", "XX002"};
  const auto category = class_of(failure.state);
  if (failure.lost && (category == "28" || category == "3D" || failure.state == "42501"))
    return database_fault::setting;
  if (failure.lost || failure.state.empty()) return database_fault::server;
  if (failure.raised && (category == "F0" || is_one_of(failure.state, damage))) return database_fault::unclear;
  if (failure.state == "57014") return database_fault::too_slow;
  // A session that lives on breaks no protocol: a value in binary form is too short for a type that has changed.
  if (failure.state == "08P01") return database_fault::unclear;
  if (failure.state == "2200H") return database_fault::server;  // a sequence is used up
  if (is_one_of(category, of_server) || is_one_of(failure.state, damage)) return database_fault::server;
  return database_fault::unclear;
}

bool casts_doubt_on_table(const sql_failure& failure) noexcept {
  const std::string_view routine = failure.routine;
  if (routine == "ExecFindPartition" || routine.starts_with("aclcheck_error")) return true;
  const bool chosen_by_function = routine == "exec_stmt_raise";
  const auto category = class_of(failure.state);
  return failure.raised && !chosen_by_function && (category == "42" || category == "23" || failure.state == "0A000");
}

error database_error(std::string_view action, const sql_failure& failure) {
  switch (fault_of(failure)) {
    case database_fault::setting:
    case database_fault::unclear:
      return {ec::sink_denied, fmt::format("could not {}: {}; {}", action, said(failure), what_to_do(failure))};
    case database_fault::too_slow:
      return {ec::sink_unavailable,
              fmt::format("could not {} within timeout_ms: {}; raise timeout_ms, or find out what takes so long (a "
                          "trigger, an index, a lock); fewer rows are tried at once",
                          action, said(failure))};
    case database_fault::server:
      break;
  }
  return {ec::sink_unavailable, fmt::format("could not {}: {}; it is tried again", action, said(failure))};
}

error rejected_record(std::string_view table, std::string_view column, const sql_failure& failure) {
  const auto* const found = std::ranges::find_if(
      meanings, [&](const auto& entry) { return std::string_view(failure.state).starts_with(entry.first); });
  auto why = found == meanings.end() ? "a trigger, a function or a type rejects it" : found->second;
  if (failure.routine == "ExecFindPartition") why = "no partition of the table takes it";
  const auto constraint =
      failure.constraint.empty()
          ? std::string()
          : fmt::format(" (constraint \"{}\")", escaped(failure.constraint, escaping::quoted, longest_text));
  if (failure.raised) {
    return {ec::record_rejected,
            fmt::format("PostgreSQL rejects the record in {}, in one of its triggers or functions, which may concern "
                        "another table: {} (SQLSTATE {})",
                        table, why, failure.state)};
  }
  const auto where = column.empty() ? std::string() : fmt::format(" for column \"{}\"", column);
  return {ec::record_rejected, fmt::format("PostgreSQL rejects the record in {}{}: {}{} (SQLSTATE {})", table, where,
                                           why, constraint, failure.state)};
}

}  // namespace kfs
