#pragma once

#include <functional>
#include <memory>

#include "actors/event_log.hpp"
#include "http/dto/event_dto.hpp"
#include "http/message/response_stream.hpp"
#include "http/streams/stream_outlet.hpp"

namespace kfs {

/// The events of one consumer as server-sent events: first the selected past events, then each new event, until the log
/// is closed.
///
/// Ownership, threading: as response_stream. The callbacks that the log holds share only the outlet. They must not own
/// the subscription, because the log is locked while it calls them and a subscription must not end then.
class event_stream final : public response_stream {
 public:
  /// How many bytes may wait for the client, besides the past events.
  static constexpr std::size_t max_waiting_bytes = 256 * 1024;

  /// Follows a log from now on and holds `place` (from open_streams) until it is destroyed. Null when the log has too
  /// many followers. The stream ends within a second of `is_permitted` answering false; it is called from any thread
  /// and must not block.
  static std::shared_ptr<event_stream> follow(event_log& log, const event_selection& selection,
                                              std::shared_ptr<void> place, std::function<bool()> is_permitted);

  void start(std::shared_ptr<stream_writer> writer) override;
  void beat() override;
  void check_client() override;
  void end() override;

 private:
  event_stream(std::shared_ptr<stream_outlet> outlet, std::string past_events, std::shared_ptr<void> place,
               event_log::subscription subscription, std::function<bool()> is_permitted);

  std::shared_ptr<stream_outlet> outlet_;
  std::string past_events_;
  std::shared_ptr<void> place_;
  event_log::subscription subscription_;
  std::function<bool()> is_permitted_;
};

}  // namespace kfs
