// Parallel connection attempts, and the outcome of a Happy Eyeballs race that was not run.
#include "probe/lookup/connect_all.h"

#include <algorithm>

#include "net/streams.h"
#include "probe/happy_eyeballs.h"
#include "system/clock.h"

namespace sockbox::probe {
namespace {

using net::Clock;
using net::Endpoint;
using std::chrono::nanoseconds;

constexpr std::size_t max_at_once = 64;

class Connections {
  public:
    Connections(std::span<const Endpoint> endpoints, nanoseconds timeout)
        : endpoints_(endpoints), timeout_(timeout), trials_(endpoints.size()) {}

    std::vector<ConnectTrial> run() {
        while (next_ < endpoints_.size() || !under_way_.empty()) {
            if (next_ < endpoints_.size() && under_way_.size() < max_at_once)
                start(next_++);
            else
                wait();
        }
        return std::move(trials_);
    }

  private:
    struct UnderWay {
        net::Socket socket;
        std::size_t index;
        Clock::time_point begin;
        net::Deadline deadline;
    };

    void start(std::size_t index) {
        const auto begin = Clock::now();
        auto socket = net::start_connect(endpoints_[index]);
        if (socket)
            under_way_.push_back({std::move(*socket), index, begin, net::deadline_in(timeout_)});
        else
            trials_[index] = {Clock::now() - begin, socket.error()};
    }

    void wait() {
        std::vector<net::PollEntry> entries;
        net::Deadline first = net::no_deadline;
        for (const UnderWay& one : under_way_) {
            entries.push_back({one.socket.native(), POLLOUT, 0});
            first = std::min(first, one.deadline);
        }
        net::platform::poll(entries, net::poll_timeout(first));
        for (std::size_t i = under_way_.size(); i-- > 0;)
            if (entries[i].revents != 0 || Clock::now() >= under_way_[i].deadline)
                finish(i, entries[i].revents != 0);
    }

    void finish(std::size_t i, bool ready) {
        UnderWay one = std::move(under_way_[i]);
        under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(i));
        const Endpoint& endpoint = endpoints_[one.index];
        ConnectTrial& trial = trials_[one.index];
        trial.elapsed = Clock::now() - one.begin;
        const auto late = net::platform::error_of(std::errc::timed_out);
        if (!ready)
            trial.error = net::Error{late, "connect", endpoint.to_string(), {}, {}};
        else if (const auto connected = net::finish_connect(one.socket, endpoint); !connected)
            trial.error = connected.error();
    }

    const std::span<const Endpoint> endpoints_;
    const nanoseconds timeout_;
    std::vector<ConnectTrial> trials_;
    std::vector<UnderWay> under_way_;
    std::size_t next_ = 0;
};

}  // namespace

std::vector<ConnectTrial> connect_to_all(std::span<const Endpoint> endpoints, nanoseconds timeout) {
    return Connections(endpoints, timeout).run();
}

std::optional<std::size_t> happy_eyeballs_choice(std::span<const Endpoint> endpoints,
                                                 std::span<const ConnectTrial> trials) {
    const ConnectDelays delays;
    std::optional<std::size_t> choice;
    nanoseconds won = nanoseconds::max();
    nanoseconds start{};
    nanoseconds all_failed{};  // when the last attempt so far failed; max() if one succeeded
    for (const Endpoint& endpoint : interleave_families(endpoints)) {
        if (start >= won)
            break;
        const auto place = std::find(endpoints.begin(), endpoints.end(), endpoint);
        const auto index = static_cast<std::size_t>(place - endpoints.begin());
        const nanoseconds end = start + trials[index].elapsed;
        if (!trials[index].error && end < won) {
            won = end;
            choice = index;
        }
        all_failed = trials[index].error ? std::max(all_failed, end) : nanoseconds::max();
        start = std::max(start + delays.min_attempt, std::min(start + delays.attempt, all_failed));
    }
    return choice;
}

}  // namespace sockbox::probe
