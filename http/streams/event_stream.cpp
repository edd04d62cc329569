#include "http/streams/event_stream.hpp"

#include <utility>

#include "http/message/answers.hpp"
#include "http/streams/server_sent_events.hpp"

namespace kfs {
namespace {

constexpr std::chrono::seconds reconnect_after{2};

std::string frame_of(const consumer_event& event) {
  return sse_event(std::to_string(event.number), to_string(event.kind), to_body(to_dto(event)));
}

}  // namespace

std::shared_ptr<event_stream> event_stream::follow(event_log& log, const event_selection& wanted,
                                                   std::shared_ptr<void> place) {
  auto outlet = std::make_shared<stream_outlet>(most_waiting);
  auto followed = log.follow(
      0, [outlet](const consumer_event& event) { outlet->write(frame_of(event)); }, [outlet] { outlet->finish(); });
  if (!followed) return nullptr;
  auto so_far = sse_retry(reconnect_after);
  for (const auto& event : selected(std::move(followed->so_far), wanted)) so_far += frame_of(event);
  return std::shared_ptr<event_stream>(
      new event_stream(std::move(outlet), std::move(so_far), std::move(place), std::move(followed->listening)));
}

event_stream::event_stream(std::shared_ptr<stream_outlet> outlet, std::string so_far, std::shared_ptr<void> place,
                           event_log::subscription listening)
    : outlet_(std::move(outlet)),
      so_far_(std::move(so_far)),
      place_(std::move(place)),
      listening_(std::move(listening)) {}

void event_stream::start(std::shared_ptr<stream_writer> to) {
  outlet_->start(std::move(to), std::exchange(so_far_, {}));
}

void event_stream::beat() {
  outlet_->beat(sse_heart_beat());
}

void event_stream::end() {
  outlet_->finish();
}

}  // namespace kfs
