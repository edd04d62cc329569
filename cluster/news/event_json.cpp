#include "cluster/news/event_json.hpp"

#include <stdexcept>
#include <string_view>

#include "config/base/json.hpp"

namespace kfs {
namespace {

constexpr std::string_view of_a_processor = "processor:";

/// A value that this version does not know. Its message is a sentence for people.
struct unknown_value : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The value of that name. `last` is the last one of the enumeration.
template <class E>
E named(const std::string& name, E last) {
  for (unsigned number = 0; number <= static_cast<unsigned>(last); ++number)
    if (to_string(static_cast<E>(number)) == name) return static_cast<E>(number);
  throw unknown_value("it holds \"" + name + "\", which this version does not know");
}

fault_source source_named(const std::string& name) {
  if (name.starts_with(of_a_processor)) return fault_source::of_processor({name.substr(of_a_processor.size())});
  for (const auto& source : {fault_source::of_kafka(), fault_source::of_supervisor()})
    if (to_string(source) == name) return source;
  throw unknown_value("it holds the source \"" + name + "\", which this version does not know");
}

consumer_event read(const json& from) {
  consumer_event event{.at = timestamp(std::chrono::milliseconds(from.value("at", std::int64_t{0}))),
                       .kind = named(from.value("kind", ""), event_kind::batches_given_up),
                       .message = from.value("message", ""),
                       .request_id = from.value("request_id", "")};
  if (from.contains("principal"))
    event.actor = event_actor{from.value("principal_kind", "anonymous"), from.at("principal").get<std::string>()};
  if (from.contains("code")) event.code = code_named(from.at("code").get<std::string>());
  if (from.contains("source")) event.source = source_named(from.at("source").get<std::string>());
  if (from.contains("from") && from.contains("to")) {
    event.states = state_change{named(from.at("from").get<std::string>(), consumer_state::error),
                                named(from.at("to").get<std::string>(), consumer_state::error)};
  }
  return event;
}

}  // namespace

std::string to_event_text(const consumer_event& event) {
  json written{{"at", event.at.time_since_epoch().count()},
               {"kind", std::string(to_string(event.kind))},
               {"message", event.message}};
  if (event.code) written["code"] = std::string(to_string(*event.code));
  if (event.source) written["source"] = to_string(*event.source);
  if (event.states) {
    written["from"] = std::string(to_string(event.states->from));
    written["to"] = std::string(to_string(event.states->to));
  }
  if (!event.request_id.empty()) written["request_id"] = event.request_id;
  if (event.actor) {
    written["principal"] = event.actor->name;
    written["principal_kind"] = event.actor->kind;
  }
  return written.dump(-1, ' ', true, json::error_handler_t::replace);
}

result<consumer_event> from_event_text(const std::string& text) {
  const auto from = json::parse(text, nullptr, false);
  if (!from.is_object()) return failure(ec::invalid_request, "it is not a JSON object");
  try {
    return read(from);
  } catch (const unknown_value& problem) {
    return failure(ec::invalid_request, problem.what());
  } catch (const json::exception&) {
    return failure(ec::invalid_request, "one of its values has another type than this version knows");
  }
}

}  // namespace kfs
