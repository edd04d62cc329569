#include "cluster/news/report_json.hpp"

#include <concepts>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "actors/status_names.hpp"
#include "config/base/json.hpp"
#include "config/base/text.hpp"

namespace kfs {
namespace {

/// A member that cannot be read. Its message is a sentence for people.
struct unreadable_member : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The names of the enumerations. The last value of each ends the search for a name.

template <class E>
inline constexpr E last_value = E{};
template <>
inline constexpr auto last_value<consumer_status> = consumer_status::error;
template <>
inline constexpr auto last_value<consumer_state> = consumer_state::error;
template <>
inline constexpr auto last_value<processor_state> = processor_state::stopped;
template <>
inline constexpr auto last_value<breaker_state> = breaker_state::open;
template <>
inline constexpr auto last_value<fault_source::part> = fault_source::part::processor;

template <class E>
std::string_view name_of(E value) {
  return to_string(value);
}

/// In lower case, unlike in answers: replicas of other versions read these names.
std::string name_of(consumer_status status) {
  return lower_case(to_string(status));
}

/// Earlier versions, which work beside this one, know no "waiting".
std::string_view name_of(consumer_state state) {
  return state == consumer_state::waiting ? "paused" : to_string(state);
}

std::string_view name_of(fault_source::part part) {
  switch (part) {
    case fault_source::part::kafka:
      return "kafka";
    case fault_source::part::supervisor:
      return "supervisor";
    case fault_source::part::processor:
      return "processor";
  }
  return "";
}

// The members of each type, for writing (const) and for reading.

template <class T, class U>
concept maybe_const = std::same_as<std::remove_const_t<T>, U>;

template <class Visit, maybe_const<fault_source> T>
void visit_members(Visit& visit, T& x) {
  visit("from", x.from);
  visit("processor", x.processor);
}

template <class Visit, maybe_const<fault_report> T>
void visit_members(Visit& visit, T& x) {
  visit("code", x.code);
  visit("message", x.message);
  visit("source", x.source);
  visit("at", x.at);
  visit("attempts", x.attempts);
  visit("until_started", x.until_started);
}

template <class Visit, maybe_const<recovery_report> T>
void visit_members(Visit& visit, T& x) {
  visit("attempt", x.attempt);
  visit("next_attempt_at", x.next_attempt_at);
}

template <class Visit, maybe_const<breaker_condition> T>
void visit_members(Visit& visit, T& x) {
  visit("endpoint", x.endpoint);
  visit("state", x.state);
}

template <class Visit, maybe_const<processor_report> T>
void visit_members(Visit& visit, T& x) {
  visit("id", x.id);
  visit("type", x.type);
  visit("incarnation", x.incarnation);
  visit("fault", x.fault);
  visit("recovery", x.recovery);
}

template <class Visit, maybe_const<processor_standing> T>
void visit_members(Visit& visit, T& x) {
  visit("report", x.report);
  visit("state", x.state);
  visit("in_flight_batches", x.in_flight_batches);
  visit("in_flight_records", x.in_flight_records);
  visit("records", x.records);
  visit("records_per_second", x.records_per_second);
  visit("restarts", x.restarts);
  visit("breaker", x.breaker);
}

template <class Visit, maybe_const<partition_report> T>
void visit_members(Visit& visit, T& x) {
  visit("partition", x.partition);
  visit("position", x.position);
  visit("committed", x.committed);
  visit("log_end", x.log_end);
  visit("start", x.start);
  visit("instance", x.instance);
}

template <class Visit, maybe_const<member_report> T>
void visit_members(Visit& visit, T& x) {
  visit("instance", x.instance);
  visit("member", x.member);
  visit("connected", x.connected);
  visit("joined", x.joined);
  visit("paused", x.waiting);  // the name of earlier versions
  visit("partitions", x.partitions);
}

template <class Visit, maybe_const<consumer_view> T>
void visit_members(Visit& visit, T& x) {
  visit("status", x.status);
  visit("replica", x.replica);
  visit("last_error", x.last_error);
  visit("recovery", x.recovery);
  visit("state", x.state);
  visit("status_since", x.status_since);
  visit("observed", x.observed);
  visit("observed_at", x.observed_at);
  visit("restarts", x.restarts);
  visit("members", x.members);
  visit("partitions", x.partitions);
  visit("processors", x.processors);
}

/// Without the members of its view, which are written beside these.
template <class Visit, maybe_const<instance_report> T>
void visit_members(Visit& visit, T& x) {
  visit("consumer_id", x.consumer);
  visit("instance", x.instance);
  visit("epoch", x.epoch);
  visit("change", x.change);
  visit("number", x.number);
}

// Writing and reading values ------------------------------------------------------------------------------------------

template <class T>
concept strong_type = std::same_as<T, consumer_id> || std::same_as<T, processor_id> || std::same_as<T, revision> ||
    std::same_as<T, offset>;

struct member_writer {
  json object = json::object();

