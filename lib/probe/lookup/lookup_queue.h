// Many lookups in parallel, each bounded in time, shown in the order of the questions.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "probe/lookup/lookup.h"
#include "system/clock.h"

namespace sockbox::probe {

struct LookupPlan {
    std::size_t jobs = 16;  // parallel lookups, at least 1
    // The limit for one lookup, after which it fails with EAI_AGAIN. The default leaves time for a
    // second name server: glibc waits 5 s for the first one, and then 5 s for the next.
    std::chrono::nanoseconds timeout = std::chrono::seconds(12);
    // Failed lookups are tried again until then, with pauses of 200 ms, and none goes on any
    // longer. Without it, each is tried once.
    std::optional<net::Deadline> retry_until{};
    Examination examine{};  // of each answer, in the same thread
    // Called after a failed try that is followed by another, by any worker thread. May be empty.
    std::function<void(const Lookup&)> again{};
};

// A getaddrinfo(3) in progress cannot be interrupted, so a lookup that exceeds its timeout is
// abandoned: another thread takes over, and the abandoned one ends when the resolver gives up or
// the process exits. At most max_left threads are abandoned at a time; beyond that, further
// lookups wait.
class LookupQueue {
  public:
    // `show` is called for each lookup in the order of the questions, and `pause` after each batch
    // of them, both by the same thread. Answers in quick succession are collected for a few
    // milliseconds. Neither may throw.
    using Show = std::function<void(const Lookup&)>;
    using Pause = std::function<void()>;
    LookupQueue(LookupPlan plan, Show show, Pause pause);
    LookupQueue(const LookupQueue&) = delete;
    LookupQueue& operator=(const LookupQueue&) = delete;
    ~LookupQueue() { finish(); }

    // Queues a question. Blocks while 16 questions per job are waiting to be shown.
    void submit(Question question);
    // Queues a lookup that is already answered, to be shown in its turn.
    void put(Lookup answered);
    // Ends the lookups: those that are not done, and those submitted from now on, fail with
    // std::errc::operation_canceled, or with the error of their latest try. They are shown as all
    // others. May be called from any thread.
    void cancel();
    // Blocks until everything has been shown. submit() and put() may not be called afterwards.
    void finish();

    static constexpr std::size_t max_left = 256;

  private:
    struct State;
    std::shared_ptr<State> state_;  // shared with abandoned threads
};

}  // namespace sockbox::probe
