#include "processors/database/sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "config/base/fault_point.hpp"
#include "processors/database/connections.hpp"
#include "processors/database/errors.hpp"
#include "processors/database/ownership.hpp"
#include "processors/database/writer.hpp"
#include "processors/host_addresses.hpp"

namespace kfs {
namespace {

constexpr std::chrono::seconds resolve_timeout{10};

/// What one session found out about the table.
struct ready_table {
  ready_table(std::uint64_t number, database_offsets bookkeeping, database_target target, bool deletes_null,
              const std::string& place)
      : session(number),
        offsets(std::move(bookkeeping)),
        writer(std::move(target), deletes_null, place),
        shown(writer.target().shown()) {}

  std::uint64_t session;
  database_offsets offsets;
  database_writer writer;
  std::string shown;  ///< the table, for messages
};

class database_sink final : public sink {
 public:
  database_sink(database_sink_options options, const sink_environment& environment, lifeline watched)
      : options_(std::move(options)),
        place_(options_.dsn.place()),
        policy_(environment.database_hosts),
        connections_(environment.databases),
        watched_(std::move(watched)),
        owned_(place_) {}

  result<void> open() override {
    return with_table([](const table_session&) { return result<void>{}; });
  }

  result<std::vector<std::optional<offset>>> positions(const record_source& source,
                                                       std::span<const partition_number> partitions) override {
    std::vector<std::optional<offset>> positions(partitions.size());
    auto asked = with_table([&](const table_session& session) -> result<void> {
      if (auto taken = owned_.take(session, source, {partitions.begin(), partitions.end()}); !taken) return taken;
      std::ranges::transform(partitions, positions.begin(), [&](auto partition) { return owned_.at(partition).next; });
      return {};
    });
    return asked.map([&] { return positions; });
  }

  result<void> start_at(const record_source& source, std::span<const partition_offset> starts) override {
    return with_table([&](const table_session& session) -> result<void> {
      std::vector<partition_number> partitions;
      for (const auto& start : starts) partitions.push_back(start.partition);
      if (auto known = owned_.know(session, source, partitions); !known) return known;
      std::vector<database_offsets::move> moves;
      for (const auto& [partition, to] : starts) {
        const auto& known = owned_.at(partition);
        if (known.lost && !known.idle) return owned_.fenced(session.table);
        moves.push_back({known, to});
      }
      return begin_at(session.connection, place_).and_then([&] { return commit_moves(session, source, moves); });
    });
  }

  result<rejections> write(const batch& records) override {
    rejections rejected;
    return with_table([&](const table_session& session) -> result<void> {
             std::vector<partition_number> partitions;
             for (const auto& range : records.ranges()) partitions.push_back(range.partition);
             if (auto known = owned_.know(session, records.source(), partitions); !known) return known;
             if (auto ours = owned_.take_back(session, records); !ours) return ours;
             auto written = write_new(session, records);
             if (!written) return tl::make_unexpected(std::move(written).error());
             rejected = std::move(*written);
             return {};
           })
        .map([&] { return std::move(rejected); });
  }

  result<void> close() override {
    connections_->forget(this);
    return {};
  }

 private:
  /// Calls `work` with a session whose table is ready. After a failure everything known about partitions is doubtful;
  /// the session ends when it may be the cause.
  template <class Work>
  result<void> with_table(Work&& work) {
    auto lent = connections_->borrow(
        place_, this, [this] { return connect(); }, watched_);
    if (!lent) return tl::make_unexpected(std::move(lent).error());
    auto& connection = **lent;
    auto done = prepare(connection).and_then([&] {
      return work(table_session{connection, table_->offsets, table_->shown});
    });
    if (done) return done;
    connection.rollback();
    owned_.doubt_all();
    if (connection.broken() || done.error().code == ec::sink_denied) {
      table_.reset();
      lent->discard();
    }
    return done;
  }

  result<std::unique_ptr<postgres_connection>> connect() {
    const auto addresses = addresses_of(options_.dsn.hosts, policy_, resolve_timeout, watched_.cancelled);
    if (!addresses) return tl::make_unexpected(addresses.error());
    // One after the other, so that an address that does not answer does not use up the time of the others.
    sql_failure failure{.state = {}, .text = "no host has an address", .column = {}, .lost = true};
    for (const auto& [address, host] : *addresses) {
      auto opened = postgres_connection::open(
          options_.dsn.conninfo(address, host),
          {.connect_timeout = options_.dsn.connect_timeout, .statement_timeout = options_.timeout}, watched_);
      if (opened) return std::move(*opened);
      failure = std::move(opened).error();
      if (watched_.cancelled.stop_requested()) break;
    }
    return tl::make_unexpected(database_error("connect to " + place_, failure));
  }

  result<void> prepare(postgres_connection& connection) {
    if (table_ && table_->session == connection.number()) return {};
    table_.reset();
    if (auto begun = begin_at(connection, place_); !begun) return begun;
    auto target = prepare_table(connection, options_.table, place_);
    if (!target) return tl::make_unexpected(std::move(target).error());
    database_offsets offsets(target->schema, target->table);
    if (auto made = offsets.create(connection); !made)
      return tl::make_unexpected(database_error_at(
          fmt::format("make table \"{}.{}\"", target->schema, offsets.table_name), place_, made.error()));
    if (auto committed = commit_at(connection, place_); !committed) return committed;
    table_.emplace(connection.number(), std::move(offsets), std::move(*target), options_.deletes_null, place_);
    return {};
  }

  /// Writes the records that are not in the table yet.
  result<rejections> write_new(const table_session& session, const batch& records) {
    new_records_.clear();
    std::vector<database_offsets::move> moves;
    for (const auto& range : records.ranges()) {
      if (!owned_.covers(range)) moves.push_back({owned_.at(range.partition), range.next});
    }
    if (moves.empty()) return rejections{};
    for (std::size_t number = 0; number < records.records().size(); ++number) {
      const auto& candidate = records.records()[number];
      const auto& known = owned_.at(candidate.partition);
      if (!known.next || candidate.position >= *known.next) new_records_.push_back(number);
    }
    fault_point("database.before_copy");
    auto rejected = table_->writer.write(session.connection, records, new_records_);
    if (!rejected) return rejected;
    if (!rejected->empty()) {
      session.connection.rollback();
      return rejected;
    }
    return commit_moves(session, records.source(), moves).map([] { return rejections{}; });
  }

  /// Moves the offsets and commits, in the transaction that is open.
  result<void> commit_moves(const table_session& session, const record_source& source,
                            const std::vector<database_offsets::move>& moves) {
    const auto moved = session.offsets.advance(session.connection, source, moves);
    if (!moved) return tl::make_unexpected(database_error_at("write the offsets", place_, moved.error()));
    if (!*moved) return owned_.fenced(session.table);
    fault_point("database.before_commit");
    if (auto committed = commit_at(session.connection, place_); !committed) return committed;
    fault_point("database.after_commit");
    for (const auto& [from, to] : moves) owned_.advanced(from.partition, to);
    return {};
  }

  const database_sink_options options_;
  const std::string place_;
  const address_policy policy_;
  const std::shared_ptr<database_connections> connections_;
  const lifeline watched_;
  std::optional<ready_table> table_;
  partition_ownership owned_;
  std::vector<std::size_t> new_records_;  ///< indices of the batch's records; reused
};

}  // namespace

sink_ptr make_database_sink(database_sink_options options, const sink_environment& environment, lifeline watched) {
  return std::make_unique<database_sink>(std::move(options), environment, std::move(watched));
}

}  // namespace kfs
