#include "cluster/news/news_reader.hpp"

#include <memory>
#include <utility>

#include "cluster/news/report_json.hpp"
#include "config/store/spec_json.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 2s;
/// For the rows of many consumers or reports.
constexpr auto patience_with_rows = 10s;
constexpr std::size_t most_remembered_problems = 32;

}  // namespace

news_connection::outcome<news_reader::news> news_reader::read(news_connection& connection) {
  const auto counted = count(connection, "");
  if (!counted) return tl::make_unexpected(counted.error());
  if (counted->number(0, 0) == known_change_ && counted->number(0, 1) == known_report_)
    return news{.wanted = nullptr, .observed = nullptr, .newest_event = counted->number(0, 2)};
  return read_what_moved(connection);
}

news_connection::outcome<news_rows> news_reader::count(news_connection& connection, const std::string& begin) {
  auto counted = connection.run(begin +
                                    "SELECT last_change, last_report, (SELECT max(number) FROM kafka_fetcher.events)"
                                    " FROM kafka_fetcher.counters",
                                patience);
  if (counted && counted->size() == 0) {
    return tl::make_unexpected(news_connection::problem{
        {ec::store_unavailable, "the database has no row in kafka_fetcher.counters; restore it from a backup"}, ""});
  }
  return counted;
}

/// In one snapshot, so that the numbers belong to the rows.
news_connection::outcome<news_reader::news> news_reader::read_what_moved(news_connection& connection) {
  const auto counted = count(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;");
  if (!counted) return tl::make_unexpected(counted.error());
  const auto last_change = counted->number(0, 0);
  const auto last_report = counted->number(0, 1);
  // A lower number than the one that is known is that of a database that was restored.
  const auto change = last_change < known_change_ ? 0 : known_change_;
  const auto report = last_report < known_report_ ? 0 : known_report_;
  news read{.wanted = nullptr, .observed = nullptr, .newest_event = counted->number(0, 2)};
  if (last_change != change) {
    auto wanted = read_wanted(connection, change, last_change);
    if (!wanted) return tl::make_unexpected(std::move(wanted).error());
    read.wanted = std::move(*wanted);
  }
  if (last_report != report) {
    auto observed = read_reports(connection, report);
    if (!observed) return tl::make_unexpected(std::move(observed).error());
    if (!(*observed)->empty()) read.observed = std::move(*observed);
  }
  if (auto ended = connection.run("COMMIT", patience); !ended) return tl::make_unexpected(ended.error());
  known_change_ = last_change;
  known_report_ = last_report;
  return read;
}

news_connection::outcome<wanted_changes_ptr> news_reader::read_wanted(news_connection& connection, std::uint64_t known,
                                                                      std::uint64_t up_to) const {
  const auto rows =
      connection.run("SELECT id, spec, target, change, tenant, orders FROM kafka_fetcher.consumers WHERE change > " +
                         std::to_string(known) + " ORDER BY created_at, id COLLATE \"C\"",
                     patience_with_rows);
  if (!rows) return tl::make_unexpected(rows.error());
  const auto ids = connection.run("SELECT id FROM kafka_fetcher.consumers", patience_with_rows);
  if (!ids) return tl::make_unexpected(ids.error());
  auto changes = std::make_shared<wanted_changes>();
  changes->everything = known == 0;
  changes->up_to = up_to;
  changes->changed.reserve(static_cast<std::size_t>(rows->size()));
  for (int row = 0; row < rows->size(); ++row) add_wanted(*changes, *rows, row);
  changes->all.reserve(static_cast<std::size_t>(ids->size()));
  for (int row = 0; row < ids->size(); ++row) changes->all.push_back({ids->text(row, 0)});
  return wanted_changes_ptr(std::move(changes));
}

void news_reader::add_wanted(wanted_changes& changes, const news_rows& rows, int row) const {
  try {
    wanted_consumer wanted{sealing_->from_text(rows.text(row, 1)), rows.number(row, 3)};
    wanted.spec.target = to_target(rows.text(row, 2));
    wanted.spec.tenant = rows.text(row, 4);
    wanted.spec.orders = orders_from_stored_text(rows.text(row, 5));
    changes.changed.push_back(std::move(wanted));
  } catch (const json::exception&) {
    // Its message is not repeated: it quotes what it could not read, which may be a secret.
    log_.error("the database holds a consumer that is not as it was written; restore it from a backup",
               {{"consumer_id", rows.text(row, 0)}});
  }
}

news_connection::outcome<instance_reports> news_reader::read_reports(news_connection& connection, std::uint64_t known) {
  const auto rows =
      connection.run("SELECT consumer_id, instance, epoch, change, report FROM kafka_fetcher.reports WHERE number > " +
                         std::to_string(known),
                     patience_with_rows);
  if (!rows) return tl::make_unexpected(rows.error());
  auto reports = std::make_shared<std::vector<instance_report>>();
  reports->reserve(static_cast<std::size_t>(rows->size()));
  for (int row = 0; row < rows->size(); ++row) {
    auto report = from_report_text(rows->text(row, 4));
    if (!report) {
      log_unreadable({rows->text(row, 0)}, rows->text(row, 1), report.error());
      continue;
    }
    // The columns count: an older version wrote them alone.
    report->consumer = {rows->text(row, 0)};
    report->instance = static_cast<int>(rows->number(row, 1));
    report->epoch = rows->number(row, 2);
    report->change = rows->number(row, 3);
    reports->push_back(std::move(*report));
  }
  return instance_reports(std::move(reports));
}

/// Once for each problem, because a replica of another version sends such reports again and again.
void news_reader::log_unreadable(const consumer_id& consumer, const std::string& instance, const error& why) {
  if (unreadable_.size() >= most_remembered_problems || !unreadable_.insert(why.message).second) return;
  log_.warning("a report of another replica cannot be read and is skipped; do the replicas have different versions?",
               {{"consumer_id", consumer.value}, {"instance", instance}, {"reason", why.message}});
}

}  // namespace kfs
