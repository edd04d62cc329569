#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "http/message/response_stream.hpp"

namespace kfs {

/// The streams that this process sends: how many there may be, their signs of life, and their end.
///
/// Threading: safe from any thread. It calls streams, and lets them go, without holding its lock.
class open_streams {
 public:
  static constexpr std::size_t most = 100;

  /// A place for one stream, until the last copy of it is gone; null where all are taken.
  [[nodiscard]] std::shared_ptr<void> enter();

  /// Starts a stream and keeps it until it leaves. After end() it is ended too.
  void begin(const std::shared_ptr<response_stream>& stream, std::shared_ptr<stream_writer> to);

  /// The connection of a stream is over. Idempotent.
  void leave(const response_stream* stream);

  /// To be called every few seconds.
  void beat();

  /// Ends every stream, those that begin from now on too.
  void end();

  /// Lets go what is left. Nobody writes to their connections any more.
  void clear();

 private:
  using streams = std::unordered_map<const response_stream*, std::shared_ptr<response_stream>>;
  [[nodiscard]] streams all() const;

  mutable std::mutex mutex_;
  streams open_;
  bool ended_ = false;
  std::shared_ptr<std::atomic<std::size_t>> taken_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace kfs
