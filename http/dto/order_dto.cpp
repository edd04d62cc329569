#include "http/dto/order_dto.hpp"

#include <algorithm>

#include "http/dto/partition_option.hpp"

namespace kfs {
namespace {

const object_schema& partitions_schema() {
  static const object_schema schema("ordered_partitions", "Which partitions; all when it is empty.",
                                    {{.name = "partitions",
                                      .kind = value_kind::array,
                                      .summary = "Only these.",
                                      .min_length = 1,
                                      .items = partition_option()}});
  return schema;
}

std::optional<std::string> not_true(const json& value) {
  if (value.get<bool>()) return std::nullopt;
  return "it can only be true; leave it out otherwise";
}

const object_schema& consumers_schema() {
  static const object_schema schema(
      "ordered_consumers", "Whose consumers: tenant, or all.",
      {{.name = "tenant", .summary = "Those of this tenant.", .min_length = 1},
       {.name = "all", .kind = value_kind::boolean, .summary = "All that the caller may operate.", .check = not_true}});
  return schema;
}

}  // namespace

tl::expected<std::vector<partition_number>, std::vector<violation>> read_ordered_partitions(const json& body) {
  std::vector<violation> found;
  partitions_schema().validate(body, json::array({"body"}), found);
  if (!found.empty()) return tl::make_unexpected(std::move(found));
  auto partitions = body.value("partitions", std::vector<partition_number>{});
  std::ranges::sort(partitions);
  partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
  return partitions;
}

tl::expected<ordered_consumers, std::vector<violation>> read_ordered_consumers(const json& body) {
  std::vector<violation> found;
  const auto place = json::array({"body"});
  consumers_schema().validate(body, place, found);
  if (body.is_object() && body.contains("tenant") == body.contains("all"))
    found.push_back({"value_error", place, "Value error, give either tenant or all", nullptr});
  if (!found.empty()) return tl::make_unexpected(std::move(found));
  if (body.contains("all")) return ordered_consumers{};
  return ordered_consumers{.tenant = body.at("tenant").get<std::string>()};
}

json ordered_dto(std::size_t reached, const std::vector<failed_order>& failed) {
  auto failures = json::array();
  for (const auto& [id, why] : failed)
    failures.push_back({{"consumer_id", id.value}, {"code", to_string(why.code)}, {"detail", why.message}});
  return {{"consumers", reached}, {"failed", std::move(failures)}};
}

}  // namespace kfs
