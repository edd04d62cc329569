#include "cluster/news.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "cluster/news_connection.hpp"
#include "cluster/report_json.hpp"
#include "config/base/file_descriptor.hpp"
#include "config/store/spec_json.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto look_interval = 1s;
/// Notifications of reports are answered at most this often, because many replicas send them.
constexpr auto report_interval = 200ms;
constexpr auto publish_interval = 500ms;  // two statements a second
constexpr auto retry_pause = 1s;
constexpr auto patience = 2s;
/// For the rows of many consumers or reports.
constexpr auto patience_with_rows = 10s;
constexpr std::size_t most_published_at_once = 5'000;
constexpr std::size_t most_bytes_at_once = 8U * 1024 * 1024;
constexpr std::size_t most_remembered_problems = 32;

using instance_key = std::pair<consumer_id, int>;
using report_map = std::map<instance_key, instance_report>;

void replace_older(report_map& reports, instance_report report) {
  instance_key key{report.consumer, report.instance};
  const auto found = reports.find(key);
  if (found == reports.end()) {
    reports.emplace(std::move(key), std::move(report));
  } else if (found->second.epoch <= report.epoch) {
    found->second = std::move(report);
  }
}

/// A schema that the store has not made or converted yet.
bool is_absent(const std::string& state) {
  return state == "3F000" || state == "42P01" || state == "42703";
}

file_descriptor made_eventfd() {
  file_descriptor made(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!made) throw std::system_error(errno, std::generic_category(), "eventfd");
  return made;
}

}  // namespace

struct cluster_news::session {
 public:
  session(postgres_target target, logger log, listener tell)
      : target_(std::move(target)),
        log_(std::move(log)),
        tell_(std::move(tell)),
        signal_(made_eventfd()),
        thread_([this](const std::stop_token& stopping) { run(stopping); }) {}

  void publish(std::vector<instance_report> reports) {
    {
      const std::lock_guard held(mutex_);
      for (auto& report : reports)
        if (report.view) replace_older(waiting_, std::move(report));
    }
    wake();
  }

  void look() {
    {
      const std::lock_guard held(mutex_);
      asked_to_look_ = true;
    }
    wake();
  }

  void flush(std::chrono::milliseconds within) {
    std::unique_lock held(mutex_);
    ++flushing_;
    wake();
    sent_.wait_for(held, within, [this] { return waiting_.empty() && !sending_; });
    --flushing_;
  }

