#include "processors/database/sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "config/base/fault_point.hpp"
#include "processors/database/connections.hpp"
#include "processors/database/errors.hpp"
#include "processors/database/offsets.hpp"
#include "processors/database/writer.hpp"
#include "processors/host_addresses.hpp"

namespace kfs {
namespace {

constexpr std::chrono::seconds resolve_timeout{10};

/// A session and all that was found out through it.
struct ready_table {
  ready_table(std::uint64_t number, database_offsets of, database_target target, bool deletes_null,
              const std::string& place)
      : session(number), offsets(std::move(of)), writer(std::move(target), deletes_null, place) {}

  std::uint64_t session;
  database_offsets offsets;
  database_writer writer;
};

class database_sink final : public sink {
 public:
  database_sink(database_sink_options options, const sink_environment& environment, lifeline held_by)
      : options_(std::move(options)),
        place_(options_.dsn.place()),
        policy_(environment.database_hosts),
        connections_(environment.databases),
        held_by_(std::move(held_by)) {}

  result<void> open() override {
    return with_table([](postgres_connection&) { return result<void>{}; });
  }

  result<std::vector<std::optional<offset>>> positions(const record_source& source,
                                                       std::span<const partition_number> partitions) override {
    std::vector<std::optional<offset>> found(partitions.size());
    auto asked = with_table([&](postgres_connection& by) -> result<void> {
      if (auto taken = take(by, source, {partitions.begin(), partitions.end()}); !taken) return taken;
      std::ranges::transform(partitions, found.begin(), [&](auto one) { return stands_.at(one).next; });
      return {};
    });
    return asked.map([&] { return found; });
  }

  result<void> start_at(const record_source& source, std::span<const partition_offset> starts) override {
    return with_table([&](postgres_connection& by) -> result<void> {
      std::vector<partition_number> partitions;
      for (const auto& one : starts) partitions.push_back(one.partition);
      if (auto known = know(by, source, partitions); !known) return known;
      std::vector<database_offsets::move> moves;
      for (const auto& [partition, to] : starts) {
        const auto& stands = stands_.at(partition);
        if (stands.lost && !stands.rests) return fenced();
        moves.push_back({stands, to});
      }
      return begin(by).and_then([&] { return commit_moves(by, source, moves); });
    });
  }

  result<rejections> write(const batch& records) override {
    rejections refused;
    return with_table([&](postgres_connection& by) -> result<void> {
             std::vector<partition_number> partitions;
             for (const auto& range : records.ranges()) partitions.push_back(range.partition);
             if (auto known = know(by, records.source(), partitions); !known) return known;
             if (auto ours = take_back(by, records); !ours) return ours;
             auto written = write_new(by, records);
             if (!written) return tl::make_unexpected(std::move(written).error());
             refused = std::move(*written);
             return {};
           })
        .map([&] { return std::move(refused); });
  }

  result<void> close() override {
    connections_->forget(this);
    return {};
  }

 private:
  [[nodiscard]] error failed(std::string_view what, const sql_failure& why) const {
    return database_error(fmt::format("{} at {}", what, place_), why);
  }

  /// Does something with a session that is ready. What fails ends the session where it may be the session's fault, and
  /// in any case nothing that was known of partitions counts any more.
  template <class Work>
  result<void> with_table(Work&& work) {
    auto lent = connections_->borrow(
        place_, this, [this] { return connect(); }, held_by_);
    if (!lent) return tl::make_unexpected(std::move(lent).error());
    auto& by = **lent;
    auto done = prepare(by).and_then([&] { return work(by); });
    if (done) return done;
    by.rollback();
    for (auto& [partition, known] : stands_) known.doubtful = true;
    if (by.broken() || done.error().code == ec::sink_denied) {
      table_.reset();
      lent->discard();
    }
    return done;
  }

