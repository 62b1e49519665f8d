// The visitors of the status endpoint, and the loop that answers them.
#include "serve/status/status_endpoint.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include "net/streams.h"
#include "serve/status/http.h"
#include "system/thread.h"

namespace sockbox::serve {
namespace {

constexpr std::size_t max_visitors = 16;
constexpr std::size_t max_head_bytes = 8 * 1024;

// A scrape takes milliseconds; a visitor that needs longer only occupies a place.
constexpr std::chrono::seconds visit_time{5};

// How long to wait for the visitor's FIN after the response: closing earlier would answer further
// input with a reset, which may discard the response.
constexpr std::chrono::seconds farewell_time{1};

// When descriptors run out the listener stays readable, so without a pause the loop would spin.
constexpr std::chrono::milliseconds pause_time{100};

// One connection: a request, then its response.
class Visitor {
  public:
    Visitor(net::Socket socket, const StatusPages& pages)
        : socket_(std::move(socket)), pages_(pages) {}

    net::Deadline deadline() const noexcept { return deadline_; }
    net::PollEntry entry() const noexcept {
        net::PollEntry entry{};
        entry.fd = socket_.native();
        entry.events = step_ == Step::write ? POLLOUT : POLLIN;
        return entry;
    }

    // Continues as far as possible without blocking; returns false if the visit is over.
    bool proceed() {
        switch (step_) {
            case Step::read: return read();
            case Step::write: return write();
            case Step::leave: break;
        }
        std::array<std::byte, 1024> dropped;
        const net::Transfer got = socket_.receive(dropped);
        return got.done() || got.would_block();
    }

  private:
    enum class Step : std::uint8_t { read, write, leave };

    bool read() {
        std::array<char, 2048> buffer;
        const net::Transfer got = socket_.receive(std::as_writable_bytes(std::span(buffer)));
        if (got.would_block())
            return true;
        if (!got.done())
            return false;
        request_.append(buffer.data(), got.bytes);
        const auto length = head_length(request_);
        if (length.value_or(request_.size()) > max_head_bytes)
            return say(plain_answer(431), false);
        return length ? respond(std::string_view(request_).substr(0, *length)) : true;
    }

    bool respond(std::string_view head) {
        const HttpParsed parsed = parse_http_request(head);
        if (parsed.status != 200)
            return say(plain_answer(parsed.status), false);
        return say(answer(parsed.request), parsed.request.method == "HEAD");
    }

    HttpAnswer answer(const HttpRequest& request) const {
        const bool is_page = request.path == "/" && pages_.page;
        const bool is_metrics = request.path == "/metrics";
        if (!is_page && !is_metrics && request.path != "/healthz")
            return plain_answer(404);
        if (request.method != "GET" && request.method != "HEAD")
            return plain_answer(405);
        if (is_page)
            return {200, "text/html; charset=utf-8", {pages_.page()}};
        if (!is_metrics)
            return plain_answer(!pages_.healthy || pages_.healthy() ? 200 : 503);
        StatusPages::Text page = pages_.metrics(prefers_open_metrics(request.accept));
        return {200, page.content_type, std::move(page.pieces)};
    }

    bool say(HttpAnswer answer, bool head_only) {
        answer_.push_back(format_http_head(answer, std::chrono::system_clock::now()));
        if (!head_only)
            std::ranges::move(answer.body, std::back_inserter(answer_));
        step_ = Step::write;
        return write();
    }

    bool write() {
        while (!answer_.empty()) {
            const auto rest = std::as_bytes(std::span(answer_.front())).subspan(written_);
            const net::Transfer put = socket_.send(rest);
            if (put.failed())
                return false;
            written_ += put.bytes;
            if (written_ < answer_.front().size())
                return true;
            answer_.pop_front();
            written_ = 0;
        }
        step_ = Step::leave;
        deadline_ = std::min(deadline_, net::deadline_in(farewell_time));
        return socket_.shutdown(net::ShutdownHow::send).has_value();
    }

