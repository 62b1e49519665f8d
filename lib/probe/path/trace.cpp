// Probes with increasing hop limits, and the hosts that respond.
#include "probe/path/trace.h"

#include <algorithm>

#include "net/datagram_batch.h"
#include "probe/lanes/datagram_form.h"
#include "system/clock.h"

namespace sockbox::probe {
namespace {

constexpr unsigned hops_at_once = 8;

// One probe to one hop.
struct Try {
    net::Socket socket;
    bool connected;
    std::size_t hop;
    std::size_t number;
    std::uint64_t sequence = 0;
    net::Clock::time_point sent{};
    std::optional<std::chrono::nanoseconds> left{};  // the kernel's timestamp of sending
    bool open = true;
};

class Tracer {
  public:
    Tracer(const net::Endpoint& server, const OpenWithHops& open, const TraceOptions& options,
           const net::StopSignal& stop)
        : server_(server), open_(open), options_(options), stop_(stop), payload_(options.payload) {}

    net::Result<Trace> run() {
        auto batch = net::DatagramBatch::create(1, options_.payload + 1);
        if (!batch)
            return net::fail(batch.error());
        batch_.emplace(std::move(*batch));
        for (unsigned first = 1; first <= options_.max_hops && !is_over(); first += hops_at_once) {
            const unsigned end = std::min(first + hops_at_once, options_.max_hops + 1);
            for (unsigned distance = first; distance < end; ++distance)
                if (auto opened = open_to_hop(distance); !opened)
                    return net::fail(opened.error());
            if (first == 1)
                net::await_timestamps();
            for (Try& attempt : tries_)
                if (auto sent = send(attempt); !sent)
                    return net::fail(sent.error());
            gather();
            tries_.clear();
        }
        const auto last =
            std::ranges::find_if(trace_.hops, [this](const Hop& hop) { return ends_at(hop); });
        if (last != trace_.hops.end()) {
            trace_.reached = is_server(*last);
            trace_.refused = !trace_.reached && is_refusal(*last);
            trace_.hops.erase(last + 1, trace_.hops.end());
            for (const Hop& hop : trace_.hops)
                trace_.misdirected += static_cast<std::size_t>(
                    std::ranges::count(hop.answers, true, &HopAnswer::misdirected));
        }
        return trace_;
    }

  private:
    bool is_over() const {
        return trace_.interrupted ||
               std::ranges::any_of(trace_.hops, [this](const Hop& hop) { return ends_at(hop); });
    }

    bool is_server(const HopAnswer& answer) const {
        return answer.sender && !answer.misdirected &&
               answer.sender->with_port(0) == server_.with_port(0);
    }
    bool is_server(const Hop& hop) const {
        return std::any_of(hop.answers.begin(), hop.answers.end(),
                           [this](const HopAnswer& answer) { return is_server(answer); });
    }
    static bool is_refusal(const Hop& hop) {
        return std::ranges::any_of(hop.answers, [](const HopAnswer& answer) {
            return answer.error && net::is_unreachable(*answer.error);
        });
    }
    // Whether nothing beyond this hop matters: the server itself responded, another address did in
    // its place, or a router refuses.
    bool ends_at(const Hop& hop) const {
        return is_server(hop) || is_refusal(hop) ||
               std::ranges::any_of(hop.answers, &HopAnswer::misdirected);
    }

    // All sockets of a batch are opened before its first datagram is sent, which takes less time.
    net::Status open_to_hop(unsigned distance) {
        trace_.hops.push_back({distance, std::vector<HopAnswer>(options_.tries)});
        for (std::size_t number = 0; number < options_.tries; ++number) {
            auto opened = open_(static_cast<int>(distance));
            if (!opened)
                return net::fail(opened.error());
            (void)net::enable_timestamps(opened->socket, net::Stamps::arrivals_and_sends);
            tries_.push_back(
                {std::move(opened->socket), opened->connected, trace_.hops.size() - 1, number});
        }
        return {};
    }

