#include "tests/support/kafka_broker.hpp"

#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <stdexcept>

#include "tests/support/held_port.hpp"
#include "tests/support/kafka_cluster.hpp"
#include "tests/support/local_server.hpp"
#include "tests/support/paths.hpp"

namespace kfs::test {
namespace {

using namespace std::chrono_literals;

constexpr auto broker_start_patience = 90s;
constexpr auto broker_stop_patience = 20s;

/// The line of server.properties that names the users of PLAIN.
std::string plain_login(const std::map<std::string, std::string>& passwords) {
  std::string line =
      "listener.name.passwords.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required";
  for (const auto& [user, password] : passwords) line += " user_" + user + "=\"" + password + "\"";
  return line + ";";
}

}  // namespace

kafka_broker::kafka_broker() {
  start();
}

std::uint16_t kafka_broker::port() const {
  return static_cast<std::uint16_t>(std::stoul(bootstrap_servers_.substr(bootstrap_servers_.find(':') + 1)));
}

void kafka_broker::start() {
  const auto directory = files_.path();
  std::filesystem::remove(directory / "bootstrap");
  process_ = start_local_server({.script = "kafka.sh",
                                 .name = "Kafka",
                                 .directory = directory,
                                 .log = directory / "broker.log",
                                 .patience = broker_start_patience},
                                [&] {
                                  bootstrap_servers_ = first_line(directory / "bootstrap");
                                  return !bootstrap_servers_.empty() && kafka_cluster{bootstrap_servers_}.answers(1s);
                                });
}

void kafka_broker::advertise(const std::string& host) {
  const auto path = files_.path() / "server.properties";
  static const std::regex host_of_listener{"(advertised\\.listeners=PLAINTEXT://)[^:]+(:)"};
  const auto before = file_text(path);
  if (!std::regex_search(before, host_of_listener))
    throw std::runtime_error("no advertised listener in " + path.string());
  std::ofstream{path} << std::regex_replace(before, host_of_listener, "$01" + host + "$02");
}

std::string kafka_broker::require_passwords() {
  const auto address = held_port(false).address();
  const auto path = files_.path() / "server.properties";
  auto text = file_text(path);
  // In front: the script takes the last listener for its own.
  const auto extend = [&](const std::string& name, const std::string& by) {
    const auto line = text.find("\n" + name + "=");
    if (line == std::string::npos) throw std::runtime_error("no " + name + " in " + path.string());
    text.insert(line + name.size() + 2, by + ",");
  };
  extend("listeners", "PASSWORDS://" + address);
  extend("advertised.listeners", "PASSWORDS://" + address);
  extend("listener.security.protocol.map", "PASSWORDS:SASL_PLAINTEXT");
  std::ofstream{path} << text << "inter.broker.listener.name=PLAINTEXT\n"
                      << "listener.name.passwords.sasl.enabled.mechanisms=" << password_mechanism() << "\n"
                      << "listener.name.passwords.scram-sha-512.sasl.jaas.config="
                         "org.apache.kafka.common.security.scram.ScramLoginModule required;\n"
                      << plain_login({}) << "\n";
  return address;
}

std::string kafka_broker::password_mechanism() {
  constexpr int can_do_scram = 0x02060100;
  return kafka_cluster::client_version() < can_do_scram ? "PLAIN" : "SCRAM-SHA-512";
}

/// Runs one of Kafka's tools against the broker.
void kafka_broker::run_tool(std::vector<std::string> arguments) {
  const auto output = files_.path() / "tool.log";
  const auto tool = arguments.front();
  arguments.insert(arguments.begin(), (source_directory() / "deploy" / "kafka.sh").string());
  arguments.insert(arguments.begin() + 2, {"--bootstrap-server", bootstrap_servers_});
  child_process running{{.arguments = std::move(arguments),
                         .environment = inherited_environment(),
                         .working_directory = {},
                         .output = output}};
  if (running.wait(broker_start_patience) != 0) throw std::runtime_error("kafka.sh " + tool + ": " + file_text(output));
}

void kafka_broker::set_password(const std::string& user, const std::string& password) {
  if (password_mechanism() == "PLAIN") {
    plain_passwords_[user] = password;
    const auto path = files_.path() / "server.properties";
    static const std::regex login{"listener\\.name\\.passwords\\.plain[^\n]*"};
    const auto before = file_text(path);
    std::ofstream{path} << std::regex_replace(before, login, plain_login(plain_passwords_));
    stop();
    return start();
  }
  run_tool({"configs", "--alter", "--entity-type", "users", "--entity-name", user, "--add-config",
            "SCRAM-SHA-512=[iterations=4096,password=" + password + "]"});
}

void kafka_broker::require_rights() {
  std::ofstream{files_.path() / "server.properties", std::ios::app}
      << "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
      << "super.users=User:ANONYMOUS\n";
}

void kafka_broker::change_right(const char* how, const std::string& user, const std::string& operation,
                                const std::string& type, const std::string& name) {
  run_tool({"acls", how, "--force", "--allow-principal", "User:" + user, "--operation", operation, "--" + type, name});
}

void kafka_broker::grant(const std::string& user, const std::string& operation, const std::string& type,
                         const std::string& name) {
  change_right("--add", user, operation, type, name);
}

void kafka_broker::revoke(const std::string& user, const std::string& operation, const std::string& type,
                          const std::string& name) {
  change_right("--remove", user, operation, type, name);
}

void kafka_broker::stop() {
  thaw();
  process_->terminate(broker_stop_patience);
}

void kafka_broker::kill() {
  process_->kill();
}

void kafka_broker::freeze() {
  process_->signal(SIGSTOP);
}

void kafka_broker::thaw() {
  process_->signal(SIGCONT);
}

const std::string& shared_bootstrap_servers() {
  static const std::string bootstrap_servers = [] {
    if (const char* given = std::getenv("KFS_TEST_BOOTSTRAP")) return std::string{given};
    static const kafka_broker own;
    return own.bootstrap_servers();
  }();
  return bootstrap_servers;
}

}  // namespace kfs::test
