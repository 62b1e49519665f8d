// Probes with increasing hop limits, and the hosts that respond.
#include "probe/path/trace.h"

#include <algorithm>

#include "probe/lanes/datagram_form.h"
#include "system/clock.h"

namespace sockbox::probe {
namespace {

constexpr unsigned hops_at_once = 8;

// One probe to one hop.
struct Try {
    net::Socket socket;
    net::Clock::time_point sent;
    std::size_t hop;
    std::size_t number;
    bool open = true;
};

class Tracer {
  public:
    Tracer(const net::Endpoint& server, const OpenWithHops& open, const TraceOptions& options,
           const net::StopSignal& stop)
        : server_(server),
          open_(open),
          options_(options),
          stop_(stop),
          payload_(options.payload),
          buffer_(options.payload + 1) {}

    net::Result<Trace> run() {
        for (unsigned first = 1; first <= options_.max_hops && !is_over(); first += hops_at_once) {
            const unsigned end = std::min(first + hops_at_once, options_.max_hops + 1);
            for (unsigned distance = first; distance < end; ++distance)
                if (auto sent = send_to_hop(distance); !sent)
                    return net::fail(sent.error());
            gather();
            tries_.clear();
        }
        const auto last = std::find_if(trace_.hops.begin(), trace_.hops.end(),
                                       [this](const Hop& hop) { return is_server(hop); });
        if (last != trace_.hops.end())
            trace_.hops.erase(last + 1, trace_.hops.end());
        return trace_;
    }

  private:
    bool is_over() const { return trace_.reached || trace_.interrupted; }

    bool is_server(const HopAnswer& answer) const {
        return answer.sender && answer.sender->with_port(0) == server_.with_port(0);
    }
    bool is_server(const Hop& hop) const {
        return std::any_of(hop.answers.begin(), hop.answers.end(),
                           [this](const HopAnswer& answer) { return is_server(answer); });
    }

    net::Status send_to_hop(unsigned distance) {
        trace_.hops.push_back({distance, std::vector<HopAnswer>(options_.tries)});
        for (std::size_t number = 0; number < options_.tries; ++number) {
            auto socket = open_(static_cast<int>(distance));
            if (!socket)
                return net::fail(socket.error());
            Try attempt{std::move(*socket), net::Clock::now(), trace_.hops.size() - 1, number};
            const net::Transfer sent = attempt.socket.send(payload_.message(++sequence_));
            if (sent.failed())
                return net::fail({sent.error, "send", server_.to_string(), {}, {}});
            tries_.push_back(std::move(attempt));
        }
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

    // Hops beyond the nearest one at which the server itself responded no longer matter.
    bool has_open() const {
        std::size_t last = trace_.hops.size();
        for (std::size_t i = trace_.hops.size(); i-- > 0;)
            if (is_server(trace_.hops[i]))
                last = i;
        return std::any_of(tries_.begin(), tries_.end(), [last](const Try& attempt) {
            return attempt.open && attempt.hop <= last;
        });
    }

    void take(Try& attempt) {
        HopAnswer answer;
        answer.rtt = net::Clock::now() - attempt.sent;
        if (auto error = net::take_icmp_error(attempt.socket)) {
            if (!error->sender)
                return;
            answer.sender = error->sender;
            answer.error = std::move(error);
        } else if (attempt.socket.receive(buffer_).done()) {
            answer.sender = server_;
        } else {
            return;
        }
        attempt.open = false;
        trace_.reached = trace_.reached || is_server(answer);
        trace_.hops[attempt.hop].answers[attempt.number] = std::move(answer);
    }

    const net::Endpoint& server_;
    const OpenWithHops& open_;
    const TraceOptions& options_;
    const net::StopSignal& stop_;
    Payload payload_;
    std::vector<std::byte> buffer_;
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
