#include "actors/kafka/rdkafka_admin_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <type_traits>
#include <utility>

#include "actors/kafka/rdkafka_conf.hpp"
#include "actors/kafka/rdkafka_group_answers.hpp"
#include "actors/kafka/rdkafka_group_offsets.hpp"
#include "config/base/json.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;

/// The cluster counts as unreachable when every broker has been down for this time. A name may have several addresses
/// ("localhost": ::1 and 127.0.0.1), and the client tries one after the other.
constexpr auto reconnect_grace = 600ms;
/// The shortest time-out that librdkafka takes for everything.
constexpr std::chrono::milliseconds least_bound = 1s;
constexpr auto statistics_interval = 100ms;
/// The pause before a question is repeated while a group's coordinator is moving or loading.
constexpr auto settling_pause = 100ms;

/// At least 1, because 0 and negative time-outs have special meanings in librdkafka.
int milliseconds_until(std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(1, left.count()));
}

/// True for the errors of a broker that is not ready to answer for a group, because it has just started or taken over.
bool is_settling(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR || code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
         code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
}

void write_log(const rd_kafka_t* client, int, const char* facility, const char* text) {
  const auto* opaque = static_cast<client_opaque*>(rd_kafka_opaque(client));
  static_cast<const logger*>(opaque->owner)->debug(text, {{"facility", facility}});
}

result<void> set_properties(rd_kafka_conf_t* conf, std::span<const std::pair<const char*, const char*>> properties) {
  char text[512];
  for (const auto& [name, value] : properties) {
    if (*value == '\0') continue;
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK)
      return failure(ec::internal, fmt::format("cannot set the property {} of a Kafka client: {}", name, text));
  }
  return {};
}

/// The statistics without those of topics, which take a megabyte where topics have a thousand partitions.
std::string about_brokers(std::string_view statistics) {
  const auto topics = statistics.find(R"(, "topics":{)");
  return topics == std::string_view::npos ? std::string(statistics) : std::string(statistics.substr(0, topics)) + '}';
}

std::vector<offset> as_offsets(const std::vector<std::int64_t>& found) {
  std::vector<offset> offsets;
  offsets.reserve(found.size());
  for (const auto each : found) offsets.push_back(offset{each});
  return offsets;
}

}  // namespace

admin_options_ptr unbounded_options(rd_kafka_t* client, rd_kafka_admin_op_t operation) {
  constexpr std::chrono::milliseconds longest = 1h;
  admin_options_ptr options(rd_kafka_AdminOptions_new(client, operation));
  char text[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(longest.count()), text, sizeof text);
  return options;
}

admin_client::admin_client(const address_policy& policy, logger log, std::string brokers, std::string group,
                           std::chrono::milliseconds bound)
    : log_(std::move(log)),
      brokers_(std::move(brokers)),
      group_(std::move(group)),
      bound_(bound),
      deadline_(clock::now() + bound),
      guard_(policy, log_),
      opaque_{&guard_, &log_} {}

admin_client::~admin_client() {
  queue_.reset();
  if (client_ != nullptr) rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

result<void> admin_client::start(const client_properties& of_user, admin_purpose purpose) {
  const auto bound = std::to_string(std::max<std::int64_t>(least_bound.count(), bound_.count()));
  const auto interval = std::to_string(statistics_interval.count());
  const auto group_id = group_.starts_with(' ') ? '_' + group_ : group_;  // librdkafka would drop the blank
  const std::pair<const char*, const char*> properties[] = {
      {"bootstrap.servers", brokers_.c_str()},
      // Without a group.id, librdkafka 2.0.2 dereferences a null pointer when a coordinator is still loading. The
      // client never subscribes, so it does not join the group.
      {"group.id", group_id.c_str()},
      {"client.id", "kafka-fetcher-server"},
      {"log.connection.close", "false"},
      {"broker.address.family", "any"},
      {"socket.timeout.ms", bound.c_str()},
      {"socket.connection.setup.timeout.ms", bound.c_str()},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "150"},
      {"statistics.interval.ms", interval.c_str()},
      // The log-end offset, or the last stable offset.
      {"isolation.level", purpose == admin_purpose::reading ? "read_committed" : "read_uncommitted"},
      {"enable.auto.commit", "false"},
      {"allow.auto.create.topics", "false"},
  };
  // One record of each partition is wanted, and no more than a few megabytes at once. librdkafka counts the messages
  // that wait of all partitions against queued.min.messages of each, and then fetches nothing for a second.
  constexpr std::pair<const char*, const char*> for_reading[] = {
      {"enable.auto.offset.store", "false"}, {"auto.offset.reset", "error"},          {"enable.partition.eof", "true"},
      {"queued.min.messages", "1000000"},    {"queued.max.messages.kbytes", "16384"}, {"fetch.max.bytes", "8388608"},
      {"fetch.message.max.bytes", "32768"},  {"statistics.interval.ms", "0"},         {"fetch.wait.max.ms", "50"},
  };
  conf_ptr conf(rd_kafka_conf_new());
  for (const auto& [name, value] : of_user) {
    if (const auto taken = set_property(conf.get(), name, value); !taken) return taken;
  }
  if (const auto taken = set_properties(conf.get(), properties); !taken) return taken;
  if (purpose != admin_purpose::questions) {
    if (const auto taken = set_properties(conf.get(), for_reading); !taken) return taken;
  }
  char text[512];
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
  rd_kafka_conf_set_log_cb(conf.get(), write_log);
  guard_connections(conf.get(), opaque_);
  client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), text, sizeof text);
  if (client_ == nullptr)
    return failure(ec::internal, fmt::format("cannot create a Kafka client for {}: {}", brokers_, text));
  static_cast<void>(conf.release());  // the client owns it now
  queue_.reset(rd_kafka_queue_new(client_));
  const queue_ptr main(rd_kafka_queue_get_main(client_));
  rd_kafka_queue_forward(main.get(), queue_.get());
  return {};
}

