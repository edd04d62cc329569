#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/base/json.hpp"
#include "tests/contract/api_document.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"

namespace kfs::contract {

/// "Name: value" each.
using header_list = std::vector<std::string>;

/// An answer with what tests look at. Both end the test case when the body is something else.
struct answer : test::http_response {
  [[nodiscard]] json content() const;        ///< the body as JSON, keys in their order
  [[nodiscard]] std::string detail() const;  ///< the text of {"detail": text}
};

/// A server of its own for one test case, with an empty store, on a free port of 127.0.0.1.
///
/// Every answer is held against the server's own OpenAPI document and must carry X-Request-Id; what does not fit fails
/// the test case.
class contract_server {
 public:
  /// `kafka`: KAFKA_BOOTSTRAP_SERVERS; by default an address at which nobody listens.
  explicit contract_server(const std::string& kafka = "127.0.0.1:1");

  answer get(const std::string& path, header_list headers = {});
  answer post(const std::string& path, const json& body, header_list headers = {});
  answer post(const std::string& path);
  answer put(const std::string& path, const json& body, header_list headers = {});
  answer remove(const std::string& path, header_list headers = {});

  /// Sends any method with any body; a body is declared to be JSON unless `headers` say otherwise.
  answer send(const std::string& method, const std::string& path, const std::optional<std::string>& body,
              header_list headers = {});

  /// Creates a consumer; the test case ends when that fails.
  json created(const json& body);

  /// A file that sinks of this server may write.
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return process_.files() / name; }

  [[nodiscard]] test::server_process& process() noexcept { return process_; }

  /// The server's OpenAPI document, as it answers it.
  [[nodiscard]] const api_document& document() const noexcept { return document_; }

 private:
  test::server_process process_;
  test::http_client client_;
  api_document document_;
};

/// The body of the mission's first POST (3.1.2) with a loopback address at which nobody listens, writing to
/// `file_path`.
json mission_consumer(const std::filesystem::path& file_path);

/// The same of a topic of a broker that runs here, in a group of its own.
json local_consumer(const std::filesystem::path& file_path, const std::string& bootstrap_server,
                    const std::string& topic);

/// The keys of an object, in their order.
std::vector<std::string> keys_of(const json& object);

/// The keys of a consumer, in the order in which they are answered.
const std::vector<std::string>& consumer_keys();

/// Path of a consumer as it was answered.
std::string path_of(const json& consumer);

}  // namespace kfs::contract
