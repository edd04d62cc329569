#pragma once

#include <map>

#include "tests/unit/actors/supervisor/supervisor_fixture.hpp"

namespace kfs::test {

/// The leases as a test sets them.
class lease_script final : public ownership {
 public:
  void give(const consumer_id& consumer, std::uint64_t epoch, int instance = 0) {
    own_[{consumer.value, instance}] = instance_tenure{.epoch = epoch, .since = {}, .until = std::nullopt};
    owners_[{consumer.value, instance}] = {.replica = "r1", .epoch = epoch};
    changed_(consumer);
  }
  void ask_back(const consumer_id& consumer, int instance = 0, bool handed_on = true) {
    own_.at({consumer.value, instance}).ending = true;
    own_.at({consumer.value, instance}).handed_on = handed_on;
    changed_(consumer);
  }
  void take_away(const consumer_id& consumer, int instance = 0) {
    own_.erase({consumer.value, instance});
    owners_.erase({consumer.value, instance});
    changed_(consumer);
  }
  void give_to_other(const consumer_id& consumer, std::uint64_t epoch, bool lost = false, int instance = 0) {
    own_.erase({consumer.value, instance});
    owners_[{consumer.value, instance}] = {.replica = "r2", .epoch = epoch, .lost = lost};
    changed_(consumer);
  }
  void looked(clock::time_point at) { seen_at_ = at; }

  [[nodiscard]] std::optional<instance_tenure> tenure(const consumer_id& consumer, int instance) const override {
    const auto found = own_.find({consumer.value, instance});
    return found == own_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::optional<instance_owner> owner(const consumer_id& consumer, int instance) const override {
    const auto found = owners_.find({consumer.value, instance});
    return found == owners_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::vector<int> instances_held(const consumer_id& consumer) const override {
    std::vector<int> held;
    for (const auto& [instance, owner] : owners_)
      if (instance.first == consumer.value) held.push_back(instance.second);
    return held;
  }
  [[nodiscard]] std::string why_nobody(const consumer_id&, int) const override { return reason; }
  [[nodiscard]] bool is_renewed(clock::time_point) const override { return renewed; }
  [[nodiscard]] clock::time_point seen_at() const override { return seen_at_; }
  void vacated(const consumer_id&, int instance, std::uint64_t epoch) override {
    vacated_.emplace_back(instance, epoch);
  }
  void look_again(const consumer_id& consumer) override { awaited.push_back(consumer); }
  void listen(listener changed) override { changed_ = std::move(changed); }
  /// A look at the leases found nothing new.
  void look_for(const consumer_id& consumer, clock::time_point at) {
    looked(at);
    changed_(consumer);
  }

  std::vector<consumer_id> awaited;  ///< of each question for another look
  std::vector<std::pair<int, std::uint64_t>> vacated_;
  std::string reason;
  bool renewed = true;

 private:
  using key = std::pair<std::string, int>;
  std::map<key, instance_tenure> own_;
  std::map<key, instance_owner> owners_;
  clock::time_point seen_at_{};
  listener changed_ = [](const std::optional<consumer_id>&) {};
};

/// The supervisor of one of several replicas; the test plays the others.
struct sharing : supervisor_fixture {
  std::shared_ptr<lease_script> leases = std::make_shared<lease_script>();
  std::shared_ptr<std::vector<instance_report>> reported = std::make_shared<std::vector<instance_report>>();

  sharing() {
    owned = leases;
    report = [into = reported](std::vector<instance_report> reports) { *into = std::move(reports); };
  }

  /// The store holds the consumer, and the supervisor has learned of it.
  void begin_sharing() {
    stored->history[spec.id.value] = {spec};
    begin_unloaded();
    tell(1);
  }
  void tell(std::uint64_t number, bool everything = true) {
    auto news = std::make_shared<wanted_changes>();
    news->everything = everything;
    news->up_to = number;
    if (stored->history.contains(spec.id.value)) {
      news->changed.push_back({.spec = stored->history.at(spec.id.value).back(), .change = number});
      news->all.push_back(spec.id);
    }
    caf::anon_send(supervisor, wanted_atom::value, wanted_changes_ptr(news));
    run();
  }
  /// What another replica has just stored; nobody has told this one.
  void store_by_other(const consumer_spec& what) {
    stored->history[what.id.value].push_back(what);
    stored->change[what.id.value] = ++stored->changes;
  }
  /// The leases are looked at twice: what was stored before is settled then.
  void look_twice() {
    for (int i = 0; i < 2; ++i) {
      leases->looked(now_on_clock());
      advance(std::chrono::seconds{1});
    }
  }
  void delete_by_other() {
    stored->history.erase(spec.id.value);
    ++stored->changes;
  }
  /// All that is stored now, as the store would tell it; `deliver` brings it, as late as the test likes.
  wanted_changes_ptr look_at_all(bool everything = false) const {
    auto news = std::make_shared<wanted_changes>();
    news->everything = everything;
    news->up_to = stored->changes;
    for (const auto& [id, history] : stored->history) {
      news->changed.push_back(*stored->look({id}).wanted);
      news->all.push_back({id});
    }
    return news;
  }
  void deliver(const wanted_changes_ptr& news) {
    caf::anon_send(supervisor, wanted_atom::value, news);
    run();
  }
  void told_by_other(std::uint64_t epoch, std::uint64_t change, consumer_status status, int instance = 0) {
    auto view = std::make_shared<consumer_view>();
    view->status = status;
    view->state = status == consumer_status::active  ? consumer_state::running
                  : status == consumer_status::error ? consumer_state::error
                                                     : consumer_state::stopped;
    if (status == consumer_status::error)
      view->last_error = fault_report{
          .code = ec::sink_unavailable, .message = "no sink", .source = fault_source::of_supervisor(), .at = {}};
    auto& member = view->members.emplace_back();
    member.instance = instance;
    member.joined = status == consumer_status::active;
    view->partitions.emplace_back().partition = instance;
    view->processors.emplace_back().report.id.value = "p";
    view->processors.back().records = 10;
    auto reports = std::make_shared<std::vector<instance_report>>();
    reports->push_back({.consumer = spec.id, .instance = instance, .epoch = epoch, .change = change, .view = view});
    caf::anon_send(supervisor, told_atom::value, instance_reports(reports));
    run();
  }
  void give(std::uint64_t epoch) {
    leases->give(spec.id, epoch);
    run();
  }
  bool runs() const { return !kafka.made.empty() && !latest_is_gone(); }
  bool latest_is_gone() const { return kafka.made.back()->destroyed; }
};

}  // namespace kfs::test