admin_client::outcome<event_ptr> admin_client::await(rd_kafka_event_type_t wanted, clock::time_point until) {
  while (clock::now() < until) {
    event_ptr event(rd_kafka_queue_poll(queue_.get(), milliseconds_until(until)));
    if (!event) break;
    if (rd_kafka_event_type(event.get()) == wanted) {
      if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return tl::make_unexpected(client_fault{code, rd_kafka_event_error_string(event.get())});
      return event;
    }
    note(event.get());
    if (fatal_) return tl::make_unexpected(*fatal_);
  }
  return tl::make_unexpected(client_fault{RD_KAFKA_RESP_ERR__TIMED_OUT, {}});
}

template <class Question>
auto admin_client::ask(const Question& question, std::string_view action)
    -> result<typename decltype(question())::value_type> {
  auto answer = question();
  while (!answer && is_settling(answer.error().code) && clock::now() + settling_pause < deadline_) {
    await(RD_KAFKA_EVENT_NONE, clock::now() + settling_pause);
    answer = question();
  }
  if (!answer) return tl::make_unexpected(explain(std::move(answer.error()), action));
  if constexpr (std::is_void_v<typename decltype(question())::value_type>) {
    return {};
  } else {
    return std::move(*answer);
  }
}

void admin_client::note(rd_kafka_event_t* event) {
  const auto type = rd_kafka_event_type(event);
  if (type == RD_KAFKA_EVENT_STATS) {
    note_broker_states(rd_kafka_event_stats(event));
    return;
  }
  if (type != RD_KAFKA_EVENT_ERROR) return;
  client_fault fault{rd_kafka_event_error(event), rd_kafka_event_error_string(event)};
  if (fault.code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    if (!all_down_since_) all_down_since_ = clock::now();
  } else if (code_of(fault.code) == ec::authentication_failed) {
    fatal_ = std::move(fault);
  } else {
    // "host:port/id: Connect to … failed: Connection refused (after 0ms in state CONNECT)"
    fault.reason.resize(std::min(fault.reason.size(), fault.reason.rfind(" (after ")));
    auto broker = fault.reason.substr(0, fault.reason.find(": "));
    faults_.insert_or_assign(std::move(broker), std::move(fault));
  }
}

void admin_client::note_broker_states(std::string_view statistics) {
  const auto parsed = json::parse(about_brokers(statistics), nullptr, false);
  if (!parsed.is_object() || !parsed.contains("brokers")) return;
  bool any_connecting_or_up = false;
  for (const auto& [name, broker] : parsed["brokers"].items()) {
    const auto state = broker.value("state", "INIT");
    if (state == "UP") {
      faults_.erase(name);
      all_down_since_.reset();
    }
    any_connecting_or_up |= state != "INIT" && state != "DOWN" && state != "TRY_CONNECT";
  }
  if (!any_connecting_or_up && all_down_since_ && clock::now() - *all_down_since_ >= reconnect_grace) {
    fatal_ = faults_.empty()
                 ? client_fault{RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "the connection was closed before Kafka answered"}
                 : faults_.begin()->second;
  }
}

