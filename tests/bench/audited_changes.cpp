// What the audit entry of a change costs in the store: each change is made in turn with and without one.
//
// usage: audited_changes DIRECTORY|postgresql://… [rounds]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "config/consumers/change.hpp"
#include "config/postgres/store_url.hpp"
#include "config/store/consumer_store.hpp"
#include "config/store/postgres/store.hpp"
#include "config/store/sqlite/store.hpp"

using namespace kfs;

namespace {

using clock_type = std::chrono::steady_clock;

std::unique_ptr<consumer_store> opened(const std::string& place) {
  if (place.starts_with("postgres")) return open_postgres_store(parse_postgres_url(place).value(), "bench");
  return std::move(open_sqlite_store(place).value());
}

consumer_spec some_consumer() {
  consumer_request asked;
  asked.broker_ip = "broker.example";
  asked.broker_port = 9092;
  asked.topic = "payments";
  asked.consumer_group = make_uuid();
  asked.processors = {{std::nullopt, "file_sink", {{"file_path", "/var/log/payments.log"}}}};
  return make_consumer(asked, now());
}

audit_entry some_entry() {
  audit_entry entry;
  entry.at = now();
  entry.request_id = make_uuid();
  entry.actor = {.kind = "api_key", .name = "ci of the payments team", .credential_id = "0123456789abcdef"};
  entry.source = "192.0.2.17";
  entry.tenant = "default";
  entry.action = "consumers.update";
  entry.method = "PUT";
  entry.path = "/consumers/" + make_uuid();
  entry.rule = "role editor of API key 0123456789abcdef";
  entry.status = 200;
  return entry;
}

template <class Change>
double milliseconds_of(Change change) {
  const auto began = clock_type::now();
  if (const auto done = change(); !done) {
    std::fprintf(stderr, "%s\n", done.error().message.c_str());
    std::exit(1);
  }
  return std::chrono::duration<double, std::milli>(clock_type::now() - began).count();
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: audited_changes DIRECTORY|postgresql://... [rounds]\n");
    return 2;
  }
  const auto store = opened(argv[1]);
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 500;
  const char* names[] = {"create", "change", "start", "delete"};
  std::vector<double> times[2][4];
  for (int round = 0; round < 2 * rounds; ++round) {
    const int audited = round % 2;
    const auto entry = some_entry();
    const auto* given = audited == 1 ? &entry : nullptr;
    auto spec = some_consumer();
    auto& into = times[audited];
    into[0].push_back(milliseconds_of([&] { return store->insert(spec, given); }));
    spec.rev.value += 1;
    spec.topic = "refunds";
    into[1].push_back(milliseconds_of([&] { return store->update(spec, given); }));
    into[2].push_back(milliseconds_of([&] { return store->set_target(spec.id, target_state::started, given); }));
    into[3].push_back(milliseconds_of([&] { return store->remove(spec.id, given); }));
  }
  std::printf("%-8s %12s %12s %8s\n", "", "without ms", "audited ms", "ratio");
  for (int i = 0; i < 4; ++i) {
    const auto without = median(times[0][i]);
    const auto audited = median(times[1][i]);
    std::printf("%-8s %12.3f %12.3f %8.3f\n", names[i], without, audited, audited / without);
  }
}
