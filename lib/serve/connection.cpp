// The echo of one connection, its timeouts and its end.
#include "serve/connection.h"

#include <cstring>

#include "serve/reactor.h"

namespace sockbox::serve {
namespace {

using std::chrono::milliseconds;

// A connection that moved no byte for so long has nothing under way, and a drain ends it.
constexpr milliseconds quiet{200};

// How long the peer's own FIN is waited for after ours. Closing sooner would answer what it still
// sends with a reset, which may take from it what it has not read yet.
constexpr milliseconds linger{300};

}  // namespace

Connection::Connection(Reactor& reactor, Client client)
    : reactor_(reactor), client_(std::move(client)), began_(reactor.now()), active_(began_) {}

Connection::~Connection() {
    if (rest_)
        reactor_.give_back(std::move(rest_));
    if (reset_)
        client_.socket.abort();
}

void Connection::touch() {
    active_ = reactor_.now();
}

void Connection::on_ready() {
    proceed();
    if (over_)
        reactor_.destroy(*this);
}

void Connection::proceed() {
    if (lingering_)
        discard_input();
    else if (has_rest())
        write_rest();
    else
        read_once();
}

void Connection::read_once() {
    const auto buffer = reactor_.buffer();
    const net::Transfer got = client_.socket.receive(buffer);
    if (got.would_block())
        return;
    if (got.failed())
        return end_by(got.error);
    if (got.end())
        return end(EndReason::finished);
    received_ += got.bytes;
    reactor_.service().counters().received_bytes.add(got.bytes);
    touch();
    echo(buffer.first(got.bytes));
}

void Connection::echo(std::span<const std::byte> data) {
    const net::Transfer put = client_.socket.send(data);
    if (put.failed())
        return end_by(put.error);
    sent_ += put.bytes;
    reactor_.service().counters().sent_bytes.add(put.bytes);
    if (put.bytes < data.size())
        keep(data.subspan(put.bytes));
}

// What the peer has no room for yet. It is not read again until that is out.
void Connection::keep(std::span<const std::byte> rest) {
    rest_ = reactor_.take_pages();
    if (!rest_)
        return end_by(std::make_error_code(std::errc::not_enough_memory));
    std::memcpy(rest_.get(), rest.data(), rest.size());
    rest_begin_ = 0;
    rest_end_ = static_cast<std::uint32_t>(rest.size());
    reactor_.poller().change(native(), *this, Interest::write);
}

void Connection::write_rest() {
    const net::Transfer put = client_.socket.send(
        std::span<const std::byte>(rest_.get() + rest_begin_, rest_end_ - rest_begin_));
    if (put.failed())
        return end_by(put.error);
    if (put.would_block())
        return;
    rest_begin_ += static_cast<std::uint32_t>(put.bytes);
    sent_ += put.bytes;
    reactor_.service().counters().sent_bytes.add(put.bytes);
    touch();
    if (has_rest())
        return;
    reactor_.give_back(std::move(rest_));
    reactor_.poller().change(native(), *this, Interest::read);
}

void Connection::discard_input() {
    const net::Transfer got = client_.socket.receive(reactor_.buffer());
    if (!got.would_block() && !got.done())
        over_ = true;
}

void Connection::check_time() {
    if (lingering_)
        over_ = reactor_.now() >= active_;
    else if (reactor_.draining())
        check_drain();
    else
        check_timeouts();
    if (over_)
        reactor_.destroy(*this);
}

void Connection::check_timeouts() {
    const ServeOptions& options = reactor_.service().options();
    const auto still = reactor_.now() - active_;
    if (has_rest() && still >= options.write_timeout) {
        reset_ = true;
        end(EndReason::write_timeout);
    } else if (!has_rest() && options.idle_timeout && still >= *options.idle_timeout) {
        say_goodbye(EndReason::idle);
    }
}

// What is under way may end by itself until the deadline; a little before it the last are cut off
// where that loses nothing already received, so that they too see a FIN and no reset.
void Connection::check_drain() {
    const auto left = reactor_.drain_deadline() - reactor_.now();
    const auto timeout = reactor_.service().options().drain_timeout;
    const auto still = reactor_.now() - active_;
    if (has_rest()) {
        if (left <= milliseconds(0))
            abort();
    } else if (still >= std::min<std::chrono::nanoseconds>(quiet, timeout / 4)) {
        say_goodbye(EndReason::drained);
    } else if (left <= std::min<std::chrono::nanoseconds>(linger, timeout / 4)) {
        say_goodbye(EndReason::aborted);
    }
}

// Our FIN, after which input is only dropped. Input that is there already is echoed instead.
void Connection::say_goodbye(EndReason reason) {
    const std::uint64_t before = received_;
    if (reason != EndReason::aborted)
        read_once();
    if (over_ || received_ != before)
        return;
    static_cast<void>(client_.socket.shutdown(net::ShutdownHow::send));
    end(reason);
    over_ = false;
    lingering_ = true;
    active_ = std::min(reactor_.now() + linger, reactor_.drain_deadline());
}

void Connection::abort() {
    if (!over_ && !lingering_)
        end(has_rest() ? EndReason::aborted : EndReason::drained);
    reset_ = has_rest();
    over_ = true;
}

void Connection::end_by(const std::error_code& error) {
    const bool reset = error == std::errc::connection_reset || error == std::errc::broken_pipe;
    end(reset ? EndReason::reset : EndReason::failed, error);
}

void Connection::end(EndReason reason, std::error_code error) {
    over_ = true;
    Service& service = reactor_.service();
    service.counters().ended[static_cast<std::size_t>(reason)].add();
    service.counters().unsent_bytes.add(received_ - sent_);
    service.observer().ended(
        {client_.ticket.peer(), received_, sent_, reactor_.now() - began_, reason, error});
}

ConnectionList::~ConnectionList() {
    for_each([this](Connection& connection) { destroy(connection); });
}

void ConnectionList::add(std::unique_ptr<Connection> connection) noexcept {
    Connection* added = connection.release();
    added->next_ = first_;
    if (first_ != nullptr)
        first_->previous_ = added;
    first_ = added;
}

void ConnectionList::destroy(Connection& connection) noexcept {
    if (connection.previous_ != nullptr)
        connection.previous_->next_ = connection.next_;
    else
        first_ = connection.next_;
    if (connection.next_ != nullptr)
        connection.next_->previous_ = connection.previous_;
    delete &connection;
}

}  // namespace sockbox::serve
