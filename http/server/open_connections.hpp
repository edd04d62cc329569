#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace kfs {

/// How many clients may be connected at a time when the process may open that many files: half of them, 10,000 at most.
/// The other half is for Kafka clients and sinks.
std::size_t connections_within(std::size_t open_files) noexcept;

/// Keeps room for newcomers: when one comes and more than nine tenths of the places are taken, whoever has waited
/// longest for its client's next request (or for the rest of it) is asked to go.
///
/// Threading: safe from any thread; one seat from one thread at a time.
class open_connections {
 public:
  explicit open_connections(std::size_t most);
  ~open_connections();
  open_connections(const open_connections&) = delete;
  open_connections& operator=(const open_connections&) = delete;

  /// One connection's place, until it leaves or ends. An empty one has left.
  class seat {
   public:
    seat() noexcept;
    ~seat();
    seat(seat&& other) noexcept;
    seat& operator=(seat&& other) noexcept;

    /// The client has to send something; a connection that waits already keeps its turn.
    void wait();

    /// A whole request has come: until wait() it is not asked to go.
    void serve();

    /// The client speaks HTTP/1.0.
    void knows_no_chunks();

    /// Before the socket is closed. Idempotent.
    void leave() noexcept;

    explicit operator bool() const noexcept { return entry_ != nullptr; }

   private:
    friend class open_connections;
    struct entry;
    explicit seat(std::unique_ptr<entry> taken) noexcept;
    std::unique_ptr<entry> entry_;
  };

  /// A place for a connected socket and the client at its other end, by address and port. To be asked to go means that
  /// it reads the end of its stream; it can still write.
  seat enter(int socket, std::string client);

  /// Whether that client can be sent an answer in chunks. RESTinio does not tell which HTTP it speaks.
  [[nodiscard]] bool knows_chunks(const std::string& client) const;

  /// Whether that client has closed its connection, or its own side of it; also where it has no place.
  [[nodiscard]] bool has_left(const std::string& client) const;

  /// Lets no byte pass any more in that client's connection.
  void cut(const std::string& client);

  /// Lets little wait in the system for that client to read it.
  void keep_little_for(const std::string& client);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace kfs
