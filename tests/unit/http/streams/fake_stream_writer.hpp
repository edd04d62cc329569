#pragma once

#include <string>
#include <utility>

#include "http/message/response_stream.hpp"

namespace kfs::test {

/// The client of a stream. Keeps the bytes that it received, and reads them at once while `reads` is true.
struct fake_stream_writer final : stream_writer {
  std::string received;
  std::size_t unread = 0;
  bool reads = true;
  bool gone = false;  ///< the client has closed its side
  bool finished = false;
  bool was_cut = false;

  void write(std::string bytes) override {
    if (!reads) unread += bytes.size();
    received += bytes;
  }
  [[nodiscard]] std::size_t waiting() const override { return unread; }
  void finish() override { finished = true; }
  void cut() override { was_cut = true; }
  [[nodiscard]] bool is_abandoned() const override { return gone; }

  /// The bytes received since the last call.
  std::string take() { return std::exchange(received, {}); }
};

}  // namespace kfs::test
