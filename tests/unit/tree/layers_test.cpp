// The layering of the tree and of the rooms in each folder, and that each foreign library has one owner, read from the
// includes.
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/paths.hpp"

namespace kfs::layers_test {

namespace {

namespace fs = std::filesystem;

const fs::path root = kfs::test::source_directory();

// A folder may include itself and what stands before it.
constexpr std::array<std::string_view, 5> layer_order{"config", "processors", "actors", "cluster", "http"};

struct owned_library {
  std::string_view header_prefix;
  std::vector<std::string_view> owners;  ///< folders, or single files
};

const std::vector<owned_library>& owned_libraries() {
  static const std::vector<owned_library> table{
      {"librdkafka/", {"actors/kafka/"}},
      {"restinio/", {"http/server/"}},
      {"asio", {"http/server/"}},
      {"yaml-cpp/", {"config/access/access_file.cpp", "config/settings/", "http/docs/"}},
      {"SQLiteCpp/", {"config/store/"}},
      {"sqlite3", {"config/store/sqlite/"}},
      {"prometheus/", {"actors/metrics/"}},
      {"curl/", {"processors/http/", "http/auth/jwt/https_document.cpp"}},
      {"simdjson", {"processors/json_text.cpp"}},
      {"zlib", {"processors/file/"}},
      {"zstd", {"processors/file/"}},
      {"spdlog/", {"config/base/logger.cpp"}},
      {"pqxx/", {"config/store/postgres/", "processors/database/adoption.hpp", "cluster/"}},
      {"libpq-fe",
       {"config/postgres/", "config/store/postgres/", "processors/database/adoption.hpp", "processors/database/dsn.cpp",
        "cluster/"}},
      {"caf/io/", {"cluster/"}},
      {"caf/openssl/", {"cluster/"}},
      {"caf/", {"actors/", "cluster/", "http/", "main.cpp"}},
  };
  return table;
}

std::size_t layer_of(std::string_view path) {
  const auto folder = path.substr(0, path.find('/'));
  return static_cast<std::size_t>(std::find(layer_order.begin(), layer_order.end(), folder) - layer_order.begin());
}

bool is_of_a_layer(std::string_view header) {
  return layer_of(header) < layer_order.size() && header.find('/') != std::string_view::npos;
}

std::vector<std::string> headers_included_by(const std::string& text) {
  static const std::regex include{R"(^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"])", std::regex::multiline};
  std::vector<std::string> headers;
  for (auto at = std::sregex_iterator{text.begin(), text.end(), include}; at != std::sregex_iterator{}; ++at)
    headers.push_back((*at)[1]);
  return headers;
}

// What a file (its path from the root) includes although it may not.
std::vector<std::string> forbidden_includes(const std::string& path, const std::string& text) {
  std::vector<std::string> found;
  for (const auto& header : headers_included_by(text)) {
    if (is_of_a_layer(header) && layer_of(header) > layer_of(path))
      found.push_back(path + " includes the higher layer's " + header);
    for (const auto& library : owned_libraries()) {
      if (!header.starts_with(library.header_prefix)) continue;
      const bool owner = std::any_of(library.owners.begin(), library.owners.end(),
                                     [&](std::string_view folder) { return path.starts_with(folder); });
      if (!owner) found.push_back(path + " includes " + header + ", which belongs to another folder");
      break;  // the first, most precise prefix decides
    }
  }
  return found;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".hpp" || path.extension() == ".cpp";
}

// Rooms are folders; what a room includes of other rooms, by the file that does it.
using room_graph = std::map<std::string, std::map<std::string, std::string>>;

std::string room_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

void add_includes(room_graph& rooms, const std::string& path, const std::string& text) {
  if (path.find('/') == std::string::npos) return;
  for (const auto& header : headers_included_by(text)) {
    if (is_of_a_layer(header) && room_of(header) != room_of(path))
      rooms[room_of(path)].emplace(room_of(header), path + " includes " + header);
  }
}

// Depth first: the includes that lead from `room` back to `target`; empty where none do.
std::vector<std::string> way_back(const room_graph& rooms, const std::string& room, const std::string& target,
                                  std::set<std::string>& visited) {
  const auto found = rooms.find(room);
  if (found == rooms.end() || !visited.insert(room).second) return {};
  for (const auto& [next, reason] : found->second) {
    if (next == target) return {reason};
    if (auto way = way_back(rooms, next, target, visited); !way.empty()) {
      way.insert(way.begin(), reason);
      return way;
    }
  }
  return {};
}

std::vector<std::string> first_circle(const room_graph& rooms) {
  for (const auto& [room, includes] : rooms) {
    std::set<std::string> visited;
    if (auto way = way_back(rooms, room, room, visited); !way.empty()) return way;
  }
  return {};
}

std::vector<fs::path> sources_below(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator{folder}) {
    if (entry.is_regular_file() && is_source(entry.path())) out.push_back(entry.path());
  }
  return out;
}

