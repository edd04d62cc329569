#include "processors/database/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/base/fault_point.hpp"
#include "processors/database/errors.hpp"

namespace kfs {
namespace {

constexpr std::string_view repeated_key = "21000";
constexpr std::string_view constraint_class = "23";
/// How much of COPY's input is made before it is sent: PostgreSQL writes these rows while the next ones are made.
constexpr std::size_t piece_bytes = 64 * 1024;
/// A value that only the text format can pass on is seldom the only one of its column.
constexpr std::size_t text_batches_after_one = 100;

bool is_unclear(const sql_failure& failure) {
  return fault_of(failure) == database_fault::unclear;
}

}  // namespace

database_writer::database_writer(database_target target, bool deletes_null, std::string place)
    : target_(std::move(target)),
      deletes_null_(deletes_null),
      place_(std::move(place)),
      binary_(target_.has_binary_form() ? std::optional(make_way(copy_format::binary)) : std::nullopt),
      text_(target_.is_own ? std::nullopt : std::optional(make_way(copy_format::text))),
      way_(binary_ ? &*binary_ : &*text_) {}

database_writer::way database_writer::make_way(copy_format format) const {
  return {.copy = target_.copy_command(format), .rows = make_row_encoder(target_, format)};
}

write_attempt database_writer::write(postgres_connection& connection, const batch& from, numbers indices) {
  rejections_.clear();
  doubts_.clear();
  waits_for_others_.clear();
  accepted_ = 0;
  as_bytes_.assign(from.records().size(), false);
  rejected_.assign(from.records().size(), false);
  const auto written = write_whole(connection, from, indices);
  if (written && rejections_.empty()) return {.accepted = row_count_};
  if (written) return rejected_by_encoding(connection);
  if (!is_unclear(written.error())) return ended(written.error());
  connection.rollback();
  return find_rejected(connection, from, indices);
}

/// Writes all records at once, without savepoints, which nearly always succeeds.
sql_result<void> database_writer::write_whole(postgres_connection& connection, const batch& from, numbers indices) {
  way_ = binary_ && text_batches_ == 0 ? &*binary_ : &*text_;
  if (text_batches_ > 0) --text_batches_;
  while (true) {
    needs_text_ = false;
    auto applied = begin(connection).and_then([&] { return apply(connection, from, indices); });
    if (applied && needs_text_) {
      way_ = &*text_;
      text_batches_ = text_batches_after_one;
    } else if (!applied && applied.error().state == repeated_key && !keys_repeat_) {
      keys_repeat_ = true;
    } else {
      return applied;
    }
    connection.rollback();
  }
}

/// Constraints are checked at once, because a failure of the COMMIT would not tell the record.
sql_result<void> database_writer::begin(postgres_connection& connection) const {
  return connection.begin()
      .and_then([&] { return connection.query("SET CONSTRAINTS ALL IMMEDIATE"); })
      .map([](const sql_rows&) {});
}

sql_result<void> database_writer::copy_rows(postgres_connection& connection, const batch& from, numbers indices) {
  row_count_ = 0;
  deletes_ = false;
  bool begun = false;
  return connection.copy(way_->copy, [&](std::string& piece) {
    if (!std::exchange(begun, true)) way_->rows->begin(piece);
    while (!indices.empty() && piece.size() < piece_bytes) {
      needs_text_ = !append_row(from, indices.front(), piece);
      indices = needs_text_ ? numbers{} : indices.subspan(1);
    }
    if (indices.empty()) way_->rows->end(piece);
    return !indices.empty();
  });
}

/// False when the record needs another format.
bool database_writer::append_row(const batch& from, std::size_t index, std::string& into) {
  if (rejected_[index]) return true;
  const auto& written = from.records()[index];
  const auto row = way_->rows->append(
      from, written, {.as_bytes = as_bytes_[index], .deletes_null = deletes_null_, .number = index}, into);
  if (row.needs_text) return false;
  if (!row.why.empty()) {
    reject(from, index,
           {ec::record_rejected, fmt::format("the record cannot be written to {}: {}", target_.shown(), row.why)});
    return true;
  }
  ++row_count_;
  deletes_ = deletes_ || (deletes_null_ && !written.has_value);
  return true;
}

void database_writer::reject(const batch& from, std::size_t index, error why) {
  rejected_[index] = true;
  const auto& written = from.records()[index];
  rejections_.push_back({written.partition, written.position, std::move(why)});
}

/// In the order of the records.
rejections database_writer::take_rejections() {
  std::ranges::sort(rejections_, {}, [](const rejection& rejected) {
    return record_place{rejected.partition, rejected.position};
  });
  return std::exchange(rejections_, {});
}

/// Writes the records that are not rejected.
sql_result<void> database_writer::apply(postgres_connection& connection, const batch& from, numbers indices) {
  if (auto copied = copy_rows(connection, from, indices); !copied) return copied;
  fault_point("database.after_copy");
  if (needs_text_ || !target_.staged) return {};
  std::string statements;
  if (deletes_) statements = target_.delete_statement() + "; ";
  return connection.query(statements + target_.insert_statement(keys_repeat_ || deletes_)).map([](const sql_rows&) {});
}

/// A failure leaves the transaction as it was.
sql_result<void> database_writer::try_apply(postgres_connection& connection, const batch& from, numbers indices) {
  if (auto saved = connection.query("SAVEPOINT kafka_fetcher"); !saved) return tl::make_unexpected(saved.error());
  auto applied = apply(connection, from, indices);
  if (!applied && !is_unclear(applied.error())) return applied;
  std::string ending = applied ? "" : "ROLLBACK TO SAVEPOINT kafka_fetcher; ";
  ending += "RELEASE SAVEPOINT kafka_fetcher";
  if (applied && target_.staged) ending += fmt::format("; DELETE FROM {}", staging_table);
  if (auto ended = connection.query(ending); !ended) return tl::make_unexpected(ended.error());
  if (applied) accepted_ += row_count_;
  return applied;
}

/// Tells the table's faults from the records'. The first experiment writes no rows; it also locks the table against
/// changes until the transaction ends.
write_attempt database_writer::find_rejected(postgres_connection& connection, const batch& from, numbers indices) {
  keys_repeat_ = true;
  if (text_) way_ = &*text_;
  needs_text_ = false;
  if (auto begun = begin(connection); !begun) return ended(begun.error());
  const auto without_rows = try_apply(connection, from, {});
  const auto same = is_unchanged(connection);
  if (!same) return ended(without_rows ? same.error() : without_rows.error());
  if (!*same) return changed();
  if (!without_rows) return ended(without_rows.error());
  if (auto found = bisect(connection, from, indices); !found) return ended(found.error());
  if (auto again = try_again(connection, from); !again) return ended(again.error());
  return {.rejected = take_rejections(), .accepted = accepted_, .doubts = doubts_};
}

/// What a column takes is decided before PostgreSQL sees it, so the table must still be the one that was looked at.
write_attempt database_writer::rejected_by_encoding(postgres_connection& connection) {
  const auto same = is_unchanged(connection);
  if (!same) return ended(same.error());
  if (!*same) return changed();
  return {.rejected = take_rejections(), .accepted = row_count_};
}

write_attempt database_writer::changed() const {
  return {.ended = write_attempt::outcome::table_changed,
          .why = {ec::sink_unavailable,
                  fmt::format("table {} of {} was changed; it is looked at again", target_.shown(), place_)}};
}

sql_result<bool> database_writer::is_unchanged(postgres_connection& connection) const {
  return connection.query(fmt::format("SELECT {}, {}", target_.state_expression, target_.surroundings_expression))
      .map([&](const sql_rows& rows) {
        return rows.at(0).at(0).value_or("") == target_.state && rows.at(0).at(1).value_or("") == target_.surroundings;
      });
}

sql_result<void> database_writer::bisect(postgres_connection& connection, const batch& from, numbers indices) {
  const auto applied = try_apply(connection, from, indices);
  if (applied || !is_unclear(applied.error())) return applied;
  if (indices.size() == 1) return settle_one(connection, from, indices, applied.error());
  const auto half = indices.size() / 2;
  return bisect(connection, from, indices.first(half)).and_then([&] {
    return bisect(connection, from, indices.subspan(half));
  });
}

/// A table of our own layout can hold every value: as bytes when jsonb rejects it.
sql_result<void> database_writer::settle_one(postgres_connection& connection, const batch& from, numbers indices,
                                             const sql_failure& why) {
  const auto index = indices.front();
  if (target_.is_own && !as_bytes_[index]) {
    as_bytes_[index] = true;
    return bisect(connection, from, indices);
  }
  if (why.state.starts_with(constraint_class) && !target_.upserts) waits_for_others_.push_back(index);
  if (casts_doubt_on_table(why)) doubts_.insert(why.state);
  const bool known = std::ranges::find(target_.columns, why.column, &database_column::name) != target_.columns.end();
  reject(from, index, rejected_record(target_.shown(), known ? why.column : std::string(), why));
  return {};
}

/// A row may refer to another row of the batch, which was not there when the half of the first one was tried. Upserts
/// are left out: there a row that is written later than it was sent could replace a newer one.
sql_result<void> database_writer::try_again(postgres_connection& connection, const batch& from) {
  bool progress = accepted_ > 0;
  while (std::exchange(progress, false)) {
    for (auto at = waits_for_others_.begin(); at != waits_for_others_.end();) {
      const auto index = *at;
      rejected_[index] = false;
      const auto applied = try_apply(connection, from, numbers(&index, 1));
      if (!applied && !is_unclear(applied.error())) return applied;
      if (!applied) {
        rejected_[index] = true;
        ++at;
        continue;
      }
      const auto& accepted = from.records()[index];
      std::erase_if(rejections_, [&](const rejection& rejected) {
        return rejected.partition == accepted.partition && rejected.position == accepted.position;
      });
      at = waits_for_others_.erase(at);
      progress = true;
    }
  }
  return {};
}

write_attempt database_writer::ended(const sql_failure& why) const {
  const bool slow = fault_of(why) == database_fault::too_slow;
  return {.ended = slow ? write_attempt::outcome::too_slow : write_attempt::outcome::failed,
          .why = database_error(fmt::format("write to {} of {}", target_.shown(), place_), why),
          .accepted = accepted_};
}

}  // namespace kfs
