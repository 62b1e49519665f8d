// Races connection attempts (RFC 8305, section 5).
#include "probe/happy_eyeballs.h"

#include <algorithm>

#include "net/route.h"
namespace sockbox::probe {
namespace {

class Racer {
  public:
    Racer(HostLookup* lookup, const RaceOptions& options)
        : lookup_(lookup), options_(options), order_(options.delays) {}

    void add(net::Family family, std::span<const net::Endpoint> endpoints) {
        // Without a route to the first IPv6 address, IPv4 goes first (RFC 6724, rule 1). Nothing
        // else depends on a route, and to look for one takes a dozen system calls.
        const bool is_routed = family != net::Family::ipv6 || endpoints.empty() ||
                               net::route_to(endpoints.front()).has_value();
        order_.answered(family, endpoints, since_begin(), is_routed);
    }
    void add(const HostLookup::Answer& answer) {
        add(answer.family, answer.endpoints ? std::span<const net::Endpoint>(*answer.endpoints)
                                            : std::span<const net::Endpoint>());
    }
    void expect(net::Family family) { order_.asked(family); }

    Race run() {
        while (!race_.socket) {
            const bool is_late = net::Clock::now() >= options_.connect.deadline || stopped();
            const auto next = order_.next(is_late ? ConnectOrder::Time::max() : since_begin());
            if (next.is_over || (is_late && !race_.attempts.empty()))
                break;
            if (next.connect_to && under_way_.size() < options_.max_at_once)
                start(*next.connect_to);
            else
                wait(next.wait_until);
        }
        give_up_the_rest();
        race_.untried = order_.untried();
        return std::move(race_);
    }

  private:
    struct UnderWay {
        net::Socket socket;
        std::size_t attempt;
    };

    bool stopped() const {
        return options_.connect.stop != nullptr && options_.connect.stop->raised();
    }
    std::chrono::nanoseconds since_begin() const { return net::Clock::now() - begin_; }

    void start(const net::Endpoint& endpoint) {
        const std::size_t number = race_.attempts.size();
        Attempt attempt;
        attempt.endpoint = endpoint;
        attempt.started = since_begin();
        race_.attempts.push_back(attempt);
        order_.started(attempt.started);
        report_attempt(attempt);
        auto socket = net::start_connect(endpoint, options_.connect);
        if (socket)
            under_way_.push_back({std::move(*socket), number});
        else
            end(race_.attempts[number], Attempt::State::failed, socket.error());
    }

    void wait(std::chrono::nanoseconds next_start) {
        std::vector<net::PollEntry> entries;
        for (const UnderWay& one : under_way_)
            entries.push_back({one.socket.native(), POLLOUT, 0});
        if (options_.connect.stop != nullptr)
            entries.push_back({options_.connect.stop->waitable(), POLLIN, 0});
        if (lookup_ != nullptr)
            for (const net::NativeSocket waitable : lookup_->waitables())
                entries.push_back({waitable, POLLIN, 0});
        const bool is_full = under_way_.size() >= options_.max_at_once;
        const bool starts = !is_full && next_start < net::no_deadline - begin_;
        const auto until =
            std::min(options_.connect.deadline, starts ? begin_ + next_start : net::no_deadline);
        if (net::platform::poll(entries, net::poll_timeout(until)) <= 0)
            return;
        for (std::size_t i = under_way_.size(); i-- > 0;)
            if (entries[i].revents != 0 && !race_.socket)
                finish(i);
        if (lookup_ != nullptr)
            for (const HostLookup::Answer& answer : lookup_->take())
                add(answer);
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
        if (state == Attempt::State::failed)
            order_.failed();
        attempt.state = state;
        attempt.error = std::move(error);
        attempt.ended = since_begin();
        report_attempt(attempt);
    }

    void report_attempt(const Attempt& attempt) const {
        if (options_.observe)
            options_.observe(attempt);
    }

    HostLookup* const lookup_;  // null: there is nothing to wait for
    const RaceOptions& options_;
    const net::Clock::time_point begin_ = net::Clock::now();
    ConnectOrder order_;
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
    Racer racer(nullptr, options);
    racer.add(net::Family::any, endpoints);
    return racer.run();
}

Race race_to_connect(std::span<const HostLookup::Answer> answers, HostLookup& lookup,
                     const RaceOptions& options) {
    Racer racer(&lookup, options);
    for (const net::Family family : lookup.families_under_way())
        racer.expect(family);
    for (const HostLookup::Answer& answer : answers)
        racer.add(answer);
    return racer.run();
}

}  // namespace sockbox::probe
