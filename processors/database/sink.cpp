#include "processors/database/sink.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "config/base/fault_point.hpp"
#include "processors/database/connections.hpp"
#include "processors/database/errors.hpp"
#include "processors/database/ownership.hpp"
#include "processors/database/session_name.hpp"
#include "processors/database/write_size.hpp"
#include "processors/database/writer.hpp"
#include "processors/host_addresses.hpp"

namespace kfs {
namespace {

constexpr std::chrono::seconds resolve_timeout{10};
/// How often one write() follows a table that changes.
constexpr int most_changes = 3;
/// How long one write() looks for the number of rows that PostgreSQL writes in time.
constexpr std::chrono::seconds slow_patience{10};

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

using clock = std::chrono::steady_clock;

class database_sink final : public sink {
 public:
  database_sink(database_sink_options options, const sink_environment& environment, lifeline watched,
                const sink_lease& lease)
      : options_(std::move(options)),
        place_(options_.dsn.place()),
        policy_(environment.database_hosts),
        connections_(environment.databases),
        watched_(std::move(watched)),
        lease_(lease),
        owned_(place_) {}

  result<void> open() override {
    return with_table([](const table_session&) { return result<void>{}; });
  }

  result<std::vector<std::optional<stored_position>>> positions(const record_source& source,
                                                                std::span<const partition_number> partitions) override {
    std::vector<std::optional<stored_position>> positions(partitions.size());
    auto asked = with_table([&](const table_session& session) -> result<void> {
      if (auto taken = owned_.take(session, source, {partitions.begin(), partitions.end()}); !taken) return taken;
      std::ranges::transform(partitions, positions.begin(), [&](auto partition) -> std::optional<stored_position> {
        const auto& known = owned_.at(partition);
        if (!known.next) return std::nullopt;
        return stored_position{*known.next, known.log};
      });
      return {};
    });
    return asked.map([&] { return positions; });
  }

  result<void> start_at(const record_source& source, std::span<const sink_start> starts) override {
    return with_table([&](const table_session& session) -> result<void> {
      std::vector<partition_number> partitions;
      for (const auto& start : starts) partitions.push_back(start.partition);
      if (auto known = owned_.know(session, source, partitions); !known) return known;
      std::vector<database_offsets::move> moves;
      for (const auto& [partition, to, log] : starts) {
        const auto& known = owned_.at(partition);
        if (known.lost && !known.idle) return owned_.fenced(session.table);
        moves.push_back({known, to, log});
      }
      return begin_at(session.connection, place_).and_then([&] { return commit_moves(session, source, moves, false); });
    });
  }

  result<rejections> write(const batch& records) override {
    for (int looked = 0;; ++looked) {
      auto written = write_once(records);
      if (written || !table_changed_) return written;
      if (looked == most_changes)
        return failure(
            written.error().code,
            written.error().message + ". If nobody changes it, a trigger sets search_path: name the schema in table");
    }
  }

  std::optional<destination_evidence> evidence() const override {
    return destination_evidence{
        .accepted = accepted_,
        .version = doubts_.empty() ? version_ : fmt::format("{} {}", version_, fmt::join(doubts_, " "))};
  }

  result<void> close() override {
    connections_->forget(this);
    return {};
  }

 private:
  /// Calls `work` with a session whose table is ready. After a failure everything known about partitions and the table
  /// is doubtful; the session ends when it may be the cause.
  template <class Work>
  result<void> with_table(Work&& work) {
    lease_.take();
    auto lent = connections_->borrow(
        place_, this, [this] { return connect(); }, watched_);
    if (!lent) return tl::make_unexpected(std::move(lent).error());
    auto& connection = **lent;
    auto done = prepare(connection).and_then([&]() -> result<void> {
      if (lease_.has_ended(clock::now()))
        return failure(ec::lease_lost,
                       "the lease of this replica on the consumer has ended, so it writes nothing more to " + place_);
      return work(table_session{connection, table_->offsets, table_->shown});
    });
    if (done) return done;
    connection.rollback();
    table_.reset();
    if (table_changed_) return done;
    owned_.doubt_all();
    // A session keeps the settings of its role and database as they were when it began.
    const auto code = done.error().code;
    if (connection.broken() || code == ec::sink_denied || code == ec::sink_unavailable) lent->discard();
    return done;
  }

  result<std::unique_ptr<postgres_connection>> connect() {
    const auto addresses = addresses_of(options_.dsn.hosts, policy_, resolve_timeout, watched_.cancelled);
    if (!addresses) return tl::make_unexpected(addresses.error());
    // One after the other, so that an address that does not answer does not use up the time of the others.
    sql_failure failure{.state = {}, .text = "no host has an address", .column = {}, .lost = true};
    const auto name = lease_.epoch()
                          ? std::optional(session_name(lease_.consumer(), lease_.instance(), *lease_.epoch()))
                          : std::nullopt;
    for (const auto& [address, host] : *addresses) {
      auto opened = postgres_connection::open(options_.dsn.conninfo(address, host),
                                              {.connect_timeout = options_.dsn.connect_timeout,
                                               .statement_timeout = options_.timeout,
                                               .name = name ? name->text() : std::string()},
                                              watched_);
      if (opened) {
        if (name) end_earlier_sessions_in(**opened, *name);
        return std::move(*opened);
      }
      failure = std::move(opened).error();
      if (watched_.cancelled.stop_requested()) break;
    }
    return tl::make_unexpected(database_error("connect to " + place_, failure));
  }

