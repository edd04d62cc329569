#include "cluster/news/event_exchange.hpp"

#include <map>
#include <utility>

#include "cluster/news/event_json.hpp"
#include "config/store/postgres/schema.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 2s;
constexpr auto patience_with_rows = 10s;
constexpr std::size_t most_stored_at_once = 1'000;
constexpr int most_read_at_once = 5'000;
/// Each has event_log::most_kept events at most.
constexpr std::size_t most_consumers_at_once = 50;
constexpr std::size_t most_remembered_problems = 32;

/// "'a','b'".
std::string quoted_list(const news_connection& connection, const std::set<consumer_id>& ids) {
  std::string list;
  for (const auto& id : ids) list += (list.empty() ? "" : ",") + connection.quote(id.value);
  return list;
}

}  // namespace

event_exchange::event_exchange(std::shared_ptr<event_outbox> outbox, const cluster_news::listener& tell, logger log)
    : outbox_(std::move(outbox)), tell_(tell), log_(std::move(log)), run_(make_uuid()) {}

event_exchange::outcome<void> event_exchange::read(news_connection& connection, std::uint64_t newest) {
  if (!known_) known_ = newest;
  for (bool is_more = newest > *known_; is_more;) {
    const auto rows =
        connection.run("SELECT consumer_id, number, event FROM kafka_fetcher.events WHERE number > " +
                           std::to_string(*known_) + " ORDER BY number LIMIT " + std::to_string(most_read_at_once),
                       patience_with_rows);
    if (!rows) return tl::make_unexpected(rows.error());
    for (int row = 0; row < rows->size(); ++row) {
      known_ = rows->number(row, 1);
      if (const auto event = read_event(*rows, row)) tell_.event({rows->text(row, 0)}, *event);
    }
    is_more = rows->size() == most_read_at_once;
  }
  return {};
}

bool event_exchange::has_work() const {
  return outbox_->has_waiting() || outbox_->wants_past();
}

event_exchange::outcome<void> event_exchange::work(news_connection& connection) {
  if (auto stored = store_waiting(connection); !stored) return stored;
  return tell_past(connection);
}

/// In one transaction. Consumers are locked first, as by whoever removes one: an event goes with its consumer. Then the
/// lock of numbers: whoever takes the next one sees all lower ones. An event that is stored already, because only the
/// answer was lost, is left out.
event_exchange::outcome<void> event_exchange::store_waiting(news_connection& connection) {
  const auto waiting = outbox_->oldest(most_stored_at_once);
  if (waiting.empty()) return {};
  std::set<consumer_id> ids;
  std::string values;
  for (const auto& [sequence, consumer, event] : waiting) {
    ids.insert(consumer);
    values += (values.empty() ? "(" : ",(") + connection.quote(consumer.value) + "::text," + std::to_string(sequence) +
              "::bigint," + connection.quote(to_event_text(event)) + "::text)";
  }
  const auto consumers = quoted_list(connection, ids);
  const auto stored = connection.run(
      "SELECT FROM kafka_fetcher.consumers WHERE id IN (" + consumers + ") ORDER BY id FOR KEY SHARE;" +
          "SELECT set_config('synchronous_commit', 'on', true), pg_advisory_xact_lock(" +
          std::to_string(postgres_event_lock) +
          ");"
          "INSERT INTO kafka_fetcher.events (number, consumer_id, run, sequence, event)"
          " SELECT greatest((SELECT max(number) FROM kafka_fetcher.events),"
          " (extract(epoch FROM clock_timestamp()) * 1000)::bigint) + row_number() OVER (ORDER BY told.sequence),"
          " told.consumer_id, " +
          connection.quote(run_) + ", told.sequence, told.event FROM (VALUES " + values +
          ") AS told (consumer_id, sequence, event)"
          " WHERE EXISTS (SELECT FROM kafka_fetcher.consumers WHERE id = told.consumer_id)"
          " ON CONFLICT (run, sequence) DO NOTHING;"
          "DELETE FROM kafka_fetcher.events AS old USING kafka_fetcher.consumers AS consumer"
          " WHERE consumer.id IN (" +
          consumers +
          ") AND old.consumer_id = consumer.id AND old.number <="
          " (SELECT number FROM kafka_fetcher.events WHERE consumer_id = consumer.id ORDER BY number DESC OFFSET " +
          std::to_string(event_log::most_kept) +
          " LIMIT 1);"
          "NOTIFY kafka_fetcher, 'events'",
      patience);
  if (!stored) return tl::make_unexpected(stored.error());
  outbox_->stored(waiting.back().sequence);
  return {};
}

event_exchange::outcome<void> event_exchange::tell_past(news_connection& connection) {
  const auto taken = outbox_->take_wanted(most_consumers_at_once);
  if (taken.empty()) return {};
  std::map<consumer_id, std::vector<consumer_event>> past;
  for (const auto& consumer : taken) past.try_emplace(consumer);
  const auto rows =
      connection.run("SELECT consumer_id, number, event FROM kafka_fetcher.events WHERE consumer_id IN (" +
                         quoted_list(connection, {taken.begin(), taken.end()}) + ") ORDER BY number",
                     patience_with_rows);
  if (!rows) {
    for (const auto& consumer : taken) outbox_->want_past(consumer);
    return tl::make_unexpected(rows.error());
  }
  for (int row = 0; row < rows->size(); ++row)
    if (auto event = read_event(*rows, row)) past[{rows->text(row, 0)}].push_back(std::move(*event));
  for (const auto& [consumer, events] : past) tell_.past_events(consumer, events);
  return {};
}

/// nullopt when a replica of another version wrote it in a way that this one does not know.
std::optional<consumer_event> event_exchange::read_event(const news_rows& rows, int row) {
  auto event = from_event_text(rows.text(row, 2));
  if (event) {
    event->number = rows.number(row, 1);
    return std::move(*event);
  }
  if (unreadable_.size() < most_remembered_problems && unreadable_.insert(event.error().message).second) {
    log_.warning("an event of another replica cannot be read and is skipped; do the replicas have different versions?",
                 {{"consumer_id", rows.text(row, 0)}, {"reason", event.error().message}});
  }
  return std::nullopt;
}

}  // namespace kfs