  result<std::unique_ptr<postgres_connection>> connect() {
    const auto addresses = addresses_of(options_.dsn.hosts, policy_, resolve_timeout, held_by_.cancelled);
    if (!addresses) return tl::make_unexpected(addresses.error());
    // One after the other, so that a silent one does not use up the time of the others.
    sql_failure failure{.state = {}, .text = "no host has an address", .column = {}, .lost = true};
    for (const auto& [address, of] : *addresses) {
      auto opened = postgres_connection::open(
          options_.dsn.conninfo(address, of),
          {.connect_timeout = options_.dsn.connect_timeout, .statement_timeout = options_.timeout}, held_by_);
      if (opened) return std::move(*opened);
      failure = std::move(opened).error();
      if (held_by_.cancelled.stop_requested()) break;
    }
    return tl::make_unexpected(database_error("connect to " + place_, failure));
  }

  result<void> begin(postgres_connection& by) const {
    auto begun = by.begin();
    if (!begun) return tl::make_unexpected(failed("begin a transaction", begun.error()));
    return {};
  }

  result<void> commit(postgres_connection& by) const {
    auto done = by.commit();
    if (!done) return tl::make_unexpected(failed("commit", done.error()));
    return {};
  }

  result<void> prepare(postgres_connection& by) {
    if (table_ && table_->session == by.number()) return {};
    table_.reset();
    if (auto begun = begin(by); !begun) return begun;
    auto target = prepare_table(by, options_.table, place_);
    if (!target) return tl::make_unexpected(std::move(target).error());
    database_offsets offsets(target->schema, target->table);
    if (auto made = offsets.create(by); !made)
      return tl::make_unexpected(
          failed(fmt::format("make table \"{}.{}\"", target->schema, offsets.table_name), made.error()));
    if (auto done = commit(by); !done) return done;
    table_.emplace(by.number(), std::move(offsets), std::move(*target), options_.deletes_null, place_);
    return {};
  }

  // ---- Where the partitions stand

  struct stand : database_offsets::standing {
    bool doubtful = false;  ///< something failed since: it has to be looked up
    bool lost = false;      ///< another writer has it; only `epoch` is ours
  };

  result<void> take(postgres_connection& by, const record_source& source,
                    const std::vector<partition_number>& partitions) {
    if (!source_ || *source_ != source) {
      stands_.clear();
      source_ = source;
    }
    if (auto begun = begin(by); !begun) return begun;
    const auto taken = table_->offsets.take(by, source, partitions);
    if (!taken) return tl::make_unexpected(failed("take over partitions", taken.error()));
    if (auto done = commit(by); !done) return done;
    for (const auto& one : *taken) stands_[one.partition] = {one};
    return {};
  }

  /// Makes sure that it is known where these partitions stand, and that they are ours.
  result<void> know(postgres_connection& by, const record_source& source,
                    const std::vector<partition_number>& partitions) {
    std::vector<partition_number> unknown;
    std::vector<partition_number> doubtful;
    for (const auto one : partitions) {
      const auto found = stands_.find(one);
      if (found == stands_.end() || source_ != source)
        unknown.push_back(one);
      else if (found->second.doubtful)
        doubtful.push_back(one);
    }
    if (!unknown.empty()) {
      if (auto taken = take(by, source, unknown); !taken) return taken;
    }
    return doubtful.empty() ? result<void>{} : look(by, source, doubtful);
  }

  result<void> look(postgres_connection& by, const record_source& source,
                    const std::vector<partition_number>& partitions) {
    if (auto begun = begin(by); !begun) return begun;
    const auto seen = table_->offsets.look(by, source, partitions);
    if (!seen) return tl::make_unexpected(failed("read the offsets", seen.error()));
    if (auto done = commit(by); !done) return done;
    for (const auto partition : partitions) {
      const auto one = std::ranges::find(*seen, partition, &database_offsets::standing::partition);
      auto& ours = stands_.at(partition);
      if (one == seen->end()) {
        stands_.erase(partition);
        return row_removed(partition);
      }
      const auto epoch = ours.epoch;
      if (one->epoch == epoch && ours.next && (!one->next || *one->next < *ours.next)) return set_back(partition);
      ours = {*one};
      ours.lost = one->epoch != epoch;
      ours.epoch = epoch;
    }
    return {};
  }

