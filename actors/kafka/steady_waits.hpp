#pragma once

namespace kfs {

/// Makes sure that a step of the wall clock does not stop the threads of Kafka clients.
///
/// librdkafka waits until a time of the wall clock (cnd_timedwait(3), librdkafka #2145). When that clock is stepped
/// back by an hour amid such a wait, the thread sleeps for an hour: an idle client sends no heartbeat and reports
/// nothing, so its group removes it. The function is therefore replaced, in this process, by one that waits as long as
/// it was asked to by the clock that is never stepped (ld.so(8), symbol lookup: the program comes first).
///
/// No wait takes longer than ten seconds: a longer one follows from a step between the caller's look at the clock and
/// its wait. librdkafka's threads wait for a second at most; whoever asks it to wait for longer has to ask again.
///
/// Not with ThreadSanitizer, which sees this function and not the locks of librdkafka.
///
/// Calling it links the function in; it does nothing else.
void keep_waits_steady();

}  // namespace kfs
