#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/base/json.hpp"
#include "tests/contract/api_document.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"

namespace kfs::contract {

/// Headers, each as "Name: value".
using header_list = std::vector<std::string>;

/// An answer with two views of its body. Each ends the test case when the body does not have that form.
struct answer : test::http_response {
  [[nodiscard]] json content() const;        ///< the body as JSON, with the order of its keys
  [[nodiscard]] std::string detail() const;  ///< the text of {"detail": text}
};

/// A server for one test case, with an empty store, on a free port of 127.0.0.1.
///
/// Validates every answer against the server's OpenAPI document and requires X-Request-Id in it. An answer that does
/// not match fails the test case.
class contract_server {
 public:
  /// `kafka` is KAFKA_BOOTSTRAP_SERVERS; nothing listens at the default address. `environment` holds further settings.
  explicit contract_server(const std::string& kafka = "127.0.0.1:1",
                           std::map<std::string, std::string> environment = {});

  answer get(const std::string& path, header_list headers = {});
  answer post(const std::string& path, const json& body, header_list headers = {});
  answer post(const std::string& path);
  answer put(const std::string& path, const json& body, header_list headers = {});
  answer remove(const std::string& path, header_list headers = {});

  /// Sends any method with any body. Declares the body as JSON unless `headers` name a Content-Type.
  answer send(const std::string& method, const std::string& path, const std::optional<std::string>& body,
              header_list headers = {});

  /// Creates a consumer. Ends the test case when that fails.
  json created(const json& body);

  /// The path of a file that this server's sinks may write.
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return process_.files() / name; }

  [[nodiscard]] test::server_process& process() noexcept { return process_; }

  /// The OpenAPI document that the server sends.
  [[nodiscard]] const api_document& document() const noexcept { return document_; }

 private:
  test::server_process process_;
  test::http_client client_;
  api_document document_;
};

/// The body of the mission's first POST (3.1.2), with a loopback address at which nothing listens. Writes to
/// `file_path`.
json mission_consumer(const std::filesystem::path& file_path);

/// The same body for a topic of a local broker and a new group.
json local_consumer(const std::filesystem::path& file_path, const std::string& bootstrap_server,
                    const std::string& topic);

/// The keys of an object in order.
std::vector<std::string> keys_of(const json& object);

/// The keys of a consumer in the order of an answer.
const std::vector<std::string>& consumer_keys();

/// The path of a consumer that was answered.
std::string path_of(const json& consumer);

}  // namespace kfs::contract
