// One thread reads the source and sends; the caller's thread receives and compares.
#include "probe/pipe.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "net/streams.h"
#include "system/memory.h"
#include "system/thread.h"

namespace sockbox::probe {
namespace {

constexpr std::size_t window_bytes = 16 << 20;
constexpr std::size_t piece_bytes = 256 << 10;

// The results of the sending thread.
struct Sent {
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<net::Clock::time_point> all_at{net::no_deadline};  // when the source ended
    std::error_code input_error;  // read after the thread has ended, like send_error
    std::error_code send_error;

    bool all() const { return all_at.load() != net::no_deadline; }
};

class Sender {
  public:
    Sender(net::Socket& socket, const Source& source, EchoWindow& window,
           const net::StopSignal& stop, Sent& sent)
        : socket_(socket), source_(source), window_(window), stop_(stop), sent_(sent) {}

    // Sends as much as the socket accepts at once. Returns whether nothing is left for run(). For a
    // source that never blocks.
    bool send_at_once() {
        while (unsent_.empty()) {
            const auto data = read();
            if (data.empty())
                return true;
            const net::Transfer put = socket_.send(data);
            if (put.failed()) {
                sent_.send_error = put.error;
                return true;
            }
            sent_.bytes += put.bytes;
            unsent_ = data.subspan(put.bytes);
        }
        return false;
    }

    // Asks the source once more after `stop`, so that an end of the input that is already there is
    // seen.
    void run() {
        for (bool last = false, more = unsent_.empty() || send(unsent_); more && !last;) {
            last = stop_.raised();
            const auto data = read();
            more = !data.empty() && send(data);
        }
    }

  private:
    // The next bytes of the source, added to the window; empty at its end, and if it is interrupted
    // or fails.
    std::span<std::byte> read() {
        const auto room = window_.room(piece_bytes);
        if (room.empty())
            return {};
        const net::Transfer got = source_(room, stop_);
        if (got.done()) {
            window_.add(got.bytes);
        } else if (got.failed()) {
            sent_.input_error = got.error;
            // Wakes the receiver, which would otherwise wait for bytes that will not be sent.
            (void)socket_.shutdown(net::ShutdownHow::both);
        } else if (got.end()) {
            sent_.all_at = net::Clock::now();
            (void)socket_.shutdown(net::ShutdownHow::send);
        }
        return room.first(got.bytes);
    }

    bool send(std::span<const std::byte> data) {
        std::size_t done = 0;
        const auto status = net::send_all(socket_, data, net::no_deadline, &stop_, &done);
        sent_.bytes += done;
        if (!status && status.error().code != std::errc::operation_canceled)
            sent_.send_error = status.error().code;
        return status.has_value();
    }

    net::Socket& socket_;
    const Source& source_;
    EchoWindow& window_;
    const net::StopSignal& stop_;
    Sent& sent_;
    std::span<const std::byte> unsent_;  // left by send_at_once()
};

class Receiver {
  public:
    Receiver(net::Socket& socket, const Sink& sink, EchoWindow& window, const Sent& sent,
             const PipeOptions& options)
        : socket_(socket),
          sink_(sink),
          window_(window),
          sent_(sent),
          options_(options),
          buffer_(piece_bytes) {}

    PipeOutcome run() {
        while (!ended_)
            step();
        return outcome_;
    }

  private:
    void step() {
        if (options_.watch && net::Clock::now() >= next_look_)
            next_look_ = options_.watch(outcome_.received_bytes);
        const auto until = std::min(deadline(), next_look_);
        const auto readiness =
            net::wait_for(socket_, net::Direction::receive, until, options_.stop);
        if (readiness == net::Readiness::stopped)
            return end(PipeEnd::stopped);
        if (readiness == net::Readiness::timed_out)
            return expire();
        const net::Transfer got = socket_.receive(buffer_.bytes());
        if (got.failed()) {
            outcome_.error = got.error;
            end(PipeEnd::broken);
        } else if (got.end()) {
            const bool all = sent_.all() && window_.outstanding().bytes == 0;
            end(all ? PipeEnd::complete : PipeEnd::closed_early);
        } else if (got.done()) {
            take(buffer_.bytes().first(got.bytes));
        }
    }

