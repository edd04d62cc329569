// The floor of streaming_forwarder: a minimal loop of libcurl's multi interface that posts bodies to a URL with a given
// number of requests in flight. Prints seconds.
//
// usage: forward_floor URL REQUESTS BYTES IN_FLIGHT
#include <curl/curl.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

std::size_t discard(char*, std::size_t, std::size_t count, void*) {
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  long left = std::atol(argv[2]);
  const std::string body(std::strtoul(argv[3], nullptr, 10), 'x');
  curl_global_init(CURL_GLOBAL_DEFAULT);
  auto* multi = curl_multi_init();
  auto* headers = curl_slist_append(curl_slist_append(nullptr, "Content-Type: application/json"), "Expect:");
  const auto begun = std::chrono::steady_clock::now();
  int in_flight = 0;
  for (; in_flight < std::atoi(argv[4]) && left > 0; ++in_flight, --left) {
    auto* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_multi_add_handle(multi, easy);
  }
  while (in_flight > 0) {
    int running = 0;
    curl_multi_perform(multi, &running);
    int queued = 0;
    bool done = false;
    while (const auto* message = curl_multi_info_read(multi, &queued)) {
      auto* easy = message->easy_handle;
      if (message->data.result != CURLE_OK) {
        std::fprintf(stderr, "%s\n", curl_easy_strerror(message->data.result));
        return 1;
      }
      done = true;
      curl_multi_remove_handle(multi, easy);
      if (left-- > 0)
        curl_multi_add_handle(multi, easy);
      else
        --in_flight;
    }
    if (!done) curl_multi_poll(multi, nullptr, 0, 1'000, nullptr);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("%.3f\n", took.count());
  return 0;
}
