// Chooses between memory and a pipe by the sizes it sees.
#include "serve/engines/readiness/relay.h"

#include <cstring>
#include <utility>

namespace sockbox::serve {
namespace {

// From this many bytes a receive on, a pipe is the cheaper way.
constexpr std::size_t bulk_bytes = 32 * 1024;

// Receives in a row of the other kind after which the way changes.
constexpr std::uint8_t before_bulk = 2;
constexpr std::uint8_t before_small = 16;

}  // namespace

Relay::~Relay() {
    if (rest_)
        pool_.give_back(std::move(rest_));
    if (pipe_)
        pool_.give_back(std::move(pipe_));
}

net::Transfer Relay::proceed(Session& session, net::Deadline now) noexcept {
    if (has_rest())
        return send_rest(session, now);
    if (bulk_)
        if (const net::Transfer moved = receive_in_bulk(session, now); !moved.would_block())
            return moved;
    const net::Transfer got = receive(session);
    return got.done() ? send_back(got.bytes, session, now) : got;
}

net::Transfer Relay::receive(Session& session) noexcept {
    return session.socket().receive(pool_.buffer());
}

net::Transfer Relay::send_back(std::size_t received, Session& session, net::Deadline now) noexcept {
    const auto bytes = pool_.buffer().first(received);
    note_size(received);
    session.received(received, now);
    const net::Transfer put = send_at_once(session.socket(), bytes);
    if (put.failed())
        return put;
    session.sent(put.bytes, now);
    if (put.bytes < received)
        return keep(bytes.subspan(put.bytes));
    return {net::Transfer::State::done, received, {}};
}

// would_block: nothing could be moved in this way.
net::Transfer Relay::receive_in_bulk(Session& session, net::Deadline now) noexcept {
    BulkPipe* pipe = pool_.pipe();
    const net::Transfer got = pipe != nullptr ? pipe->fill(session.socket()) : net::Transfer{};
    if (got.bytes == 0)
        return {net::Transfer::State::would_block, 0, {}};
    note_size(got.bytes);
    session.received(got.bytes, now);
    const net::Transfer put = drain(*pipe, session, now);
    if (!pipe->empty())
        pipe_ = pool_.take_pipe();
    return put.failed() ? put : got;
}

net::Transfer Relay::send_rest(Session& session, net::Deadline now) noexcept {
    if (pipe_) {
        const net::Transfer put = drain(*pipe_, session, now);
        if (pipe_->empty())
            pool_.give_back(std::move(pipe_));
        return put;
    }
    const net::Transfer put = session.socket().send(
        std::span<const std::byte>(rest_.get() + rest_begin_, rest_end_ - rest_begin_));
    if (!put.done())
        return put;
    rest_begin_ += static_cast<std::uint32_t>(put.bytes);
    session.sent(put.bytes, now);
    if (!has_rest())
        pool_.give_back(std::move(rest_));
    return put;
}

net::Transfer Relay::drain(BulkPipe& pipe, Session& session, net::Deadline now) noexcept {
    const net::Transfer put = pipe.drain(session.socket());
    if (put.bytes > 0)
        session.sent(put.bytes, now);
    return put;
}

net::Transfer Relay::keep(std::span<const std::byte> rest) noexcept {
    rest_ = pool_.take_pages();
    if (!rest_)
        return {net::Transfer::State::failed, 0,
                std::make_error_code(std::errc::not_enough_memory)};
    std::memcpy(rest_.get(), rest.data(), rest.size());
    rest_begin_ = 0;
    rest_end_ = static_cast<std::uint32_t>(rest.size());
    return {net::Transfer::State::done, rest.size(), {}};
}

void Relay::note_size(std::size_t bytes) noexcept {
    if ((bytes >= bulk_bytes) == bulk_) {
        others_in_a_row_ = 0;
    } else if (++others_in_a_row_ >= (bulk_ ? before_small : before_bulk)) {
        bulk_ = !bulk_;
        others_in_a_row_ = 0;
    }
}

}  // namespace sockbox::serve