  template <class T>
  void operator()(const char* name, const T& value) {
    object[name] = written(value);
  }

  /// A member without a value is left out.
  template <class T>
  void operator()(const char* name, const std::optional<T>& value) {
    if (value) object[name] = written(*value);
  }

  static json written(const std::string& text) { return text; }
  static json written(timestamp at) { return at.time_since_epoch().count(); }

  template <class T>
  static json written(const std::vector<T>& values) {
    json list = json::array();
    for (const auto& value : values) list.push_back(written(value));
    return list;
  }

  template <class T>
  static json written(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      return std::string(name_of(value));
    } else if constexpr (std::is_arithmetic_v<T>) {
      return value;
    } else if constexpr (strong_type<T>) {
      return written(value.value);
    } else {
      member_writer members;
      visit_members(members, value);
      return std::move(members.object);
    }
  }
};

struct member_reader {
  const json& object;

  template <class T>
  void operator()(const char* name, T& value) {
    const auto found = object.find(name);
    if (found != object.end() && !found->is_null()) read(name, *found, value);
  }

  [[noreturn]] static void reject(const char* name, const std::string& problem) {
    throw unreadable_member("its member " + std::string(name) + " " + problem);
  }

  static void read(const char* name, const json& from, bool& flag) {
    if (!from.is_boolean()) reject(name, "is not true or false");
    flag = from.get<bool>();
  }

  static void read(const char* name, const json& from, std::string& text) {
    if (!from.is_string()) reject(name, "is not a text");
    text = from.get<std::string>();
  }

  static void read(const char* name, const json& from, timestamp& at) {
    std::int64_t number = 0;
    read(name, from, number);
    at = timestamp(std::chrono::milliseconds(number));
  }

  template <class T>
  static void read(const char* name, const json& from, std::optional<T>& value) {
    read(name, from, value.emplace());
  }

  template <class T>
  static void read(const char* name, const json& from, std::vector<T>& values) {
    if (!from.is_array()) reject(name, "is not a list");
    values.clear();
    for (const auto& element : from) read(name, element, values.emplace_back());
  }

  template <std::integral T>
  static void read(const char* name, const json& from, T& number) {
    if (!from.is_number_integer()) reject(name, "is not a whole number");
    const bool fits = from.is_number_unsigned() ? std::in_range<T>(from.get<std::uint64_t>())
                                                : std::in_range<T>(from.get<std::int64_t>());
    if (!fits) reject(name, "is a number that does not fit");
    number = from.get<T>();
  }

  template <class T>
  static void read(const char* name, const json& from, T& value) {
    if constexpr (std::is_same_v<T, ec>) {
      std::string text;
      read(name, from, text);
      value = code_named(text);
    } else if constexpr (std::is_enum_v<T>) {
      read_enum(name, from, value);
    } else if constexpr (strong_type<T>) {
      read(name, from, value.value);
    } else {
      if (!from.is_object()) reject(name, "is not an object");
      member_reader members{from};
      visit_members(members, value);
    }
  }

  template <class T>
  static void read_enum(const char* name, const json& from, T& value) {
    std::string text;
    read(name, from, text);
    for (unsigned number = 0; number <= static_cast<unsigned>(last_value<T>); ++number) {
      value = static_cast<T>(number);
      if (name_of(value) == text) return;
    }
    reject(name, "has the value \"" + text + "\", which this version does not know");
  }
};

json written(const instance_report& report) {
  member_writer members;
  visit_members(members, report);
  visit_members(members, *report.view);
  return std::move(members.object);
}

std::string to_text(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

result<instance_report> read_report(const json& from) {
  if (!from.is_object()) return failure(ec::invalid_request, "it is not a JSON object");
  try {
    instance_report report;
    consumer_view view;
    member_reader members{from};
    visit_members(members, report);
    visit_members(members, view);
    report.view = std::make_shared<const consumer_view>(std::move(view));
    return report;
  } catch (const unreadable_member& problem) {
    return failure(ec::invalid_request, problem.what());
  }
}

}  // namespace

std::string to_report_text(const instance_report& report) {
  return to_text(written(report));
}

result<instance_report> from_report_text(const std::string& text) {
  return read_report(json::parse(text, nullptr, false));
}

std::string to_report_list(const std::vector<instance_report>& reports) {
  auto list = json::array();
  for (const auto& report : reports) list.push_back(written(report));
  return to_text(list);
}

received_reports from_report_list(const std::string& text) {
  const auto list = json::parse(text, nullptr, false);
  if (!list.is_array()) return {{}, error{ec::invalid_request, "it is not a JSON list"}};
  received_reports received;
  for (const auto& element : list) {
    auto report = read_report(element);
    if (report) {
      received.reports.push_back(std::move(*report));
    } else if (!received.unreadable) {
      received.unreadable = report.error();
    }
  }
  return received;
}

}  // namespace kfs