    // A datagram for which there is no room on this host stays unanswered.
    net::Status send(Try& attempt) {
        attempt.sent = net::Clock::now();
        attempt.sequence = ++sequence_;
        const auto data = payload_.message(attempt.sequence);
        const net::Transfer sent =
            attempt.connected ? attempt.socket.send(data) : attempt.socket.send_to(data, server_);
        if (sent.failed() && sent.error != std::errc::no_buffer_space)
            return net::fail({sent.error, "send", server_.to_string(), {}, {}});
        return {};
    }

    // Waits until all tries are answered, the remaining ones no longer matter, or the timeout.
    void gather() {
        const auto deadline = net::deadline_in(options_.timeout);
        while (has_open() && !trace_.interrupted) {
            entries_.assign(1, {stop_.waitable(), POLLIN, 0});
            waited_.clear();
            for (Try& attempt : tries_)
                if (attempt.open) {
                    entries_.push_back({attempt.socket.native(), POLLIN, 0});
                    waited_.push_back(&attempt);
                }
            const auto left = deadline - net::Clock::now();
            if (left.count() <= 0 || net::poll_precisely(entries_, left) < 0)
                return;
            trace_.interrupted = entries_[0].revents != 0;
            for (std::size_t i = 0; i < waited_.size(); ++i)
                if (entries_[i + 1].revents != 0)
                    take(*waited_[i]);
        }
    }

    // Hops beyond the nearest one at which the trace ends no longer matter.
    bool has_open() const {
        const auto last =
            std::ranges::find_if(trace_.hops, [this](const Hop& hop) { return ends_at(hop); });
        const auto end = static_cast<std::size_t>(last - trace_.hops.begin());
        return std::any_of(tries_.begin(), tries_.end(), [end](const Try& attempt) {
            return attempt.open && attempt.hop <= end;
        });
    }

    void take(Try& attempt) {
        const auto now = net::Clock::now();
        HopAnswer answer;
        std::optional<std::chrono::nanoseconds> arrived;
        while (auto notice = net::take_notice(attempt.socket)) {
            if (notice->left)
                attempt.left = notice->left->at;
            if (!notice->error || !notice->error->sender || answer.error)
                continue;
            answer.sender = notice->error->sender;
            arrived = notice->error->arrived;
            answer.error = std::move(notice->error);
        }
        if (!answer.sender) {
            std::error_code error;
            const auto got = batch_->receive(attempt.socket, error);
            if (got.empty())
                return;
            answer.misdirected = !attempt.connected && got[0].peer != server_;
            // Other hosts may send anything to our port.
            if (answer.misdirected &&
                !std::ranges::equal(got[0].data, payload_.message(attempt.sequence)))
                return;
            answer.sender = got[0].peer;
            arrived = got[0].arrived;
        }
        answer.rtt = now - attempt.sent;
        if (attempt.left && arrived)
            if (const auto time = *arrived - *attempt.left; time.count() > 0 && time < answer.rtt)
                answer.rtt = time;
        attempt.open = false;
        trace_.hops[attempt.hop].answers[attempt.number] = std::move(answer);
    }

    const net::Endpoint& server_;
    const OpenWithHops& open_;
    const TraceOptions& options_;
    const net::StopSignal& stop_;
    Payload payload_;
    std::optional<net::DatagramBatch> batch_;
    std::uint64_t sequence_ = 0;
    std::vector<Try> tries_;
    std::vector<net::PollEntry> entries_;
    std::vector<Try*> waited_;
    Trace trace_;
};

}  // namespace

net::Result<Trace> trace_route(const net::Endpoint& server, const OpenWithHops& open,
                               const TraceOptions& options, const net::StopSignal& stop) {
    if (!net::reports_icmp_senders())
        return net::fail({net::platform::error_of(std::errc::not_supported),
                          "trace",
                          server.to_string(),
                          "not supported on this platform",
                          {}});
    return Tracer(server, open, options, stop).run();
}

}  // namespace sockbox::probe
