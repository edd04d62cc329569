#include "cluster/news/news.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "cluster/news/event_exchange.hpp"
#include "cluster/news/event_outbox.hpp"
#include "cluster/news/news_connection.hpp"
#include "cluster/news/news_reader.hpp"
#include "cluster/news/report_json.hpp"
#include "cluster/news/report_outbox.hpp"
#include "config/base/file_descriptor.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto look_interval = 1s;
/// Notifications of reports are answered at most this often, because many replicas send them.
constexpr auto report_interval = 200ms;
constexpr auto publish_interval = 500ms;  // two statements a second
/// Reports that tell nothing new are sent this often, and nobody is notified: at rest the store has little to do.
constexpr auto repeat_interval = 5s;
constexpr auto event_interval = 200ms;
constexpr auto retry_pause = 1s;
constexpr auto patience = 2s;
constexpr std::size_t most_published_at_once = 5'000;
constexpr std::size_t most_bytes_at_once = 8U * 1024 * 1024;
constexpr std::size_t most_remembered_problems = 32;

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
  session(postgres_target target, logger log, std::shared_ptr<event_outbox> events, listener tell,
          spec_sealing_ptr sealing)
      : target_(std::move(target)),
        log_(std::move(log)),
        tell_(std::move(tell)),
        signal_(made_eventfd()),
        waiting_events_(std::move(events)),
        reader_(log_, std::move(sealing)),
        events_(waiting_events_, tell_, log_),
        thread_([this](const std::stop_token& stopping) { run(stopping); }) {}

  void publish(std::vector<instance_report> reports) {
    outbox_.add(std::move(reports));
    wake();
  }

  void look() {
    {
      const std::lock_guard held(mutex_);
      asked_to_look_ = true;
    }
    wake();
  }

  void begin_anew() {
    {
      const std::lock_guard held(mutex_);
      has_gone_back_ = true;
    }
    wake();
  }

  void flush(std::chrono::milliseconds within) {
    outbox_.begin_flush();
    wake();
    const auto until = clock::now() + within;
    outbox_.end_flush(within);
    waiting_events_->wait_until_stored(std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()));
  }

  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(signal_.get(), &one, sizeof one);  // a full counter is a signal too
  }

 private:
  using problem = news_connection::problem;
  template <class T>
  using outcome = news_connection::outcome<T>;

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
      if (take_gone_back()) read_again();
      const auto at = clock::now();
      if (take_asked_to_look() || at >= look_at_) {
        if (auto looked = look_at_store(); !looked) return looked;
      }
      if (outbox_.may_send(at >= next_publishing())) {
        if (auto sent = publish_waiting(); !sent) return sent;
      }
      if (events_.has_work() && at >= events_at_) {
        events_at_ = at + event_interval;
        return events_.work(*connection_);
      }
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
      reader_.forget_wanted();
    }
    read_reports_again();
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
    if (has("reports") || has("events"))
      look_at_ = std::min(look_at_, std::max(clock::now(), looked_at_ + report_interval));
    if (has("leases")) tell_.leases();
    return {};
  }

  void answered() {
    const bool was_logged = !logged_.empty();
    logged_.clear();
    if (!unreachable_) return;
    unreachable_ = false;
    if (was_logged) log_.info("news are exchanged with other replicas again");
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
    if (!pausing && outbox_.has_waiting()) until = std::min(until, next_publishing());
    if (!pausing && events_.has_work()) until = std::min(until, events_at_);
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

  bool take_gone_back() {
    const std::lock_guard held(mutex_);
    return std::exchange(has_gone_back_, false);
  }

  void read_again() {
    reader_.forget_wanted();
    read_reports_again();
  }

  void read_reports_again() {
    reader_.forget_reports();
    outbox_.send_again();
    look_at_ = clock::now();
  }

  outcome<void> look_at_store() {
    looked_at_ = clock::now();
    look_at_ = looked_at_ + look_interval;
    auto read = reader_.read(*connection_);
    if (!read) return tl::make_unexpected(std::move(read).error());
    if (read->wanted) {
      outbox_.forget_deleted(read->wanted->all);
      tell_.wanted(std::move(read->wanted));
    }
    if (read->observed) {
      outbox_.forget_older(*read->observed);
      tell_.observed(std::move(read->observed));
    }
    return events_.read(*connection_, read->newest_event);
  }

  // Publishing -------------------------------------------------------------------------------------------------------

  [[nodiscard]] clock::time_point next_publishing() const {
    return published_at_ + (outbox_.has_news() ? clock::duration(publish_interval) : clock::duration(repeat_interval));
  }

  outcome<void> publish_waiting() {
    const bool is_news = outbox_.has_news();
    auto reports = outbox_.take(most_published_at_once);
    published_at_ = clock::now();
    outcome<void> done;
    try {
      done = insert(reports, is_news);
    } catch (...) {
      outbox_.unsent(std::move(reports));
      throw;
    }
    if (done) {
      outbox_.sent(std::move(reports));
    } else {
      outbox_.unsent(std::move(reports));
    }
    return done;
  }

  /// Inserts the reports; moves those that are too many bytes for one statement back to the ones that wait.
  outcome<void> insert(report_map& reports, bool is_news) {
    std::string values;
    auto report = reports.begin();
    for (; report != reports.end() && values.size() < most_bytes_at_once; ++report) {
      const auto& [key, told] = *report;
      values += values.empty() ? "(" : ",(";
      values += connection_->quote(key.first.value) + "::text," + std::to_string(key.second) + "," +
                std::to_string(told.epoch) + "::bigint," + std::to_string(told.change) + "::bigint," +
                connection_->quote(to_report_text(told)) + "::text)";
    }
    report_map rest;
    while (report != reports.end()) rest.insert(reports.extract(report++));
    outbox_.put_back(std::move(rest));
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
            " change = excluded.change, report = excluded.report WHERE known.epoch <= excluded.epoch" +
            (is_news ? ";NOTIFY kafka_fetcher, 'reports'" : ""),
        patience);
    if (!sent) return tl::make_unexpected(sent.error());
    return {};
  }

  const postgres_target target_;
  const logger log_;
  const listener tell_;
  const file_descriptor signal_;  ///< an eventfd: there is something to do, or the end has come

  const std::shared_ptr<event_outbox> waiting_events_;
  report_outbox outbox_;
  std::mutex mutex_;
  bool asked_to_look_ = false;  ///< guarded by mutex_
  bool has_gone_back_ = false;  ///< guarded by mutex_

  // Only the thread uses these.
  std::unique_ptr<news_connection> connection_;
  std::string server_started_at_;
  news_reader reader_;
  event_exchange events_;
  clock::time_point looked_at_;
  clock::time_point look_at_;
  clock::time_point published_at_;
  clock::time_point events_at_;  ///< when events may be sent again
  clock::time_point retry_at_;
  bool unreachable_ = false;
  std::set<std::string> logged_;  ///< the kinds of problems since the store answered last
  std::jthread thread_;           // last: it uses the rest
};

cluster_news::cluster_news(postgres_target target, logger log, std::shared_ptr<event_outbox> events, listener tell,
                           spec_sealing_ptr sealing)
    : session_(std::make_unique<session>(std::move(target), std::move(log), std::move(events), std::move(tell),
                                         std::move(sealing))) {}

cluster_news::~cluster_news() = default;

void cluster_news::publish(std::vector<instance_report> reports) {
  session_->publish(std::move(reports));
}

void cluster_news::send_events() {
  session_->wake();
}

void cluster_news::look() {
  session_->look();
}

void cluster_news::begin_anew() {
  session_->begin_anew();
}

void cluster_news::flush(std::chrono::milliseconds within) {
  session_->flush(within);
}

}  // namespace kfs
