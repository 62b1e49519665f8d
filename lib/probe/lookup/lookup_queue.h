// Many lookups at once: each bounded in time, shown in the order they were asked for.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "probe/lookup/lookup.h"
#include "system/clock.h"

namespace sockbox::probe {

struct LookupPlan {
    std::size_t jobs = 16;  // lookups at once, at least 1
    // What one lookup may take; then it counts as failed (EAI_AGAIN).
    std::chrono::nanoseconds timeout = std::chrono::seconds(5);
    // Until then a lookup that failed is tried again, with a pause between.
    net::Deadline try_until = net::Clock::now();
    Examination examine{};  // of each answer, in the same thread
    // Told of a try that failed when another one follows; by many threads. May be empty.
    std::function<void(const Lookup&)> again{};
};

// The system's resolver cannot be interrupted. So a lookup that is over its time is left to itself
// and another thread takes over the others; a left one ends whenever the resolver gives up, or with
// the process. Not more than `most_left` are left at once: then the others have to wait.
class LookupQueue {
  public:
    // `show` is called by one thread, in the order of the questions, for all that is ready and
    // then `pause` by the same. Answers that come fast gather for some milliseconds. They must not
    // fail.
    using Show = std::function<void(const Lookup&)>;
    using Pause = std::function<void()>;
    LookupQueue(LookupPlan plan, Show show, Pause pause);
    LookupQueue(const LookupQueue&) = delete;
    LookupQueue& operator=(const LookupQueue&) = delete;
    ~LookupQueue() { finish(); }

    // Takes a question; blocks while as many as memory is set aside for await their turn.
    void ask(Question question);
    // Puts in what needs no asking, in its place.
    void put(Lookup answered);
    // Blocks until all have been shown. Nothing may be asked afterwards.
    void finish();

    static constexpr std::size_t most_left = 256;

  private:
    struct State;
    std::shared_ptr<State> state_;  // of a lookup that was left too
};

}  // namespace sockbox::probe
