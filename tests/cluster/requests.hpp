#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/cluster/replicas.hpp"
#include "tests/support/background.hpp"

namespace kfs::cluster_test {

/// What became of requests.
struct answers {
  int requests = 0;
  int unavailable = 0;             ///< 503
  std::vector<std::string> wrong;  ///< each with what was asked and what came

  void add(const answers& others);
};

/// Reads all consumers, or changes some, through some replicas, one request after the other until stop().
///
/// Threading: a thread of its own asks.
class requests {
 public:
  enum class kind : std::uint8_t { reads, changes };

  /// Reads `read`, or stops, changes and starts `changed`.
  requests(kind what, const replicas& servers, const std::vector<std::size_t>& through, std::vector<json> read,
           std::vector<json> changed);

  [[nodiscard]] int count() const { return count_; }

  answers stop();

 private:
  void ask(const std::stop_token& ends);
  void reads(test::http_client& client, const json& one);
  void lists(test::http_client& client);
  void changes(test::http_client& client, const json& one);
  void shows(test::http_client& client, const std::string& path, const std::function<bool(const json&)>& is_so);
  std::optional<json> answer(test::http_client& client, const std::string& method, const std::string& path,
                             std::optional<std::string> body = {});
  void is_wrong(const std::string& asked, const std::string& came);

  const kind kind_;
  std::vector<json> read_;
  std::vector<json> changed_;
  std::vector<test::http_client> clients_;
  answers seen_;
  std::atomic<int> count_{0};
  test::background asking_;
};

}  // namespace kfs::cluster_test