error admin_client::explain(client_fault fault, std::string_view action) const {
  if (code_of(fault.code) == ec::broker_silent) {
    if (faults_.empty()) {
      fault.reason = fmt::format("no answer within {:.1f} s", std::chrono::duration<double>(bound_).count());
    } else {
      fault = faults_.begin()->second;
    }
  }
  const auto refusal = guard_.last_refusal();
  if (refusal && code_of(fault.code) == ec::broker_unreachable) fault.reason = *refusal;
  return to_error(fault.code, fault.reason, {action, brokers_});
}

result<std::vector<std::string>> admin_client::list_groups() {
  return ask([this] { return ask_groups(); }, "list the consumer groups");
}

result<std::vector<committed_offset>> admin_client::committed() {
  return ask([this] { return ask_offsets(); }, fmt::format("read the committed offsets of group \"{}\"", group_));
}

admin_client::outcome<std::vector<std::string>> admin_client::ask_groups() {
  rd_kafka_ListConsumerGroups(client_, unbounded_options(client_, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS).get(),
                              queue_.get());
  const auto event = await(RD_KAFKA_EVENT_LISTCONSUMERGROUPS_RESULT, deadline_);
  if (!event) return tl::make_unexpected(event.error());
  const auto* answer = rd_kafka_event_ListConsumerGroups_result(event->get());
  std::size_t count = 0;
  const auto* errors = rd_kafka_ListConsumerGroups_result_errors(answer, &count);
  if (count > 0) return tl::make_unexpected(fault_of(errors[0]));  // the list lacks the groups of some broker
  const auto* groups = rd_kafka_ListConsumerGroups_result_valid(answer, &count);
  std::vector<std::string> names;
  names.reserve(count);
  for (std::size_t i = 0; i < count; ++i) names.emplace_back(rd_kafka_ConsumerGroupListing_group_id(groups[i]));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

admin_client::outcome<std::vector<committed_offset>> admin_client::ask_offsets() {
  const offsets_question_ptr question(rd_kafka_ListConsumerGroupOffsets_new(group_.c_str(), nullptr));
  auto* questions = question.get();
  rd_kafka_ListConsumerGroupOffsets(client_, &questions, 1,
                                    unbounded_options(client_, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS).get(),
                                    queue_.get());
  const auto event = await(RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT, deadline_);
  if (!event) return tl::make_unexpected(event.error());
  const auto committed = committed_in(event->get());
  if (!committed) return tl::make_unexpected(committed.error());
  return committed_of(*committed);
}

result<group_description> admin_client::describe() {
  return ask([this] { return ask_description(); }, fmt::format("describe group \"{}\"", group_));
}

admin_client::outcome<group_description> admin_client::ask_description() {
  const auto* name = group_.c_str();
  rd_kafka_DescribeConsumerGroups(
      client_, &name, 1, unbounded_options(client_, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS).get(), queue_.get());
  const auto event = await(RD_KAFKA_EVENT_DESCRIBECONSUMERGROUPS_RESULT, deadline_);
  if (!event) return tl::make_unexpected(event.error());
  std::size_t count = 0;
  const auto* const* groups =
      rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event->get()), &count);
  if (count != 1) return tl::make_unexpected(client_fault{RD_KAFKA_RESP_ERR__BAD_MSG, "it named no group"});
  if (const auto* failed = rd_kafka_ConsumerGroupDescription_error(groups[0]); failed != nullptr)
    return tl::make_unexpected(fault_of(failed));
  return description_of(*groups[0]);
}

result<int> admin_client::partition_count(const std::string& topic) {
  return ask([&] { return ask_partition_count(topic); }, fmt::format("read the partitions of topic \"{}\"", topic));
}

