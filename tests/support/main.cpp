// The main function of every test program.
#define BOOST_TEST_NO_MAIN
#define BOOST_TEST_ALTERNATIVE_INIT_API
#include <curl/curl.h>
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>

int main(int argc, char* argv[]) {
  // Otherwise Boost.Test reports the exit of a child process, such as a killed broker, as a failure of the test.
  ::setenv("BOOST_TEST_CATCH_SYSTEM_ERRORS", "no", 0);
  ::signal(SIGPIPE, SIG_IGN);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}
