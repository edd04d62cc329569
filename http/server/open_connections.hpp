#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace kfs {

/// The number of parallel connections for a process that may open `open_files` files: half of them, at most 10,000. The
/// other half is for Kafka clients and sinks.
std::size_t connections_within(std::size_t open_files) noexcept;

/// Keeps room for new connections. When a connection opens and more than nine tenths of the places are taken, the
/// connection that has waited longest for its client's next request (or the rest of one) is evicted.
///
/// A client is identified by its address and port, because RESTinio does not give access to its sockets.
///
/// Threading: safe from any thread. One seat is used by one thread at a time.
class open_connections {
 public:
  explicit open_connections(std::size_t max_connections);
  ~open_connections();
  open_connections(const open_connections&) = delete;
  open_connections& operator=(const open_connections&) = delete;

  /// The place of one connection, until leave() or the destructor. Empty (false) after leave().
  class seat {
   public:
    seat() noexcept;
    ~seat();
    seat(seat&& other) noexcept;
    seat& operator=(seat&& other) noexcept;

    /// The connection waits for its client from now on and may be evicted. A connection that already waits keeps its
    /// position.
    void wait();

    /// A complete request has arrived. The connection is not evicted until the next wait().
    void serve();

    /// The client uses HTTP/1.0 and cannot receive chunks.
    void set_http_1_0();

    /// Gives the place back. Call it before the socket is closed. Idempotent.
    void leave() noexcept;

    explicit operator bool() const noexcept { return entry_ != nullptr; }

   private:
    friend class open_connections;
    struct entry;
    explicit seat(std::unique_ptr<entry> taken) noexcept;
    std::unique_ptr<entry> entry_;
  };

  /// Takes a place for a connected socket. Eviction makes the socket read the end of its stream; it can still write.
  seat enter(int socket, std::string client);

  /// True when the client can receive an answer in chunks (HTTP/1.1). False for an unknown client.
  [[nodiscard]] bool accepts_chunks(const std::string& client) const;

  /// True when the client has closed its connection or its own side of it, and for an unknown client.
  [[nodiscard]] bool has_left(const std::string& client) const;

  /// Shuts the client's connection down in both directions.
  void cut(const std::string& client);

  /// Prepares the client's connection for a stream. The operating system buffers at most 64 KiB for it, and closes it
  /// when the client has not received what was sent for 30 s, for example because its machine has vanished.
  void prepare_stream(const std::string& client);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace kfs