    net::Socket socket_;
    const StatusPages& pages_;
    net::Deadline deadline_ = net::deadline_in(visit_time);
    Step step_ = Step::read;
    std::string request_;
    std::deque<std::string> answer_;  // what is left of it, in pieces
    std::size_t written_ = 0;         // of the first piece
};

}  // namespace

class StatusEndpoint::HttpServer {
  public:
    HttpServer(net::Socket listener, net::StopSignal stop, StatusPages pages)
        : pages_(std::move(pages)), listener_(std::move(listener)), stop_(std::move(stop)) {}
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    ~HttpServer() {
        stop_.raise();
        if (thread_.joinable())
            thread_.join();
    }

    net::Status start() {
        auto started = net::start_thread([this] { serve(); });
        if (!started)
            return net::fail(started.error());
        thread_ = std::move(*started);
        return {};
    }

    const net::Socket& listener() const noexcept { return listener_; }

  private:
    void serve() {
        while (!stop_.raised()) {
            try {
                take_turn();
            } catch (const std::bad_alloc&) {
                visitors_.clear();
            }
        }
    }

    void take_turn() {
        const auto entries = wait();
        if (entries.empty())
            return;
        attend(entries);
        if (entries[1].revents != 0)
            accept();
    }

    // Returns the entries of the stop signal, the listener and each visitor; none on failure.
    std::vector<net::PollEntry> wait() {
        std::vector<net::PollEntry> entries(2);
        entries[0].fd = stop_.waitable();
        entries[0].events = POLLIN;
        entries[1].fd = listener_.native();
        entries[1].events = static_cast<short>(net::Clock::now() < resumes_ ? 0 : POLLIN);
        net::Deadline deadline = entries[1].events == 0 ? resumes_ : net::no_deadline;
        for (const Visitor& visitor : visitors_) {
            entries.push_back(visitor.entry());
            deadline = std::min(deadline, visitor.deadline());
        }
        if (net::platform::poll(entries, net::poll_timeout(deadline)) < 0)
            entries.clear();
        return entries;
    }

    void attend(const std::vector<net::PollEntry>& entries) {
        const net::Deadline now = net::Clock::now();
        auto entry = entries.begin() + 2;
        for (auto visitor = visitors_.begin(); visitor != visitors_.end(); ++entry) {
            const bool stays = entry->revents == 0 || visitor->proceed();
            visitor =
                stays && now < visitor->deadline() ? std::next(visitor) : visitors_.erase(visitor);
        }
    }

    void accept() {
        net::Accepted accepted = net::accept(listener_, false);
        if (accepted.transfer.failed())
            resumes_ = net::deadline_in(pause_time);
        if (!accepted.transfer.done())
            return;
        if (visitors_.size() == max_visitors)
            visitors_.pop_front();
        visitors_.emplace_back(std::move(accepted.socket), pages_);
    }

    StatusPages pages_;
    net::Socket listener_;
    net::StopSignal stop_;
    std::list<Visitor> visitors_;  // oldest first
    net::Deadline resumes_{};
    std::thread thread_;
};

StatusEndpoint::StatusEndpoint(std::unique_ptr<HttpServer> server) noexcept
    : server_(std::move(server)) {}
StatusEndpoint::StatusEndpoint(StatusEndpoint&&) noexcept = default;
StatusEndpoint::~StatusEndpoint() = default;

net::Result<StatusEndpoint> StatusEndpoint::open(const net::Endpoint& where, StatusPages pages) {
    auto listener = net::listen_on(where);
    if (!listener)
        return net::fail(listener.error());
    if (auto mode = listener->set_blocking(false); !mode)
        return net::fail(mode.error());
    auto stop = net::StopSignal::create();
    if (!stop)
        return net::fail(stop.error());
    return StatusEndpoint(
        std::make_unique<HttpServer>(std::move(*listener), std::move(*stop), std::move(pages)));
}

net::Status StatusEndpoint::start() {
    return server_->start();
}

const net::Socket& StatusEndpoint::socket() const noexcept {
    return server_->listener();
}

}  // namespace sockbox::serve