    void take(std::span<const std::byte> got) {
        outcome_.received_bytes += got.size();
        auto compared = options_.verify ? window_.compare(got)
                                        : EchoWindow::Compared{{}, window_.skip(got.size())};
        if (!sink_(got))
            end(PipeEnd::sink_full);
        latest_ = net::Clock::now();  // after the sink, whose slowness is not the server's
        outcome_.surplus_bytes = compared.surplus;
        if (compared.difference) {
            outcome_.difference = compared.difference;
            end(PipeEnd::different);
        } else if (compared.surplus > 0 && options_.verify) {
            end(PipeEnd::surplus);
        }
    }

    // Since when the server has owed bytes or EOF without sending any; nullopt if it owes nothing.
    std::optional<net::Clock::time_point> waiting_since() const {
        const auto outstanding = window_.outstanding();
        if (outstanding.bytes > 0)
            return std::max(latest_, outstanding.since);
        if (sent_.all())
            return std::max(latest_, sent_.all_at.load());
        return std::nullopt;
    }

    // While the server owes nothing, bytes may be sent that have to time out in turn: so the wait
    // ends after one timeout, to check again.
    net::Deadline deadline() const {
        const auto since = waiting_since().value_or(net::Clock::now());
        return net::deadline_after(since, options_.timeout);
    }

    void expire() {
        if (waiting_since() && net::Clock::now() >= deadline())
            end(window_.outstanding().bytes == 0 ? PipeEnd::unclosed : PipeEnd::timed_out);
    }

    void end(PipeEnd how) {
        if (!ended_)
            outcome_.end = how;
        ended_ = true;
    }

    net::Socket& socket_;
    const Sink& sink_;
    EchoWindow& window_;
    const Sent& sent_;
    const PipeOptions& options_;
    net::PageBuffer buffer_;
    net::Clock::time_point latest_ = net::Clock::now();
    net::Deadline next_look_ = options_.watch ? net::Clock::now() : net::no_deadline;
    PipeOutcome outcome_;
    bool ended_ = false;
};

// An error of the sender explains an end that the receiver saw as something else.
void add_senders_view(PipeOutcome& outcome, const Sent& sent) {
    outcome.sent_bytes = sent.bytes;
    if (sent.input_error) {
        outcome.end = PipeEnd::input_failed;
        outcome.error = sent.input_error;
    } else if (sent.send_error && outcome.end == PipeEnd::closed_early) {
        // The kernel reports a reset to only one of the threads (SO_ERROR is cleared when read);
        // the other sees EOF.
        outcome.end = PipeEnd::broken;
        outcome.error = sent.send_error;
    }
}

}  // namespace

net::Result<PipeOutcome> run_pipe(net::Socket& socket, const Source& source, const Sink& sink,
                                  const PipeOptions& options) {
    auto stop = net::StopSignal::create();
    if (!stop)
        return net::fail(stop.error());
    if (auto mode = socket.set_blocking(false); !mode)
        return net::fail(mode.error());
    const auto begin = net::Clock::now();
    EchoWindow window(window_bytes, piece_bytes);
    Sent sent;
    Sender sender(socket, source, window, *stop, sent);
    std::thread thread;
    if (options.source_waits || !sender.send_at_once()) {
        auto started = net::start_thread([&] { sender.run(); });
        if (!started)
            return net::fail(started.error());
        thread = std::move(*started);
    }
    PipeOutcome outcome = Receiver(socket, sink, window, sent, options).run();
    stop->raise();
    if (outcome.end != PipeEnd::closed_early || window.outstanding().bytes > 0)
        window.close();
    if (thread.joinable())
        thread.join();
    // The server may have closed before the sender saw the end of the source.
    if (outcome.end == PipeEnd::closed_early && sent.all() && window.outstanding().bytes == 0)
        outcome.end = PipeEnd::complete;
    add_senders_view(outcome, sent);
    outcome.duration = net::Clock::now() - begin;
    return outcome;
}

}  // namespace sockbox::probe
