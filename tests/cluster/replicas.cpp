#include "tests/cluster/replicas.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>

#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::cluster_test {
namespace {

/// The pause between two requests, because each adds a line to the server's log.
constexpr std::chrono::milliseconds pause{50};

json parsed(const test::http_response& answered, int status) {
  BOOST_TEST_REQUIRE(answered.status == status, answered.body);
  return answered.parsed();
}

}  // namespace

replicas::replicas(std::size_t count, std::map<std::string, std::string> environment)
    : environment_(std::move(environment)) {
  environment_["DATABASE_URL"] = postgres_.url();
  environment_["FILE_SINK_DIRECTORIES"] = files_.path().string();
  for (std::size_t number = 0; number < count; ++number) add();
}

void replicas::add(const std::map<std::string, std::string>& environment, const std::vector<std::string>& launcher,
                   const std::filesystem::path& program) {
  auto all = environment;
  all["REPLICA_ID"] = name(processes_.size());
  if (environment.empty()) all.insert(environment_.begin(), environment_.end());
  for (const auto* shared : {"DATABASE_URL", "FILE_SINK_DIRECTORIES"}) all[shared] = environment_.at(shared);
  processes_.push_back(std::make_unique<test::server_process>(all, std::vector<std::string>{}, launcher, program));
  BOOST_TEST_REQUIRE(becomes_ready(processes_.size() - 1));
}

void replicas::kill(std::size_t number) {
  process(number).kill();
}

void replicas::start(std::size_t number) {
  process(number).start();
}

bool replicas::becomes_ready(std::size_t number) const {
  return test::eventually(
      patience, [&] { return client(number).get("/health/ready").status == 200; }, pause);
}

std::filesystem::path replicas::out(int number) const {
  return files() / ("out-" + std::to_string(number) + ".log");
}

json replicas::created(std::size_t through, int number, const json& body) {
  json wanted{
      {"broker_ip", "127.0.0.1"},
      {"broker_port", 9092},
      {"consumer_group", test::unique_name("group")},
      {"auto_start", true},
      {"processor_configs", {{{"processor_type", "file_sink"}, {"config", {{"file_path", out(number).string()}}}}}}};
  wanted.update(body);
  wanted["options"]["kafka"]["bootstrap_servers"] = kafka_.bootstrap_servers();
  if (!wanted.contains("topic")) wanted["topic"] = kafka_.new_topic();
  return parsed(client(through).post("/consumers", wanted), 201);
}

json replicas::cluster(std::size_t asked) const {
  return parsed(client(asked).get("/cluster?limit=1000"), 200);
}

json replicas::consumer(std::size_t asked, const json& which) const {
  return parsed(client(asked).get(path_of(which)), 200);
}

std::vector<json> replicas::consumers(std::size_t asked) const {
  return parsed(client(asked).get("/consumers?limit=1000"), 200).get<std::vector<json>>();
}

std::map<std::string, int> replicas::shares(std::size_t asked) const {
  std::map<std::string, int> found;
  const auto seen = cluster(asked);
  for (const auto& assigned : seen.at("assignments")) ++found[assigned.at("replica").get<std::string>()];
  return found;
}

std::set<std::string> replicas::links(std::size_t asked) const {
  std::set<std::string> linked;
  const auto seen = cluster(asked);
  for (const auto& one : seen.at("replicas"))
    if (one.at("linked").get<bool>()) linked.insert(one.at("replica"));
  return linked;
}

bool replicas::all_active(std::size_t asked, std::chrono::milliseconds within) const {
  return test::eventually(
      within,
      [&] {
        return std::ranges::all_of(consumers(asked), [](const json& one) { return one.at("status") == "ACTIVE"; });
      },
      pause);
}

bool replicas::becomes_shared(std::size_t asked, std::vector<int> wanted, std::chrono::milliseconds within) const {
  std::ranges::sort(wanted);
  const bool done = test::eventually(
      within,
      [&] {
        std::vector<int> present;
        for (const auto& [replica, share] : shares(asked)) present.push_back(share);
        std::ranges::sort(present);
        return present == wanted;
      },
      pause);
  BOOST_TEST(done, "the cluster: " << cluster(asked).dump());
  return done;
}

std::string path_of(const json& consumer) {
  return "/consumers/" + consumer.at("consumer_id").get<std::string>();
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace kfs::cluster_test