 private:
  using problem = news_connection::problem;
  template <class T>
  using outcome = news_connection::outcome<T>;

  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(signal_.get(), &one, sizeof one);  // a full counter is a signal too
  }

  void run(const std::stop_token& stopping) {
    const std::stop_callback woken(stopping, [this] { wake(); });
    while (!stopping.stop_requested()) {
      try {
        if (clock::now() >= retry_at_) exchange(stopping);
      } catch (const std::exception& thrown) {  // of a listener that is told whether the store answers
        retry_at_ = clock::now() + retry_pause;
        log_.error("news of other replicas failed", {{"reason", thrown.what()}});
      }
      wait();
    }
  }

  void exchange(const std::stop_token& stopping) {
    const auto done = exchanged(stopping);
    if (stopping.stop_requested()) return;
    if (done) {
      answered();
    } else {
      failed(done.error());
    }
  }

  /// Does what is due. Turns exceptions into a problem.
  outcome<void> exchanged(const std::stop_token& stopping) {
    try {
      if (!connection_) {
        if (auto opened = connect(stopping); !opened) return opened;
      }
      if (auto received = receive(); !received) return received;
      const auto at = clock::now();
      if (take_asked_to_look() || at >= look_at_) {
        if (auto looked = look_at_store(); !looked) return looked;
      }
      if (may_publish(at)) return publish_waiting();
      return {};
    } catch (const std::exception& thrown) {
      return tl::make_unexpected(
          problem{{ec::internal, std::string("news of other replicas failed: ") + thrown.what()}, ""});
    }
  }

  // The connection ---------------------------------------------------------------------------------------------------

  outcome<void> connect(const std::stop_token& stopping) {
    auto opened = news_connection::open(target_, "kafka_fetcher", stopping);
    if (!opened) return tl::make_unexpected(std::move(opened).error());
    auto server = (*opened)->run("SELECT pg_postmaster_start_time()", patience);
    if (!server) return tl::make_unexpected(std::move(server).error());
    connection_ = std::move(*opened);
    // Another server, or the same one after a crash, may have lost the last changes: everything is told again. A server
    // that has ended its sessions may have emptied the table of reports, so they are sent and read again.
    if (auto started = server->text(0, 0); started != server_started_at_) {
      server_started_at_ = std::move(started);
      known_change_ = 0;
    }
    known_report_ = 0;
    look_at_ = clock::now();
    {
      const std::lock_guard held(mutex_);
      auto again = published_;
      for (auto& [key, report] : again) {
        const auto found = waiting_.find(key);
        if (found == waiting_.end()) waiting_.emplace(key, std::move(report));
      }
    }
    tell_.leases();  // notifications may have been lost
    return {};
  }

  outcome<void> receive() {
    auto payloads = connection_->notifications();
    if (!payloads) return tl::make_unexpected(std::move(payloads).error());
    const auto has = [&](const char* payload) {
      return std::find(payloads->begin(), payloads->end(), payload) != payloads->end();
    };
    if (has("consumers")) look_at_ = clock::now();
    if (has("reports")) look_at_ = std::min(look_at_, std::max(clock::now(), looked_at_ + report_interval));
    if (has("leases")) tell_.leases();
    return {};
  }

  void answered() {
    logged_.clear();
    if (!unreachable_) return;
    unreachable_ = false;
    log_.info("news are exchanged with other replicas again");
    tell_.reachable(std::nullopt);
  }

  void failed(const problem& why) {
    if (connection_ && !connection_->usable()) connection_.reset();
    retry_at_ = clock::now() + retry_pause;
    const auto& kind = why.state.empty() ? why.reason.message : why.state;
    if (!is_absent(why.state) && logged_.size() < most_remembered_problems && logged_.insert(kind).second)
      log_.warning("no news are exchanged with other replicas", {{"reason", why.reason.message}});
    if (!std::exchange(unreachable_, true)) tell_.reachable(why.reason);
  }

  void wait() {
    const auto at = clock::now();
    const bool pausing = at < retry_at_;
    auto until = pausing ? retry_at_ : look_at_;
    if (!pausing && has_waiting()) until = std::min(until, publish_at_);
    // Rounded up, so that the time has come when poll() returns.
    const auto left = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(until - at), std::chrono::milliseconds{0},
                                 std::chrono::milliseconds{look_interval});
    std::array<pollfd, 2> polled{{{signal_.get(), POLLIN, 0}, {-1, POLLIN, 0}}};
    if (!pausing && connection_) polled[1].fd = connection_->socket();
    ::poll(polled.data(), polled.size(), static_cast<int>(left.count()));
    std::uint64_t drained = 0;
    [[maybe_unused]] const auto got = ::read(signal_.get(), &drained, sizeof drained);
  }

  // Looking ----------------------------------------------------------------------------------------------------------

  bool take_asked_to_look() {
    const std::lock_guard held(mutex_);
    return std::exchange(asked_to_look_, false);
  }

  outcome<void> look_at_store() {
    looked_at_ = clock::now();
    look_at_ = looked_at_ + look_interval;
    const auto counted = connection_->run(counters, patience);
    if (!counted) return tl::make_unexpected(counted.error());
    if (counted->size() == 0) return tl::make_unexpected(without_counters());
    if (counted->number(0, 0) == known_change_ && counted->number(0, 1) == known_report_) return {};
    return read_what_moved();
  }

  /// In one snapshot, so that the numbers belong to the rows.
  outcome<void> read_what_moved() {
    const auto counted =
        connection_->run(std::string("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;") + counters, patience);
    if (!counted) return tl::make_unexpected(counted.error());
    if (counted->size() == 0) return tl::make_unexpected(without_counters());
    const auto last_change = counted->number(0, 0);
    const auto last_report = counted->number(0, 1);
    // A lower number than the one that is known is that of a database that was restored.
    const auto change = last_change < known_change_ ? 0 : known_change_;
    const auto report = last_report < known_report_ ? 0 : known_report_;
    wanted_changes_ptr wanted;
    instance_reports observed;
    if (last_change != change) {
      auto read = read_wanted(change, last_change);
      if (!read) return tl::make_unexpected(std::move(read).error());
      wanted = std::move(*read);
    }
    if (last_report != report) {
      auto read = read_reports(report);
      if (!read) return tl::make_unexpected(std::move(read).error());
      observed = std::move(*read);
    }
    if (auto ended = connection_->run("COMMIT", patience); !ended) return tl::make_unexpected(ended.error());
    known_change_ = last_change;
    known_report_ = last_report;
    if (wanted) {
      forget_deleted(wanted->all);
      tell_.wanted(std::move(wanted));
    }
    if (observed && !observed->empty()) tell_.observed(std::move(observed));
    return {};
  }

  outcome<wanted_changes_ptr> read_wanted(std::uint64_t known, std::uint64_t up_to) {
    const auto rows = connection_->run("SELECT id, spec, target, change FROM kafka_fetcher.consumers WHERE change > " +
                                           std::to_string(known) + " ORDER BY created_at, id COLLATE \"C\"",
                                       patience_with_rows);
    if (!rows) return tl::make_unexpected(rows.error());
    const auto ids = connection_->run("SELECT id FROM kafka_fetcher.consumers", patience_with_rows);
    if (!ids) return tl::make_unexpected(ids.error());
    auto changes = std::make_shared<wanted_changes>();
    changes->up_to = up_to;
    changes->changed.reserve(static_cast<std::size_t>(rows->size()));
    for (int row = 0; row < rows->size(); ++row) add_wanted(*changes, *rows, row);
    changes->all.reserve(static_cast<std::size_t>(ids->size()));
    for (int row = 0; row < ids->size(); ++row) changes->all.push_back({ids->text(row, 0)});
    return wanted_changes_ptr(std::move(changes));
  }

  void add_wanted(wanted_changes& changes, const news_rows& rows, int row) const {
    try {
      wanted_consumer wanted{from_stored_text(rows.text(row, 1)), rows.number(row, 3)};
      wanted.spec.target = to_target(rows.text(row, 2));
      changes.changed.push_back(std::move(wanted));
    } catch (const json::exception&) {
      // Its message is not repeated: it quotes what it could not read, which may be a secret.
      log_.error("the database holds a consumer that is not as it was written; restore it from a backup",
                 {{"consumer_id", rows.text(row, 0)}});
    }
  }

  outcome<instance_reports> read_reports(std::uint64_t known) {
    const auto rows = connection_->run(
        "SELECT consumer_id, instance, epoch, change, report FROM kafka_fetcher.reports WHERE number > " +
            std::to_string(known),
        patience_with_rows);
    if (!rows) return tl::make_unexpected(rows.error());
    auto reports = std::make_shared<std::vector<instance_report>>();
    reports->reserve(static_cast<std::size_t>(rows->size()));
    for (int row = 0; row < rows->size(); ++row) {
      instance_report report{.consumer = {rows->text(row, 0)},
                             .instance = static_cast<int>(rows->number(row, 1)),
                             .epoch = rows->number(row, 2),
                             .change = rows->number(row, 3),
                             .view = nullptr};
      forget_older(report);
      auto view = from_report_text(rows->text(row, 4));
      if (!view) {
        log_unreadable(report, view.error());
        continue;
      }
      report.view = std::make_shared<const consumer_view>(std::move(*view));
      reports->push_back(std::move(report));
    }
    return instance_reports(std::move(reports));
  }

  /// Once for each problem, because a replica of another version sends such reports again and again.
  void log_unreadable(const instance_report& report, const error& why) {
    if (unreadable_.size() >= most_remembered_problems || !unreadable_.insert(why.message).second) return;
    log_.warning("a report of another replica cannot be read and is skipped; do the replicas have different versions?",
                 {{"consumer_id", report.consumer.value},
                  {"instance", std::to_string(report.instance)},
                  {"reason", why.message}});
  }

  void forget_deleted(const std::vector<consumer_id>& all) {
    if (published_.empty()) return;
    const std::set<consumer_id> existing(all.begin(), all.end());
    std::erase_if(published_, [&](const auto& entry) { return !existing.contains(entry.first.first); });
  }

  void forget_older(const instance_report& report) {
    const auto found = published_.find({report.consumer, report.instance});
    if (found != published_.end() && found->second.epoch < report.epoch) published_.erase(found);
  }

  // Publishing -------------------------------------------------------------------------------------------------------

  bool has_waiting() {
    const std::lock_guard held(mutex_);
    return !waiting_.empty();
  }

  bool may_publish(clock::time_point at) {
    const std::lock_guard held(mutex_);
    return !waiting_.empty() && (at >= publish_at_ || flushing_ > 0);
  }

  outcome<void> publish_waiting() {
    report_map taken;
    {
      const std::lock_guard held(mutex_);
      sending_ = true;
      while (!waiting_.empty() && taken.size() < most_published_at_once)
        taken.insert(waiting_.extract(waiting_.begin()));
    }
    publish_at_ = clock::now() + publish_interval;
    outcome<void> done;
    try {
      done = insert(taken);
    } catch (...) {
      put_back(std::move(taken));
      throw;
    }
    if (done) {
      for (auto& [key, report] : taken) replace_older(published_, std::move(report));
      taken.clear();
    }
    put_back(std::move(taken));
    return done;
  }

  /// Newer reports that came meanwhile stay.
  void put_back(report_map unsent) {
    const std::lock_guard held(mutex_);
    for (auto& [key, report] : unsent) {
      const auto found = waiting_.find(key);
      if (found == waiting_.end() || found->second.epoch < report.epoch)
        waiting_.insert_or_assign(key, std::move(report));
    }
    sending_ = false;
    sent_.notify_all();
  }

  /// Inserts the reports; moves those that are too many bytes for one statement back to the ones that wait.
  outcome<void> insert(report_map& reports) {
    std::string values;
    auto report = reports.begin();
    for (; report != reports.end() && values.size() < most_bytes_at_once; ++report) {
      const auto& [key, told] = *report;
      values += values.empty() ? "(" : ",(";
      values += connection_->quote(key.first.value) + "::text," + std::to_string(key.second) + "," +
                std::to_string(told.epoch) + "::bigint," + std::to_string(told.change) + "::bigint," +
                connection_->quote(to_report_text(*told.view)) + "::text)";
    }
    report_map rest;
    while (report != reports.end()) rest.insert(reports.extract(report++));
    if (!rest.empty()) {
      const std::lock_guard held(mutex_);
      for (auto& [key, told] : rest) waiting_.emplace(key, std::move(told));
    }
    // One transaction. The counter is taken first: then a consumer that is being removed is gone for the second
    // statement, or its removal waits and removes these reports too.
    const auto sent = connection_->run(
        "UPDATE kafka_fetcher.counters SET last_report = last_report + 1;"
        "INSERT INTO kafka_fetcher.reports AS known (consumer_id, instance, epoch, number, change, report)"
        " SELECT told.consumer_id, told.instance, told.epoch, counters.last_report, told.change, told.report"
        " FROM kafka_fetcher.counters, (VALUES " +
            values +
            ") AS told (consumer_id, instance, epoch, change, report)"
            " WHERE EXISTS (SELECT FROM kafka_fetcher.consumers WHERE id = told.consumer_id)"
            " ON CONFLICT (consumer_id, instance) DO UPDATE SET epoch = excluded.epoch, number = excluded.number,"
            " change = excluded.change, report = excluded.report WHERE known.epoch <= excluded.epoch;"
            "NOTIFY kafka_fetcher, 'reports'",
        patience);
    if (!sent) return tl::make_unexpected(sent.error());
    return {};
  }

  [[nodiscard]] problem without_counters() const {
    return {{ec::store_unavailable,
             "the database " + target_.place + " has no row in kafka_fetcher.counters; restore it from a backup"},
            "no counters"};
  }

  static constexpr const char* counters = "SELECT last_change, last_report FROM kafka_fetcher.counters";

  const postgres_target target_;
  const logger log_;
  const listener tell_;
  const file_descriptor signal_;  ///< an eventfd: there is something to do, or the end has come

  std::mutex mutex_;
  std::condition_variable sent_;  ///< a publishing statement has ended
  report_map waiting_;            ///< guarded by mutex_, like the next three
  bool asked_to_look_ = false;
  bool sending_ = false;  ///< a publishing statement is under way
  int flushing_ = 0;      ///< calls of flush()

  // Only the thread uses these.
  std::unique_ptr<news_connection> connection_;
  std::string server_started_at_;
  std::uint64_t known_change_ = 0;  ///< what has been told; 0: nothing
  std::uint64_t known_report_ = 0;
  report_map published_;  ///< the last reports of this replica, which are sent again when the store may have lost them
  clock::time_point looked_at_;
  clock::time_point look_at_;
  clock::time_point publish_at_;
  clock::time_point retry_at_;
  bool unreachable_ = false;
  std::set<std::string> logged_;      ///< the kinds of problems since the store answered last
  std::set<std::string> unreadable_;  ///< the problems of reports that were logged
  std::jthread thread_;               // last: it uses the rest
};

cluster_news::cluster_news(postgres_target target, logger log, listener tell)
    : session_(std::make_unique<session>(std::move(target), std::move(log), std::move(tell))) {}

cluster_news::~cluster_news() = default;

void cluster_news::publish(std::vector<instance_report> reports) {
  session_->publish(std::move(reports));
}

void cluster_news::look() {
  session_->look();
}

void cluster_news::flush(std::chrono::milliseconds within) {
  session_->flush(within);
}

}  // namespace kfs