admin_client::outcome<int> admin_client::ask_partition_count(const std::string& topic) {
  const topic_ptr named(rd_kafka_topic_new(client_, topic.c_str(), nullptr));
  if (!named) return tl::make_unexpected(client_fault{rd_kafka_last_error(), {}});
  const auto found = metadata_of(named.get());
  if (!found) return tl::make_unexpected(found.error());
  const auto& told = **found;
  if (told.topic_cnt != 1) return tl::make_unexpected(client_fault{RD_KAFKA_RESP_ERR__BAD_MSG, "it named no topic"});
  if (told.topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::make_unexpected(client_fault{told.topics[0].err, {}});
  return told.topics[0].partition_cnt;
}

admin_client::outcome<metadata_ptr> admin_client::metadata_of(rd_kafka_topic_t* topic) {
  const rd_kafka_metadata_t* found = nullptr;
  const auto code = rd_kafka_metadata(client_, topic == nullptr ? 1 : 0, topic, &found, milliseconds_until(deadline_));
  take_events();
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::make_unexpected(client_fault{code, {}});
  return metadata_ptr(found);
}

result<std::vector<offset>> admin_client::log_ends(const std::string& topic,
                                                   const std::vector<partition_number>& partitions) {
  return offsets_at(topic, partitions, RD_KAFKA_OFFSET_END, "log-end offsets").map(as_offsets);
}

result<std::vector<offset>> admin_client::log_starts(const std::string& topic,
                                                     const std::vector<partition_number>& partitions) {
  return offsets_at(topic, partitions, RD_KAFKA_OFFSET_BEGINNING, "first offsets").map(as_offsets);
}

result<std::vector<std::optional<offset>>> admin_client::first_since(const std::string& topic,
                                                                     const std::vector<partition_number>& partitions,
                                                                     timestamp at) {
  // Smaller numbers mean logical offsets; no record is older than 1970.
  const auto time = std::max<std::int64_t>(0, at.time_since_epoch().count());
  return offsets_at(topic, partitions, time, "offsets at that time").map([](const std::vector<std::int64_t>& found) {
    std::vector<std::optional<offset>> first;
    first.reserve(found.size());
    for (const auto each : found) first.push_back(each < 0 ? std::nullopt : std::optional(offset{each}));
    return first;
  });
}

result<std::vector<std::int64_t>> admin_client::offsets_at(const std::string& topic,
                                                           const std::vector<partition_number>& partitions,
                                                           std::int64_t time, std::string_view what) {
  const auto action = fmt::format("read the {} of topic \"{}\"", what, topic);
  const partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto partition : partitions)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = time;
  if (const auto asked = find_offsets(*list, action); !asked) return tl::make_unexpected(asked.error());
  std::vector<std::int64_t> found;
  found.reserve(partitions.size());
  for (int i = 0; i < list->cnt; ++i) {
    if (list->elems[i].err != 0) return tl::make_unexpected(explain({list->elems[i].err, {}}, action));
    found.push_back(list->elems[i].offset);
  }
  return found;
}

result<void> admin_client::find_offsets(rd_kafka_topic_partition_list_t& partitions, std::string_view action) {
  const auto code = rd_kafka_offsets_for_times(client_, &partitions, milliseconds_until(deadline_));
  take_events();
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::make_unexpected(explain({code, {}}, action));
  return {};
}

result<void> admin_client::commit(const std::string& topic, const std::vector<offset_step>& steps) {
  bool has_members = false;
  auto done = ask(
      [&] {
        auto asked = ask_commit(topic, steps);
        has_members = !asked && asked.error().code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
        return asked;
      },
      fmt::format("commit offsets for group \"{}\"", group_));
  if (has_members)
    return failure(ec::cannot_apply,
                   fmt::format("Group \"{}\" has a member, so its offsets were not changed: stop it", group_));
  return done;
}

admin_client::outcome<void> admin_client::ask_commit(const std::string& topic, const std::vector<offset_step>& steps) {
  const partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(steps.size())));
  for (const auto& step : steps)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), step.partition)->offset = step.after.value;
  const offsets_change_ptr change(rd_kafka_AlterConsumerGroupOffsets_new(group_.c_str(), list.get()));
  auto* changes = change.get();
  rd_kafka_AlterConsumerGroupOffsets(client_, &changes, 1,
                                     unbounded_options(client_, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS).get(),
                                     queue_.get());
  const auto event = await(RD_KAFKA_EVENT_ALTERCONSUMERGROUPOFFSETS_RESULT, deadline_);
  if (!event) return tl::make_unexpected(event.error());
  std::size_t count = 0;
  const auto* groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(event->get()), &count);
  if (count != 1) return tl::make_unexpected(client_fault{RD_KAFKA_RESP_ERR__BAD_MSG, "it named no group"});
  if (const auto* failed = rd_kafka_group_result_error(groups[0]); failed != nullptr)
    return tl::make_unexpected(fault_of(failed));
  const auto* committed = rd_kafka_group_result_partitions(groups[0]);
  for (int i = 0; committed != nullptr && i < committed->cnt; ++i) {
    if (committed->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return tl::make_unexpected(client_fault{committed->elems[i].err, {}});
  }
  return {};
}

void admin_client::take_events() {
  while (const event_ptr event{rd_kafka_queue_poll(queue_.get(), 0)}) note(event.get());
}

}  // namespace kfs
