#pragma once

#include <cstddef>
#include <limits>

#include "http/message/query_parameters.hpp"

namespace kfs {

/// The part of a list that a request asks for.
struct page {
  std::size_t limit = std::numeric_limits<std::size_t>::max();  ///< most elements; all when the request names none
  std::size_t offset = 0;                                       ///< elements to skip
};

/// Reads `limit` (1 to 1000) and `offset` (0 on). Check query.mistakes() before using the page.
page read_page(query_parameters& query);

}  // namespace kfs
