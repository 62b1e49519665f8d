// Messages on a TCP connection: pipelined, and answered in order.
#include "probe/lanes/stream_lane.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "option/tcp_info.h"

namespace sockbox::probe {
namespace {

// Bounds memory if a server accepts everything and returns nothing.
constexpr std::size_t max_records = 65536;

// Limits how often a server that refuses connections is tried again.
constexpr std::chrono::milliseconds retry_pause{10};

// The same for an endless run, which survives a restart of the server.
constexpr std::chrono::seconds reconnect_pause{1};

// After so many timeouts without a byte an endless run replaces the connection: the address of this
// host may have changed, or a firewall forgotten the connection, which TCP notices only later.
constexpr int deserted_after = 3;

net::Error error_of(std::string_view phase, const std::error_code& code,
                    std::uint16_t source_port) {
    net::Error error{code, std::string(phase), {}, {}, {}};
    if (phase != "connect")
        return error;
    // A server that refuses one connection refuses all of them.
    if (source_port != 0 && code != std::errc::connection_refused)
        error.detail = fmt::format("{}, local port {}", code.message(), source_port);
    else if (code == std::errc::address_not_available)
        error.detail = code.message() + ", no local port is left";
    return error;
}

}  // namespace

StreamLane::StreamLane(const MeasurePlan& plan, const StreamLaneOptions& options,
                       const net::Endpoint& server, const Payload& payload, Measured& measured,
                       std::optional<net::Socket> connected, std::uint16_t source_port)
    : plan_(plan),
      options_(options),
      payload_(payload),
      measured_(measured),
      server_(server),
      source_port_(source_port),
      by_port_(source_port != 0 ? &measured.numbers.by_source_port[source_port] : nullptr) {
    if (connected) {
        ++sockets_used_;
        socket_ = std::move(*connected);
        (void)socket_.set_blocking(false);
        (void)socket_.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
    }
}

void StreamLane::open() {
    if (!socket_.valid() && !options_.reconnect)
        start_connection();
}

// What is under way on the old connection is lost.
net::Status StreamLane::move_to(const net::Endpoint& server) {
    failure_ = {{}, "send", {}, "the address of the server has changed", {}};
    close();
    server_ = server;
    retry_at_ = {};
    return {};
}

bool StreamLane::can_take(net::Clock::time_point now) const {
    if (dead_ || records_.size() >= max_records)
        return false;
    if (now < retry_at_)
        return is_resting(now) && (plan_.rate > 0 || plan_.interval.count() > 0);
    return !options_.reconnect || records_.empty();
}

net::Deadline StreamLane::next_expiry() const {
    const net::Deadline unanswered =
        outstanding() == 0 ? net::no_deadline
                           : net::deadline_after(records_[expired_].origin, plan_.timeout);
    if (!connecting_)
        return unanswered;
    const net::Deadline unconnected = net::deadline_after(connect_began_, options_.connect_timeout);
    return plan_.rate > 0 ? std::min(unconnected, unanswered) : unconnected;
}

void StreamLane::take(const Message& message, net::Clock::time_point now) {
    if (is_resting(now))
        return count_unsent(message, failure_);
    records_.push_back({message, plan_.rate > 0 ? message.due : now});
    if (!socket_.valid())
        start_connection();
    if (!connecting_ && !dead_)
        send_more();
}

void StreamLane::start_connection() {
    connect_began_ = net::Clock::now();
    net::ConnectOptions connect = options_.connect;
    connect.source_port = source_port_;
    auto socket = net::start_connect(server_, connect);
    if (!socket)
        return fail("connect", socket.error().code);
    socket_ = std::move(*socket);
    ++sockets_used_;
    connecting_ = true;
}

void StreamLane::finish_connection() {
    connecting_ = false;
    const auto connected = net::finish_connect(socket_, server_);
    if (!connected)
        return fail("connect", connected.error().code);
    (void)socket_.set_blocking(false);
    (void)socket_.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
    const auto now = net::Clock::now();
    heard_at_ = now;
    measured_.numbers.connect.record(now - connect_began_);
    if (plan_.rate <= 0)
        for (Record& record : records_)  // connect time is measured separately
            record.origin = now;
    send_more();
}

void StreamLane::on_ready(int events, net::Clock::time_point ready_at, std::span<std::byte> room) {
    ready_at_ = ready_at;
    if (connecting_)
        return finish_connection();
    if (unsent_ < records_.size())
        send_more();
    const bool may_have_more = (events & ~(POLLIN | POLLOUT)) != 0;
    while (socket_.valid()) {
        const std::size_t got = receive_more(room);
        if (got == 0 || (got < room.size() && !may_have_more))
            return;
    }
}

void StreamLane::send_more() {
    while (unsent_ < records_.size()) {
        Record& record = records_[unsent_];
        const auto rest = payload_.message(record.message.sequence).subspan(sent_of_next_);
        const net::Transfer sent = socket_.send(rest);
        if (sent.would_block())
            return;
        if (sent.failed())
            return fail("send", sent.error);
        if (!record.sent && record.message.counted) {
            ++measured_.numbers.sent;
            if (by_port_ != nullptr)
                ++by_port_->sent;
        }
        record.sent = true;
        if (record.message.counted)
            measured_.numbers.sent_bytes += sent.bytes;
        sent_of_next_ += sent.bytes;
        if (sent_of_next_ == payload_.size()) {
            sent_of_next_ = 0;
            ++unsent_;
        }
    }
}

std::size_t StreamLane::receive_more(std::span<std::byte> room) {
    const net::Transfer got = socket_.receive(room);
    if (got.failed())
        fail("receive", got.error);
    if (got.end()) {
        failure_ = {{}, "receive", {}, "the server closed the connection", {}};
        if (outstanding() > 0)
            measured_.failed(failure_);
        close();
    }
    if (!got.done())
        return 0;
    take_bytes(room.first(got.bytes), room);
    return got.bytes;
}

// How many bytes of the first message have been sent but not received yet.
std::size_t StreamLane::owed() const {
    if (records_.empty())
        return 0;
    return (unsent_ > 0 ? payload_.size() : sent_of_next_) - got_of_front_;
}

void StreamLane::take_bytes(std::span<const std::byte> got, std::span<std::byte> room) {
    heard_at_ = ready_at_;
    while (!got.empty() && socket_.valid()) {
        const std::size_t both = std::min(owed(), got.size());
        if (both == 0) {
            count_surplus(got.size());
            return close();
        }
        Record& front = records_.front();
        const auto expected = payload_.message(front.message.sequence).subspan(got_of_front_, both);
        if (plan_.verify && !front.difference &&
            std::memcmp(expected.data(), got.data(), both) != 0) {
            const auto at = std::ranges::mismatch(expected, got.first(both)).in1 - expected.begin();
            const auto offset = static_cast<std::size_t>(at);
            front.difference = Difference{got_of_front_ + offset, expected[offset], got[offset]};
        }
        if (front.message.counted && !front.difference)
            measured_.numbers.received_bytes += both;
        got_of_front_ += both;
        got = got.subspan(both);
        if (got_of_front_ != payload_.size())
            continue;
        complete_front();
        if (options_.reconnect)
            return hang_up(got.size(), room);
    }
}

void StreamLane::count_surplus(std::size_t bytes) {
    measured_.numbers.surplus_bytes += bytes;
    failure_ = {{}, "receive", {}, "bytes that were never sent", {}};
    measured_.failed(failure_);
}

// Closes a connection whose only message has come back. `surplus` bytes came with it; more may have
// arrived since.
void StreamLane::hang_up(std::size_t surplus, std::span<std::byte> room) {
    if (const net::Transfer more = socket_.receive(room); more.done())
        surplus += more.bytes;
    if (surplus > 0)
        count_surplus(surplus);
    close_socket();
}

void StreamLane::complete_front() {
    const Record record = records_.front();
    const bool expired = expired_ > 0;
    records_.pop_front();
    got_of_front_ = 0;
    expired_ -= expired ? 1 : 0;
    --unsent_;
    if (!record.message.counted)
        return;
    const auto now = net::Clock::now();
    if (record.difference) {
        ++measured_.numbers.mismatched;
        if (!expired)
            lose(record, now);
        return report_wrong(record);
    }
    if (expired)
        return measured_.late(now);
    const auto rtt = now - record.origin;
    measured_.answered(now, rtt);
    if (by_port_ != nullptr)
        by_port_->answered(rtt);
    measured_.numbers.jitter.record(rtt);
    measured_.record_unread(now, ready_at_, record.origin);
    if (plan_.on_reply)
        plan_.on_reply({record.message.sequence, rtt, payload_.size()});
}

void StreamLane::report_wrong(const Record& record) const {
    if (plan_.on_reply)
        plan_.on_reply({record.message.sequence,
                        {},
                        payload_.size(),
                        {},
                        "mismatched: " + to_text(*record.difference)});
}

void StreamLane::expire(net::Clock::time_point now) {
    if (connecting_ && net::deadline_after(connect_began_, options_.connect_timeout) <= now)
        return fail("connect", net::platform::error_of(std::errc::timed_out));
    if (connecting_)
        return give_up_unsent(now);
    while (outstanding() > 0 &&
           net::deadline_after(records_[expired_].origin, plan_.timeout) <= now) {
        if (unsent_ <= expired_ && !records_[expired_].sent)
            return fail("send", net::platform::error_of(std::errc::timed_out));
        if (records_[expired_].message.counted)
            lose(records_[expired_], now);
        ++expired_;
    }
    if (is_deserted(now))
        return fail("receive", net::platform::error_of(std::errc::timed_out));
    // Its reply may still arrive, but not on the connection of the next message.
    if (options_.reconnect && outstanding() == 0)
        close();
}

// Whether an endless run should try another connection.
bool StreamLane::is_deserted(net::Clock::time_point now) const {
    return plan_.is_endless() && expired_ > 0 && socket_.valid() &&
           (now - std::max(heard_at_, records_.front().origin)) / deserted_after >= plan_.timeout;
}

// An open-loop schedule does not wait for the connection; in a closed loop times start when it is
// established.
void StreamLane::give_up_unsent(net::Clock::time_point now) {
    const auto timed_out = net::platform::error_of(std::errc::timed_out);
    while (plan_.rate > 0 && !records_.empty() &&
           net::deadline_after(records_.front().origin, plan_.timeout) <= now) {
        const net::Error late{timed_out, "send", {}, "not connected in time", {}};
        count_unsent(records_.front().message, late);
        if (records_.front().message.counted)
            measured_.failed(late);
        records_.pop_front();
    }
}

void StreamLane::fail(std::string_view phase, const std::error_code& code) {
    failure_ = error_of(phase, code, source_port_);
    measured_.failed(failure_);
    const bool stays = phase == "connect" && !options_.reconnect;
    retry_at_ = net::deadline_in(stays ? std::chrono::milliseconds(reconnect_pause) : retry_pause);
    // A lane that cannot connect is dead, unless the run is endless or reconnects for each message.
    dead_ = stays && !plan_.is_endless();
    close();
}

void StreamLane::close() {
    lose_all();
    close_socket();
}

void StreamLane::close_socket() {
    if (options_.kernel_view && socket_.valid() && !connecting_)
        if (const auto vitals = net::tcp_vitals(socket_)) {
            stats::KernelView& kernel = measured_.numbers.kernel;
            kernel.merge({1, vitals->min_rtt, vitals->retransmits, {}, {}});
            kernel.congestion_window.record(vitals->congestion_window);
            if (vitals->delivery_rate)
                kernel.delivery_rate.record(*vitals->delivery_rate);
        }
    connecting_ = false;
    socket_.close();
}

// Not connected, and not due to reconnect yet: messages due in the meantime cannot be sent.
bool StreamLane::is_resting(net::Clock::time_point now) const {
    return plan_.is_endless() && !socket_.valid() && now < retry_at_;
}

void StreamLane::count_unsent(const Message& message, const net::Error& error) {
    measured_.unsent(plan_, message, error);
    if (by_port_ != nullptr && message.counted)
        ++by_port_->lost;
}

void StreamLane::lose(const Record& record, net::Clock::time_point now) {
    measured_.lost(now, record.origin);
    if (by_port_ != nullptr)
        ++by_port_->lost;
}

void StreamLane::lose_all() {
    for (std::size_t i = expired_; i < records_.size(); ++i) {
        if (!records_[i].message.counted)
            continue;
        if (records_[i].sent)
            lose(records_[i], net::Clock::now());
        else
            count_unsent(records_[i].message, failure_);
    }
    records_.clear();
    expired_ = unsent_ = sent_of_next_ = got_of_front_ = 0;
}

void StreamLane::conclude() {
    for (std::size_t i = expired_; i < records_.size(); ++i)
        if (records_[i].message.counted && records_[i].sent)
            ++measured_.numbers.pending;
    records_.clear();
    close_socket();
}

}  // namespace sockbox::probe
