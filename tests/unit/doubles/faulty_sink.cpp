#include "tests/unit/doubles/faulty_sink.hpp"

#include <algorithm>
#include <stdexcept>

namespace kfs::test {

faulty_sink::faulty_sink(sink_ptr inner, std::shared_ptr<sink_faults> faults)
    : inner_(std::move(inner)), faults_(std::move(faults)) {
  faults_->failed.reset();
}

std::optional<error> faulty_sink::fault(const std::optional<error>& configured, const char* call) {
  ++faults_->calls;
  const bool due = faults_->every_nth == 0 || faults_->calls % faults_->every_nth == 0;
  if (!due) return std::nullopt;
  if (faults_->throws) {
    ++faults_->injected["sink throws"];
    throw std::runtime_error(std::string("the sink threw in ") + call);
  }
  if (configured) ++faults_->injected[std::string("sink fails in ") + call];
  return configured;
}

template <class Result>
Result faulty_sink::noted(Result outcome) {
  faults_->failed = !outcome.has_value();
  return outcome;
}

result<void> faulty_sink::open() {
  if (auto failure = fault(faults_->open, "open")) return noted(result<void>(tl::make_unexpected(*failure)));
  return noted(inner_->open());
}

result<rejections> faulty_sink::write(const batch& records) {
  const auto failure = fault(faults_->write, "write");
  if (failure && !faults_->after_all) return noted(result<rejections>(tl::make_unexpected(*failure)));
  rejections rejected;
  for (const auto& record : records.records()) {
    if (!faults_->rejects || !faults_->rejects(record)) continue;
    ++faults_->injected["sink rejects a record"];
    rejected.push_back({record.partition, record.position, {ec::record_rejected, "it is poison"}});
    if (faults_->on_rejection) faults_->on_rejection(record);
  }
  if (!rejected.empty()) return rejected;
  auto written = inner_->write(records);
  if (failure) return noted(result<rejections>(tl::make_unexpected(*failure)));
  return noted(std::move(written));
}

result<std::vector<std::optional<stored_position>>> faulty_sink::positions(
    const record_source& source, std::span<const partition_number> partitions) {
  using found_positions = result<std::vector<std::optional<stored_position>>>;
  if (auto failure = fault(faults_->positions, "positions"))
    return noted(found_positions(tl::make_unexpected(*failure)));
  auto found = noted(inner_->positions(source, partitions));
  if (!found || faults_->lie == position_lie::none) return found;
  ++faults_->injected["sink lies about its offsets"];
  for (auto& position : *found) {
    if (!position) continue;
    switch (faults_->lie) {
      case position_lie::none:
        break;
      case position_lie::knows_nothing:
        position.reset();
        break;
      case position_lie::too_low:
        position->next.value = std::max<std::int64_t>(0, position->next.value - 7);
        break;
      case position_lie::below_log:
        position->next.value = 0;
        break;
    }
  }
  return found;
}

result<void> faulty_sink::start_at(const record_source& source, std::span<const sink_start> starts) {
  if (auto failure = fault(faults_->start_at, "start_at")) return noted(result<void>(tl::make_unexpected(*failure)));
  return noted(inner_->start_at(source, starts));
}

result<void> faulty_sink::close() {
  if (faults_->close) {
    ++faults_->injected["sink fails in close"];
    return tl::make_unexpected(*faults_->close);
  }
  return inner_->close();
}

}  // namespace kfs::test
