#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "http/message/response_stream.hpp"

namespace kfs {

/// The streams that this process sends: bounds their number, sends their heartbeats, notices clients that have
/// left, and ends them.
///
/// Ownership: keeps each stream from begin() until remove() or clear().
/// Threading: safe from any thread. Calls and destroys streams without holding its lock.
class open_streams {
 public:
  static constexpr std::size_t max_streams = 100;

  /// Takes a place for one stream, until the last copy of the pointer is destroyed. Null when all places are taken.
  [[nodiscard]] std::shared_ptr<void> enter();

  /// Starts a stream and keeps it until remove(). After end(), it ends the stream at once.
  void begin(const std::shared_ptr<response_stream>& stream, std::shared_ptr<stream_writer> writer);

  /// Drops a stream whose connection has ended. Idempotent.
  void remove(const response_stream* stream);

  /// Calls beat() of every stream. Call it every few seconds.
  void beat();

  /// Calls check_client() of every stream. Call it several times a second.
  void check_clients();

  /// Ends every stream, and every stream that begins later.
  void end();

  /// Drops the remaining streams. Call it only when nothing writes to their connections any more.
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
