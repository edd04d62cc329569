#include "processors/database/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/base/fault_point.hpp"
#include "processors/database/errors.hpp"

namespace kfs {
namespace {

constexpr std::string_view repeated_key = "21000";
/// A larger buffer, which one large batch needed, is released after it.
constexpr std::size_t kept_buffer_bytes = 32 * 1024 * 1024;

}  // namespace

database_writer::database_writer(database_target target, bool deletes_null, std::string place)
    : target_(std::move(target)),
      deletes_null_(deletes_null),
      place_(std::move(place)),
      copy_(target_.copy_command()),
      rows_(target_.columns) {}

/// Tries all records without savepoints first. When one is bad, everything is written again with bisection.
result<rejections> database_writer::write(postgres_connection& connection, const batch& from, numbers indices) {
  rejections_.clear();
  as_bytes_.assign(from.records().size(), false);
  rejected_.assign(from.records().size(), false);
  if (auto begun = begin(connection); !begun) return tl::make_unexpected(failed(begun.error()));
  encode(from, indices);
  auto applied = apply(connection);
  if (!applied && applied.error().state == repeated_key && !keys_repeat_) {
    keys_repeat_ = true;
    connection.rollback();
    applied = begin(connection).and_then([&] { return apply(connection); });
  }
  if (applied) return std::exchange(rejections_, {});
  if (fault_of(applied.error()) != database_fault::record) return tl::make_unexpected(failed(applied.error()));
  connection.rollback();
  keys_repeat_ = true;
  if (auto begun = begin(connection); !begun) return tl::make_unexpected(failed(begun.error()));
  if (auto found = bisect(connection, from, indices); !found) return tl::make_unexpected(std::move(found).error());
  return std::exchange(rejections_, {});
}

/// Constraints are checked at once, because a failure of the COMMIT would not tell the record.
sql_result<void> database_writer::begin(postgres_connection& connection) const {
  auto begun = connection.begin();
  if (!begun || !target_.has_deferred) return begun;
  return connection.query("SET CONSTRAINTS ALL IMMEDIATE").map([](const sql_rows&) {});
}

void database_writer::encode(const batch& from, numbers indices) {
  text_.clear();
  if (text_.capacity() > kept_buffer_bytes) text_.shrink_to_fit();
  row_count_ = 0;
  deletes_ = false;
  for (const auto index : indices) {
    if (rejected_[index]) continue;
    const auto& written = from.records()[index];
    const auto why = rows_.append(
        from, written,
        {.as_bytes = as_bytes_[index], .staged = target_.upserts, .deletes_null = deletes_null_, .number = index},
        text_);
    if (!why.empty()) {
      reject(from, index,
             {ec::record_rejected, fmt::format("the record cannot be written to {}: {}", target_.shown(), why)});
      continue;
    }
    ++row_count_;
    deletes_ = deletes_ || (deletes_null_ && !written.has_value);
  }
}

void database_writer::reject(const batch& from, std::size_t index, error why) {
  rejected_[index] = true;
  const auto& written = from.records()[index];
  rejections_.push_back({written.partition, written.position, std::move(why)});
}

sql_result<void> database_writer::apply(postgres_connection& connection) {
  if (row_count_ == 0) return {};
  if (auto copied = connection.copy(copy_, text_); !copied) return copied;
  fault_point("database.after_copy");
  if (!target_.upserts) return {};
  std::string statements;
  if (deletes_) statements = target_.delete_statement() + "; ";
  return connection.query(statements + target_.upsert_statement(keys_repeat_ || deletes_)).map([](const sql_rows&) {});
}

/// A failure leaves the transaction as it was.
sql_result<void> database_writer::try_apply(postgres_connection& connection, const batch& from, numbers indices) {
  encode(from, indices);
  if (row_count_ == 0) return {};
  if (auto saved = connection.query("SAVEPOINT kafka_fetcher"); !saved) return tl::make_unexpected(saved.error());
  auto applied = apply(connection);
  if (!applied && fault_of(applied.error()) != database_fault::record) return applied;
  std::string ending = applied ? "" : "ROLLBACK TO SAVEPOINT kafka_fetcher; ";
  ending += "RELEASE SAVEPOINT kafka_fetcher";
  if (applied && target_.upserts) ending += fmt::format("; DELETE FROM {}", staging_table);
  if (auto ended = connection.query(ending); !ended) return tl::make_unexpected(ended.error());
  return applied;
}

result<void> database_writer::bisect(postgres_connection& connection, const batch& from, numbers indices) {
  const auto applied = try_apply(connection, from, indices);
  if (applied) return {};
  if (fault_of(applied.error()) != database_fault::record) return tl::make_unexpected(failed(applied.error()));
  if (indices.size() == 1) return settle_one(connection, from, indices, applied.error());
  const auto half = indices.size() / 2;
  return bisect(connection, from, indices.first(half)).and_then([&] {
    return bisect(connection, from, indices.subspan(half));
  });
}

/// A table of our own layout can hold every value: as bytes when jsonb rejects it.
result<void> database_writer::settle_one(postgres_connection& connection, const batch& from, numbers indices,
                                         const sql_failure& why) {
  const auto index = indices.front();
  if (target_.is_own && !as_bytes_[index]) {
    as_bytes_[index] = true;
    return bisect(connection, from, indices);
  }
  const bool known = std::ranges::find(target_.columns, why.column, &database_column::name) != target_.columns.end();
  reject(from, index, rejected_record(target_.shown(), known ? why.column : std::string(), why));
  return {};
}

error database_writer::failed(const sql_failure& why) const {
  return database_error(fmt::format("write to {} of {}", target_.shown(), place_), why);
}

}  // namespace kfs
