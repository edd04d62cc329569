#include "actors/consumer/ending.hpp"

namespace kfs {

void consumer_ending::begin(clock::duration bound, const std::optional<error>& reason, departure how,
                            clock::time_point at) {
  if (!reason_) reason_ = reason;
  if (begun()) return;
  how_ = how;
  course_.begin(bound, at);
  client_.mute(assigned_.partitions());
  advance(at);
}

void consumer_ending::advance(clock::time_point at) {
  if (course_.settling()) settle(at);
  if (course_.closing() && course_.overdue(at)) client_closed();
}

void consumer_ending::settle(clock::time_point at) {
  const auto owned = assigned_.partitions();
  const auto step = course_.next({.may_leave = client_.may_leave(),
                                  .hopeless = around_.hopeless(),
                                  .failing = around_.failing(),
                                  .idle = assigned_.idle(owned),
                                  .settled = assigned_.settled(owned)},
                                 at);
  if (step == ending_course::step::wait) return;
  settlement_.commit();
  if (step == ending_course::step::commit_and_close) close_client(at);
}

void consumer_ending::close_client(clock::time_point at) {
  course_.close(at);
  settlement_.give_up();
  if (how_ != departure::leave) {
    client_.hand_on();
  } else if (client_.may_leave()) {
    client_.leave();
  } else {
    return client_closed();  // it is still a member, and is handed to see_off()
  }
  client_.close();
}

void consumer_ending::client_closed() {
  if (!course_.closing()) return;
  course_.client_closed();
  around_.closed();
}

void consumer_ending::answer() {
  for (const auto& owed : std::exchange(owed_, {})) owed.give(done{});
}

}  // namespace kfs
