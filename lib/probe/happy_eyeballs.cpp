// Races connection attempts (RFC 8305, section 5).
#include "probe/happy_eyeballs.h"

#include <algorithm>

namespace sockbox::probe {
namespace {

class Racer {
  public:
    Racer(std::span<const net::Endpoint> endpoints, const RaceOptions& options)
        : endpoints_(interleave_families(endpoints)), options_(options) {
        race_.attempts.reserve(endpoints_.size());
    }

    Race run() {
        while (!race_.socket && (tried() < endpoints_.size() || !under_way_.empty())) {
            const bool is_over = net::Clock::now() >= options_.connect.deadline || stopped();
            if (is_over && tried() > 0)
                break;
            if (net::Clock::now() >= next_start())
                start();
            else
                wait();
        }
        give_up_the_rest();
        return std::move(race_);
    }

  private:
    struct UnderWay {
        net::Socket socket;
        std::size_t attempt;
    };

    std::size_t tried() const { return race_.attempts.size(); }
    bool stopped() const {
        return options_.connect.stop != nullptr && options_.connect.stop->raised();
    }
    std::chrono::nanoseconds since_begin() const { return net::Clock::now() - begin_; }

    net::Deadline next_start() const {
        if (tried() == endpoints_.size() || under_way_.size() >= options_.max_at_once)
            return net::no_deadline;
        if (tried() == 0)
            return begin_;
        return latest_start_ + (under_way_.empty() ? options_.min_delay : options_.delay);
    }

    void start() {
        latest_start_ = net::Clock::now();
        Attempt& attempt = race_.attempts.emplace_back();
        attempt.endpoint = endpoints_[tried() - 1];
        attempt.started = since_begin();
        report_attempt(attempt);
        auto socket = net::start_connect(attempt.endpoint, options_.connect);
        if (socket)
            under_way_.push_back({std::move(*socket), tried() - 1});
        else
            end(attempt, Attempt::State::failed, socket.error());
    }

    void wait() {
        std::vector<net::PollEntry> entries;
        for (const UnderWay& one : under_way_)
            entries.push_back({one.socket.native(), POLLOUT, 0});
        if (options_.connect.stop != nullptr)
            entries.push_back({options_.connect.stop->waitable(), POLLIN, 0});
        const auto until = std::min(options_.connect.deadline, next_start());
        if (net::platform::poll(entries, net::poll_timeout(until)) <= 0)
            return;
        for (std::size_t i = under_way_.size(); i-- > 0;)
            if (entries[i].revents != 0 && !race_.socket)
                finish(i);
    }

    void finish(std::size_t index) {
        UnderWay one = std::move(under_way_[index]);
        under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(index));
        Attempt& attempt = race_.attempts[one.attempt];
        if (const auto connected = net::finish_connect(one.socket, attempt.endpoint)) {
            race_.socket = std::move(one.socket);
            end(attempt, Attempt::State::connected, {});
        } else {
            end(attempt, Attempt::State::failed, connected.error());
        }
    }

    // Closes the losers, or the attempts that the deadline or the stop signal interrupted.
    void give_up_the_rest() {
        const auto reason = net::platform::error_of(stopped() ? std::errc::operation_canceled
                                                              : std::errc::timed_out);
        for (const UnderWay& one : under_way_) {
            Attempt& attempt = race_.attempts[one.attempt];
            if (race_.socket)
                end(attempt, Attempt::State::abandoned, {});
            else
                end(attempt, Attempt::State::failed,
                    {reason, "connect", attempt.endpoint.to_string(), {}, {}});
        }
        under_way_.clear();
    }

    void end(Attempt& attempt, Attempt::State state, net::Error error) {
        attempt.state = state;
        attempt.error = std::move(error);
        attempt.ended = since_begin();
        report_attempt(attempt);
    }

    void report_attempt(const Attempt& attempt) const {
        if (options_.observe)
            options_.observe(attempt);
    }

    const std::vector<net::Endpoint> endpoints_;
    const RaceOptions& options_;
    const net::Clock::time_point begin_ = net::Clock::now();
    net::Clock::time_point latest_start_ = begin_;
    std::vector<UnderWay> under_way_;
    Race race_;
};

}  // namespace

const Attempt* Race::winner() const {
    const auto found = std::find_if(attempts.begin(), attempts.end(), [](const Attempt& attempt) {
        return attempt.state == Attempt::State::connected;
    });
    return found == attempts.end() ? nullptr : &*found;
}

std::vector<net::Endpoint> interleave_families(std::span<const net::Endpoint> endpoints) {
    std::vector<net::Endpoint> first;
    std::vector<net::Endpoint> second;
    for (const net::Endpoint& endpoint : endpoints)
        (endpoint.family() == endpoints.front().family() ? first : second).push_back(endpoint);
    std::vector<net::Endpoint> mixed;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size())
            mixed.push_back(first[i]);
        if (i < second.size())
            mixed.push_back(second[i]);
    }
    return mixed;
}

Race race_to_connect(std::span<const net::Endpoint> endpoints, const RaceOptions& options) {
    return Racer(endpoints, options).run();
}

}  // namespace sockbox::probe
