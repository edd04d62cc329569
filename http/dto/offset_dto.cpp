#include "http/dto/offset_dto.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "http/dto/partition_option.hpp"

namespace kfs {
namespace {

constexpr std::array<const char*, 4> targets{"to", "to_timestamp", "offsets", "shift"};

/// The number that is written like that, and in no other way.
std::optional<partition_number> partition_named(const std::string& name) {
  partition_number number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = failed == std::errc() && end == name.data() + name.size();
  return whole && number >= 0 && std::to_string(number) == name ? std::optional(number) : std::nullopt;
}

std::optional<std::string> wrong_partition_names(const json& offsets) {
  for (const auto& [name, position] : offsets.items()) {
    if (!partition_named(name)) return "each name should be the number of a partition, as in {\"0\": 42}";
  }
  return std::nullopt;
}

std::optional<std::string> wrong_moment(const json& text) {
  if (parse_any_rfc3339(text.get<std::string>())) return std::nullopt;
  return "it should be a time such as 2026-01-01T12:00:00Z";
}

const object_schema& change_schema() {
  static const auto position =
      std::make_shared<const option>(option{.name = "offset", .kind = value_kind::integer, .minimum = 0});
  static const object_schema schema(
      "offset_change", "Where the group goes on. One of to, to_timestamp, offsets and shift.",
      {{.name = "to", .summary = "The first or the last offset of the log.", .one_of = {"earliest", "latest"}},
       {.name = "to_timestamp", .summary = "The first record of that time or later (RFC 3339).", .check = wrong_moment},
       {.name = "offsets",
        .kind = value_kind::object,
        .summary = "The offset of each partition.",
        .min_length = 1,
        .check = wrong_partition_names,
        .items = position},
       {.name = "shift", .kind = value_kind::integer, .summary = "So many offsets on, or back when negative."},
       {.name = "partitions",
        .kind = value_kind::array,
        .summary = "Only these; all when it is missing.",
        .min_length = 1,
        .items = partition_option()}});
  return schema;
}

offset_change to_change(const json& validated) {
  offset_change change;
  if (validated.contains("to")) {
    if (validated.at("to") == "earliest") change.to = offset_change::earliest{};
    if (validated.at("to") == "latest") change.to = offset_change::latest{};
  } else if (validated.contains("to_timestamp")) {
    change.to = offset_change::at_time{*parse_any_rfc3339(validated.at("to_timestamp").get<std::string>())};
  } else if (validated.contains("offsets")) {
    offset_change::exactly exact;
    for (const auto& [name, position] : validated.at("offsets").items())
      exact.offsets[*partition_named(name)] = offset{position.get<std::int64_t>()};
    change.to = std::move(exact);
  } else {
    change.to = offset_change::shifted{validated.at("shift").get<std::int64_t>()};
  }
  if (validated.contains("partitions"))
    change.partitions = validated.at("partitions").get<std::vector<partition_number>>();
  return change;
}

}  // namespace

tl::expected<offset_change, std::vector<violation>> read_offset_change(const json& body) {
  std::vector<violation> found;
  const auto place = json::array({"body"});
  change_schema().validate(body, place, found);
  const auto given = body.is_object()
                         ? std::ranges::count_if(targets, [&](const auto* name) { return body.contains(name); })
                         : 1;  // what is no object has been named
  if (given != 1)
    found.push_back({"value_error", place, "Value error, give one of to, to_timestamp, offsets and shift", nullptr});
  if (!found.empty()) return tl::make_unexpected(std::move(found));
  return to_change(change_schema().cleaned(body));
}

json offset_steps_dto(const std::vector<offset_step>& steps, bool applied,
                      const std::vector<consumer_id>& shared_with) {
  auto partitions = json::array();
  for (const auto& step : steps) {
    partitions.push_back({{"partition", step.partition},
                          {"before", step.before ? json(step.before->value) : json()},
                          {"after", step.after.value},
                          {"log_start_offset", step.log_start.value},
                          {"log_end_offset", step.log_end.value},
                          {"records", step.records},
                          {"clamped", step.clamped}});
  }
  auto ids = json::array();
  for (const auto& id : shared_with) ids.push_back(id.value);
  return {{"applied", applied}, {"partitions", std::move(partitions)}, {"shared_with", std::move(ids)}};
}

}  // namespace kfs
