#include "http/handlers/page.hpp"

namespace kfs {
namespace {

constexpr std::int64_t most_listed = 1'000;

}  // namespace

page read_page(query_parameters& query) {
  page wanted;
  if (const auto limit = query.integer("limit", 1, most_listed)) wanted.limit = static_cast<std::size_t>(*limit);
  const auto offset = query.integer("offset", 0, std::numeric_limits<std::int64_t>::max());
  wanted.offset = static_cast<std::size_t>(offset.value_or(0));
  return wanted;
}

}  // namespace kfs
