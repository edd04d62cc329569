#include "processors/database/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/base/fault_point.hpp"
#include "processors/database/errors.hpp"

namespace kfs {
namespace {

constexpr std::string_view repeated_key = "21000";
/// A buffer that one large batch needed is not kept for the small ones.
constexpr std::size_t kept_buffer_bytes = 32 * 1024 * 1024;

}  // namespace

database_writer::database_writer(database_target target, bool deletes_null, std::string place)
    : target_(std::move(target)),
      deletes_null_(deletes_null),
      place_(std::move(place)),
      copy_(target_.copy_command()),
      rows_(target_.columns) {}

/// The way without savepoints is for batches without a bad record; with one everything is done again.
result<rejections> database_writer::write(postgres_connection& by, const batch& from, numbers which) {
  rejections_.clear();
  as_bytes_.assign(from.records().size(), false);
  refused_.assign(from.records().size(), false);
  if (auto begun = begin(by); !begun) return tl::make_unexpected(failed(begun.error()));
  encode(from, which);
  auto applied = apply(by);
  if (!applied && applied.error().state == repeated_key && !keys_repeat_) {
    keys_repeat_ = true;
    by.rollback();
    applied = begin(by).and_then([&] { return apply(by); });
  }
  if (applied) return std::exchange(rejections_, {});
  if (fault_of(applied.error()) != database_fault::record) return tl::make_unexpected(failed(applied.error()));
  by.rollback();
  keys_repeat_ = true;
  if (auto begun = begin(by); !begun) return tl::make_unexpected(failed(begun.error()));
  if (auto found = bisect(by, from, which); !found) return tl::make_unexpected(std::move(found).error());
  return std::exchange(rejections_, {});
}

/// A constraint that spoke up with the COMMIT would not tell which record it refuses.
sql_result<void> database_writer::begin(postgres_connection& by) const {
  auto begun = by.begin();
  if (!begun || !target_.has_deferred) return begun;
  return by.query("SET CONSTRAINTS ALL IMMEDIATE").map([](const sql_rows&) {});
}

void database_writer::encode(const batch& from, numbers which) {
  text_.clear();
  if (text_.capacity() > kept_buffer_bytes) text_.shrink_to_fit();
  row_count_ = 0;
  deletes_ = false;
  for (const auto number : which) {
    if (refused_[number]) continue;
    const auto& one = from.records()[number];
    const auto why = rows_.append(
        from, one,
        {.as_bytes = as_bytes_[number], .staged = target_.upserts, .deletes_null = deletes_null_, .number = number},
        text_);
    if (!why.empty()) {
      refuse(from, number,
             {ec::record_rejected, fmt::format("the record cannot be written to {}: {}", target_.shown(), why)});
      continue;
    }
    ++row_count_;
    deletes_ = deletes_ || (deletes_null_ && !one.has_value);
  }
}

void database_writer::refuse(const batch& from, std::size_t number, error why) {
  refused_[number] = true;
  const auto& one = from.records()[number];
  rejections_.push_back({one.partition, one.position, std::move(why)});
}

sql_result<void> database_writer::apply(postgres_connection& by) {
  if (row_count_ == 0) return {};
  if (auto copied = by.copy(copy_, text_); !copied) return copied;
  fault_point("database.after_copy");
  if (!target_.upserts) return {};
  std::string statements;
  if (deletes_) statements = target_.delete_statement() + "; ";
  return by.query(statements + target_.upsert_statement(keys_repeat_ || deletes_)).map([](const sql_rows&) {});
}

/// What fails leaves the transaction as it was.
sql_result<void> database_writer::try_apply(postgres_connection& by, const batch& from, numbers which) {
  encode(from, which);
  if (row_count_ == 0) return {};
  if (auto saved = by.query("SAVEPOINT kafka_fetcher"); !saved) return tl::make_unexpected(saved.error());
  auto applied = apply(by);
  if (!applied && fault_of(applied.error()) != database_fault::record) return applied;
  std::string ending = applied ? "" : "ROLLBACK TO SAVEPOINT kafka_fetcher; ";
  ending += "RELEASE SAVEPOINT kafka_fetcher";
  if (applied && target_.upserts) ending += fmt::format("; DELETE FROM {}", staging_table);
  if (auto ended = by.query(ending); !ended) return tl::make_unexpected(ended.error());
  return applied;
}

result<void> database_writer::bisect(postgres_connection& by, const batch& from, numbers which) {
  const auto applied = try_apply(by, from, which);
  if (applied) return {};
  if (fault_of(applied.error()) != database_fault::record) return tl::make_unexpected(failed(applied.error()));
  if (which.size() == 1) return settle_one(by, from, which, applied.error());
  const auto half = which.size() / 2;
  return bisect(by, from, which.first(half)).and_then([&] { return bisect(by, from, which.subspan(half)); });
}

/// In our own table every value has a place: as bytes, where jsonb does not take it.
result<void> database_writer::settle_one(postgres_connection& by, const batch& from, numbers which,
                                         const sql_failure& why) {
  const auto number = which.front();
  if (target_.is_own && !as_bytes_[number]) {
    as_bytes_[number] = true;
    return bisect(by, from, which);
  }
  const bool known = std::ranges::find(target_.columns, why.column, &database_column::name) != target_.columns.end();
  refuse(from, number, refused_record(target_.shown(), known ? why.column : std::string(), why));
  return {};
}

error database_writer::failed(const sql_failure& why) const {
  return database_error(fmt::format("write to {} of {}", target_.shown(), place_), why);
}

}  // namespace kfs