std::vector<fs::path> all_sources() {
  std::vector<fs::path> sources{root / "main.cpp"};
  for (const auto layer : layer_order) {
    const auto more = sources_below(root / layer);
    BOOST_TEST(!more.empty(), "no sources below " << layer);
    sources.insert(sources.end(), more.begin(), more.end());
  }
  return sources;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += '\n' + line;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(layers)

BOOST_AUTO_TEST_CASE(no_folder_includes_a_higher_layer_or_a_library_of_another_folder) {
  std::vector<std::string> found;
  for (const auto& source : all_sources()) {
    const auto more = forbidden_includes(source.lexically_relative(root).string(), kfs::test::file_text(source));
    found.insert(found.end(), more.begin(), more.end());
  }
  BOOST_TEST(found.empty(), joined(found));
}

BOOST_AUTO_TEST_CASE(a_forbidden_include_is_found_however_it_is_written) {
  BOOST_TEST(forbidden_includes("config/ids.cpp", "#include \"actors/messages.hpp\"\n").size() == 1);
  BOOST_TEST(forbidden_includes("http/server.cpp", "// x\n  #  include <librdkafka/rdkafka.h>\n").size() == 1);
  BOOST_TEST(forbidden_includes("actors/spawn.hpp", "#include <caf/io/middleman.hpp>\n").size() == 1);
  BOOST_TEST(forbidden_includes("actors/spawn.hpp", "#include <caf/all.hpp>\n#include \"config/ids.hpp\"\n").empty());
  BOOST_TEST(forbidden_includes("main.cpp", "#include \"http/server.hpp\"\n").empty());
}

BOOST_AUTO_TEST_CASE(rooms_do_not_include_each_other_in_a_circle) {
  // The list of processor types names the room of each; every room may use the list's header.
  const std::set<std::string> composition{"processors/sink_registry.cpp"};
  room_graph rooms;
  for (const auto& source : all_sources()) {
    const auto path = source.lexically_relative(root).string();
    if (!composition.contains(path)) add_includes(rooms, path, kfs::test::file_text(source));
  }
  const auto circle = first_circle(rooms);
  BOOST_TEST(circle.empty(), joined(circle));
}

BOOST_AUTO_TEST_CASE(a_circle_over_several_rooms_is_found) {
  room_graph rooms;
  add_includes(rooms, "actors/core/assignment.hpp", "#include \"actors/kafka/ports.hpp\"\n");
  add_includes(rooms, "actors/kafka/ports.hpp", "#include \"actors/messages.hpp\"\n");
  BOOST_TEST(first_circle(rooms).empty());
  add_includes(rooms, "actors/messages.hpp", "#include \"actors/core/start_plan.hpp\"\n");
  BOOST_TEST(first_circle(rooms).size() == 3U);
}

BOOST_AUTO_TEST_CASE(every_test_file_holds_one_suite_of_its_own_name) {
  constexpr std::string_view suffix = "_test";
  for (const auto& source : sources_below(root / "tests")) {
    auto name = source.stem().string();
    if (!name.ends_with(suffix)) continue;
    name.resize(name.size() - suffix.size());
    const std::regex suite{"_TEST_SUITE\\(" + name + "[,)]"};
    BOOST_TEST(std::regex_search(kfs::test::file_text(source), suite),
               source.string() << " has no suite " << name << ", so ctest would not run it");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::layers_test