  /// It is made anew by the next attempt.
  [[nodiscard]] tl::unexpected<error> row_removed(partition_number partition) const {
    return failure(ec::sink_unavailable,
                   fmt::format("somebody removed the row of partition {} from {} at {}; it is made again", partition,
                               database_offsets::table_name, place_));
  }

  /// To go on from here would leave out what was lost; a start reads from where the table stands.
  [[nodiscard]] tl::unexpected<error> set_back(partition_number partition) const {
    return failure(ec::sink_denied,
                   fmt::format("{} at {} stands further back in partition {} than what was committed there: somebody "
                               "changed it, or the server lost transactions (a failover to one that was behind); stop "
                               "and start the consumer, which then reads from there again",
                               database_offsets::table_name, place_, partition));
  }

  /// Takes back what another writer has taken over, where that one has not moved for a minute although there is
  /// something to write, and where nothing would be left out. What it has written counts as written.
  result<void> take_back(postgres_connection& by, const batch& records) {
    std::vector<partition_number> abandoned;
    for (const auto& range : records.ranges()) {
      const auto& stands = stands_.at(range.partition);
      if (!stands.lost || is_covered(range)) continue;
      if (!stands.rests || !stands.next || range.first > *stands.next) return fenced();
      abandoned.push_back(range.partition);
    }
    return abandoned.empty() ? result<void>{} : take(by, records.source(), abandoned);
  }

  [[nodiscard]] bool is_covered(const batch_range& range) const {
    const auto& stands = stands_.at(range.partition);
    return stands.next && range.next <= *stands.next;
  }

  [[nodiscard]] tl::unexpected<error> fenced() const {
    return failure(ec::member_fenced,
                   fmt::format("another writer of this group has taken partitions of table {} at {} over, so nothing "
                               "was written; if two consumers of the group read the same partitions into this table, "
                               "stop one of them",
                               table_->writer.target().shown(), place_));
  }

  // ---- Writing

  result<rejections> write_new(postgres_connection& by, const batch& records) {
    new_records_.clear();
    std::vector<database_offsets::move> moves;
    for (const auto& range : records.ranges()) {
      if (!is_covered(range)) moves.push_back({stands_.at(range.partition), range.next});
    }
    if (moves.empty()) return rejections{};
    for (std::size_t number = 0; number < records.records().size(); ++number) {
      const auto& one = records.records()[number];
      const auto& stands = stands_.at(one.partition);
      if (!stands.next || one.position >= *stands.next) new_records_.push_back(number);
    }
    fault_point("database.before_copy");
    auto refused = table_->writer.write(by, records, new_records_);
    if (!refused) return refused;
    if (!refused->empty()) {
      by.rollback();
      return refused;
    }
    return commit_moves(by, records.source(), moves).map([] { return rejections{}; });
  }

  /// Ends the transaction with the offsets of what is in it.
  result<void> commit_moves(postgres_connection& by, const record_source& source,
                            const std::vector<database_offsets::move>& moves) {
    const auto moved = table_->offsets.advance(by, source, moves);
    if (!moved) return tl::make_unexpected(failed("write the offsets", moved.error()));
    if (!*moved) return fenced();
    fault_point("database.before_commit");
    if (auto done = commit(by); !done) return done;
    fault_point("database.after_commit");
    for (const auto& [from, to] : moves) stands_.at(from.partition).next = to;
    return {};
  }

  const database_sink_options options_;
  const std::string place_;
  const address_policy policy_;
  const std::shared_ptr<database_connections> connections_;
  const lifeline held_by_;
  std::optional<ready_table> table_;
  std::optional<record_source> source_;
  std::map<partition_number, stand> stands_;
  std::vector<std::size_t> new_records_;  ///< by number; reused
};

}  // namespace

sink_ptr make_database_sink(database_sink_options options, const sink_environment& environment, lifeline held_by) {
  return std::make_unique<database_sink>(std::move(options), environment, std::move(held_by));
}

}  // namespace kfs