  /// Those of a frozen owner would keep rows locked. What cannot be ended is fenced all the same, by its epoch.
  static void end_earlier_sessions_in(postgres_connection& connection, const session_name& ours) {
    if (connection.begin() && connection.query(end_earlier_sessions(ours))) static_cast<void>(connection.commit());
    connection.rollback();
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
    const auto version = fmt::format("{}.{}", target->state, target->surroundings);
    if (std::exchange(version_, version) != version) doubts_.clear();
    table_.emplace(connection.number(), std::move(offsets), std::move(*target), options_.deletes_null, place_);
    return {};
  }

  result<rejections> write_once(const batch& records) {
    table_changed_ = false;
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

  /// Writes the records that are not in the table yet, each piece in a transaction of its own. Usually one piece is
  /// all.
  result<rejections> write_new(const table_session& session, const batch& records) {
    const auto begun = clock::now();
    while (true) {
      const auto moves = take_piece(records);
      if (moves.empty()) return rejections{};
      fault_point("database.before_copy");
      auto attempt = table_->writer.write(session.connection, records, piece_);
      const bool complete = attempt.ended == write_attempt::outcome::written && attempt.rejected.empty();
      if (!complete) accepted_ += attempt.accepted;
      doubts_.merge(attempt.doubts);
      switch (attempt.ended) {
        case write_attempt::outcome::written:
          break;
        case write_attempt::outcome::too_slow:
          size_.too_slow(piece_.size());
          if (piece_.size() <= 1 || clock::now() - begun > slow_patience)
            return tl::make_unexpected(std::move(attempt.why));
          session.connection.rollback();
          continue;
        case write_attempt::outcome::table_changed:
          table_changed_ = true;
          return tl::make_unexpected(std::move(attempt.why));
        case write_attempt::outcome::failed:
          return tl::make_unexpected(std::move(attempt.why));
      }
      if (!complete) {
        session.connection.rollback();
        return std::move(attempt.rejected);
      }
      if (auto moved = commit_moves(session, records.source(), moves, true); !moved)
        return tl::make_unexpected(std::move(moved).error());
      accepted_ += attempt.accepted;  // not before it is known that the table has not changed
      size_.fitted(piece_.size());
    }
  }

  /// Chooses the next records to write, and returns how they move the offsets; nothing when all are written.
  std::vector<database_offsets::move> take_piece(const batch& records) {
    piece_.clear();
    std::vector<database_offsets::move> moves;
    std::map<partition_number, offset> ends;
    std::size_t number = 0;
    for (; number < records.records().size() && piece_.size() < size_.most(); ++number) {
      const auto& candidate = records.records()[number];
      const auto& known = owned_.at(candidate.partition);
      if (known.next && candidate.position < *known.next) continue;
      piece_.push_back(number);
      ends[candidate.partition] = offset{candidate.position.value + 1};
    }
    const bool all = number == records.records().size();
    for (const auto& range : records.ranges()) {
      if (owned_.covers(range)) continue;
      const auto end = ends.find(range.partition);
      if (all)
        moves.push_back({.from = owned_.at(range.partition), .to = range.next});
      else if (end != ends.end())
        moves.push_back({.from = owned_.at(range.partition), .to = end->second});
    }
    return moves;
  }

  /// Moves the offsets and commits, in the transaction that is open. When it `holds_rows`, their table must be as it
  /// was prepared.
  result<void> commit_moves(const table_session& session, const record_source& source,
                            const std::vector<database_offsets::move>& moves, bool holds_rows) {
    const auto& target = table_->writer.target();
    using condition = database_offsets::condition;
    fault_point("database.before_commit");
    const auto moved = session.offsets.advance_and_commit(
        session.connection, source, moves,
        holds_rows ? std::optional(condition{target.state_expression, target.state}) : std::nullopt);
    if (!moved) return tl::make_unexpected(database_error_at("write the offsets and commit", place_, moved.error()));
    if (*moved == database_offsets::outcome::not_ours) return owned_.fenced(session.table);
    if (*moved == database_offsets::outcome::changed) {
      table_changed_ = true;
      return failure(ec::sink_unavailable,
                     fmt::format("table {} of {} was changed; it is looked at again", session.table, place_));
    }
    fault_point("database.after_commit");
    for (const auto& move : moves) owned_.advanced(move.from.partition, move.to);
    return {};
  }

  const database_sink_options options_;
  const std::string place_;
  const address_policy policy_;
  const std::shared_ptr<database_connections> connections_;
  const lifeline watched_;
  sink_lease lease_;
  std::optional<ready_table> table_;
  partition_ownership owned_;
  write_size size_;
  std::vector<std::size_t> piece_;  ///< indices of the records that are written together; reused
  bool table_changed_ = false;      ///< why the last attempt failed
  std::uint64_t accepted_ = 0;
  std::string version_;           ///< of the table, when it was last prepared
  std::set<std::string> doubts_;  ///< what it has failed with since, and may be the cause of: it counts as changed
};

}  // namespace

sink_ptr make_database_sink(database_sink_options options, const sink_environment& environment, lifeline watched,
                            const sink_lease& lease) {
  return std::make_unique<database_sink>(std::move(options), environment, std::move(watched), lease);
}

}  // namespace kfs
